/** Turning whatever went wrong into an answer, and closing the books on a request that was already admitted. */
import type { Admitted } from './admit.ts'
import type { GatewayDeps } from './deps.ts'
import { end } from './end.ts'
import type { Dialect } from './dialect.ts'
import type { HttpAnswer, HttpRequest } from '../lib/http-server/contract.ts'
import { inBackground } from '../lib/log.ts'
import { GatewayError, shuttingDown, type FailureCode } from './errors.ts'
import { UpstreamError } from './failover.ts'
import { namedModel, type Named } from './named-model.ts'
import { notifyUnsettled, type Known } from './notify.ts'
import { isLasting } from '../upstreams/fault-words.ts'

export type Failed = Known & {
  readonly request: HttpRequest
  /** null where it asks of no model. */
  readonly about: Named | null
  readonly admitted: Admitted | null
}

/**
 * The answer to a request that failed. What was admitted ends at nothing: no answer received, nothing owed. That is
 * written behind the answer; before it, where it came with an idempotency key: who is told that a call came to nothing
 * may use its key again at once.
 */
export function failed(error: unknown, request: Failed, deps: GatewayDeps): HttpAnswer | Promise<HttpAnswer> {
  const failure = failureFor(error)
  const { requestId, operation, admitted } = request
  if (failure.code === 'internal' || (error instanceof UpstreamError && !isKnown(error)))
    deps.log.error({ event: 'request-failed', requestId, code: failure.code, error: failure.cause ?? error })
  const answer = withRequestId(operation.dialect, failure, requestId, deps.baseUrl(request.request))
  // What a test key's upstream said is simulated, also where it failed.
  if (error instanceof UpstreamError && request.key?.mode === 'test') answer.headers['x-mart-sandbox'] = 'true'
  const said = { failure: failure.code, status: answer.status }
  if (!admitted) {
    const model = failure.details.askedModel ?? (request.about && namedModel(request.about, deps.catalog))
    notifyUnsettled(request, { ...said, model, relayed: null }, deps)
    return answer
  }
  const ending = endFailed(admitted, error, said, deps)
  inBackground(deps.log, 'settle-failed', () => ending)
  return admitted.idempotency ? onceEnded(ending, answer) : answer
}

/** The answer, once the request has ended; what keeps that from being written is told elsewhere. */
async function onceEnded(ending: Promise<void>, answer: HttpAnswer): Promise<HttpAnswer> {
  await ending.catch(() => undefined)
  return answer
}

/** What needs no line beside the request's own: nobody failed, or an alert has said what is to be mended. */
const isKnown = (error: UpstreamError): boolean =>
  hasLeft(error) || error.attempts.length === 0 || isLasting(error.attempts.at(-1)!.error ?? '')

/** A client that leaves is nobody's failure. */
const hasLeft = ({ attempts }: UpstreamError): boolean => attempts.at(-1)?.error === 'client-left'

/** Throws `shutting_down` once the process drains: connections that are kept alive may still bring requests. */
export function refuseWhileDraining({ isAccepting }: Pick<GatewayDeps, 'isAccepting'>): void {
  if (!isAccepting()) throw shuttingDown()
}

/** A failure in the dialect's envelope, also outside any request that is served, such as of an unknown URL. */
export function withRequestId(dialect: Dialect, failure: GatewayError, requestId: string, baseUrl: string): HttpAnswer {
  const answer = dialect.errorAnswer(failure, baseUrl)
  answer.headers['x-request-id'] = requestId
  return answer
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

async function endFailed(
  admitted: Admitted,
  error: unknown,
  failed: { readonly failure: FailureCode; readonly status: number },
  deps: GatewayDeps,
): Promise<void> {
  // Its settlement is what failed: it is written when it can be.
  if (admitted.paid?.hold.ended) return
  const attempts = error instanceof UpstreamError ? error.attempts : []
  const last = attempts.at(-1)
  const ending = error instanceof UpstreamError && hasLeft(error) ? 'client-left' : 'upstream-failed'
  const deployment =
    admitted.candidates.list.find((candidate) => candidate.deployment.id === last?.deployment)?.deployment ?? null
  const outcome = {
    intent: null,
    ending,
    status: ending === 'client-left' ? clientClosedRequest : failed.status,
    failure: failed.failure,
    reading: null,
    estimate: null,
    attempts,
  } as const
  await end(admitted, deployment, outcome, deps)
}
