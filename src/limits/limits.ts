/**
 * Limits of virtual keys on this node: requests and tokens per minute, requests at once, and budgets
 * of money per period. A request takes its place before anything of it is read but its head, and its tokens
 * once it is known how many they may be.
 */
import { greater, zeroNano, type Nano } from '../lib/amounts.ts'
import type { Clock } from '../lib/clock.ts'
import type { BudgetPeriod, KeyRow } from '../store/store.ts'
import { newGcra, standing, take, waitMs, type Gcra, type Standing } from '../lib/gcra.ts'

export type LimitKind = 'requests' | 'tokens' | 'concurrency'

export type Rejection = {
  readonly limit: LimitKind
  readonly used: number
  readonly allowed: number
  /** How long until this request would fit, in ms; for concurrency an unknown time, given as one second. */
  readonly retryAfterMs: number
}

/** A place within a key's limits, taken until `leave`. */
export type Ticket = {
  /** Takes what is guessed of the tokens that it will use. Where they do not fit, its request counts no longer either. */
  readonly takeTokens: (guess: number) => Rejection | null
  /** Puts right what was guessed at admission. Once, when the request ends. */
  readonly leave: (actual: Leaving) => void
}
/** What a request came to: tokens really used and money really charged. */
export type Leaving = { readonly tokens: number; readonly chargeNano: Nano }

export type Budget = {
  readonly period: BudgetPeriod
  readonly allowedNano: Nano
  readonly spentNano: Nano
  readonly heldNano: Nano
  readonly resetsAt: number | null
}
export type Standings = { readonly requests: Standing | null; readonly tokens: Standing | null }

export type Limits = {
  readonly enter: (key: KeyRow) => Ticket | Rejection
  readonly standings: (key: KeyRow) => Standings
  /** Requests of a key that have a place now. */
  readonly inFlight: (keyId: string) => number
  /** null when the key has no budget. */
  readonly budget: (key: KeyRow) => Budget | null
  /** Sets money aside within the budget, next to the hold on credit. */
  readonly holdBudget: (keyId: string, amountNano: Nano) => void
  readonly releaseBudget: (keyId: string, amountNano: Nano) => void
  /** A charge that is known only after its request has left its place. */
  readonly charge: (keyId: string, chargeNano: Nano) => void
  /** Charges from before this process, by period, as the store knows them. */
  readonly loadSpending: (
    period: BudgetPeriod,
    charges: readonly { readonly keyId: string; readonly chargeNano: bigint }[],
  ) => void
}

const periods: readonly BudgetPeriod[] = ['day', 'week', 'month', 'total']
/** Of the period `[startsAt, endsAt)`, epoch ms: what of `spentNano` is not its own, so that a charge is added to one figure alone. Below zero for charges from before this process. */
type Spending = { readonly startsAt: number; readonly endsAt: number; readonly beforeNano: Nano }
type KeyState = {
  requests: Gcra
  tokens: Gcra
  inFlight: number
  heldNano: Nano
  /** All that was charged here. */
  spentNano: Nano
  spending: Record<BudgetPeriod, Spending>
}

export function createLimits(clock: Clock): Limits {
  const states = new Map<string, KeyState>()
  const stateOf = (keyId: string): KeyState => {
    const known = states.get(keyId)
    if (known) return known
    const state = newState(clock.now())
    states.set(keyId, state)
    return state
  }
  return {
    enter: (key) => enter(key, stateOf(key.id), clock),
    standings: (key) => standingsOf(key, stateOf(key.id), clock.monotonic()),
    inFlight: (keyId) => states.get(keyId)?.inFlight ?? 0,
    budget: (key) => budgetOf(key, stateOf(key.id), clock.now()),
    holdBudget: (keyId, amountNano) => {
      const state = stateOf(keyId)
      state.heldNano = (state.heldNano + amountNano) as Nano
    },
    releaseBudget: (keyId, amountNano) => {
      const state = stateOf(keyId)
      state.heldNano = (state.heldNano - amountNano) as Nano
    },
    charge: (keyId, chargeNano) => spend(stateOf(keyId), chargeNano, clock.now()),
    loadSpending(period, charges) {
      for (const { keyId, chargeNano } of charges) {
        const state = stateOf(keyId)
        const { startsAt, endsAt } = spendingOf(state, period, clock.now())
        state.spending[period] = { startsAt, endsAt, beforeNano: (state.spentNano - chargeNano) as Nano }
      }
    },
  }
}

function enter(key: KeyRow, state: KeyState, clock: Clock): Ticket | Rejection {
  const now = clock.monotonic()
  const rejection = rejectionOf(key, state, now)
  if (rejection) return rejection
  if (key.rpm !== null) take(state.requests, key.rpm, 1, now)
  state.inFlight += 1
  return new TakenPlace(key, state, clock)
}

/** One object, where two closures would be five. */
class TakenPlace implements Ticket {
  readonly #key: KeyRow
  readonly #state: KeyState
  readonly #clock: Clock
  #taken = 0

  constructor(key: KeyRow, state: KeyState, clock: Clock) {
    this.#key = key
    this.#state = state
    this.#clock = clock
  }

  takeTokens(guess: number): Rejection | null {
    const { tpm, rpm } = this.#key
    if (tpm === null) return null
    const { tokens, requests } = this.#state
    const now = this.#clock.monotonic()
    const tooMany = rateRejection({ limit: 'tokens', gcra: tokens, perMinute: tpm, cost: guess }, now)
    if (tooMany) {
      if (rpm !== null) take(requests, rpm, -1, now)
      return tooMany
    }
    this.#taken = Math.min(guess, tpm)
    take(tokens, tpm, this.#taken, now)
    return null
  }

  leave({ tokens, chargeNano }: Leaving): void {
    const { tpm } = this.#key
    this.#state.inFlight -= 1
    if (tpm !== null) take(this.#state.tokens, tpm, tokens - this.#taken, this.#clock.monotonic())
    if (chargeNano > 0n) spend(this.#state, chargeNano, this.#clock.now())
  }
}

function rejectionOf(key: KeyRow, state: KeyState, now: number): Rejection | null {
  if (key.concurrency !== null && state.inFlight >= key.concurrency)
    return { limit: 'concurrency', used: state.inFlight, allowed: key.concurrency, retryAfterMs: concurrencyRetryMs }
  return rateRejection({ limit: 'requests', gcra: state.requests, perMinute: key.rpm, cost: 1 }, now)
}

const concurrencyRetryMs = 1_000

type Ask = { readonly limit: LimitKind; readonly gcra: Gcra; readonly perMinute: number | null; readonly cost: number }

function rateRejection({ limit, gcra, perMinute, cost }: Ask, now: number): Rejection | null {
  if (perMinute === null) return null
  const retryAfterMs = waitMs(gcra, perMinute, cost, now)
  if (retryAfterMs === 0) return null
  return { limit, used: perMinute - standing(gcra, perMinute, now).remaining, allowed: perMinute, retryAfterMs }
}

const standingsOf = (key: KeyRow, state: KeyState, now: number): Standings => ({
  requests: key.rpm === null ? null : standing(state.requests, key.rpm, now),
  tokens: key.tpm === null ? null : standing(state.tokens, key.tpm, now),
})

function budgetOf(key: KeyRow, state: KeyState, now: number): Budget | null {
  if (key.budgetNano === null || key.budgetPeriod === null) return null
  const { beforeNano, endsAt } = spendingOf(state, key.budgetPeriod, now)
  return {
    period: key.budgetPeriod,
    allowedNano: key.budgetNano as Nano,
    spentNano: (state.spentNano - beforeNano) as Nano,
    heldNano: state.heldNano,
    resetsAt: Number.isFinite(endsAt) ? endsAt : null,
  }
}

/** What may still be spent or held within a budget. */
export const budgetLeftNano = (budget: Budget): Nano =>
  greater(zeroNano, (budget.allowedNano - budget.spentNano - budget.heldNano) as Nano)

function spend(state: KeyState, chargeNano: Nano, now: number): void {
  // Whichever has begun since, before there is a charge in it.
  for (const period of periods) spendingOf(state, period, now)
  state.spentNano = (state.spentNano + chargeNano) as Nano
}

/** The spending of the period that `now` is in; a new period starts at zero. */
function spendingOf(state: KeyState, period: BudgetPeriod, now: number): Spending {
  const known = state.spending[period]
  if (now >= known.startsAt && now < known.endsAt) return known
  return (state.spending[period] = begun(period, state.spentNano, now))
}

const begun = (period: BudgetPeriod, beforeNano: Nano, now: number): Spending => ({
  startsAt: periodStart(period, now),
  endsAt: periodEnd(period, now),
  beforeNano,
})

const dayMs = 86_400_000
/** 1970-01-01 was a Thursday; weeks start on Monday. */
const mondayOffsetMs = 3 * dayMs

/** When the period that `now` is in began, epoch ms, UTC: midnight, Monday, the first; 0 for `total`. */
export function periodStart(period: BudgetPeriod, now: number): number {
  switch (period) {
    case 'day':
      return now - (now % dayMs)
    case 'week':
      return now - ((now + mondayOffsetMs) % (7 * dayMs))
    case 'month':
      return monthStart(now, 0)
    case 'total':
      return 0
  }
}

function periodEnd(period: BudgetPeriod, now: number): number {
  switch (period) {
    case 'day':
      return periodStart('day', now) + dayMs
    case 'week':
      return periodStart('week', now) + 7 * dayMs
    case 'month':
      return monthStart(now, 1)
    case 'total':
      return Number.POSITIVE_INFINITY
  }
}

function monthStart(now: number, monthsLater: number): number {
  const date = new Date(now)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + monthsLater, 1)
}

function newState(now: number): KeyState {
  return {
    requests: newGcra(),
    tokens: newGcra(),
    inFlight: 0,
    heldNano: zeroNano,
    spentNano: zeroNano,
    spending: {
      day: begun('day', zeroNano, now),
      week: begun('week', zeroNano, now),
      month: begun('month', zeroNano, now),
      total: begun('total', zeroNano, now),
    },
  }
}
