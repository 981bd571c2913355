/**
 * Letting a call in: its tokens first, then money. What is admitted owns a place within its key's limits and
 * a hold on credit that covers the most it can cost; both are given back when it is settled.
 */
import type { Model } from '../catalog/catalog.ts'
import { lesser, zeroNano, type Nano } from '../lib/amounts.ts'
import { budgetLeftNano } from '../limits/limits.ts'
import { assert } from '../lib/assert.ts'
import type { Hold, HoldAnswer } from '../money/credit.ts'
import { scaledPrice, type Price } from '../money/price-book.ts'
import { affordableOutputTokens, holdFor } from '../money/rating.ts'
import type { Usage } from '../money/usage.ts'
import type { Idempotency, KeyRow } from '../store/store.ts'
import type { Deployment } from '../upstreams/deployment.ts'
import type { Candidates } from '../upstreams/fleet.ts'
import type { GatewayDeps } from './deps.ts'
import type { Demand } from './dialect.ts'
import type { Call } from './operation.ts'
import { rateLimited, type Place } from './enter.ts'
import { GatewayError } from './errors.ts'
import { billingUnavailable, noBudget, noCredit, tooExposed, type Need } from './no-money.ts'
import { priceFor } from './price-for.ts'

/** A call with a place to be served, on its way to be let in. */
export type Routed = {
  readonly requestId: string
  /** Monotonic ms. */
  readonly startedAt: number
  /** The client's W3C trace, where it sent one. */
  readonly traceparent: string | null
  /** The client's IP address. */
  readonly address: string
  readonly key: KeyRow
  readonly place: Place
  readonly call: Call
  readonly candidates: Candidates
  /** null when its client sent no idempotency key. */
  readonly idempotency: Idempotency | null
}

export type Admitted = Routed & {
  readonly admittedAt: number
  /** null for what is free. */
  readonly paid: Paid | null
  /** The output limit that the upstream must be given for each answer, at most; null when the client's own, or none, will do. */
  readonly outputTokensPerAnswer: number | null
}

/** One that is charged. */
export type Billed = Admitted & { readonly paid: Paid }

export const isBilled = (admitted: Admitted): admitted is Billed => admitted.paid !== null

/** What is known of the money for a call. */
export type Paid = {
  readonly demand: Demand
  readonly model: Model
  /** Frozen here: whatever changes meanwhile, this request is charged by it, times its deployment's share of it. */
  readonly price: Price
  readonly hold: Hold
  /** What it may cost beyond that, where media or tools are not what they seem. */
  readonly exposedNano: Nano
}

/** The output limit for each answer that a deployment must be given: never a larger one than it can do. */
export const outputLimit = (
  { outputTokensPerAnswer: tokens }: Pick<Admitted, 'outputTokensPerAnswer'>,
  { outputTokensMax }: Pick<Deployment, 'outputTokensMax'>,
): number | null => (tokens === null || outputTokensMax === null ? tokens : Math.min(tokens, outputTokensMax))

/** Lets a call in; waits only where credit must be asked for. Throws, or rejects with, what keeps it out. What is free needs no money. */
export function admit(routed: Routed, deps: GatewayDeps): Admitted | Promise<Admitted> {
  const { demand } = routed.call.asked
  return demand === null ? admittedOf(routed, deps.clock.now(), null, null) : admitPaid(routed, demand, deps)
}

function admitPaid(routed: Routed, demand: Demand, deps: GatewayDeps): Admitted | Promise<Admitted> {
  const { key, place, candidates } = routed
  const { model } = routed.call
  assert(model !== null, 'what is paid has a model, which has the price')
  const trouble = deps.journal.trouble()
  if (trouble !== null) throw billingUnavailable(trouble.reason)
  const admittedAt = deps.clock.now()
  const price = priceFor(model.id, routed.call, { prices: deps.prices, at: admittedAt })
  if (!price) throw new GatewayError('internal', `The model '${model.id}' has no price and is not served without one.`)
  // Whichever candidate serves, the hold covers it.
  const bounds = boundsOf({ key, demand, model, candidates }, scaledPrice(price, candidates.pricePpmMax), deps)
  const tokens = demand.input.guess + Math.min(bounds.outputTokens, outputTokensGuess)
  const rejection = place.takeTokens(tokens)
  if (rejection) throw rateLimited(rejection, key, deps)
  const terms = { price, bounds, admittedAt }
  const hold = holdCredit(key, bounds, deps)
  return hold instanceof Promise ? whenHeld(routed, terms, hold) : held(routed, terms, hold)
}

type Terms = { readonly price: Price; readonly bounds: Bounds; readonly admittedAt: number }

const whenHeld = (routed: Routed, terms: Terms, hold: Promise<Hold>): Promise<Admitted> =>
  hold.then((given) => held(routed, terms, given))

function held(routed: Routed, { price, bounds, admittedAt }: Terms, hold: Hold): Admitted {
  const { demand, model, exposedNano } = bounds
  return admittedOf(routed, admittedAt, { demand, model, price, hold, exposedNano }, clampedOutput(bounds, hold))
}

const admittedOf = (
  routed: Routed,
  admittedAt: number,
  paid: Paid | null,
  outputTokensPerAnswer: number | null,
): Admitted => ({
  requestId: routed.requestId,
  startedAt: routed.startedAt,
  traceparent: routed.traceparent,
  address: routed.address,
  key: routed.key,
  place: routed.place,
  call: routed.call,
  candidates: routed.candidates,
  idempotency: routed.idempotency,
  admittedAt,
  paid,
  outputTokensPerAnswer,
})

/** What a call with no limit of its own is expected to answer, for tokens per minute. */
const outputTokensGuess = 1_024

/** One image of any size, and a sentence with it: less is an image cut short. */
const imageOutputTokensFloor = 2_600
const floorOf = ({ output }: Demand, model: Model): number =>
  Math.max(output?.floor ?? 0, model.kind === 'image' ? imageOutputTokensFloor : 0)

/** The most that a call can use, and what that costs. */
type Bounds = Pick<Paid, 'demand' | 'model'> & {
  /** At the dearest of its candidates. */
  readonly price: Price
  readonly inputTokens: number
  readonly outputTokens: number
  readonly pieces: Usage
  readonly fullNano: Nano
  /** What it costs beyond that if media and tools count all that the model takes. */
  readonly exposedNano: Nano
  /** They are held so already: what was sent is not believed to tell how much it counts. */
  readonly isWary: boolean
}

type Asking = Pick<Routed, 'key' | 'candidates'> & Pick<Paid, 'demand' | 'model'>

function boundsOf({ key, demand, model, candidates }: Asking, price: Price, deps: GatewayDeps): Bounds {
  const { input, tiers } = demand
  const isWary = input.isAssumed && deps.caution.isWary(key)
  // What is billed later is never charged more than is held now, so that is all that it can come to.
  const isAtWorst = isWary || (input.isAssumed && demand.isDeferred === true)
  const inputTokens = isAtWorst ? model.inputTokensMax : Math.min(input.max, model.inputTokensMax)
  const piecesMax = demand.piecesMax ?? demand.pieces
  const pieces = isAtWorst ? piecesMax : demand.pieces
  const outputTokens = outputTokensOf(demand, model, candidates)
  const fullNano = holdFor({ inputTokens, outputTokens, pieces }, price, tiers)
  const worst = { inputTokens: model.inputTokensMax, outputTokens, pieces: piecesMax }
  const exposedNano = input.isAssumed ? ((holdFor(worst, price, tiers) - fullNano) as Nano) : zeroNano
  return { demand, model, price, inputTokens, outputTokens, pieces, fullNano, exposedNano, isWary }
}

/** What a client states may be more than a deployment says it can do; what it leaves to the model cannot. */
function outputTokensOf({ output, judged }: Demand, model: Model, candidates: Candidates): number {
  if (output === null) return 0
  const modelTokens = model.outputTokensMax ?? model.contextTokens ?? model.inputTokensMax
  if (judged) return modelTokens * output.answers
  return output.max === null
    ? Math.min(modelTokens, candidates.outputTokensMax) * output.answers
    : Math.min(output.max, modelTokens * output.answers)
}

/** What it costs with so many output tokens for each answer, or as many as it can use. */
function upTo(tokensPerAnswer: number, bounds: Bounds): Nano {
  const { demand, price, inputTokens, outputTokens, pieces } = bounds
  const output = Math.min(tokensPerAnswer * (demand.output?.answers ?? 0), outputTokens)
  return holdFor({ inputTokens, outputTokens: output, pieces }, price, demand.tiers)
}

const isUnstated = ({ output, judged }: Demand): boolean => output?.max === null && judged === null
/** What is the upstream's to judge is sent as it came, so nothing less than its full bound will do. */
const floorNanoOf = (bounds: Bounds): Nano =>
  bounds.demand.judged ? bounds.fullNano : upTo(floorOf(bounds.demand, bounds.model), bounds)
const ifShortNanoOf = (bounds: Bounds, { holds }: GatewayDeps): Nano =>
  isUnstated(bounds.demand) ? upTo(holds.outputTokensUnstated, bounds) : bounds.fullNano

/** `leftNano`: what there is for it. */
const needOf = (bounds: Bounds, leftNano: Nano): Need => ({
  floorNano: floorNanoOf(bounds),
  fullNano: bounds.fullNano,
  isWary: bounds.isWary,
  fit: fitIn(bounds, leftNano),
  kind: bounds.model.kind,
})

/** What of it there is money for, of a call whose output is not cut short. */
function fitIn({ demand: { output, tiers }, price, inputTokens, pieces }: Bounds, leftNano: Nano): Need['fit'] {
  return output?.fitting?.(affordableOutputTokens({ inputTokens, pieces }, price, tiers, leftNano)) ?? null
}

/** Takes a hold on credit, and its amount of the key's budget. */
function holdCredit(key: KeyRow, bounds: Bounds, deps: GatewayDeps): Hold | Promise<Hold> {
  const budget = deps.limits.budget(key)
  const ceiling = budget ? lesser(budgetLeftNano(budget), bounds.fullNano) : bounds.fullNano
  if (budget && ceiling < bounds.fullNano && ceiling < floorNanoOf(bounds))
    throw bounds.demand.judged ?? noBudget(budget, needOf(bounds, budgetLeftNano(budget)), deps.clock.now())
  const answer = deps.credit.hold({
    organizationId: key.organizationId,
    mode: key.mode,
    wantedNano: ceiling,
    plentyNano: isUnstated(bounds.demand) ? ((bounds.fullNano * deps.holds.plentyTimes) as Nano) : zeroNano,
    ifShort: () => ({ wantedNano: lesser(ifShortNanoOf(bounds, deps), ceiling), floorNano: floorNanoOf(bounds) }),
  })
  return answer instanceof Promise
    ? whenAnswered(answer, key, { bounds, ceiling }, deps)
    : withinBudget(key, answer, bounds, deps)
}

async function whenAnswered(
  answer: Promise<HoldAnswer>,
  key: KeyRow,
  { bounds, ceiling }: { readonly bounds: Bounds; readonly ceiling: Nano },
  deps: GatewayDeps,
): Promise<Hold> {
  // While it is waited for, no other request may count on the same money of the budget.
  deps.limits.holdBudget(key.id, ceiling)
  let given: HoldAnswer
  try {
    given = await answer
  } catch (cause) {
    throw billingUnavailable('the store cannot be reached', cause)
  } finally {
    deps.limits.releaseBudget(key.id, ceiling)
  }
  return withinBudget(key, given, bounds, deps)
}

/** A hold that was given is held within the key's budget as well. */
function withinBudget(key: KeyRow, answer: HoldAnswer, bounds: Bounds, deps: GatewayDeps): Hold {
  if (answer.hold === null)
    throw bounds.demand.judged ?? noCredit(answer, needOf(bounds, answer.availableNano), key.mode)
  if (bounds.exposedNano > 0n) expose(answer.hold, bounds.exposedNano, deps)
  deps.limits.holdBudget(key.id, answer.hold.amountNano)
  return answer.hold
}

/** What a request may cost beyond its hold is within what its organization's requests under way may; else the hold is given back. */
function expose(hold: Hold, exposedNano: Nano, deps: GatewayDeps): void {
  const availableNano = deps.credit.availableNano(hold.organizationId, hold.mode)
  const withinNano = (availableNano + deps.holds.exposedNanoMax) as Nano
  if (deps.caution.expose(hold, exposedNano, withinNano)) return
  deps.credit.settle(hold, zeroNano)
  throw tooExposed(exposedNano, withinNano)
}

/** Where the hold is smaller than the full bound, the upstream must be kept within what it covers. */
function clampedOutput(
  { demand, price, inputTokens, outputTokens, pieces, fullNano }: Bounds,
  hold: Hold,
): number | null {
  if (hold.amountNano >= fullNano || demand.output === null) return null
  const affordable = affordableOutputTokens({ inputTokens, pieces }, price, demand.tiers, hold.amountNano)
  return Math.floor(Math.min(affordable, outputTokens) / demand.output.answers)
}
