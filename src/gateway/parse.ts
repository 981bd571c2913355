import type { Catalog, Model } from '../catalog/catalog.ts'
import { BodyError, type HttpRequest } from '../lib/http-server/contract.ts'
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
  const asked = endpoint.read(bodyOf(bytes), path, query)
  const model = catalog.find(asked.modelName)
  if (!model?.listed || !mayUse(key, model)) throw modelNotFound(asked.modelName)
  if (model.dialect !== endpoint.dialect.name) throw modelNotFound(asked.modelName, elsewhere[model.dialect])
  if (!endpoint.kinds.includes(model.kind))
    throw invalid(
      'model',
      `The model '${asked.modelName}' makes ${model.kind}; this endpoint is for ${endpoint.kinds.join(' and ')} models.`,
    )
  return { endpoint, asked, model }
}

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

/** A body of at most `bytesMax` bytes, at once where all of it has come. Throws, or rejects with, `body_too_large` or `invalid_request`. */
export function readBytes(request: HttpRequest, bytesMax: number): Uint8Array | Promise<Uint8Array> {
  const refuse = (error: unknown): never => {
    throw error instanceof BodyError ? refused(error, bytesMax) : error
  }
  try {
    const bytes = request.bytes(bytesMax)
    return bytes instanceof Promise ? bytes.catch(refuse) : bytes
  } catch (error) {
    return refuse(error)
  }
}

function refused({ trouble, bytes }: BodyError, bytesMax: number): GatewayError {
  switch (trouble) {
    case 'too-large':
      return new GatewayError(
        'body_too_large',
        `The request body is ${bytes === null ? 'larger' : `${bytes} bytes`}; at most ${bytesMax} bytes are allowed.`,
      )
    case 'slow':
      return new GatewayError('invalid_request', 'The request body did not come in time. Send it again.')
    case 'malformed':
      return new GatewayError('invalid_request', 'The request body is not framed as HTTP/1.1 says.')
    case 'left':
      return new GatewayError('invalid_request', 'The connection was closed before the request body had come.')
  }
}

/** A JSON object, kept as sent. Throws `invalid_request`. */
export function bodyOf(bytes: Uint8Array): RequestBody {
  const text = textOf(bytes)
  return { bytes, text, json: objectOf(text) }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })
function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new GatewayError('invalid_request', 'The request body is not valid UTF-8.')
  }
}

function objectOf(text: string): Readonly<Record<string, unknown>> {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
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
