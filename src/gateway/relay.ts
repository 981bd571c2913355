/**
 * Relaying an admitted call: to the first of its candidates that gives an answer. Every attempt goes on
 * the receipt, those that failed included.
 */
import type { HttpRequest } from '../lib/http-server/contract.ts'
import type { Admitted } from './admit.ts'
import type { Answered } from './answered.ts'
import { attempt } from './attempt.ts'
import { deadlinesOf } from './deadlines-of.ts'
import type { GatewayDeps } from './deps.ts'
import { tryInTurn } from './failover.ts'

/** Sends an admitted call upstream. Rejects with an `UpstreamError` when no deployment gave an answer. */
export function relay(request: HttpRequest, admitted: Admitted, deps: GatewayDeps): Promise<Answered> {
  const { asked } = admitted.call
  const ask = {
    candidates: admitted.candidates,
    affinity: admitted.candidates.list.length > 1 ? affinityOf(admitted) : null,
    tokens: asked.demand?.input.guess ?? 0,
    until: admitted.startedAt + deadlinesOf(admitted.call, deps).totalMs,
    attemptsMax: isLastTry(request) ? 1 : deps.failover.attemptsMax,
  }
  return tryInTurn(ask, (candidate, failed) => attempt({ request, admitted, candidate, failed }, deps), deps)
}

/** Where a call goes rather than elsewhere. What an upstream's prompt cache may remember is kept apart by organization, here as there. */
function affinityOf({ key, call }: Admitted): string | null {
  // What an organization has at an account can be used together.
  if (call.asked.target.kind === 'provider') return key.organizationId
  const affinity = call.asked.affinity()
  return affinity === null ? null : `${key.organizationId} ${call.model?.id ?? ''} ${affinity}`
}

/** An SDK's own tries multiply with ours, so the last of them gets one. */
const sdkRetriesMany = 2
const isLastTry = ({ headers }: HttpRequest): boolean =>
  Number(headers.get('x-stainless-retry-count') ?? 0) >= sdkRetriesMany
