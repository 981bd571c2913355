/**
 * Letting a call in: limits first, then money. What is admitted owns a place within its key's limits and
 * a hold on credit that covers the most it can cost; both are given back when it is settled.
 */
import { formatUsd, lesser, zeroNano, type Nano } from '../lib/amounts.ts'
import type { AnswerHeaders } from '../lib/http-server/contract.ts'
import { budgetLeftNano, type Budget, type Rejection, type Ticket } from '../limits/limits.ts'
import type { Hold, HoldAnswer } from '../money/credit.ts'
import { scaledPrice, type Price } from '../money/price-book.ts'
import { affordableOutputTokens, holdFor } from '../money/rating.ts'
import type { KeyRow } from '../store/store.ts'
import type { Candidates } from '../upstreams/fleet.ts'
import type { GatewayDeps } from './deps.ts'
import type { Call } from './dialect.ts'
import { GatewayError } from './errors.ts'
import { setRateLimits } from './rate-limit-headers.ts'

/** A call with a place to be served, on its way to be let in. */
export type Routed = {
  readonly requestId: string
  /** Monotonic ms. */
  readonly startedAt: number
  /** The client's W3C trace, where it sent one. */
  readonly traceparent: string | null
  readonly key: KeyRow
  readonly call: Call
  readonly candidates: Candidates
}

export type Admitted = Routed & {
  readonly admittedAt: number
  /** Frozen here: whatever changes meanwhile, this request is charged by it, times its deployment's share of it. */
  readonly price: Price
  readonly ticket: Ticket
  readonly hold: Hold
  /** The output limit that the upstream must be given for each answer; null when the client's own, or none, will do. */
  readonly outputTokensPerAnswer: number | null
}

/** Lets a call in; waits only where credit must be asked for. Throws, or rejects with, what keeps it out. */
export function admit(routed: Routed, deps: GatewayDeps): Admitted | Promise<Admitted> {
  const { key, call, candidates } = routed
  if (!deps.journal.canPromise()) throw billingUnavailable('the journal cannot take more')
  const admittedAt = deps.clock.now()
  const price = deps.prices.priceOf(call.model.id, admittedAt)
  if (!price)
    throw new GatewayError('internal', `The model '${call.model.id}' has no price and is not served without one.`)
  // Whichever candidate serves, the hold covers it.
  const isWary = call.asked.isInputAssumed && deps.caution.isWary(key.organizationId)
  const bounds = boundsOf(call, scaledPrice(price, candidates.pricePpmMax), isWary)
  const ticket = deps.limits.enter(key, call.asked.inputTokensGuess + Math.min(bounds.outputTokens, outputTokensGuess))
  if (!('leave' in ticket)) throw rateLimited(ticket, key, deps)
  const entry = { admittedAt, price, ticket, bounds }
  try {
    const hold = holdCredit(key, bounds, deps)
    return hold instanceof Promise ? enterLater(routed, entry, hold) : enter(routed, entry, hold)
  } catch (error) {
    return leave(ticket, error)
  }
}

/** What was found on the way in. */
type Entry = Pick<Admitted, 'admittedAt' | 'price' | 'ticket'> & { readonly bounds: Bounds }

const enter = (routed: Routed, { admittedAt, price, ticket, bounds }: Entry, hold: Hold): Admitted => ({
  requestId: routed.requestId,
  startedAt: routed.startedAt,
  traceparent: routed.traceparent,
  key: routed.key,
  call: routed.call,
  candidates: routed.candidates,
  admittedAt,
  price,
  ticket,
  hold,
  outputTokensPerAnswer: clampedOutput(bounds, hold),
})

const enterLater = (routed: Routed, entry: Entry, hold: Promise<Hold>): Promise<Admitted> =>
  hold.then((taken) => enter(routed, entry, taken)).catch((error: unknown) => leave(entry.ticket, error))

function leave(ticket: Ticket, error: unknown): never {
  ticket.leave({ tokens: 0, chargeNano: zeroNano })
  throw error
}

/** What a call with no limit of its own is expected to answer, for tokens per minute. */
const outputTokensGuess = 1_024
/** Output of a call that states no limit, while credit is not plentiful. */
const unstatedOutputTokensMax = 16_384
/** Credit for this many of a call at its full bound is plenty. */
const plenty = 20n

/** One image of any size, and a sentence with it: less is an image cut short. */
const imageOutputTokensFloor = 2_600
const floorOf = (asked: Call['asked'], model: Call['model']): number =>
  model.kind === 'image' ? Math.max(asked.outputTokensFloor, imageOutputTokensFloor) : asked.outputTokensFloor

/** The most that a call can use, and what that costs. */
type Bounds = {
  readonly call: Call
  /** At the dearest of its candidates. */
  readonly price: Price
  readonly inputTokens: number
  readonly outputTokens: number
  readonly fullNano: Nano
}

/** `isWary`: what was sent is not believed to tell how much it counts. */
function boundsOf(call: Call, price: Price, isWary: boolean): Bounds {
  const { asked, model } = call
  const inputTokens = isWary ? model.inputTokensMax : Math.min(asked.inputTokensMax, model.inputTokensMax)
  const modelOutput = asked.hasOutput ? (model.outputTokensMax ?? 0) * asked.answers : 0
  const outputTokens = Math.min(asked.outputTokensMax ?? modelOutput, modelOutput)
  const fullNano = holdFor({ inputTokens, outputTokens, pieces: asked.pieces }, price, asked.tiers)
  return { call, price, inputTokens, outputTokens, fullNano }
}

/** What it costs with so many output tokens for each answer, or as many as it can use. */
function upTo(outputTokensPerAnswer: number, { call: { asked }, price, inputTokens, outputTokens }: Bounds): Nano {
  const output = Math.min(outputTokensPerAnswer * asked.answers, outputTokens)
  return holdFor({ inputTokens, outputTokens: output, pieces: asked.pieces }, price, asked.tiers)
}

const isUnstated = ({ asked }: Call): boolean => asked.hasOutput && asked.outputTokensMax === null
const floorNanoOf = (bounds: Bounds): Nano => upTo(floorOf(bounds.call.asked, bounds.call.model), bounds)
const ifShortNanoOf = (bounds: Bounds): Nano =>
  isUnstated(bounds.call) ? upTo(unstatedOutputTokensMax, bounds) : bounds.fullNano

/** Takes a hold on credit, and its amount of the key's budget. */
function holdCredit(key: KeyRow, bounds: Bounds, deps: GatewayDeps): Hold | Promise<Hold> {
  const budget = deps.limits.budget(key)
  const ceiling = budget ? lesser(budgetLeftNano(budget), bounds.fullNano) : bounds.fullNano
  if (budget && ceiling < bounds.fullNano && ceiling < floorNanoOf(bounds))
    throw budgetExceeded(budget, bounds, deps.clock.now())
  const answer = deps.credit.hold({
    organizationId: key.organizationId,
    wantedNano: ceiling,
    plentyNano: isUnstated(bounds.call) ? ((bounds.fullNano * plenty) as Nano) : zeroNano,
    ifShort: () => ({ wantedNano: lesser(ifShortNanoOf(bounds), ceiling), floorNano: floorNanoOf(bounds) }),
  })
  if (!(answer instanceof Promise)) return withinBudget(key, answer, bounds, deps)
  // While it is waited for, no other request may count on the same money of the budget.
  deps.limits.holdBudget(key.id, ceiling)
  const waited = (): void => deps.limits.releaseBudget(key.id, ceiling)
  return answer.then(
    (given) => {
      waited()
      return withinBudget(key, given, bounds, deps)
    },
    (cause: unknown) => {
      waited()
      throw billingUnavailable('the store cannot be reached', cause)
    },
  )
}

/** A hold that was given is held within the key's budget as well. */
function withinBudget(key: KeyRow, answer: HoldAnswer, bounds: Bounds, deps: GatewayDeps): Hold {
  if (answer.hold === null) throw insufficientCredit(bounds, answer.availableNano)
  deps.limits.holdBudget(key.id, answer.hold.amountNano)
  return answer.hold
}

/** Where the hold is smaller than the full bound, the upstream must be kept within what it covers. */
function clampedOutput(
  { call: { asked }, price, inputTokens, outputTokens, fullNano }: Bounds,
  hold: Hold,
): number | null {
  if (hold.amountNano >= fullNano) return null
  const bound = { inputTokens, pieces: asked.pieces }
  const affordable = affordableOutputTokens(bound, price, asked.tiers, hold.amountNano)
  return Math.floor(Math.min(affordable, outputTokens) / asked.answers)
}

function insufficientCredit(bounds: Bounds, availableNano: Nano): GatewayError {
  const floorNano = floorNanoOf(bounds)
  const [needed, full, available] = [floorNano, bounds.fullNano, availableNano].map((amount) => `$${formatUsd(amount)}`)
  return new GatewayError(
    'insufficient_credit',
    `Not enough credit: this request needs at least ${needed} to be admitted (up to ${full} at its full length) and ${available} is available. ` +
      'Add credit, shorten the input, or wait for requests in flight to end.',
    {
      facts: {
        needed_usd: formatUsd(floorNano),
        full_usd: formatUsd(bounds.fullNano),
        available_usd: formatUsd(availableNano),
      },
    },
  )
}

function budgetExceeded(budget: Budget, bounds: Bounds, now: number): GatewayError {
  const floorNano = floorNanoOf(bounds)
  const [allowed, spent, held, needed] = [budget.allowedNano, budget.spentNano, budget.heldNano, floorNano].map(
    (amount) => `$${formatUsd(amount)}`,
  )
  const period = budget.period === 'total' ? 'total budget' : `budget per ${budget.period}`
  const resets =
    budget.resetsAt === null ? 'It does not reset.' : `It resets at ${new Date(budget.resetsAt).toISOString()}.`
  return new GatewayError(
    'budget_exceeded',
    `This key's ${period} of ${allowed} cannot cover this request: ${spent} is spent, ${held} is held by requests in flight, and at least ${needed} is needed. ${resets}`,
    {
      facts: {
        budget_usd: formatUsd(budget.allowedNano),
        spent_usd: formatUsd(budget.spentNano),
        needed_usd: formatUsd(floorNano),
      },
      ...(budget.resetsAt !== null && { retryAfterMs: budget.resetsAt - now }),
    },
  )
}

/** The refusal of a request that does not fit its key's limits now: which, how far used, and when to come back. */
export function rateLimited(rejection: Rejection, key: KeyRow, deps: Pick<GatewayDeps, 'limits'>): GatewayError {
  const { limit, used, allowed, retryAfterMs } = rejection
  const headers: AnswerHeaders = {}
  setRateLimits(headers, deps.limits.standings(key))
  const named = limit === 'concurrency' ? `${allowed} requests at once` : `${allowed} ${limit} per minute`
  return new GatewayError(
    'rate_limited',
    `Rate limit reached for this key: ${named}, used ${used}. Try again in ${Math.ceil(retryAfterMs / 1000)} s, or ask for a higher limit.`,
    {
      limit,
      retryAfterMs,
      headers,
      facts: { limit_name: limit, used: String(used), allowed: String(allowed), reset_ms: String(retryAfterMs) },
    },
  )
}

/** Nothing can be promised: the store or the journal does not answer. */
export const billingUnavailable = (reason: string, cause?: unknown): GatewayError =>
  new GatewayError(
    'billing_unavailable',
    'Billing is not available for a moment. Nothing is owed for an answer you did not get; try again shortly.',
    {
      retryAfterMs: 2_000,
      cause: cause ?? reason,
    },
  )
