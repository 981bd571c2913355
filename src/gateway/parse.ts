import type { Catalog, Model } from '../catalog/catalog.ts'
import { contentCodings, decompress, DecompressError } from '../lib/decompress.ts'
import { BodyError, type HttpRequest } from '../lib/http-server/contract.ts'
import { withMember } from '../lib/json-text.ts'
import type { KeyRow } from '../store/store.ts'
import type { Call, Endpoint, RequestBody } from './dialect.ts'
import { GatewayError, invalid } from './errors.ts'

/** The endpoint that a URL names, and what its path and query say. */
export type Target = {
  readonly endpoint: Endpoint
  readonly path: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** The region policy that the URL chooses for this request; null when it says nothing. */
  readonly region: string | null
}

/**
 * Reads a body into a call: its bytes, what we route and bill on, and the model it is for. The bytes
 * are kept; what the dialect does not know passes through. Throws what the caller can put right.
 */
export function parse(bytes: Uint8Array, { endpoint, path, query }: Target, key: KeyRow, catalog: Catalog): Call {
  const body = bodyOf(bytes)
  const { deployment } = path
  const asked = endpoint.read(deployment === undefined ? body : bodyFor(deployment, body), path, query)
  const model = catalog.find(asked.modelName)
  if (!model?.listed || !mayUse(key, model)) throw modelNotFound(asked.modelName)
  if (model.dialect !== endpoint.dialect.name) throw modelNotFound(asked.modelName, elsewhere[model.dialect])
  if (!endpoint.kinds.includes(model.kind))
    throw invalid(
      'model',
      `The model '${asked.modelName}' makes ${model.kind}; this endpoint is for ${endpoint.kinds.join(' and ')} models.`,
    )
  return { endpoint, asked, model, sentName: sentNameOf(model, asked.modelName) }
}

/** What a model that a client calls `name` is called at upstreams: they know snapshots, but not an operator's aliases. */
export const sentNameOf = (model: Model, name: string): string => (model.aliases.includes(name) ? model.id : name)

/** Azure names the model in the path as a deployment, and means that one whatever the body says. */
const bodyFor = (model: string, body: RequestBody): RequestBody =>
  body.json['model'] === model ? body : bodyOf(new TextEncoder().encode(withMember(body.text, ['model'], model)))

/** Whether a key's list of models, if it has one, has this one. */
export const mayUse = (key: KeyRow, model: Model): boolean => key.models === null || key.models.includes(model.id)

const elsewhere = {
  openai: ' It is served to the OpenAI SDK, with the base URL ending in /v1/.',
  genai: ' It is served to the Google GenAI SDK, with the base URL ending in /genai.',
}

export const modelNotFound = (name: string, hint = ''): GatewayError =>
  new GatewayError(
    'model_not_found',
    `The model '${name.slice(0, 200)}' does not exist or you do not have access to it.${hint}`,
    { param: 'model' },
  )

/**
 * A body of at most `bytesMax` bytes, at once where all of it has come and is not compressed. Throws, or rejects with,
 * `body_too_large`, `unsupported_encoding` or `invalid_request`.
 */
export function readBytes(request: HttpRequest, bytesMax: number): Uint8Array | Promise<Uint8Array> {
  const encoding = request.headers.get('content-encoding')
  const coding = encoding === null ? null : codingOf(encoding)
  const refuse = (error: unknown): never => {
    throw error instanceof BodyError ? refused(error, bytesMax) : error
  }
  try {
    const bytes = request.bytes(bytesMax)
    if (coding !== null) return decompressed(bytes, coding, bytesMax).catch(refuse)
    return bytes instanceof Promise ? bytes.catch(refuse) : bytes
  } catch (error) {
    return refuse(error)
  }
}

/** The one coding that a body has; null for none. Each is a way to make little of much, so several are not undone. */
function codingOf(encoding: string): string | null {
  const named = encoding.toLowerCase()
  if (named === '' || named === 'identity') return null
  const coding = named === 'x-gzip' ? 'gzip' : named
  if (contentCodings.includes(coding)) return coding
  throw new GatewayError(
    'unsupported_encoding',
    `The content-encoding '${encoding.slice(0, 80)}' is not supported. Allowed: one of ${contentCodings.join(', ')}, or none.`,
    { headers: { 'accept-encoding': contentCodings.join(', ') } },
  )
}

async function decompressed(
  sent: Uint8Array | Promise<Uint8Array>,
  coding: string,
  bytesMax: number,
): Promise<Uint8Array> {
  const bytes = await sent
  try {
    return await decompress(bytes, coding, bytesMax)
  } catch (cause) {
    if (!(cause instanceof DecompressError)) throw cause
    if (cause.trouble === 'too-large')
      throw tooLarge(`decompresses to more than ${bytesMax} bytes; at most ${bytesMax} bytes`, cause)
    throw new GatewayError('invalid_request', `The request body is not what its content-encoding '${coding}' says.`, {
      cause,
    })
  }
}

const tooLarge = (is: string, cause: Error): GatewayError =>
  new GatewayError('body_too_large', `The request body ${is} are allowed.`, { cause })

function refused(error: BodyError, bytesMax: number): GatewayError {
  const { trouble, bytes } = error
  switch (trouble) {
    case 'too-large':
      return tooLarge(`is ${bytes === null ? 'larger' : `${bytes} bytes`}; at most ${bytesMax} bytes`, error)
    case 'slow':
      return new GatewayError('invalid_request', 'The request body did not come in time. Send it again.')
    case 'malformed':
      return new GatewayError('invalid_request', 'The request body is not framed as HTTP/1.1 says.')
    case 'left':
      return new GatewayError('invalid_request', 'The connection was closed before the request body had come.')
  }
}

/** A JSON object, kept as sent, less a byte order mark, which JSON must not have (RFC 8259, 8.1). Throws `invalid_request`. */
export function bodyOf(sent: Uint8Array): RequestBody {
  const bytes = hasMark(sent) ? sent.subarray(3) : sent
  const text = textOf(bytes)
  return { bytes, text, json: objectOf(text) }
}

const hasMark = (bytes: Uint8Array): boolean => bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw notUtf8()
  }
}

const notUtf8 = (): GatewayError =>
  new GatewayError('invalid_request', 'The request body is not valid UTF-8. Send JSON in UTF-8.')

function objectOf(text: string): Readonly<Record<string, unknown>> {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    // No JSON has this character, and every text in UTF-16 or UTF-32 has it.
    if (text.includes('\0')) throw notUtf8()
    throw new GatewayError(
      'invalid_request',
      'The request body is not valid JSON. Send a JSON object with content-type: application/json.',
      { cause },
    )
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new GatewayError('invalid_request', 'The request body must be a JSON object.')
  return json as Record<string, unknown>
}
