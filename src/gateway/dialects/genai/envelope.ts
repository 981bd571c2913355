/** Google's error envelope: a numeric code, a canonical status, and typed details for what to do next. */
import type { AnswerHeaders, HttpAnswer } from '../../../lib/http-server/contract.ts'
import type { Dialect } from '../../dialect.ts'
import { helpUrl, type FailureCode, type GatewayError } from '../../errors.ts'

type Shape = { readonly code: number; readonly status: string; readonly reason?: string }

const shapes: Record<FailureCode, Shape> = {
  invalid_key: { code: 400, status: 'INVALID_ARGUMENT', reason: 'API_KEY_INVALID' },
  too_many_wrong_keys: { code: 429, status: 'RESOURCE_EXHAUSTED', reason: 'TOO_MANY_WRONG_KEYS' },
  organization_suspended: { code: 403, status: 'PERMISSION_DENIED', reason: 'ORGANIZATION_SUSPENDED' },
  // Google's own reasons for a key that is restricted so.
  endpoint_not_allowed: { code: 403, status: 'PERMISSION_DENIED', reason: 'API_KEY_SERVICE_BLOCKED' },
  address_not_allowed: { code: 403, status: 'PERMISSION_DENIED', reason: 'API_KEY_IP_ADDRESS_BLOCKED' },
  invalid_request: { code: 400, status: 'INVALID_ARGUMENT' },
  body_too_large: { code: 413, status: 'INVALID_ARGUMENT', reason: 'REQUEST_TOO_LARGE' },
  unsupported_encoding: { code: 415, status: 'INVALID_ARGUMENT', reason: 'UNSUPPORTED_ENCODING' },
  not_found: { code: 404, status: 'NOT_FOUND' },
  method_not_allowed: { code: 405, status: 'UNIMPLEMENTED' },
  model_not_found: { code: 404, status: 'NOT_FOUND' },
  insufficient_credit: { code: 429, status: 'RESOURCE_EXHAUSTED', reason: 'INSUFFICIENT_CREDIT' },
  credit_held: { code: 429, status: 'RESOURCE_EXHAUSTED', reason: 'CREDIT_HELD' },
  budget_held: { code: 429, status: 'RESOURCE_EXHAUSTED', reason: 'BUDGET_HELD' },
  budget_exceeded: { code: 429, status: 'RESOURCE_EXHAUSTED', reason: 'BUDGET_EXCEEDED' },
  rate_limited: { code: 429, status: 'RESOURCE_EXHAUSTED', reason: 'RATE_LIMIT_EXCEEDED' },
  region_unavailable: { code: 403, status: 'PERMISSION_DENIED', reason: 'REGION_UNAVAILABLE' },
  no_provider: { code: 503, status: 'UNAVAILABLE', reason: 'NO_PROVIDER' },
  idempotency_key_in_use: { code: 409, status: 'ABORTED', reason: 'IDEMPOTENCY_KEY_IN_USE' },
  idempotency_key_used: { code: 409, status: 'ALREADY_EXISTS', reason: 'IDEMPOTENCY_KEY_USED' },
  idempotency_key_reused: { code: 400, status: 'INVALID_ARGUMENT', reason: 'IDEMPOTENCY_KEY_REUSED' },
  upstream_failed: { code: 503, status: 'UNAVAILABLE' },
  upstream_rate_limited: { code: 429, status: 'RESOURCE_EXHAUSTED', reason: 'RATE_LIMIT_EXCEEDED' },
  upstream_timeout: { code: 504, status: 'DEADLINE_EXCEEDED' },
  overloaded: { code: 503, status: 'UNAVAILABLE', reason: 'OVERLOADED' },
  billing_unavailable: { code: 503, status: 'UNAVAILABLE' },
  starting: { code: 503, status: 'UNAVAILABLE' },
  shutting_down: { code: 503, status: 'UNAVAILABLE' },
  internal: { code: 500, status: 'INTERNAL' },
}

/** Google's own domain for its own reasons, so that clients that look for a bad key find it; ours for the rest. */
const domainOf = (reason: string): string => (reason.startsWith('API_KEY_') ? 'googleapis.com' : 'aicreditmart')

function bodyOf(error: GatewayError, baseUrl: string): string {
  const { code, status } = shapes[error.code]
  return JSON.stringify({ error: { code, message: error.message, status, details: detailsOf(error, baseUrl) } })
}

function detailsOf({ code, message, details }: GatewayError, baseUrl: string): object[] {
  const { reason } = shapes[code]
  const found: object[] = []
  if (reason)
    found.push({
      '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
      reason,
      domain: domainOf(reason),
      metadata: details.facts ?? {},
    })
  if (details.param !== undefined)
    found.push({
      '@type': 'type.googleapis.com/google.rpc.BadRequest',
      fieldViolations: [{ field: details.param, description: message }],
    })
  // Without RetryInfo nobody is invited to ask again for money that is not there.
  if (details.retryAfterMs !== undefined && !isAboutMoney(code))
    found.push({
      '@type': 'type.googleapis.com/google.rpc.RetryInfo',
      retryDelay: `${Math.max(1, Math.ceil(details.retryAfterMs / 1000))}s`,
    })
  // As Google links to its own pages.
  found.push({
    '@type': 'type.googleapis.com/google.rpc.Help',
    links: [{ description: 'What this error means, and what to do', url: helpUrl(code, baseUrl) }],
  })
  return found
}

const isAboutMoney = (code: FailureCode): boolean => code === 'insufficient_credit' || code === 'budget_exceeded'

function errorAnswer(error: GatewayError, baseUrl = ''): HttpAnswer {
  const headers: AnswerHeaders = { 'content-type': 'application/json; charset=UTF-8', ...error.details.headers }
  const { retryAfterMs } = error.details
  if (retryAfterMs !== undefined && !isAboutMoney(error.code))
    headers['retry-after'] = String(Math.max(1, Math.ceil(retryAfterMs / 1000)))
  return { status: shapes[error.code].code, headers, body: bodyOf(error, baseUrl) }
}

/** Headers of a client's that mean something to an upstream: to the sandbox. */
export const genaiHeaders = ['x-sandbox'] as const

export const genai: Dialect = {
  name: 'genai',
  errorAnswer,
  // Bare blank lines: a comment breaks the Python SDK.
  heartbeat: '\n\n',
  streamError: (error) => `data: ${bodyOf(error, '')}\n\n`,
}
