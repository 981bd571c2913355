/**
 * One upstream call: the intent goes into the journal, then the bytes go out. An answer that is not the
 * client's own doing is turned into a failure of ours; what the client did wrong is passed on as it came.
 */
import type { Attempt } from '../store/store.ts'
import type { Deployment } from '../upstreams/deployment.ts'
import { billingUnavailable, type Admitted } from './admit.ts'
import type { GatewayDeps } from './deps.ts'
import { GatewayError } from './errors.ts'
import { intentOf } from './settle.ts'
import type { Exchange } from './watch.ts'

export type Relayed = {
  readonly admitted: Admitted
  readonly deployment: Deployment
  readonly exchange: Exchange
  readonly upstream: Response
  readonly attempt: Attempt
  /** Whether the client has gone meanwhile. */
  readonly hasLeft: () => boolean
}

/** Sends an admitted call to a deployment. Throws `upstream_failed` or `upstream_timeout`, wrapped in an `UpstreamError` that carries the attempt. */
export async function relay(
  request: Request,
  admitted: Admitted,
  deployment: Deployment,
  deps: GatewayDeps,
): Promise<Relayed> {
  await deps.journal.intend(intentOf(admitted, deployment)).catch((cause: unknown) => {
    throw billingUnavailable('the intent could not be written', cause)
  })
  const exchange = deps.watch.begin()
  const leave = (): void => exchange.cut('client-left')
  request.signal.addEventListener('abort', leave, { once: true })
  if (request.signal.aborted) leave()
  try {
    const upstream = await call(request, admitted, deployment, exchange)
    const firstByteMs = deps.clock.monotonic() - admitted.startedAt
    exchange.answered(deps.clock.monotonic())
    return {
      admitted,
      deployment,
      exchange,
      upstream,
      attempt: attemptOf(deployment, upstream.status, null, firstByteMs),
      hasLeft: () => request.signal.aborted,
    }
  } catch (error) {
    exchange.end()
    throw new UpstreamError(
      failureOf(exchange, error),
      attemptOf(deployment, null, exchange.cutBy ?? 'connection failed', null),
    )
  } finally {
    request.signal.removeEventListener('abort', leave)
  }
}

/** An attempt that brought no answer, with its line for the receipt. */
export class UpstreamError extends Error {
  readonly failure: GatewayError
  readonly attempt: Attempt

  constructor(failure: GatewayError, attempt: Attempt) {
    super(failure.message, { cause: failure })
    this.name = 'UpstreamError'
    this.failure = failure
    this.attempt = attempt
  }
}

function call(request: Request, admitted: Admitted, deployment: Deployment, exchange: Exchange): Promise<Response> {
  const { endpoint, asked } = admitted.call
  const dialect = endpoint.dialect.name
  return fetch(deployment.baseUrls[dialect] + asked.upstreamPath(asked.modelName), {
    method: 'POST',
    headers: {
      ...forwarded(request.headers),
      ...deployment.credentialHeaders[dialect],
      'x-client-request-id': admitted.requestId,
    },
    body: asked.upstreamBody({ outputTokensPerAnswer: admitted.outputTokensPerAnswer, upstreamModel: null }),
    signal: exchange.signal,
    redirect: 'manual',
    // Bun gives up after 300 s by itself; the watch has the deadlines.
    timeout: false,
  } as RequestInit)
}

/** The client's headers that mean something to an upstream. Never its credential, and nothing we do not know. */
const forwardedHeaders = ['openai-beta', 'x-sandbox'] as const
function forwarded(headers: Headers): Record<string, string> {
  // Usage is read out of the bytes, so they must not come compressed.
  const kept: Record<string, string> = { 'content-type': 'application/json', 'accept-encoding': 'identity' }
  for (const name of forwardedHeaders) {
    const value = headers.get(name)
    if (value !== null) kept[name] = value
  }
  return kept
}

export const attemptOf = (
  deployment: Deployment,
  status: number | null,
  error: string | null,
  firstByteMs: number | null,
): Attempt => ({
  deployment: deployment.id,
  region: deployment.region,
  status,
  error,
  startedMs: 0,
  firstByteMs,
})

/** When trying again may help, where the upstream does not say. */
export const retryMs = 1_000

/** A failed connection in words for the caller: nothing was received, so nothing is owed. */
export function failureOf(exchange: Exchange, cause: unknown): GatewayError {
  if (exchange.cutBy === 'first-byte' || exchange.cutBy === 'idle' || exchange.cutBy === 'total')
    return new GatewayError('upstream_timeout', 'The model did not answer in time. You may try again.', {
      retryAfterMs: retryMs,
      cause,
    })
  return new GatewayError(
    'upstream_failed',
    'The model could not be reached or broke off its answer. You may try again.',
    { retryAfterMs: retryMs, cause },
  )
}

/** Statuses that say the client's request itself is at fault, so that the upstream's own words help it most. */
const clientFaults = new Set([400, 404, 405, 409, 413, 415, 422])
export const isClientFault = (status: number): boolean => clientFaults.has(status)

/** An upstream's refusal that is not the client's doing: our credential, our quota, or its own trouble. */
export function refusalOf({ status, headers }: Response, reason?: unknown): GatewayError {
  const wait = Number(headers.get('retry-after'))
  const retryAfterMs = Number.isFinite(wait) && wait > 0 ? wait * 1_000 : retryMs
  const cause = reason ?? `the upstream answered ${status}`
  if (status === 408 || status === 504)
    return new GatewayError('upstream_timeout', 'The model did not answer in time. You may try again.', {
      retryAfterMs,
      cause,
    })
  return new GatewayError(
    'upstream_failed',
    'The model is overloaded or not available at the moment. Nothing is owed; you may try again.',
    { retryAfterMs, cause },
  )
}
