/**
 * Every expected failure of a paid request, in one table: its HTTP status in each dialect's terms is
 * the dialect's business; what happened, and what the caller can do next, is said here.
 */
import type { AnswerHeaders } from '../lib/http-server/contract.ts'

export type FailureCode =
  | 'invalid_key'
  | 'too_many_wrong_keys'
  | 'organization_suspended'
  | 'endpoint_not_allowed'
  | 'address_not_allowed'
  | 'invalid_request'
  | 'body_too_large'
  | 'unsupported_encoding'
  | 'not_found'
  | 'method_not_allowed'
  | 'model_not_found'
  | 'insufficient_credit'
  | 'credit_held'
  | 'budget_exceeded'
  | 'budget_held'
  | 'overloaded'
  | 'rate_limited'
  | 'region_unavailable'
  | 'no_provider'
  | 'idempotency_key_in_use'
  | 'idempotency_key_used'
  | 'idempotency_key_reused'
  | 'upstream_failed'
  | 'upstream_rate_limited'
  | 'upstream_timeout'
  | 'billing_unavailable'
  | 'starting'
  | 'shutting_down'
  | 'internal'

export type FailureDetails = {
  /** The request field at fault, in the dialect's own spelling. */
  readonly param?: string
  /** What the dialect's vendor calls what is wrong, where OpenAI's clients look for a code. */
  readonly vendorCode?: string | null
  /** When trying again can help, in milliseconds from now. */
  readonly retryAfterMs?: number
  /** Which ceiling a `rate_limited` refusal ran into. */
  readonly limit?: 'requests' | 'tokens' | 'concurrency' | 'bytes'
  /** Machine-readable figures: what was needed, what there is, what would fit. */
  readonly facts?: Readonly<Record<string, string>>
  /** Headers the answer must carry, such as the rate limit's. */
  readonly headers?: Readonly<AnswerHeaders>
  /** The model that was asked for and is not there, as the client wrote it: for those who are told of requests. */
  readonly askedModel?: string
  /** The private reason, for logs only. */
  readonly cause?: unknown
}

/** A key that was put where a name belongs must not be repeated back, into somebody's log. */
const secretLike = /sk-bf-[\w-]+/g

/** A failure whose message may be read by the caller. Everything else that is thrown becomes `internal`. */
export class GatewayError extends Error {
  readonly code: FailureCode
  readonly details: FailureDetails

  constructor(code: FailureCode, message: string, details: FailureDetails = {}) {
    super(message.replaceAll(secretLike, 'sk-bf-…'), { cause: details.cause })
    this.name = 'GatewayError'
    this.code = code
    this.details = details
  }
}

/** The page of the reference on a failure. `baseUrl`: where the client reached this server; empty where that is not known, and the page is then told by its path. */
export const helpUrl = (code: FailureCode, baseUrl: string): string => `${baseUrl}/docs/errors/${code}`

/** A request that the dialect does not allow: names the field and what is allowed. */
export const invalid = (param: string, message: string, vendorCode?: string): GatewayError =>
  new GatewayError('invalid_request', message, { param, ...(vendorCode !== undefined && { vendorCode }) })

const restartMs = 5_000

/** The process drains, and begins nothing more. */
export const shuttingDown = (): GatewayError =>
  new GatewayError('shutting_down', 'This gateway is restarting. Try again shortly.', { retryAfterMs: restartMs })
