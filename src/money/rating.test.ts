import { expect, test } from 'bun:test'
import models from '../catalog/models.json' with { type: 'json' }
import { formatUsd, type Nano } from '../lib/amounts.ts'
import { loadPriceBook, type Price, type ServiceTier } from './price-book.ts'
import { rate, type Rated } from './rating.ts'
import type { Usage } from './usage.ts'

const book = loadPriceBook(models)
const day = (text: string): number => Date.parse(`${text}T00:00:00Z`)
const today = day('2026-11-23')
const priceOf = (model: string, at = today): Price => book.priceOf(model, at)!
const usd = (rated: Rated): string => formatUsd(rated.ratedNano)
const charged = (model: string, usage: Usage, tier: ServiceTier = 'standard', at = today): string =>
  usd(rate(usage, priceOf(model, at), tier))

test('a 4K image of gemini-3-pro-image costs $0.248776, text, thoughts and image each at their own price', () => {
  const rated = rate(
    { input: 326, output: 340, imageOutput: 2000, reasoning: 337 },
    priceOf('gemini-3-pro-image'),
    'standard',
  )
  expect(usd(rated)).toBe('0.248776')
  expect(rated.lines).toEqual([
    { class: 'input', quantity: 326, unit: 'token', picoPerUnit: '2000000', amountPico: '652000000' },
    { class: 'output', quantity: 340, unit: 'token', picoPerUnit: '12000000', amountPico: '4080000000' },
    { class: 'reasoning', quantity: 337, unit: 'token', picoPerUnit: '12000000', amountPico: '4044000000' },
    { class: 'imageOutput', quantity: 2000, unit: 'token', picoPerUnit: '120000000', amountPico: '240000000000' },
  ])
})

test('gemini-3.5-flash costs its own price at Vertex and that of 3.6-flash where AI Studio routes it', () => {
  const usage = { input: 8, output: 31, reasoning: 447 }
  expect(charged('gemini-3.6-flash', usage)).toBe('0.0017985')
  expect(charged('gemini-3.6-flash', usage, 'standard', day('2026-12-31'))).toBe('0.0017985')
  expect(charged('gemini-3.6-flash', usage, 'standard', day('2027-01-01'))).toBe('0.003597')
  expect(charged('gemini-3.5-flash', usage)).toBe('0.004314')
})

test('a short chat with gpt-5.4 costs input and output, and cached input a tenth', () => {
  expect(charged('gpt-5.4', { input: 8, output: 9 })).toBe('0.000155')
  expect(charged('gpt-5.4', { input: 976, cachedInput: 1024, output: 300, reasoning: 200 })).toBe('0.010196')
  expect(charged('gpt-5.4', { input: 2000, output: 500 })).toBe('0.0125')
})

test('gpt-5.4 charges the whole request at the long price from token 272,001 on, cached ones counted', () => {
  expect(charged('gpt-5.4', { input: 272_000, output: 1000 })).toBe('0.695')
  expect(charged('gpt-5.4', { input: 272_001, output: 1000 })).toBe('1.382505')
  expect(charged('gpt-5.4', { input: 1, cachedInput: 272_000 })).toBe('0.136005')
})

test('gemini-3.1-pro-preview charges the whole request at the long price from token 200,001 on', () => {
  expect(charged('gemini-3.1-pro-preview', { input: 200_000, output: 1000 })).toBe('0.412')
  expect(charged('gemini-3.1-pro-preview', { input: 200_001, output: 1000 })).toBe('0.818004')
  expect(charged('gemini-2.5-pro', { input: 100_001, cachedInput: 100_000 })).toBe('0.2750025')
})

test('gpt-5.4 has no long price for priority: standard applies, and the receipt says so', () => {
  const short = rate({ input: 272_000, output: 1000 }, priceOf('gpt-5.4'), 'priority')
  const long = rate({ input: 272_001, output: 1000 }, priceOf('gpt-5.4'), 'priority')
  expect([usd(short), short.tier]).toEqual(['1.39', 'priority'])
  expect([usd(long), long.tier]).toEqual(['1.382505', 'standard'])
})

test('flex and batch cost half', () => {
  expect(charged('gpt-5.2', { input: 1000, output: 1000 })).toBe('0.01575')
  expect(charged('gpt-5.2', { input: 1000, output: 1000 }, 'flex')).toBe('0.007875')
  expect(charged('gpt-5.2', { input: 1000, output: 1000 }, 'batch')).toBe('0.007875')
  expect(charged('gpt-5.4', { input: 272_001, output: 1000 }, 'flex')).toBe('0.6912525')
})

test('gpt-5-mini at priority costs 1.8 times, not twice: 0.45, 0.045 and 3.60 per million', () => {
  const million = { input: 1_000_000 }
  expect(charged('gpt-5-mini', million, 'priority')).toBe('0.45')
  expect(charged('gpt-5-mini', { cachedInput: 1_000_000 }, 'priority')).toBe('0.045')
  expect(charged('gpt-5-mini', { output: 1_000_000 }, 'priority')).toBe('3.60')
  expect(charged('gpt-5-mini', million)).toBe('0.25')
})

test('gpt-5-nano has no priority: standard is charged', () => {
  const rated = rate({ input: 1_000_000 }, priceOf('gpt-5-nano'), 'priority')
  expect([usd(rated), rated.tier]).toEqual(['0.05', 'standard'])
})

test('images, audio, video, searches and embeddings cost what their own class costs', () => {
  expect(charged('gpt-image-2', { input: 100, imageInput: 1000, imageOutput: 1756 })).toBe('0.06118')
  expect(charged('gpt-image-1.5', { input: 100, output: 100, imageOutput: 1056 })).toBe('0.035292')
  expect(charged('gemini-2.5-flash', { input: 1000, audioInput: 1000, cachedAudioInput: 1000 })).toBe('0.0014')
  expect(charged('gemini-3.1-flash-image', { imageOutput: 2520 })).toBe('0.1512')
  expect(charged('sora-2', { videoSecond: 10 })).toBe('1.00')
  expect(charged('sora-2', { videoSecond: 8 }, 'batch')).toBe('0.40')
  expect(charged('sora-2-pro', { videoSecond: 4 })).toBe('1.20')
  expect(charged('sora-2-pro', { videoSecond1024p: 8 })).toBe('4.00')
  expect(charged('sora-2-pro', { videoSecond1080p: 12 })).toBe('8.40')
  // A model that has one price for all sizes.
  expect(charged('sora-2', { videoSecond1080p: 10 })).toBe('1.00')
  expect(charged('gemini-3.5-flash', { searchQuery: 3, mapsQuery: 1 })).toBe('0.056')
  expect(charged('gemini-2.5-flash', { groundedPrompt: 1, mapsQuery: 1 })).toBe('0.06')
  expect(charged('gpt-5.1', { webSearchCall: 3 })).toBe('0.03')
  expect(charged('text-embedding-3-small', { input: 10 })).toBe('0.0000002')
  expect(charged('text-embedding-3-small', { input: 10 }, 'batch')).toBe('0.0000002')
})

test('a class without any price is not charged, and is reported', () => {
  const rated = rate({ input: 10, output: 5, webSearchCall: 1 }, priceOf('text-embedding-3-small'), 'standard')
  expect(rated.unpriced).toEqual(['output', 'webSearchCall'])
  expect(rated.lines.map((line) => line.class)).toEqual(['input'])
})

test('nothing used costs nothing', () => {
  expect(rate({}, priceOf('gpt-5.4'), 'standard')).toEqual({
    lines: [],
    ratedNano: 0n as Nano,
    tier: 'standard',
    unpriced: [],
  })
})

test('amounts that a float would lose are exact, and only the sum is rounded', () => {
  const halfNano = [
    { from: '2026-01-01', tiers: { standard: [{ usdPerMillion: { input: '0.0005', output: '0.0005' } }] } },
  ]
  const price = loadPriceBook([{ id: 'm', prices: halfNano }]).priceOf('m', today)!
  expect(rate({ input: 1, output: 1 }, price, 'standard').ratedNano as bigint).toBe(1n)
  expect(rate({ input: 1, output: 2 }, price, 'standard').ratedNano as bigint).toBe(2n)
  const mini = rate({ input: 1, cachedInput: 1, output: 1 }, priceOf('gpt-5.4-mini'), 'flex')
  expect(mini.lines.map((line) => line.amountPico)).toEqual(['375000', '37500', '2250000'])
  expect(mini.ratedNano as bigint).toBe(2663n)
  const big = rate(
    { input: 9_007_199_254_740_991, output: 9_007_199_254_740_991 },
    priceOf('gemini-3.1-pro-preview'),
    'priority',
  )
  expect(big.lines.map((line) => line.amountPico)).toEqual(['64851834634135135200000', '291833255853608108400000'])
  expect(big.ratedNano as bigint).toBe((9_007_199_254_740_991n * 39_600_000n) / 1000n)
})
