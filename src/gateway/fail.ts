/** Turning whatever went wrong into an answer, and closing the books on a request that was already admitted. */
import type { Admitted } from './admit.ts'
import type { GatewayDeps } from './deps.ts'
import type { Dialect } from './dialect.ts'
import { inBackground } from '../lib/log.ts'
import { GatewayError } from './errors.ts'
import { UpstreamError } from './relay.ts'
import { settle } from './settle.ts'

export type Failed = { readonly requestId: string; readonly dialect: Dialect; readonly admitted: Admitted | null }

/** The answer to a request that failed. What was admitted is settled at nothing: no answer received, nothing owed. */
export function failed(error: unknown, { requestId, dialect, admitted }: Failed, deps: GatewayDeps): Response {
  const failure = failureFor(error)
  if (failure.code === 'internal' || error instanceof UpstreamError)
    deps.log.error({ event: 'request-failed', requestId, code: failure.code, error: failure.cause ?? error })
  const response = withRequestId(dialect, failure, requestId)
  if (admitted && !admitted.hold.ended) settleFailed(admitted, error, response.status, deps)
  return response
}

const restartMs = 5_000

/** Throws `shutting_down` once the process drains: connections that are kept alive may still bring requests. */
export function refuseWhileDraining({ isAccepting }: Pick<GatewayDeps, 'isAccepting'>): void {
  if (!isAccepting())
    throw new GatewayError('shutting_down', 'This gateway is restarting. Try again shortly.', {
      retryAfterMs: restartMs,
    })
}

/** A failure outside any paid request, such as an unknown URL, in the dialect's envelope. */
export function withRequestId(dialect: Dialect, failure: GatewayError, requestId: string): Response {
  const response = dialect.errorResponse(failure)
  response.headers.set('x-request-id', requestId)
  return response
}

function failureFor(error: unknown): GatewayError {
  if (error instanceof UpstreamError) return error.failure
  if (error instanceof GatewayError) return error
  return new GatewayError('internal', 'Something went wrong on our side. Nothing is owed for this request.', {
    cause: error,
  })
}

/** nginx's status for a client that left before there was an answer. */
const clientClosedRequest = 499

function settleFailed(admitted: Admitted, error: unknown, status: number, deps: GatewayDeps): void {
  const attempts = error instanceof UpstreamError ? [error.attempt] : []
  const ending = attempts[0]?.error === 'client-left' ? 'client-left' : 'upstream-failed'
  const deployment = deps.deployments.find(({ id }) => id === attempts[0]?.deployment) ?? null
  const outcome = {
    ending,
    status: ending === 'client-left' ? clientClosedRequest : status,
    reading: null,
    estimate: null,
    attempts,
  } as const
  inBackground(deps.log, 'settle-failed', () => settle(admitted, deployment, outcome, deps))
}
