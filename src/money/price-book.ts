/**
 * The price book: what one unit of each usage class costs, per model, service tier, context length
 * and date. Immutable once loaded; a price is chosen once, at admission, and kept until settlement.
 */
import { z } from 'zod'
import { greater, type Pico } from '../lib/amounts.ts'
import {
  inputClasses,
  outputClasses,
  pieceClasses,
  tokenClasses,
  usageClasses,
  type TokenClass,
  type UsageClass,
} from './usage.ts'

/** Prices in pico-USD per unit. Complete: a class without a list price carries that of the class it belongs to. */
export type PriceRow = {
  /** Whose list price this is: the tier's own, or standard where the tier has none for such a length of input. */
  readonly tier: ServiceTier
  readonly aboveInputTokens: number
  readonly picoPerUnit: Readonly<Record<UsageClass, Pico | null>>
  /** The dearest class of each side: what a hold counts with, before anyone knows of which class a token will be. */
  readonly dearestInputPico: Pico
  readonly dearestOutputPico: Pico
}

/** The price of one model from one date on: for every tier, rows sorted by `aboveInputTokens` from 0. */
export type Price = {
  readonly model: string
  /** The day this price took effect, `YYYY-MM-DD` UTC: with the model, the name of the price. */
  readonly from: string
  readonly tiers: Readonly<Record<ServiceTier, readonly PriceRow[]>>
}

export const serviceTiers = ['standard', 'flex', 'priority', 'batch'] as const
export type ServiceTier = (typeof serviceTiers)[number]

export type PriceBook = { readonly priceOf: (model: string, at: number) => Price | null }

const usd = z.string().regex(/^\d{1,6}(\.\d{1,6})?$/, 'a decimal USD amount with at most six decimals')
const PriceRowData = z.strictObject({
  /** The row applies to requests with strictly more input tokens than this. */
  aboveInputTokens: z.int().min(0).default(0),
  usdPerMillion: z.partialRecord(z.enum(tokenClasses), usd).default({}),
  usdPerPiece: z.partialRecord(z.enum(pieceClasses), usd).default({}),
})
type PriceRowInput = z.infer<typeof PriceRowData>
const distinct = (values: readonly (number | string)[]): boolean => new Set(values).size === values.length
const TierData = z
  .array(PriceRowData)
  .min(1)
  .refine((rows) => distinct(rows.map((row) => row.aboveInputTokens)), 'two rows for the same length of input')
const PricePeriodData = z.strictObject({
  from: z.iso.date(),
  tiers: z.strictObject({
    standard: TierData.refine((rows) => rows.some((row) => row.aboveInputTokens === 0), 'standard has no base row'),
    flex: TierData.optional(),
    priority: TierData.optional(),
    batch: TierData.optional(),
  }),
})
type PricePeriod = z.infer<typeof PricePeriodData>
const PricesData = z
  .array(PricePeriodData)
  .min(1, 'no price')
  .refine((periods) => distinct(periods.map((period) => period.from)), 'two prices from the same day')

/** Checks the models' dated prices and builds the book; throws when a model has none. */
export function loadPriceBook(
  models: readonly { readonly id: string; readonly prices: readonly unknown[] }[],
): PriceBook {
  const byModel = new Map(models.map((model) => [model.id, pricesOf(model.id, model.prices)]))
  return {
    priceOf(model, at) {
      const day = new Date(at).toISOString().slice(0, 10)
      return byModel.get(model)?.findLast((price) => price.from <= day) ?? null
    },
  }
}

function pricesOf(model: string, data: readonly unknown[]): Price[] {
  const parsed = PricesData.safeParse(data)
  if (!parsed.success) throw new Error(`prices of ${model}: ${z.prettifyError(parsed.error)}`)
  return parsed.data
    .map(({ from, tiers }) => ({ model, from, tiers: everyTier(tiers) }))
    .toSorted((a, b) => a.from.localeCompare(b.from))
}

function everyTier(tiers: PricePeriod['tiers']): Price['tiers'] {
  const standard = sortedRows('standard', tiers.standard)
  const ownOrStandard = (tier: ServiceTier): PriceRow[] => overlaid(standard, sortedRows(tier, tiers[tier]))
  return {
    standard,
    flex: ownOrStandard('flex'),
    priority: ownOrStandard('priority'),
    batch: ownOrStandard('batch'),
  }
}

/** A tier's own rows over the standard ones. Where it has no price for a length of input, that length's standard price applies. */
function overlaid(standard: readonly PriceRow[], own: readonly PriceRow[]): PriceRow[] {
  const lengths = [...new Set([...standard, ...own].map((row) => row.aboveInputTokens))].toSorted((a, b) => a - b)
  return lengths.map((length) => {
    const candidates = [...standard, ...own].filter((row) => row.aboveInputTokens <= length)
    const row = candidates.reduce((best, next) => (next.aboveInputTokens >= best.aboveInputTokens ? next : best))
    return { ...row, aboveInputTokens: length }
  })
}

const sortedRows = (tier: ServiceTier, rows: readonly PriceRowInput[] = []): PriceRow[] =>
  rows.map((row) => priceRow(tier, row)).toSorted((a, b) => a.aboveInputTokens - b.aboveInputTokens)

function priceRow(tier: ServiceTier, row: PriceRowInput): PriceRow {
  const picoPerUnit = completed(row)
  const dearest = (classes: readonly UsageClass[]): Pico =>
    classes.map((usageClass) => picoPerUnit[usageClass] ?? free).reduce(greater)
  return {
    tier,
    aboveInputTokens: row.aboveInputTokens,
    picoPerUnit,
    dearestInputPico: dearest(inputClasses),
    dearestOutputPico: dearest(outputClasses),
  }
}

const free = 0n as Pico

/** A class the vendor does not price apart is charged as the class it is part of, never at zero. */
const partOf: Partial<Record<TokenClass, TokenClass>> = {
  cachedInput: 'input',
  cacheWrite: 'input',
  audioInput: 'input',
  cachedAudioInput: 'cachedInput',
  imageInput: 'input',
  cachedImageInput: 'cachedInput',
  videoInput: 'input',
  cachedVideoInput: 'cachedInput',
  reasoning: 'output',
  audioOutput: 'output',
  imageOutput: 'output',
}

function completed(row: PriceRowInput): Record<UsageClass, Pico | null> {
  const priced = (usageClass: TokenClass): Pico | null => {
    const own = row.usdPerMillion[usageClass]
    if (own !== undefined) return picoPerToken(own)
    const whole = partOf[usageClass]
    return whole === undefined ? null : priced(whole)
  }
  const entries = usageClasses.map((usageClass) => {
    if (isTokenClass(usageClass)) return [usageClass, priced(usageClass)]
    const perPiece = row.usdPerPiece[usageClass]
    return [usageClass, perPiece === undefined ? null : picoPerPiece(perPiece)]
  })
  return Object.fromEntries(entries) as Record<UsageClass, Pico | null>
}

const isTokenClass = (usageClass: UsageClass): usageClass is TokenClass =>
  (tokenClasses as readonly UsageClass[]).includes(usageClass)

const priceDecimals = 6
const micro = (amount: string): bigint => {
  const [whole, fraction = ''] = amount.split('.')
  return BigInt(whole! + fraction.padEnd(priceDecimals, '0'))
}
/** USD per million tokens in millionths of a dollar is, digit for digit, pico-USD per token. */
const picoPerToken = (usdPerMillion: string): Pico => micro(usdPerMillion) as Pico
const picoPerPiece = (usdPerPiece: string): Pico => (micro(usdPerPiece) * 1_000_000n) as Pico
