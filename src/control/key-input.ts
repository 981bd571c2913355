/** The terms of a key as operators write them: limits, budget, models and expiry, checked and in our own units. */
import { z } from 'zod'
import type { Catalog } from '../catalog/catalog.ts'
import type { KeyTerms } from '../keys/virtual-key.ts'
import { parseUsd } from '../lib/amounts.ts'
import { Moment } from '../reporting/usage-report.ts'
import type { BudgetPeriod, KeyChanges } from '../store/store.ts'
import { ModeInput } from './mode-input.ts'
import { invalid, Name } from './read-input.ts'

const limitMax = 1_000_000_000
const limitAllowed = `a whole number from 1 to ${limitMax}, or null for no limit`
const limit = z.int(limitAllowed).min(1, limitAllowed).max(limitMax, limitAllowed).nullable().optional()

const modelsAllowed = 'a list of 1 to 100 model ids, or null for every model'

/** Every field may be left out: a new key then takes the default, a known one stays as it is. */
export const KeyInput = z.strictObject({
  name: Name.optional(),
  region: z.string('the name of a region policy').optional(),
  rpm: limit,
  tpm: limit,
  concurrency: limit,
  /** `25.00/month`. */
  budget: z.string('USD per period, such as "25.00/month"').nullable().optional(),
  models: z
    .array(z.string(modelsAllowed), modelsAllowed)
    .min(1, modelsAllowed)
    .max(100, modelsAllowed)
    .nullable()
    .optional(),
  expires: Moment.nullable().optional(),
})
export type KeyInput = z.infer<typeof KeyInput>

/** A new key is test or live, and stays it. */
export const NewKeyInput = KeyInput.extend({ mode: ModeInput })
export type NewKeyInput = z.infer<typeof NewKeyInput>

/** What new keys have when nothing is said. */
export type KeyDefaults = Pick<KeyTerms, 'region' | 'rpm' | 'tpm' | 'concurrency'>
type Facts = {
  readonly models: Pick<Catalog, 'find'>
  /** The names of the region policies that there are. */
  readonly regions: readonly string[]
  readonly now: number
}

/** The terms of a new key. Throws `invalid_request`. */
export function termsOf(input: KeyInput, defaults: KeyDefaults, facts: Facts): KeyTerms {
  const unlimited = { budgetNano: null, budgetPeriod: null, models: null, expiresAt: null }
  return { name: 'default', ...unlimited, ...defaults, ...changesOf(input, facts) }
}

type Changes = { -readonly [Field in keyof KeyTerms]?: KeyTerms[Field] }

/** What the input changes of a known key. Throws `invalid_request`. */
export function changesOf(input: KeyInput, { models, regions, now }: Facts): Changes & KeyChanges {
  const { budget, expires, models: named, ...asTheyAre } = input
  if (input.region !== undefined && !regions.includes(input.region)) throw invalid('region', regions.join(' or '))
  const changes: Changes = Object.fromEntries(Object.entries(asTheyAre).filter(([, value]) => value !== undefined))
  if (budget !== undefined) Object.assign(changes, budgetOf(budget))
  if (named !== undefined) changes.models = named === null ? null : knownModels(named, models)
  if (expires !== undefined) changes.expiresAt = inTheFuture(expires, now)
  return changes
}

/** More than this is a slip of the hand, and sums of it would leave the 64 bits that a store counts in. */
const usdMax = 100_000_000n
const nanoMax = usdMax * 1_000_000_000n

/** A positive amount of USD in nano-USD. Throws `invalid_request`. */
export function amountOf(field: string, usd: string): bigint {
  const amount = parseUsd(usd)
  if (amount === null || amount <= 0n || amount > nanoMax)
    throw invalid(field, `an amount of USD above zero, at most ${usdMax}, with at most nine decimals, such as "25.00"`)
  return amount
}

const periods: readonly BudgetPeriod[] = ['day', 'week', 'month', 'total']

function budgetOf(budget: string | null): Pick<KeyTerms, 'budgetNano' | 'budgetPeriod'> {
  if (budget === null) return { budgetNano: null, budgetPeriod: null }
  const [usd = '', period, ...rest] = budget.split('/')
  const budgetPeriod = periods.find((known) => known === period)
  if (!budgetPeriod || rest.length > 0) throw invalid('budget', `USD per ${periods.join(', ')}, such as "25.00/month"`)
  return { budgetNano: amountOf('budget', usd), budgetPeriod }
}

/** Kept under their own ids, whether written as a dated snapshot or with Google's `models/` in front. */
function knownModels(named: readonly string[], catalog: Pick<Catalog, 'find'>): string[] {
  const ids = named.map((name) => {
    const model = catalog.find(name.replace(/^models\//, ''))
    if (!model?.listed)
      throw invalid('models', 'ids or aliases of models; one of these is none. GET /v1/models lists them')
    return model.id
  })
  return [...new Set(ids)]
}

function inTheFuture(at: number | null, now: number): number | null {
  if (at !== null && at <= now) throw invalid('expires', 'in the future')
  return at
}
