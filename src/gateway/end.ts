/** The end of an admitted request, paid or free. */
import { zeroNano } from '../lib/amounts.ts'
import type { Deployment } from '../upstreams/deployment.ts'
import { isBilled, type Admitted } from './admit.ts'
import { okStatus } from './answered.ts'
import type { GatewayDeps } from './deps.ts'
import { endFreeClaim } from './idempotency.ts'
import { notifyUnsettled } from './notify.ts'
import { settle, type Outcome } from './settle.ts'

/** Ends an admitted request, once, and gives its charge in nano-USD; null for what is free. Throws as `settle`. */
export async function end(
  admitted: Admitted,
  deployment: Deployment | null,
  outcome: Outcome,
  deps: GatewayDeps,
): Promise<string | null> {
  if (isBilled(admitted)) return (await settle(admitted, deployment, outcome, deps)).chargeNano
  endFree(admitted, deployment, outcome, deps)
  return null
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
