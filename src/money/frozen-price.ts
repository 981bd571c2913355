/** A price as text, for what is rated long after it was admitted: whatever the price book says by then, this is what counts. */
import type { Pico } from '../lib/amounts.ts'
import type { FrozenPrice, FrozenPriceRow } from '../store/reservations.ts'
import { serviceTiers, type ServiceTier, type UnitPriceRow, type UnitPrices } from './price-book.ts'
import { usageClasses, type UsageClass } from './usage.ts'

/** The same unit prices, of the tiers that differ from standard and the classes that have one. */
export function freezePrice({ name, tiers }: UnitPrices): FrozenPrice {
  const standard = tiers.standard.map(frozenRow)
  const text = JSON.stringify(standard)
  const own = serviceTiers
    .map((tier) => [tier, tiers[tier].map(frozenRow)] as const)
    .filter(([tier, rows]) => tier === 'standard' || JSON.stringify(rows) !== text)
  return { name, tiers: Object.fromEntries(own) }
}

/** What `freezePrice` was given, as rating needs it. A class that this version does not know is left out. */
export function thawPrice({ name, tiers }: FrozenPrice): UnitPrices {
  const rows = (tier: ServiceTier): UnitPriceRow[] => (tiers[tier] ?? tiers['standard']!).map(thawedRow)
  return {
    name,
    tiers: { standard: rows('standard'), flex: rows('flex'), priority: rows('priority'), batch: rows('batch') },
  }
}

function frozenRow({ tier, aboveInputTokens, picoPerUnit }: UnitPriceRow): FrozenPriceRow {
  const priced = Object.entries(picoPerUnit).filter(([, pico]) => pico !== null)
  const texts = priced.map(([usageClass, pico]) => [usageClass, pico!.toString()] as const)
  return { tier, aboveInputTokens, picoPerUnit: Object.fromEntries(texts) }
}

function thawedRow({ tier, aboveInputTokens, picoPerUnit }: FrozenPriceRow): UnitPriceRow {
  const pico = (usageClass: UsageClass): Pico | null =>
    usageClass in picoPerUnit ? (BigInt(picoPerUnit[usageClass]!) as Pico) : null
  const entries = usageClasses.map((usageClass) => [usageClass, pico(usageClass)] as const)
  return {
    tier: tier as ServiceTier,
    aboveInputTokens,
    picoPerUnit: Object.fromEntries(entries) as Record<UsageClass, Pico | null>,
  }
}
