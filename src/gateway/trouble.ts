/** What can go wrong with an attempt: as errors with names, as words for the receipt, and as failures for the client. */
import { NoRoomError, UnreachableError } from '../lib/http-client/contract.ts'
import type { Refusal } from '../upstreams/deployment.ts'
import type { Trouble } from '../upstreams/health.ts'
import { CredentialError } from '../upstreams/vertex-token.ts'
import type { ErrorInAnswer } from '../upstreams/refusals/error-in-answer.ts'
import { GatewayError, type FailureDetails } from './errors.ts'
import type { Exchange } from './watch.ts'

/** When trying again may help, where nobody says, ms. */
export const retryMs = 1_000

/** An upstream's refusal that is no fault of the client. */
export class RefusedError extends Error {
  readonly status: number
  readonly refusal: Refusal

  constructor(status: number, refusal: Refusal) {
    super(`the upstream answered ${status}: ${refusal.fault}`)
    this.name = 'RefusedError'
    this.status = status
    this.refusal = refusal
  }
}

/** An upstream's error that came inside of an answer with status 200. */
export class ReportedError extends Error {
  readonly reported: ErrorInAnswer

  constructor(reported: ErrorInAnswer) {
    super('the upstream reported an error within its answer')
    this.name = 'ReportedError'
    this.reported = reported
  }
}

/** A 200 whose body is not what the dialect says. What is wrong with it is not said: a parser's words may quote the answer. */
export class UnreadableError extends Error {
  constructor() {
    super('the answer could not be read')
    this.name = 'UnreadableError'
  }
}

/** No access token could be had, so nothing was sent. */
export class NoTokenError extends Error {
  constructor(cause: unknown) {
    super('no access token', { cause })
    this.name = 'NoTokenError'
  }
}

/** Bun's and Node's names for a connection that was never made. */
const unsentCodes = new Set([
  'ConnectionRefused',
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'FailedToOpenSocket',
  'DNSException',
])
/** Whether the call surely never reached the upstream. */
export const isNotSent = (error: unknown): boolean =>
  error instanceof UnreachableError ||
  error instanceof NoTokenError ||
  unsentCodes.has(String((error as { code?: unknown } | null)?.code))

/** What says nothing of a deployment: its client left, or this process had no room for a connection. */
export type Blameless = 'client-left' | 'no-room'

export const isBlameless = (trouble: Trouble | Blameless): trouble is Blameless =>
  trouble === 'client-left' || trouble === 'no-room'

/** A call that brought no answer at all: what it says of the deployment. */
export function troubleOf({ cutBy }: Exchange, error: unknown): Trouble | Blameless {
  if (cutBy === 'client-left') return cutBy
  if (cutBy !== null) return 'timeout'
  if (error instanceof NoRoomError) return 'no-room'
  if (isRefusedToken(error)) return 'credential'
  return isNotSent(error) ? 'connect' : 'upstream'
}

/** No token, because our credential for it is not accepted. */
const isRefusedToken = (error: unknown): boolean =>
  error instanceof NoTokenError && error.cause instanceof CredentialError

/** The same in a few words, for the receipt. */
export function wordsOf({ cutBy }: Exchange, error: unknown): string {
  if (cutBy !== null) return cutBy
  if (error instanceof NoRoomError) return 'no room for a connection'
  if (isRefusedToken(error)) return 'credential'
  if (error instanceof NoTokenError || error instanceof UnreadableError) return error.message
  return isNotSent(error) ? 'connection failed' : 'the connection broke off'
}

/** A failed call in words for the client: nothing was received, so nothing is owed. */
export function failureOf({ cutBy }: Exchange, cause: unknown): GatewayError {
  const details = { retryAfterMs: retryMs, cause }
  if (cutBy === 'first-byte' || cutBy === 'idle' || cutBy === 'total')
    return new GatewayError('upstream_timeout', 'The model did not answer in time. You may try again.', details)
  if (cause instanceof NoRoomError) return noRoomFailure(cause)
  const message =
    cause instanceof UnreadableError
      ? 'The model gave an answer that cannot be read. Nothing is owed; you may try again.'
      : 'The model could not be reached or broke off its answer. You may try again.'
  return new GatewayError('upstream_failed', message, details)
}

/** This process has as many connections as it may. */
const noRoomFailure = (cause: NoRoomError): GatewayError =>
  new GatewayError('overloaded', 'This gateway has too many calls under way. Nothing is owed; try again shortly.', {
    retryAfterMs: retryMs,
    cause,
  })

/** A refusal that is not the client's doing: our credential, our quota, or the vendor's own trouble. Never the vendor's words. */
export const refusedFailure = (cause: RefusedError): GatewayError =>
  failureFor(cause.refusal.fault, { retryAfterMs: cause.refusal.retryAfterMs ?? retryMs, cause })

/** What keeps a deployment from serving, in words for the client. */
export function failureFor(trouble: Trouble, details: FailureDetails): GatewayError {
  switch (kindOf(trouble)) {
    case 'slow':
      return new GatewayError('upstream_timeout', 'The model did not answer in time. You may try again.', details)
    case 'busy':
      return new GatewayError(
        'upstream_rate_limited',
        'The model gets too many requests at the moment, from all who use it here; no limit of yours is reached. Nothing is owed; try again shortly.',
        details,
      )
    case 'broken':
      return new GatewayError('upstream_failed', unavailable, details)
    // An SDK that tries again at once only waits longer.
    case 'lasting':
      return new GatewayError('upstream_failed', unavailable, { ...details, headers: { 'x-should-retry': 'false' } })
  }
}

const unavailable = 'The model is overloaded or not available at the moment. Nothing is owed; you may try again.'

/** Nothing that is `lasting` passes by itself. */
type TroubleKind = 'broken' | 'slow' | 'busy' | 'lasting'

function kindOf(trouble: Failure['trouble']): TroubleKind {
  switch (trouble) {
    case 'timeout':
      return 'slow'
    case 'rate':
      return 'busy'
    case 'quota':
    case 'credential':
    case 'missing':
      return 'lasting'
    case 'upstream':
    case 'connect':
    case 'conflict':
    case 'client':
    case 'policy':
    case 'no-room':
      return 'broken'
  }
}

/** Where several deployments failed, the first of these that one of them failed by is told: 429 says that nothing is broken. */
const toldFirst: readonly TroubleKind[] = ['broken', 'slow', 'busy', 'lasting']

export type Failure = { readonly trouble: Trouble | 'no-room'; readonly failure: GatewayError }

/** What the client is told of all that failed, the latest of its kind; null for nothing. */
export function worstOf(failures: readonly Failure[]): GatewayError | null {
  for (const kind of toldFirst) {
    const found = failures.findLast(({ trouble }) => kindOf(trouble) === kind)
    if (found) return found.failure
  }
  return null
}
