/** The refusals of a request for money: that there is none, that others hold it, that nothing can be promised. */
import type { ModelKind } from '../catalog/catalog.ts'
import { formatUsd, zeroNano, type Nano } from '../lib/amounts.ts'
import type { AnswerHeaders } from '../lib/http-server/contract.ts'
import { budgetLeftNano, type Budget } from '../limits/limits.ts'
import type { CreditStanding, HoldAnswer } from '../money/credit.ts'
import type { Mode } from '../store/store.ts'
import type { Fit } from './dialect.ts'
import { GatewayError } from './errors.ts'

/** What a request must have to be admitted, and what it can cost at its full length. */
export type Need = {
  readonly floorNano: Nano
  readonly fullNano: Nano
  /** Whether its media and tools are held at all that the model takes, because others were not what they seemed. */
  readonly isWary: boolean
  /** What of it there is money for; null where nothing of it is, or its output is cut short instead. */
  readonly fit: Fit | null
  /** What its model makes: how less is asked for differs. */
  readonly kind: ModelKind
}

/** Not enough credit is available: `credit_held` where it would be without what other requests hold. */
export function noCredit(
  { availableNano, heldNano }: Extract<HoldAnswer, { hold: null }>,
  { floorNano, fullNano, isWary, fit, kind }: Need,
  mode: Mode,
): GatewayError {
  const [needed, full, available, held] = textsOf(floorNano, fullNano, availableNano, heldNano)
  const facts = { needed_usd: needed, full_usd: full, available_usd: available, held_usd: held, ...fit?.facts }
  const needs =
    floorNano === fullNano
      ? `this request needs $${needed} to be admitted`
      : `this request needs at least $${needed} to be admitted (up to $${full} at its full length)`
  if (availableNano + heldNano >= floorNano)
    return new GatewayError(
      'credit_held',
      `Requests in flight hold the credit: ${needs}, $${available} is available and $${held} is held. Try again when they have ended, or add credit.`,
      { facts, retryAfterMs: heldRetryMs, headers: heldHeaders },
    )
  return new GatewayError(
    'insufficient_credit',
    `Not enough ${creditOf[mode]}: ${needs} and $${available} is available. Add ${creditOf[mode]}, or ${fit?.words ?? less[kind]}.${isWary ? waryNote : ''}`,
    { facts },
  )
}

const less: Readonly<Record<ModelKind, string>> = {
  text: 'shorten the input',
  embeddings: 'shorten the input',
  image: 'ask for fewer or smaller pictures',
  video: 'ask for fewer seconds or a smaller size',
}

/** Test credit is told apart, so that nobody pays for what an operator gives for nothing. */
const creditOf: Readonly<Record<Mode, string>> = { live: 'credit', test: 'test credit' }

const waryNote =
  ' A request of the last hour counted more input than its media or tools made expect, so until it is over they are taken for as much as the model takes.'

/** Media and tools of requests under way may count so much that another one would not be covered. */
export function tooExposed(exposedNano: Nano, withinNano: Nano): GatewayError {
  const [worst, within] = [formatUsd(exposedNano), formatUsd(withinNano)]
  return new GatewayError(
    'credit_held',
    `Requests in flight have media or tools that may cost more than they seem, and so may this one ($${worst} at worst); your credit covers $${within} of that at once. Try again when they have ended, or add credit.`,
    { facts: { needed_usd: worst, available_usd: within }, retryAfterMs: heldRetryMs, headers: heldHeaders },
  )
}

/** There is no credit at all: nothing is read that would be asked for. */
export function emptyCredit({ heldNano }: CreditStanding, mode: Mode): GatewayError {
  const held = formatUsd(heldNano)
  const facts = { available_usd: formatUsd(zeroNano), held_usd: held }
  if (heldNano > 0n)
    return new GatewayError(
      'credit_held',
      `Requests in flight hold all of the credit, $${held}. Try again when they have ended, or add credit.`,
      { facts, retryAfterMs: heldRetryMs, headers: heldHeaders },
    )
  return new GatewayError(
    'insufficient_credit',
    `There is no ${creditOf[mode]}: $0.00 is available. Add ${creditOf[mode]}, and send it again.`,
    {
      facts,
    },
  )
}

/** The key's budget cannot cover it: `budget_held` where it could without what other requests of the key hold. */
export function noBudget(budget: Budget, { floorNano, fit }: Need, now: number): GatewayError {
  const [allowed, spent, held, needed] = textsOf(budget.allowedNano, budget.spentNano, budget.heldNano, floorNano)
  const facts = { budget_usd: allowed, spent_usd: spent, held_usd: held, needed_usd: needed, ...fit?.facts }
  const period = budget.period === 'total' ? 'total budget' : `budget per ${budget.period}`
  const standing = `$${spent} is spent, $${held} is held by requests in flight, and at least $${needed} is needed`
  if (budgetLeftNano({ ...budget, heldNano: zeroNano }) >= floorNano)
    return new GatewayError(
      'budget_held',
      `Requests in flight hold what is left of this key's ${period} of $${allowed}: ${standing}. Try again when they have ended.`,
      { facts, retryAfterMs: heldRetryMs, headers: heldHeaders },
    )
  const resets =
    budget.resetsAt === null ? 'It does not reset.' : `It resets at ${new Date(budget.resetsAt).toISOString()}.`
  return new GatewayError(
    'budget_exceeded',
    `This key's ${period} of $${allowed} cannot cover this request: ${standing}. ${resets}${fit ? ` Or ${fit.words}.` : ''}`,
    { facts, ...(budget.resetsAt !== null && { retryAfterMs: budget.resetsAt - now }) },
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

/** When requests end is not known: about as long as a short answer takes. SDKs wait so long, and try again by themselves. */
const heldRetryMs = 2_000
const heldHeaders: AnswerHeaders = { 'retry-after-ms': String(heldRetryMs), 'x-should-retry': 'true' }

const textsOf = (a: Nano, b: Nano, c: Nano, d: Nano): [string, string, string, string] => [
  formatUsd(a),
  formatUsd(b),
  formatUsd(c),
  formatUsd(d),
]
