/** The end of an admitted request, paid or free. */
import { zeroNano } from '../lib/amounts.ts'
import { jobMsMax } from '../money/reservations.ts'
import type { Settlement } from '../store/store.ts'
import type { Deployment } from '../upstreams/deployment.ts'
import { isBilled, type Admitted, type Billed } from './admit.ts'
import { okStatus } from './answered.ts'
import type { GatewayDeps } from './deps.ts'
import { endFreeClaim } from './idempotency.ts'
import { notifyUnsettled } from './notify.ts'
import { reserve, type Begun } from './reserve.ts'
import { isDeferred, settle, type Outcome } from './settle.ts'

/** Ends an admitted request, once, and gives its statement; null for what is free, or charged when what it began has ended. Rejects as `settle` and `reserve`. */
export function end(
  admitted: Admitted,
  deployment: Deployment | null,
  outcome: Outcome,
  deps: GatewayDeps,
): Promise<Settlement | null> {
  if (isBilled(admitted)) {
    const begun = begunBy(admitted, deployment, outcome, deps)
    return begun ? reserve(admitted, begun, deps).then(() => null) : settle(admitted, deployment, outcome, deps)
  }
  endFree(admitted, deployment, outcome, deps)
  return Promise.resolve(null)
}

/** What goes on at its upstream and is charged when it has ended; null for a call that is charged now. */
function begunBy(
  admitted: Billed,
  deployment: Deployment | null,
  outcome: Outcome,
  { clock }: GatewayDeps,
): Begun | null {
  if (!isDeferred(admitted)) return null
  const { intent, status, attempts, reading } = outcome
  const made = outcome.made?.[0]
  // What says already what it used has ended.
  if (!made || !deployment || !intent || reading?.usage) return null
  return { intent, deployment, status, attempts, made, expiresAt: clock.now() + jobMsMax }
}

function endFree(
  admitted: Admitted,
  deployment: Deployment | null,
  { status, ending, failure, attempts }: Outcome,
  deps: GatewayDeps,
): void {
  const { place, call, key } = admitted
  place.leave({ tokens: 0, chargeNano: zeroNano })
  endFreeClaim(admitted, status === okStatus, deps)
  const relayed = {
    upstream: deployment?.id ?? 'none',
    region: deployment?.region ?? key.region,
    ending,
    streamed: call.asked.wire.answer.kind === 'records',
    attempts,
    firstByteMs: attempts.at(-1)?.firstByteMs ?? null,
  }
  const request = { ...admitted, operation: call.operation }
  notifyUnsettled(request, { model: call.model?.id ?? null, status, failure: failure ?? null, relayed }, deps)
}
