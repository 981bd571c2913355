import { describe, expect, test } from 'bun:test'
import { loadCatalog } from '../catalog/catalog.ts'
import models from '../catalog/models.json' with { type: 'json' }
import { loadPriceBook, type ServiceTier } from '../money/price-book.ts'
import { providerKinds, type ProviderKind } from '../upstreams/deployment.ts'
import { rateServed } from './rate-served.ts'

const catalog = loadCatalog(models)
const prices = loadPriceBook(models)
const at = Date.parse('2026-11-23T00:00:00Z')
const compatible: readonly ProviderKind[] = ['openai-compatible', 'gemini-compatible']
const vendors = providerKinds.filter((kind) => !compatible.includes(kind))

function served(
  kind: ProviderKind | null,
  { model = 'gpt-5.4-mini', name = null as string | null, tier = null as ServiceTier | null, tiers = ['standard'] },
) {
  const demand = { tiers: tiers as readonly ServiceTier[] }
  const frozen = {
    model: catalog.find(model)!,
    demand,
    toolModel: null,
    admittedAt: at,
    price: prices.priceOf(model, at)!,
  }
  const deployment = kind && { kind, pricePpm: 1_000_000n, costPpm: 1_000_000n }
  const reading = { servedModel: name, tier }
  const usage = { input: 1_000, output: 100 }
  const {
    ratedNano,
    priceFrom,
    isOtherModel,
    tier: rated,
  } = rateServed(frozen, deployment, { reading, usage }, { catalog, prices, costs: prices })
  return { ratedNano, priceFrom: priceFrom.split(' from ')[0], isOtherModel, tier: rated }
}
// 1,000 × $0.75 and 100 × $4.50 a million; gpt-5.4: $2.50 and $15.
const mini = { ratedNano: 1_200_000n, priceFrom: 'gpt-5.4-mini', isOtherModel: false }
const full = { ratedNano: 4_000_000n, priceFrom: 'gpt-5.4', isOtherModel: true }

describe('the model that an answer names', () => {
  const names = [
    'gpt-5.4',
    'gpt-5.4-nano',
    'gemini-3.1-pro-preview',
    'text-embedding-3-small',
    'my-llama',
    '',
    'gpt-5.4-mini-2026-03-17',
  ]
  test.each(compatible)('%s: whatever it calls itself, the price is that of the model asked for', (kind) => {
    for (const name of names) expect(served(kind, { name })).toMatchObject(mini)
  })

  test.each(vendors)('%s: another model of the catalog is charged at its own price, and that is said', (kind) => {
    expect(served(kind, { name: 'gpt-5.4' })).toMatchObject(full)
    for (const name of [null, '', 'gpt-5.4-mini', 'gpt-5.4-mini-2026-03-17', 'gpt-9'])
      expect(served(kind, { name })).toMatchObject(mini)
  })

  test('no upstream, no other model', () => {
    expect(served(null, { name: 'gpt-5.4' })).toMatchObject(mini)
  })
})

describe('the tier that an answer names', () => {
  test('of a vendor counts, asked for or not', () => {
    expect(served('openai', { tier: 'priority' }).tier).toBe('priority')
    expect(served('openai', { tier: 'standard', tiers: ['standard', 'priority'] }).tier).toBe('standard')
  })

  test('of a compatible upstream counts where it was asked for, so that it never makes anything dearer', () => {
    expect(served('openai-compatible', { tier: 'priority' })).toMatchObject({ ...mini, tier: 'standard' })
    expect(served('openai-compatible', { tier: 'standard', tiers: ['standard', 'priority'] }).tier).toBe('standard')
    expect(served('openai-compatible', { tier: 'priority', tiers: ['standard', 'priority'] }).tier).toBe('priority')
  })

  test('is the dearest asked for where none is named', () => {
    expect(served('openai', { tiers: ['standard', 'priority'] }).tier).toBe('priority')
  })
})
