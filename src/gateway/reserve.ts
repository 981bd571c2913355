/**
 * Reserving: a call that began something which is billed when it has ended (a video, a background response) sets its
 * whole hold aside, by one record in the journal, before its answer leaves. From then on it is the poller's to settle;
 * the request itself has ended.
 */
import { roundedMs } from '../lib/clock.ts'
import { inBackground } from '../lib/log.ts'
import { freezePrice } from '../money/frozen-price.ts'
import type { Intent } from '../money/journal.ts'
import { scaledPrice, type Price, type UnitPrices } from '../money/price-book.ts'
import { jobMsMax } from '../money/reservations.ts'
import type { Reservation } from '../store/reservations.ts'
import type { MadeResource } from '../store/resources.ts'
import type { Attempt, Settlement } from '../store/store.ts'
import { isVendor, type Deployment } from '../upstreams/deployment.ts'
import type { Billed } from './admit.ts'
import type { GatewayDeps } from './deps.ts'
import { endClaim } from './idempotency.ts'
import { billingUnavailable } from './no-money.ts'
import { priceFor } from './price-for.ts'
import { notifySettled, settleInDoubt } from './settle.ts'

/** What a call began at its upstream. */
export type Begun = {
  /** Of the attempt that began it, with `deferred`. */
  readonly intent: Intent
  readonly deployment: Deployment
  /** That of the answer that tells of it. */
  readonly status: number
  readonly attempts: readonly Attempt[]
  /** The job, by the id that the client is given. */
  readonly made: MadeResource
  /** Epoch ms: when nothing is to be expected of it any more; null: as with any job. */
  readonly expiresAt: number | null
}

/** Much of what is made quickly is ready by then. */
const firstCheckMs = 1_000

/**
 * Reserves what an admitted request holds, and gives its statement, which says `reserved`. Nothing of the answer may
 * leave before it resolves. Throws `billing_unavailable` when the journal cannot take it: then nothing is charged,
 * whatever the upstream makes of it.
 */
export async function reserve(admitted: Billed, begun: Begun, deps: GatewayDeps): Promise<Settlement> {
  const { key, place, paid } = admitted
  const { hold } = paid
  const reservation = reservationOf(admitted, begun, deps)
  const { settlement } = reservation
  deps.credit.reserve(hold)
  place.leave({ tokens: 0, chargeNano: noNano })
  if (paid.exposedNano > 0n) deps.caution.cover(key, paid.exposedNano)
  try {
    await deps.journal.reserve(reservation)
  } catch (cause) {
    deps.credit.giveBack(hold)
    deps.limits.releaseBudget(key.id, hold.amountNano)
    if (settlement.idempotency) deps.keptAnswers.drop(settlement.requestId)
    inBackground(deps.log, 'reserve-unwritten', () => endUnwritten(begun.intent, deps))
    throw billingUnavailable('the reservation could not be written', cause)
  }
  // Its key's budget stays held, by as much as is reserved, until it ends.
  endClaim(settlement, deps)
  deps.resources.note([begun.made], settlement)
  notifySettled(settlement, null, admitted, deps)
  return settlement
}

const noNano = 0n as Billed['paid']['hold']['amountNano']

function reservationOf(admitted: Billed, begun: Begun, deps: GatewayDeps): Reservation {
  const { call, paid, admittedAt } = admitted
  const { made, deployment, expiresAt } = begun
  const { provider, kind, id, upstreamId } = made
  const listed =
    (deps.costs !== deps.prices && priceFor(paid.price.model, call, { prices: deps.costs, at: admittedAt })) ||
    paid.price
  return {
    settlement: statementOf(admitted, begun, deps),
    provider,
    kind,
    resourceId: id,
    upstreamId,
    price: freezePrice(agreed(scaledPrice(paid.price, deployment.pricePpm), paid, deployment)),
    cost: freezePrice(agreed(scaledPrice(listed, deployment.costPpm), paid, deployment)),
    ...(paid.demand.output !== null && { inputGuess: paid.demand.input.guess }),
    firstCheckAt: deps.clock.now() + firstCheckMs,
    expiresAt: expiresAt ?? deps.clock.now() + jobMsMax,
  }
}

/** What a compatible upstream calls its tier counts only where it was asked for, as in `rateServed`. */
function agreed(price: Price, { demand }: Billed['paid'], { kind }: Deployment): UnitPrices {
  if (isVendor(kind)) return price
  const asked = price.tiers[demand.tiers.at(-1) ?? 'standard']
  const tiers = { standard: asked, flex: asked, priority: asked, batch: asked }
  for (const tier of demand.tiers) tiers[tier] = price.tiers[tier]
  return { name: price.name, tiers }
}

function statementOf(admitted: Billed, { intent, status, attempts, made }: Begun, deps: GatewayDeps): Settlement {
  const { deferred: _, ...known } = intent
  return {
    ...known,
    endedAt: deps.clock.now(),
    servedModel: null,
    status,
    ending: 'reserved',
    lines: [],
    tokens: { input: 0, cachedInput: 0, output: 0, reasoning: 0 },
    ratedNano: '0',
    writeOffNano: '0',
    chargeNano: '0',
    costNano: '0',
    flags: [],
    firstByteMs: attempts.at(-1)?.firstByteMs ?? null,
    latencyMs: roundedMs(deps.clock.monotonic() - admitted.startedAt),
    attempts,
    vendorUsage: null,
    resources: [made],
  }
}

/** The client was given nothing, so it is in doubt, as after a crash, as soon as that can be written. */
async function endUnwritten(intent: Intent, deps: GatewayDeps): Promise<void> {
  deps.log.error({ event: 'create-in-doubt', requestId: intent.requestId, upstream: intent.upstream })
  for (let isWritten = false; !isWritten;) {
    await deps.journal.writable()
    const settlement = settleInDoubt(intent, null, deps.prices, deps.clock.now())
    isWritten = await deps.journal.settle(settlement).then(
      () => true,
      () => false,
    )
    if (isWritten) endClaim(settlement, deps)
  }
}
