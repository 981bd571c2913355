import type { KeyRow } from '../store/store.ts'
import type { GatewayDeps } from './deps.ts'
import type { RequestEnded } from './observe.ts'
import type { Route } from './operation.ts'

/** A request, as far as it got. */
export type Known = {
  readonly requestId: string
  /** Monotonic ms. */
  readonly startedAt: number
  readonly traceparent: string | null
  /** The client's. */
  readonly address: string
  readonly operation: Pick<Route, 'dialect' | 'name'>
  /** null when it had none that is accepted. */
  readonly key: KeyRow | null
}

/** Tells whoever watches that a request has ended that owes nothing: it was free, was never admitted, or was given another's answer again. */
export function notifyUnsettled(
  { requestId, startedAt, traceparent, address, operation, key }: Known,
  ended: Pick<RequestEnded, 'model' | 'status' | 'failure' | 'relayed' | 'replayOf'>,
  deps: Pick<GatewayDeps, 'clock' | 'observer'>,
): void {
  const durationMs = deps.clock.monotonic() - startedAt
  deps.observer.requestEnded({
    requestId,
    endpoint: operation.name,
    dialect: operation.dialect.name,
    organizationId: key?.organizationId ?? null,
    keyId: key?.id ?? null,
    mode: key?.mode ?? null,
    traceparent,
    address,
    startedAt: deps.clock.now() - durationMs,
    durationMs,
    settlement: null,
    ...ended,
  })
}
