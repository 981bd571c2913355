/**
 * Letting a call in: limits first, then money. What is admitted owns a place within its key's limits and
 * a hold on credit that covers the most it can cost; both are given back when it is settled.
 */
import { formatUsd, lesser, zeroNano, type Nano } from '../lib/amounts.ts'
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
  const dearest = scaledPrice(price, candidates.pricePpmMax)
  const bounds = boundsOf(call, dearest)
  const ticket = deps.limits.enter(key, call.asked.inputTokensGuess + Math.min(bounds.outputTokens, outputTokensGuess))
  if (!('leave' in ticket)) throw rateLimited(ticket, key, deps)
  const enter = (hold: Hold): Admitted => {
    const outputTokensPerAnswer = clampedOutput(call, dearest, bounds, hold)
    return { ...routed, admittedAt, price, ticket, hold, outputTokensPerAnswer }
  }
  const leave = (error: unknown): never => {
    ticket.leave({ tokens: 0, chargeNano: zeroNano })
    throw error
  }
  try {
    const hold = holdCredit(key, bounds, deps)
    return hold instanceof Promise ? hold.then(enter).catch(leave) : enter(hold)
  } catch (error) {
    return leave(error)
  }
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

type Bounds = {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly fullNano: Nano
  readonly plentyNano: Nano
  readonly ifShortNano: Nano
  readonly floorNano: Nano
}

function boundsOf({ asked, model }: Call, price: Price): Bounds {
  const inputTokens = Math.min(asked.inputTokensMax, model.inputTokensMax)
  const modelOutput = asked.hasOutput ? (model.outputTokensMax ?? 0) * asked.answers : 0
  const outputTokens = Math.min(asked.outputTokensMax ?? modelOutput, modelOutput)
  const upTo = (output: number): Nano =>
    holdFor({ inputTokens, outputTokens: Math.min(output, outputTokens), pieces: asked.pieces }, price, asked.tiers)
  const fullNano = upTo(outputTokens)
  const isUnstated = asked.hasOutput && asked.outputTokensMax === null
  return {
    inputTokens,
    outputTokens,
    fullNano,
    plentyNano: isUnstated ? ((fullNano * plenty) as Nano) : zeroNano,
    ifShortNano: isUnstated ? upTo(unstatedOutputTokensMax * asked.answers) : fullNano,
    floorNano: upTo(floorOf(asked, model) * asked.answers),
  }
}

/** Takes a hold on credit, and its amount of the key's budget. */
function holdCredit(key: KeyRow, bounds: Bounds, deps: GatewayDeps): Hold | Promise<Hold> {
  const budget = deps.limits.budget(key)
  const ceiling = budget ? lesser(budgetLeftNano(budget), bounds.fullNano) : bounds.fullNano
  if (budget && ceiling < bounds.floorNano) throw budgetExceeded(budget, bounds, deps.clock.now())
  const ask = {
    organizationId: key.organizationId,
    wantedNano: ceiling,
    plentyNano: bounds.plentyNano,
    ifShortNano: lesser(bounds.ifShortNano, ceiling),
    floorNano: bounds.floorNano,
  }
  const taken = (answer: HoldAnswer): Hold => {
    if (answer.hold === null) throw insufficientCredit(bounds, answer.availableNano)
    deps.limits.holdBudget(key.id, answer.hold.amountNano)
    return answer.hold
  }
  const answer = deps.credit.hold(ask)
  if (!(answer instanceof Promise)) return taken(answer)
  // While it is waited for, no other request may count on the same money of the budget.
  deps.limits.holdBudget(key.id, ceiling)
  const waited = (): void => deps.limits.releaseBudget(key.id, ceiling)
  return answer.then(
    (given) => {
      waited()
      return taken(given)
    },
    (cause: unknown) => {
      waited()
      throw billingUnavailable('the store cannot be reached', cause)
    },
  )
}

/** Where the hold is smaller than the full bound, the upstream must be kept within what it covers. */
function clampedOutput({ asked }: Call, price: Price, bounds: Bounds, hold: Hold): number | null {
  if (hold.amountNano >= bounds.fullNano) return null
  const affordable = affordableOutputTokens(
    { inputTokens: bounds.inputTokens, pieces: asked.pieces },
    price,
    asked.tiers,
    hold.amountNano,
  )
  return Math.floor(Math.min(affordable, bounds.outputTokens) / asked.answers)
}

function insufficientCredit(bounds: Bounds, availableNano: Nano): GatewayError {
  const [needed, full, available] = [bounds.floorNano, bounds.fullNano, availableNano].map(
    (amount) => `$${formatUsd(amount)}`,
  )
  return new GatewayError(
    'insufficient_credit',
    `Not enough credit: this request needs at least ${needed} to be admitted (up to ${full} at its full length) and ${available} is available. ` +
      'Add credit, shorten the input, or wait for requests in flight to end.',
    {
      facts: {
        needed_usd: formatUsd(bounds.floorNano),
        full_usd: formatUsd(bounds.fullNano),
        available_usd: formatUsd(availableNano),
      },
    },
  )
}

function budgetExceeded(budget: Budget, bounds: Bounds, now: number): GatewayError {
  const [allowed, spent, held, needed] = [budget.allowedNano, budget.spentNano, budget.heldNano, bounds.floorNano].map(
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
        needed_usd: formatUsd(bounds.floorNano),
      },
      ...(budget.resetsAt !== null && { retryAfterMs: budget.resetsAt - now }),
    },
  )
}

/** The refusal of a request that does not fit its key's limits now: which, how far used, and when to come back. */
export function rateLimited(rejection: Rejection, key: KeyRow, deps: Pick<GatewayDeps, 'limits'>): GatewayError {
  const { limit, used, allowed, retryAfterMs } = rejection
  const headers = new Map<string, string>()
  setRateLimits(headers, deps.limits.standings(key))
  const named = limit === 'concurrency' ? `${allowed} requests at once` : `${allowed} ${limit} per minute`
  return new GatewayError(
    'rate_limited',
    `Rate limit reached for this key: ${named}, used ${used}. Try again in ${Math.ceil(retryAfterMs / 1000)} s, or ask for a higher limit.`,
    {
      limit,
      retryAfterMs,
      headers: Object.fromEntries(headers),
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
