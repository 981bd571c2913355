/** The body of a request, as its operation takes it: none, a form, kept or passed on as it comes, or JSON. */
import type { HttpRequest } from '../lib/http-server/contract.ts'
import { bodyOf, noBody, noBytes, readBytes } from './body.ts'
import type { GatewayDeps } from './deps.ts'
import { isForm, isStream, type Body, type FormBody, type StreamBody } from './dialect.ts'
import type { Place } from './enter.ts'
import { formRuleOf, readFormBody, streamBodyOf } from './form-body.ts'
import type { FormRule, Operation } from './operation.ts'

export type Sent = Uint8Array | FormBody | StreamBody

/** What was sent, once all of it has come that is not passed on; a form is kept where its request has a place for one. Throws, or rejects with, what the caller can put right. */
export function takeBody(
  request: HttpRequest,
  { body }: Operation,
  { kept, room }: Place,
): Sent | Promise<Uint8Array | FormBody> {
  if (body.kind === 'none') return noBytes
  if (kept) return readFormBody(request, body as FormRule, kept)
  const form = formRuleOf(request, body)
  return form ? streamBodyOf(request, form) : readBytes(request, body.bytesMax, room)
}

/** What that says; at once unless it is large. Throws, or rejects with, `invalid_request`. */
export function bodyIn(sent: Sent, { body }: Operation, { turns }: Pick<GatewayDeps, 'turns'>): Body | Promise<Body> {
  if (body.kind === 'none') return noBody
  return isForm(sent) || isStream(sent) ? sent : bodyOf(sent, turns)
}
