/** OpenAI's error envelope, with the statuses, codes and headers that its SDKs act on. */
import type { AnswerHeaders, HttpAnswer } from '../../../lib/http-server/contract.ts'
import type { Dialect } from '../../dialect.ts'
import { helpUrl, type FailureCode, type GatewayError } from '../../errors.ts'

type Shape = { readonly status: number; readonly type: string; readonly code: string | null; readonly retry?: boolean }

const shapes: Record<FailureCode, Shape> = {
  invalid_key: { status: 401, type: 'invalid_request_error', code: 'invalid_api_key' },
  // An SDK that waits and tries the same key again would only hide the words.
  too_many_wrong_keys: { status: 429, type: 'invalid_request_error', code: 'too_many_wrong_keys', retry: false },
  organization_suspended: {
    status: 403,
    type: 'invalid_request_error',
    code: 'organization_suspended',
    retry: false,
  },
  endpoint_not_allowed: { status: 403, type: 'invalid_request_error', code: 'endpoint_not_allowed', retry: false },
  address_not_allowed: { status: 403, type: 'invalid_request_error', code: 'address_not_allowed', retry: false },
  invalid_request: { status: 400, type: 'invalid_request_error', code: 'invalid_value' },
  body_too_large: { status: 413, type: 'invalid_request_error', code: 'request_too_large' },
  unsupported_encoding: { status: 415, type: 'invalid_request_error', code: 'unsupported_content_encoding' },
  not_found: { status: 404, type: 'invalid_request_error', code: 'unknown_url' },
  // OpenAI's own code for it.
  method_not_allowed: { status: 405, type: 'invalid_request_error', code: 'method_not_supported' },
  model_not_found: { status: 404, type: 'invalid_request_error', code: 'model_not_found' },
  // The SDKs retry every 429; for money that is not there, x-should-retry tells them not to.
  insufficient_credit: { status: 429, type: 'insufficient_quota', code: 'insufficient_quota', retry: false },
  // Money that other requests hold comes back by itself.
  credit_held: { status: 429, type: 'credit_held', code: 'credit_held', retry: true },
  budget_held: { status: 429, type: 'budget_held', code: 'budget_held', retry: true },
  budget_exceeded: { status: 429, type: 'insufficient_quota', code: 'insufficient_quota', retry: false },
  rate_limited: { status: 429, type: 'requests', code: 'rate_limit_exceeded' },
  region_unavailable: { status: 403, type: 'invalid_request_error', code: 'region_unavailable' },
  // Nothing changes until an operator configures something: waiting in the SDK would only hide the words.
  no_provider: { status: 503, type: 'server_error', code: 'no_provider', retry: false },
  // The SDKs retry every 409: rightly while the first request is under way, and never once its answer is gone.
  idempotency_key_in_use: { status: 409, type: 'idempotency_error', code: 'idempotency_key_in_use', retry: true },
  idempotency_key_used: { status: 409, type: 'idempotency_error', code: 'idempotency_key_used', retry: false },
  idempotency_key_reused: { status: 422, type: 'idempotency_error', code: 'idempotency_key_reused', retry: false },
  upstream_failed: { status: 503, type: 'server_error', code: 'upstream_failed' },
  // What OpenAI says where it is busy; whose limits they are, the message tells.
  upstream_rate_limited: { status: 429, type: 'requests', code: 'rate_limit_exceeded' },
  upstream_timeout: { status: 504, type: 'server_error', code: 'upstream_timeout' },
  overloaded: { status: 503, type: 'server_error', code: 'overloaded' },
  billing_unavailable: { status: 503, type: 'server_error', code: 'billing_unavailable' },
  starting: { status: 503, type: 'server_error', code: 'starting' },
  shutting_down: { status: 503, type: 'server_error', code: 'shutting_down' },
  internal: { status: 500, type: 'server_error', code: 'internal_error' },
}

/** `doc_url`, as Stripe calls it: OpenAI's SDKs hand out whatever else an error has, and act on none of it. */
function bodyOf({ code, message, details }: GatewayError, baseUrl: string): string {
  const shape = shapes[code]
  const type = code === 'rate_limited' ? (details.limit ?? shape.type) : shape.type
  const { param = null, vendorCode = shape.code, facts } = details
  return JSON.stringify({
    error: { message, type, param, code: vendorCode, doc_url: helpUrl(code, baseUrl), ...facts },
  })
}

function errorAnswer(error: GatewayError, baseUrl = ''): HttpAnswer {
  const { status, retry } = shapes[error.code]
  const headers: AnswerHeaders = { 'content-type': 'application/json', ...error.details.headers }
  if (retry !== undefined) headers['x-should-retry'] = String(retry)
  const { retryAfterMs } = error.details
  if (retryAfterMs !== undefined) headers['retry-after'] = String(Math.max(1, Math.ceil(retryAfterMs / 1000)))
  return { status, headers, body: bodyOf(error, baseUrl) }
}

/** Headers of a client's that mean something to whoever speaks the dialect; the last one to the sandbox alone. */
export const openaiHeaders = ['openai-beta', 'x-sandbox'] as const

export const openai: Dialect = {
  name: 'openai',
  errorAnswer,
  // A comment: the one thing that both SDKs overlook. Events without data break them.
  heartbeat: ': ping\n\n',
  streamError: (error) => `data: ${bodyOf(error, '')}\n\n`,
}
