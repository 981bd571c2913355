/**
 * The price book: what one unit of each usage class costs, per model, service tier, context length
 * and date. Immutable once loaded; a price is chosen once, at admission, and kept until settlement.
 */
import { z } from 'zod'
import { greater, type Pico } from '../lib/amounts.ts'
import { pricesSchema, type PricePeriodData, type PriceRowData } from './price-book-data.ts'
import {
  inputClasses,
  outputClasses,
  pieceClasses,
  tokenClasses,
  toolClasses,
  usageClasses,
  type PieceClass,
  type TokenClass,
  type ToolClass,
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

/** What rating needs of a row, and of a price. */
export type UnitPriceRow = Pick<PriceRow, 'tier' | 'aboveInputTokens' | 'picoPerUnit'>
export type UnitPrices = {
  readonly name: string
  readonly tiers: Readonly<Record<ServiceTier, readonly UnitPriceRow[]>>
}

/** The price of one model from one date on: for every tier, rows sorted by `aboveInputTokens` from 0. */
export type Price = {
  readonly model: string
  /** The day this price took effect, `YYYY-MM-DD` UTC. */
  readonly from: string
  /** Of the model and the day. */
  readonly name: string
  readonly tiers: Readonly<Record<ServiceTier, readonly PriceRow[]>>
}

export const serviceTiers = ['standard', 'flex', 'priority', 'batch'] as const
export type ServiceTier = (typeof serviceTiers)[number]

export type PriceBook = {
  readonly priceOf: (model: string, at: number) => Price | null
  /** Whether some model costs nothing, so that it can be asked without credit. */
  readonly hasFree: boolean
}

/** What is added to every price: 200_000n is 20 % more, -100_000n is 10 % less, in millionths of the price. */
export type Markup = {
  readonly defaultPpm: bigint
  /** By catalog id, instead of the default. */
  readonly byModel: ReadonlyMap<string, bigint>
}

type PricedModel = { readonly id: string; readonly prices: readonly unknown[]; readonly isFree?: boolean }

/** Checks the models' dated prices, adds the markup and builds the book; throws when a model has none and is not free. */
export function loadPriceBook(
  models: readonly PricedModel[],
  markup: Markup = { defaultPpm: 0n, byModel: new Map() },
): PriceBook {
  const marked = ({ id, prices, isFree }: PricedModel): Price[] => {
    if (isFree) return [freePrice(id)]
    const ppm = onePpm + (markup.byModel.get(id) ?? markup.defaultPpm)
    return pricesOf(id, prices).map((price) => scaledPrice(price, ppm))
  }
  const dated = (price: Price): Dated => ({ price, fromMs: Date.parse(price.from) })
  const byModel = new Map(models.map((model) => [model.id, marked(model).map(dated)]))
  return {
    priceOf: (model, at) => inForce(byModel.get(model) ?? [], at),
    hasFree: models.some(({ isFree }) => isFree),
  }
}

type Dated = { readonly price: Price; readonly fromMs: number }

/** By a loop: every request asks, and a function of its own for each would be made. */
function inForce(dated: readonly Dated[], at: number): Price | null {
  for (let last = dated.length - 1; last >= 0; last -= 1) if (dated[last]!.fromMs <= at) return dated[last]!.price
  return null
}

const onePpm = 1_000_000n
/** A price is scaled by a deployment's share at every admission, and there are few of either. */
const scaledBefore = new WeakMap<Price, Map<bigint, Price>>()

/** A price of which every unit costs `ppm` millionths of what it did, rounded up to a whole pico-USD; never below 0. */
export function scaledPrice(price: Price, ppm: bigint): Price {
  if (ppm === onePpm) return price
  const known = scaledBefore.get(price) ?? new Map<bigint, Price>()
  if (!known.has(ppm)) scaledBefore.set(price, known.set(ppm, { ...price, tiers: scaledTiers(price.tiers, ppm) }))
  return known.get(ppm)!
}

/** What a model's tokens are called when it is another model's tool. */
const asTool: Readonly<Record<ToolClass, TokenClass>> = {
  toolInput: 'input',
  toolCachedInput: 'cachedInput',
  toolImageInput: 'imageInput',
  toolCachedImageInput: 'cachedImageInput',
  toolOutput: 'output',
  toolImageOutput: 'imageOutput',
}
const withToolBefore = new WeakMap<Price, WeakMap<Price, Price>>()

/** A price with that of the model that its own may ask as a tool: at the standard tier always, whatever it costs itself. */
export function withTool(price: Price, tool: Price): Price {
  const known = withToolBefore.get(price) ?? new WeakMap<Price, Price>()
  withToolBefore.set(price, known)
  const before = known.get(tool)
  if (before) return before
  const row = tool.tiers.standard[0]!.picoPerUnit
  const own = Object.fromEntries(toolClasses.map((each) => [each, row[asTool[each]]]))
  const rows = (tier: readonly PriceRow[]): PriceRow[] =>
    tier.map((each) => ({ ...each, picoPerUnit: { ...each.picoPerUnit, ...own } }))
  const { standard, flex, priority, batch } = price.tiers
  const tiers = { standard: rows(standard), flex: rows(flex), priority: rows(priority), batch: rows(batch) }
  const both = { ...price, name: `${price.name} with ${tool.name}`, tiers }
  known.set(tool, both)
  return both
}

function scaledTiers({ standard, flex, priority, batch }: Price['tiers'], ppm: bigint): Price['tiers'] {
  const factor = greater(ppm, 0n)
  const scaled = (pico: Pico): Pico => ((pico * factor + onePpm - 1n) / onePpm) as Pico
  const rows = (tier: readonly PriceRow[]): PriceRow[] => tier.map((row) => scaledRow(row, scaled))
  return { standard: rows(standard), flex: rows(flex), priority: rows(priority), batch: rows(batch) }
}

/** The dearest class stays the dearest: scaling keeps the order of prices. */
function scaledRow(row: PriceRow, scaled: (pico: Pico) => Pico): PriceRow {
  const entries = Object.entries(row.picoPerUnit).map(([each, pico]) => [each, pico === null ? null : scaled(pico)])
  return {
    ...row,
    picoPerUnit: Object.fromEntries(entries) as PriceRow['picoPerUnit'],
    dearestInputPico: scaled(row.dearestInputPico),
    dearestOutputPico: scaled(row.dearestOutputPico),
  }
}

function pricesOf(model: string, data: readonly unknown[]): Price[] {
  const parsed = pricesSchema.safeParse(data)
  if (!parsed.success) throw new Error(`prices of ${model}: ${z.prettifyError(parsed.error)}`)
  return parsed.data
    .map(({ from, tiers }) => ({ model, from, name: nameOf(model, from), tiers: everyTier(tiers) }))
    .toSorted((a, b) => a.from.localeCompare(b.from))
}

/** What was priced without a date is in force since the first of all days. */
const undated = '1970-01-01'
const nameOf = (model: string, from: string): string => (from === undated ? model : `${model} from ${from}`)

/** Every unit of every class at nothing, so that its receipts show what was used. */
function freePrice(model: string): Price {
  const zero = <Class extends string>(classes: readonly Class[]) =>
    Object.fromEntries(classes.map((each) => [each, '0'])) as Record<Class, string>
  const row = { aboveInputTokens: 0, usdPerMillion: zero(tokenClasses), usdPerPiece: zero(pieceClasses) }
  return { model, from: undated, name: model, tiers: everyTier({ standard: [row] }) }
}

function everyTier(tiers: PricePeriodData['tiers']): Price['tiers'] {
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

const sortedRows = (tier: ServiceTier, rows: readonly PriceRowData[] = []): PriceRow[] =>
  rows.map((row) => priceRow(tier, row)).toSorted((a, b) => a.aboveInputTokens - b.aboveInputTokens)

function priceRow(tier: ServiceTier, row: PriceRowData): PriceRow {
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
/** Likewise a second of a larger video, where its size makes no difference. */
const pieceOf: Partial<Record<PieceClass, PieceClass>> = {
  videoSecond1024p: 'videoSecond',
  videoSecond1080p: 'videoSecond1024p',
}

function completed(row: PriceRowData): Record<UsageClass, Pico | null> {
  const priced = (usageClass: TokenClass): Pico | null => {
    const own = row.usdPerMillion[usageClass]
    if (own !== undefined) return picoPerToken(own)
    const whole = partOf[usageClass]
    return whole === undefined ? null : priced(whole)
  }
  const pricedPiece = (usageClass: PieceClass): Pico | null => {
    const own = row.usdPerPiece[usageClass]
    if (own !== undefined) return picoPerPiece(own)
    const whole = pieceOf[usageClass]
    return whole === undefined ? null : pricedPiece(whole)
  }
  const entries = usageClasses.map((usageClass) => {
    if (isTokenClass(usageClass)) return [usageClass, priced(usageClass)]
    return [usageClass, isPieceClass(usageClass) ? pricedPiece(usageClass) : null]
  })
  return Object.fromEntries(entries) as Record<UsageClass, Pico | null>
}

const isTokenClass = (usageClass: UsageClass): usageClass is TokenClass =>
  (tokenClasses as readonly UsageClass[]).includes(usageClass)
const isPieceClass = (usageClass: UsageClass): usageClass is PieceClass =>
  (pieceClasses as readonly UsageClass[]).includes(usageClass)

const priceDecimals = 6
const micro = (amount: string): bigint => {
  const [whole, fraction = ''] = amount.split('.')
  return BigInt(whole! + fraction.padEnd(priceDecimals, '0'))
}
/** USD per million tokens in millionths of a dollar is, digit for digit, pico-USD per token. */
const picoPerToken = (usdPerMillion: string): Pico => micro(usdPerMillion) as Pico
const picoPerPiece = (usdPerPiece: string): Pico => (micro(usdPerPiece) * 1_000_000n) as Pico
