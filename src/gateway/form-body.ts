/** Reading the form of a request: kept as it came, with the fields that we route and bill on. */
import { createHash } from 'node:crypto'
import { FormError, type Form } from '../lib/form/contract.ts'
import { readForm } from '../lib/form/read-form.ts'
import { BodyError, type HttpRequest } from '../lib/http-server/contract.ts'
import type { Piece } from '../lib/source.ts'
import { SpoolFullError, type Kept } from '../lib/spool.ts'
import { noRoom, refused } from './body.ts'
import type { FormBody, StreamBody } from './dialect.ts'
import { GatewayError, invalid } from './errors.ts'
import type { BodyRule, FormRule } from './operation.ts'

/** What a request's form may be; null where its body is none, or its operation takes none. */
export const formRuleOf = (request: HttpRequest, body: BodyRule): FormRule | null =>
  body.kind === 'form' && isFormType.test(request.headers.get('content-type') ?? '') ? body : null

/** Whether a form passes as it comes, and is not kept. */
export const passesOn = ({ headers }: HttpRequest, rule: FormRule): boolean =>
  rule.passesOn === true && headers.get('idempotency-key') === null

/** A form that passes as it comes. Throws `body_too_large` or `unsupported_encoding`; reading it rejects with a `BodyError`. */
export function streamBodyOf(request: HttpRequest, rule: FormRule): StreamBody {
  try {
    refuseCompressed(request)
    const source = request.source(rule.formBytesMax)
    let isSpent = false
    const read = (): Promise<Piece> => {
      isSpent = true
      return source.read()
    }
    const contentType = request.headers.get('content-type')!
    return { stream: { ...source, read }, contentType, isSpent: () => isSpent }
  } catch (error) {
    throw inWords(error, rule)
  }
}

const isFormType = /^[\t ]*multipart\/form-data/i

/** The form, once all of it has come; `kept` is its own from then on. Rejects with `body_too_large`, `unsupported_encoding`, `overloaded` or `invalid_request`, naming the field. */
export async function readFormBody(request: HttpRequest, rule: FormRule, kept: Kept): Promise<FormBody> {
  try {
    refuseCompressed(request)
    const contentType = request.headers.get('content-type')!
    const form = await readForm(request.source(rule.formBytesMax), { contentType, limits: rule.limits, kept })
    return { form, changes: {} }
  } catch (error) {
    throw inWords(error, rule)
  }
}

function refuseCompressed({ headers }: HttpRequest): void {
  const coding = headers.get('content-encoding')
  if (coding === null || coding === '' || coding.toLowerCase() === 'identity') return
  throw new GatewayError('unsupported_encoding', 'A form must not be compressed: send it without a content-encoding.')
}

function inWords(error: unknown, { formBytesMax }: FormRule): unknown {
  if (error instanceof BodyError) return refused(error, formBytesMax)
  if (error instanceof SpoolFullError) return noRoom(error.full)
  if (!(error instanceof FormError)) return error
  const { trouble, message, field } = error
  if (trouble !== 'too-large') return invalid(field ?? 'body', message)
  return new GatewayError('body_too_large', message, field === null ? {} : { param: field })
}

/** What a form says, whatever its boundary: clients choose another when they send the same again. */
export async function digestOf({ parts, contentOf }: Form): Promise<Uint8Array> {
  const hash = createHash('sha256')
  for (const part of parts) {
    const { name, filename, contentType, start, end } = part
    hash.update(`${JSON.stringify([name, filename, contentType, end - start])}\n`)
    const source = contentOf(part)
    for (let piece = await source.read(); !piece.done; piece = await source.read()) hash.update(piece.value)
  }
  return hash.digest()
}
