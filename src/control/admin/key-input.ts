/** The terms of a key as operators write them: limits, budget, models and expiry, checked and in our own units. */
import { z } from 'zod'
import type { Catalog } from '../../catalog/catalog.ts'
import { unlimited, type KeyTerms } from '../../keys/virtual-key.ts'
import { parseUsd } from '../../lib/amounts.ts'
import { closestNames } from '../../lib/closest.ts'
import { isNetwork } from '../../lib/http-server/networks.ts'
import { MomentText } from '../../reporting/usage-report.ts'
import type { BudgetPeriod, KeyChanges } from '../../store/store.ts'
import { ModeInput } from './mode-input.ts'
import { invalid, Name } from './read-input.ts'

const limitMax = 1_000_000_000
const limitAllowed = `a whole number from 1 to ${limitMax}, or null for no limit`
const limit = z.int(limitAllowed).min(1, limitAllowed).max(limitMax, limitAllowed).nullable().optional()

const listMax = 100
/** `what` completes "a list of 1 to 100 …". */
const list = (what: string, item = z.string()) => {
  const allowed = `a list of 1 to ${listMax} ${what}`
  return z.array(item, allowed).min(1, allowed).max(listMax, allowed).nullable().optional()
}

const networkAllowed = 'an IP address or a network in CIDR notation, such as 203.0.113.7 or 2001:db8::/32'
const network = z
  .string(networkAllowed)
  .trim()
  .toLowerCase()
  .refine(isNetwork, networkAllowed)
  .refine(isPlain, networkAllowed)
/** IPv4 within IPv6 is how a socket sees IPv4, and never how an address is told here. */
function isPlain(text: string): boolean {
  return !text.startsWith('::ffff:')
}

/** Every field may be left out: a new key then takes the default, a known one stays as it is. */
export const KeyInput = z.strictObject({
  name: Name.optional(),
  region: z.string('the name of a region policy').optional(),
  rpm: limit,
  tpm: limit,
  concurrency: limit,
  /** `25.00/month`. */
  budget: z.string('USD per period, such as "25.00/month"').nullable().optional(),
  models: list('model ids, or null for every model'),
  /** Names of endpoints, such as `chat.completions`; `videos.*` is `videos` and all that begin so. */
  endpoints: list('names of endpoints, or null for every endpoint'),
  addresses: list('IP addresses and networks, or null for everywhere', network),
  expires: MomentText.nullable().optional(),
})
export type KeyInput = z.infer<typeof KeyInput>

const hourMs = 3_600_000
const graceUnits: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: hourMs, d: 24 * hourMs }
const graceMsMax = 30 * 24 * hourMs
const graceAllowed = 'a time such as 30m, 24h or 7d, at most 30d'
/** How long the replaced secret goes on working; not at all unless asked for, since a leak is the usual reason. */
export const RotateInput = z.strictObject({
  grace: z
    .string(graceAllowed)
    .regex(/^\d{1,7}[smhd]$/, graceAllowed)
    .refine((text) => graceMsOf(text) <= graceMsMax, graceAllowed)
    .default('0s'),
})

export const graceMsOf = (text: string): number => Number(text.slice(0, -1)) * graceUnits[text.slice(-1)]!

/** A new key is test or live, and stays it. */
export const NewKeyInput = KeyInput.extend({ mode: ModeInput })
export type NewKeyInput = z.infer<typeof NewKeyInput>

/** What new keys have when nothing is said. */
export type KeyDefaults = Pick<KeyTerms, 'region' | 'rpm' | 'tpm' | 'concurrency'>
type Facts = {
  readonly models: Pick<Catalog, 'find'>
  /** The names of the region policies that there are. */
  readonly regions: readonly string[]
  /** The names of the endpoints that there are. */
  readonly endpoints: readonly string[]
  readonly now: number
}

/** The terms of a new key. Throws `invalid_request`. */
export function termsOf(input: KeyInput, defaults: KeyDefaults, facts: Facts): KeyTerms {
  return { name: 'default', ...unlimited, ...defaults, ...changesOf(input, facts) }
}

type Changes = { -readonly [Field in keyof KeyTerms]?: KeyTerms[Field] }

/** What the input changes of a known key. Throws `invalid_request`. */
export function changesOf(input: KeyInput, { models, regions, endpoints, now }: Facts): Changes & KeyChanges {
  const { budget, expires, models: named, endpoints: of, addresses, ...asTheyAre } = input
  if (input.region !== undefined && !regions.includes(input.region)) throw invalid('region', regions.join(' or '))
  const changes: Changes = Object.fromEntries(Object.entries(asTheyAre).filter(([, value]) => value !== undefined))
  if (budget !== undefined) Object.assign(changes, budgetOf(budget))
  if (named !== undefined) changes.models = named === null ? null : knownModels(named, models)
  if (of !== undefined) changes.endpoints = of === null ? null : knownEndpoints(of, endpoints)
  if (addresses !== undefined) changes.addresses = addresses === null ? null : [...new Set(addresses)]
  if (expires !== undefined) changes.expiresAt = expires === null ? null : inTheFuture(Date.parse(expires), now)
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

/** What is wrong is told by its place: it may be a key that slipped in. Kept under their own ids, whether written as a dated snapshot or with Google's `models/` in front. */
function knownModels(named: readonly string[], catalog: Pick<Catalog, 'find'>): string[] {
  const ids = named.map((name, at) => {
    const model = catalog.find(name.replace(/^models\//, ''))
    if (!model?.listed)
      throw invalid('models', `ids or aliases of models; number ${at + 1} of these is none. GET /v1/models lists them`)
    return model.id
  })
  return [...new Set(ids)]
}

function knownEndpoints(named: readonly string[], known: readonly string[]): string[] {
  const endpoints = named.flatMap((name, at) => {
    const found = known.filter((each) => each === name || isBelow(each, name))
    if (found.length > 0) return found
    throw invalid(
      'endpoints',
      `names of endpoints; number ${at + 1} of these is none, and most like it are ${closestNames(name, known).join(', ')}`,
    )
  })
  return [...new Set(endpoints)]
}

/** `videos.remix` is below `videos.*`, and so is `videos` itself. */
const isBelow = (endpoint: string, pattern: string): boolean =>
  pattern.endsWith('.*') && `${endpoint}.`.startsWith(pattern.slice(0, -1))

function inTheFuture(at: number, now: number): number {
  if (at <= now) throw invalid('expires', 'in the future')
  return at
}
