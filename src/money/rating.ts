/**
 * Rating: usage × price → money, by one pure function that estimates, holds, charges and re-prices.
 * The only rounding of the whole system is here: the sum of a receipt's lines, up to the next nano-USD.
 */
import { greater, lesser, type Nano, type Pico } from '../lib/amounts.ts'
import { assert } from '../lib/assert.ts'
import type { ReceiptLine } from '../store/store.ts'
import type { Price, PriceRow, ServiceTier, UnitPriceRow, UnitPrices } from './price-book.ts'
import { inputTokensOf, pieceClasses, usageClasses, type Apart, type Usage, type UsageClass } from './usage.ts'

export type Rated = {
  readonly lines: readonly ReceiptLine[]
  readonly ratedNano: Nano
  /** The tier whose prices were used: the one asked for, or standard where the model has no price for it. */
  readonly tier: ServiceTier
  /** Classes that were used but have no price; they are not charged, and the request is flagged. */
  readonly unpriced: readonly UsageClass[]
}

/** Rates usage at a price; the same input always gives the same lines and the same amount. */
export function rate(usage: Usage, price: UnitPrices, tier: ServiceTier): Rated {
  const row = rowFor(price, tier, inputTokensOf(usage))
  const lines: ReceiptLine[] = []
  const unpriced: UsageClass[] = []
  let totalPico = 0n
  for (const usageClass of usageClasses) {
    const quantity = usage[usageClass] ?? 0
    if (quantity <= 0) continue
    const picoPerUnit = row.picoPerUnit[usageClass]
    if (picoPerUnit === null) unpriced.push(usageClass)
    else {
      const amountPico = BigInt(quantity) * picoPerUnit
      totalPico += amountPico
      lines.push(line(usageClass, quantity, picoPerUnit, amountPico))
    }
  }
  return { lines, ratedNano: nanoRoundedUp(totalPico), tier: row.tier, unpriced }
}

/** What the lines of a receipt come to, for one whose price is not known any more. */
export const ratedNanoOf = (lines: readonly ReceiptLine[]): Nano =>
  nanoRoundedUp(lines.reduce((total, { amountPico }) => total + BigInt(amountPico), 0n))

const line = (usageClass: UsageClass, quantity: number, picoPerUnit: Pico, amountPico: bigint): ReceiptLine => ({
  class: usageClass,
  quantity,
  unit: unitOf(usageClass),
  picoPerUnit: textOf(picoPerUnit),
  amountPico: amountPico.toString(),
})

/** Unit prices are few and written on every receipt. */
const texts = new Map<Pico, string>()
const textsMany = 1_000

function textOf(price: Pico): string {
  const known = texts.get(price)
  if (known !== undefined) return known
  const text = price.toString()
  if (texts.size < textsMany) texts.set(price, text)
  return text
}

const unitOf = (usageClass: UsageClass): string =>
  (pieceClasses as readonly UsageClass[]).includes(usageClass) ? 'piece' : 'token'

/** What a request can take in at most: tokens of whatever input class, and as much of each class with a price of its own. */
type InputBound = { readonly inputTokens: number; readonly pieces: Apart }

/**
 * The most that a request within these bounds can cost at any of `tiers`, however its tokens turn out
 * to split over the classes of their side, and whichever row its length selects: what a hold must cover.
 */
export function holdFor(
  bound: InputBound & { readonly outputTokens: number },
  price: Price,
  tiers: readonly ServiceTier[],
): Nano {
  assert(tiers.length > 0, 'a hold was asked for no service tier')
  const outputTokens = BigInt(bound.outputTokens)
  let dearestPico = 0n
  for (const tier of tiers)
    for (const row of price.tiers[tier])
      if (applies(row, bound.inputTokens))
        dearestPico = greater(dearestPico, inputPicoAt(bound, row) + outputTokens * row.dearestOutputPico)
  return nanoRoundedUp(dearestPico)
}

/**
 * The most output tokens with which `holdFor` stays within `available`. 0 also when not even the input
 * fits, so the hold itself must still be taken; the largest safe integer when output costs nothing.
 */
export function affordableOutputTokens(
  bound: InputBound,
  price: Price,
  tiers: readonly ServiceTier[],
  available: Nano,
): number {
  assert(tiers.length > 0, 'output was bounded for no service tier')
  const availablePico = available * picoPerNano
  const rows = tiers.flatMap((tier) => price.tiers[tier].filter((row) => applies(row, bound.inputTokens)))
  const affordable = rows.map((row) => {
    const leftPico = availablePico - inputPicoAt(bound, row)
    if (leftPico < 0n) return 0n
    return row.dearestOutputPico === 0n ? tokensMax : leftPico / row.dearestOutputPico
  })
  return Number(affordable.reduce(lesser, tokensMax))
}

const tokensMax = BigInt(Number.MAX_SAFE_INTEGER)

function inputPicoAt(bound: InputBound, row: PriceRow): bigint {
  let total = BigInt(bound.inputTokens) * row.dearestInputPico
  for (const name in bound.pieces) {
    const apart = name as keyof Apart
    total += BigInt(bound.pieces[apart] ?? 0) * (row.picoPerUnit[apart] ?? 0n)
  }
  return total
}

function rowFor(price: UnitPrices, tier: ServiceTier, inputTokens: number): UnitPriceRow {
  const rows = price.tiers[tier]
  for (let last = rows.length - 1; last >= 0; last -= 1) if (applies(rows[last]!, inputTokens)) return rows[last]!
  // Not by `assert`: its words would be made for every request.
  throw new Error(`assertion failed: price of ${price.name} has no base row for ${tier}`)
}

/** Long-context rows begin with the first token above their limit; the base row serves everything below. */
const applies = (row: UnitPriceRow, inputTokens: number): boolean =>
  row.aboveInputTokens === 0 || inputTokens > row.aboveInputTokens

const picoPerNano = 1_000n
const nearlyNano = picoPerNano - 1n
const nanoRoundedUp = (pico: bigint): Nano => ((pico + nearlyNano) / picoPerNano) as Nano
