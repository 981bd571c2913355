/**
 * Settling: usage × the price frozen at admission → charge; the hold is captured up to it and the rest
 * released; one record in the journal. Every ending of every admitted request comes here, once.
 */
import { lesser, zeroNano, type Nano } from '../lib/amounts.ts'
import { roundedMs } from '../lib/clock.ts'
import { inBackground } from '../lib/log.ts'
import type { Intent, Progress } from '../money/journal.ts'
import { scaledPrice, type PriceBook, type ServiceTier } from '../money/price-book.ts'
import { rate, ratedNanoOf, type Rated } from '../money/rating.ts'
import { apartClasses, inputTokensOf, tokenTotals, type Usage, type UsageClass } from '../money/usage.ts'
import type { MadeResource } from '../store/resources.ts'
import type { Attempt, Ending, Settlement, SettlementFlag } from '../store/store.ts'
import type { Deployment } from '../upstreams/deployment.ts'
import type { Billed, Paid } from './admit.ts'
import type { GatewayDeps } from './deps.ts'
import type { Reading } from './dialect.ts'
import type { FailureCode } from './errors.ts'
import { endClaim } from './idempotency.ts'
import { billingUnavailable } from './no-money.ts'
import { listPpm, rateServed, type RatedServed } from './rate-served.ts'
import { isTranslated } from './wire-of.ts'

/** How an admitted request ended. */
export type Outcome = {
  /** Of the attempt that ended it; null where the request is free. */
  readonly intent: Intent | null
  readonly ending: Ending
  /** The status the client was given, or would have been. */
  readonly status: number
  /** Why it failed, where the client was told of a failure. */
  readonly failure?: FailureCode
  /** null when nothing came that could be read. */
  readonly reading: Reading | null
  /** Counted by ourselves, where the vendor's figures are of no use; never charged above the hold. */
  readonly estimate: Usage | Promise<Usage> | null
  readonly attempts: readonly Attempt[]
  /** What it made that has an id of its own, where it made anything. */
  readonly made?: readonly MadeResource[]
}

/** Settles an admitted request at once, and gives its statement when the journal has it. Throws `billing_unavailable` when the journal cannot take it. */
export async function settle(
  admitted: Billed,
  deployment: Deployment | null,
  outcome: Outcome,
  deps: GatewayDeps,
): Promise<Settlement> {
  const { key, paid, admittedAt } = admitted
  const { demand, model, price, hold } = paid
  const intent = outcome.intent ?? intentOf(admitted, deployment)
  const estimate = outcome.estimate instanceof Promise ? await outcome.estimate : outcome.estimate
  const usage = estimate ?? outcome.reading?.usage ?? {}
  if (demand.input.isAssumed && !estimate && isBeyond(usage, demand)) deps.caution.beWary(key)
  const frozen = { demand, model, toolModel: admitted.call.toolModel, price, admittedAt }
  const rated = rateServed(frozen, deployment, { reading: outcome.reading, usage }, deps)
  const owedNano = estimate ? lesser(rated.ratedNano, hold.amountNano) : rated.ratedNano
  if (owedNano > hold.amountNano) await deps.credit.cover(hold, (owedNano - hold.amountNano) as Nano)
  const isOther = deployment !== null && isTranslated(admitted.call, deployment)
  const owed = { intent, usage, isEstimated: estimate !== null, isTranslated: isOther, rated, owedNano }
  const settlement = capture(admitted, outcome, owed, deps)
  try {
    await deps.journal.settle(settlement)
  } catch (cause) {
    // Its client is not given it either.
    if (settlement.idempotency) deps.keptAnswers.drop(settlement.requestId)
    settleLater(intent, settlement, deps)
    throw billingUnavailable('the settlement could not be written', cause)
  }
  endClaim(settlement, deps)
  if (outcome.made) deps.resources.note(outcome.made, settlement)
  notifySettled(settlement, outcome.failure ?? null, admitted, deps)
  return settlement
}

/** Whether more was used than media and tools were believed to use. */
const isBeyond = (usage: Usage, { input, pieces, piecesMax }: Paid['demand']): boolean =>
  inputTokensOf(usage) > input.max ||
  (piecesMax !== undefined && apartClasses.some((each) => (usage[each] ?? 0) > (pieces[each] ?? 0)))

type Owed = {
  readonly intent: Intent
  readonly usage: Usage
  readonly isEstimated: boolean
  /** It was said to its upstream as another operation. */
  readonly isTranslated: boolean
  readonly rated: RatedServed
  /** What it is rated at, as far as it may be charged. */
  readonly owedNano: Nano
}

/**
 * Captures the charge, releases the rest of what the request held, and makes out its statement: member by
 * member, because to spread anything into so many costs several times as much.
 */
function capture(admitted: Billed, outcome: Outcome, owed: Owed, deps: GatewayDeps): Settlement {
  const { intent, usage, rated, owedNano } = owed
  const { key, place, paid } = admitted
  const { hold, exposedNano } = paid
  const { reading, attempts } = outcome
  const { chargeNano, writeOffNano } = deps.credit.settle(hold, owedNano)
  deps.limits.releaseBudget(key.id, hold.amountNano)
  if (exposedNano > 0n) deps.caution.cover(key, exposedNano)
  const tokens = tokenTotals(usage)
  const ratedText = rated.ratedNano.toString()
  place.leave({ tokens: tokens.input + tokens.cachedInput + tokens.output + tokens.reasoning, chargeNano })
  return {
    requestId: intent.requestId,
    organizationId: intent.organizationId,
    keyId: intent.keyId,
    mode: intent.mode,
    admittedAt: intent.admittedAt,
    endedAt: deps.clock.now(),
    dialect: intent.dialect,
    endpoint: intent.endpoint,
    model: intent.model,
    servedModel: reading?.servedModel?.slice(0, servedModelCharsMax) ?? null,
    upstream: intent.upstream,
    region: intent.region,
    pricePpm: intent.pricePpm,
    onAbort: intent.onAbort,
    streamed: intent.streamed,
    serviceTier: rated.tier,
    priceFrom: rated.priceFrom,
    status: outcome.status,
    ending: outcome.ending,
    lines: rated.lines,
    tokens,
    holdNano: intent.holdNano,
    ratedNano: ratedText,
    writeOffNano:
      owedNano === rated.ratedNano ? writeOffNano.toString() : (writeOffNano + rated.ratedNano - owedNano).toString(),
    // Nearly always the same amount.
    chargeNano: chargeNano === rated.ratedNano ? ratedText : chargeNano.toString(),
    costNano: rated.costNano === rated.ratedNano ? ratedText : rated.costNano.toString(),
    flags: flagsOf(admitted, outcome, owed),
    firstByteMs: attempts.at(-1)?.firstByteMs ?? null,
    latencyMs: roundedMs(deps.clock.monotonic() - admitted.startedAt),
    attempts,
    vendorUsage: reading?.vendorUsage ?? null,
    idempotency: intent.idempotency,
    resources: outcome.made,
    images: reading?.images || undefined,
  }
}

/** A vendor's own name for a model is a name, or no more than the beginning of one. */
const servedModelCharsMax = 200

/** Tells whoever watches that a request has ended, and what it owes. */
export function notifySettled(
  settlement: Settlement,
  failure: FailureCode | null,
  { traceparent, address }: Billed,
  deps: GatewayDeps,
): void {
  deps.observer.requestEnded({
    requestId: settlement.requestId,
    endpoint: settlement.endpoint,
    dialect: settlement.dialect,
    organizationId: settlement.organizationId,
    keyId: settlement.keyId,
    mode: settlement.mode,
    model: settlement.model,
    startedAt: settlement.endedAt - settlement.latencyMs,
    durationMs: settlement.latencyMs,
    status: settlement.status,
    failure,
    traceparent,
    address,
    relayed: settlement,
    settlement,
  })
}

function flagsOf(admitted: Billed, { reading }: Outcome, owed: Owed): SettlementFlag[] {
  const { rated, isEstimated } = owed
  const flags: SettlementFlag[] = []
  if (isEstimated) flags.push('estimated')
  if (reading?.mismatch || (isEstimated && reading?.usage)) flags.push('usage-mismatch')
  if (reading?.hasUnknown) flags.push('usage-unknown')
  if (rated.isOtherModel) flags.push('other-model-served')
  if (rated.ratedNano > admitted.paid.hold.amountNano) flags.push('over-hold')
  if (admitted.outputTokensPerAnswer !== null) flags.push('output-clamped')
  if (owed.isTranslated) flags.push('translated')
  if (rated.unpriced.some(isGap)) flags.push('price-fallback')
  return flags
}

/** A model prices searches either by the query or by the prompt; the other way is not a gap. */
const isGap = (unpriced: UsageClass): boolean => unpriced !== 'searchQuery' && unpriced !== 'groundedPrompt'

const settleLater = (intent: Intent, unwritten: Settlement, deps: GatewayDeps): void =>
  inBackground(deps.log, 'settle-unwritten', () => settleUnwritten(intent, unwritten, deps))

/**
 * Settles what could not be written when it ended, once it can be: as after a crash, because its client was given no
 * last byte, and never above what was taken for it. Until then its idempotency key is in use: what it will owe is not
 * known. A crash before that leaves the intent to recovery.
 */
async function settleUnwritten(intent: Intent, unwritten: Settlement, deps: GatewayDeps): Promise<void> {
  const takenNano = BigInt(unwritten.chargeNano)
  for (let isWritten = false; !isWritten;) {
    await deps.journal.writable()
    const progress = deps.journal.progressOf(intent.requestId)
    const inDoubt = takenNano > 0n ? settleInDoubt(intent, progress, deps.prices, deps.clock.now()) : unwritten
    const settlement = chargedAtMost(inDoubt, takenNano)
    isWritten = await deps.journal.settle(settlement).then(
      () => true,
      () => false,
    )
    const { organizationId, mode } = intent
    const amountNano = (takenNano - BigInt(settlement.chargeNano)) as Nano
    if (!isWritten) continue
    deps.credit.giveBack({ organizationId, mode, amountNano })
    endClaim(settlement, deps)
  }
}

function chargedAtMost(settlement: Settlement, mostNano: bigint): Settlement {
  const beyondNano = BigInt(settlement.chargeNano) - mostNano
  if (beyondNano <= 0n) return settlement
  const writeOffNano = BigInt(settlement.writeOffNano) + beyondNano
  return { ...settlement, chargeNano: mostNano.toString(), writeOffNano: writeOffNano.toString() }
}

/** What is known before the upstream call. */
export function intentOf(admitted: Billed, deployment: Deployment | null): Intent {
  const { call, key, paid } = admitted
  const intent = {
    requestId: admitted.requestId,
    organizationId: key.organizationId,
    keyId: key.id,
    mode: key.mode,
    admittedAt: admitted.admittedAt,
    dialect: call.operation.dialect.name,
    endpoint: call.operation.name,
    model: paid.model.id,
    upstream: deployment?.id ?? 'none',
    region: deployment?.region ?? key.region,
    pricePpm: Number(deployment?.pricePpm ?? listPpm),
    onAbort: deployment?.onAbort ?? 'drain',
    streamed: call.asked.wire.answer.kind === 'records',
    serviceTier: paid.demand.tiers.at(-1) ?? 'standard',
    priceFrom: paid.price.name,
    holdNano: paid.hold.amountNano.toString(),
    idempotency: admitted.idempotency,
  }
  return isDeferred(admitted) ? { ...intent, deferred: true } : intent
}

/** Whether its charge is known only when what it began has ended. */
export const isDeferred = ({ call, paid }: Pick<Billed, 'call' | 'paid'>): boolean =>
  paid.demand.isDeferred ?? call.operation.due === 'deferred'

/** What we counted ourselves comes to at the price of its admission, before an answer says what really served. */
export const rateCounted = ({ demand, price }: Paid, deployment: Deployment, usage: Usage): Rated =>
  rate(usage, scaledPrice(price, deployment.pricePpm), demand.tiers.at(-1) ?? 'standard')

/**
 * Settles a request whose process died in between. A plain answer never reached its client, so nothing
 * is owed, nor for what may have been begun at an upstream and was not reserved; a stream owes what it had carried
 * by our last note of it, at the price of its admission and never above its hold. `prices` is for notes of before that had no price; where their model has none either,
 * nothing is charged and the flag `price-fallback` says so.
 */
export function settleInDoubt(intent: Intent, progress: Progress | null, prices: PriceBook, now: number): Settlement {
  // What is billed later is not billed by what its stream had carried.
  const noted = intent.streamed && !intent.deferred ? progress : null
  const usage: Usage = noted ? { input: noted.inputTokens, output: noted.outputTokens } : {}
  const { lines, ratedNano, unpriced } = noted?.lines ? asNoted(noted.lines) : rateByBook(intent, usage, prices)
  const chargeNano = lesser(ratedNano, BigInt(intent.holdNano) as Nano)
  return {
    ...intent,
    endedAt: now,
    servedModel: null,
    status: 0,
    ending: 'in-doubt',
    lines,
    tokens: tokenTotals(usage),
    ratedNano: ratedNano.toString(),
    writeOffNano: (ratedNano - chargeNano).toString(),
    chargeNano: chargeNano.toString(),
    costNano: ratedNano.toString(),
    flags: unpriced.length > 0 ? ['estimated', 'price-fallback'] : ['estimated'],
    firstByteMs: null,
    latencyMs: Math.max(0, now - intent.admittedAt),
    attempts: [],
    vendorUsage: null,
  }
}

type InDoubt = Pick<Rated, 'lines' | 'ratedNano' | 'unpriced'>

const asNoted = (lines: Rated['lines']): InDoubt => ({ lines, ratedNano: ratedNanoOf(lines), unpriced: [] })

function rateByBook(intent: Intent, usage: Usage, prices: PriceBook): InDoubt {
  const price = prices.priceOf(intent.model, intent.admittedAt)
  if (!price) return { lines: [], ratedNano: zeroNano, unpriced: Object.keys(usage) as UsageClass[] }
  // A journal of before there were shares of a price says nothing of them.
  return rate(usage, scaledPrice(price, BigInt(intent.pricePpm ?? listPpm)), intent.serviceTier as ServiceTier)
}
