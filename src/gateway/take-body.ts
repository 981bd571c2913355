/** The body of a request, as its operation takes it: none, a form, or JSON. */
import type { HttpRequest } from '../lib/http-server/contract.ts'
import { bodyOf, noBody, noBytes, readBytes } from './body.ts'
import type { GatewayDeps } from './deps.ts'
import { isForm, type Body, type FormBody } from './dialect.ts'
import type { Place } from './enter.ts'
import { readFormBody } from './form-body.ts'
import type { FormRule, Operation } from './operation.ts'

/** What was sent, once all of it has come; a form is kept where its request has a place for one. Throws, or rejects with, what the caller can put right. */
export function takeBody(
  request: HttpRequest,
  { body }: Operation,
  { kept, room }: Place,
): Uint8Array | Promise<Uint8Array | FormBody> {
  if (body.kind === 'none') return noBytes
  return kept ? readFormBody(request, body as FormRule, kept) : readBytes(request, body.bytesMax, room)
}

/** What that says; at once unless it is large. Throws, or rejects with, `invalid_request`. */
export function bodyIn(
  sent: Uint8Array | FormBody,
  { body }: Operation,
  { turns }: Pick<GatewayDeps, 'turns'>,
): Body | Promise<Body> {
  if (body.kind === 'none') return noBody
  return isForm(sent) ? sent : bodyOf(sent, turns)
}
