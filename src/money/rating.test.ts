import { expect, test } from 'bun:test'
import fc from 'fast-check'
import models from '../catalog/models.json' with { type: 'json' }
import { formatUsd, type Nano } from '../lib/amounts.ts'
import { loadPriceBook, serviceTiers, type Price, type PriceRow, type ServiceTier } from './price-book.ts'
import { affordableOutputTokens, holdFor, rate, type Rated } from './rating.ts'
import {
  inputClasses,
  inputTokensOf,
  outputClasses,
  pieceClasses,
  tokenClasses,
  usageClasses,
  type Usage,
  type UsageClass,
} from './usage.ts'

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

// ---- Properties, over the real prices and over invented ones ---------------------------------------

const realPrice = fc.constantFrom(
  ...models.flatMap(({ id, prices }) => prices.map(({ from }) => priceOf(id, day(from)))),
)
const amount = fc
  .tuple(fc.nat(99), fc.nat(999_999))
  .map(([whole, micro]) => `${whole}.${String(micro).padStart(6, '0')}`)
const rowData = (aboveInputTokens: number) =>
  fc.record({
    aboveInputTokens: fc.constant(aboveInputTokens),
    usdPerMillion: fc.dictionary(fc.constantFrom(...tokenClasses), amount),
    usdPerPiece: fc.dictionary(fc.constantFrom(...pieceClasses), amount),
  })
const rowsData = fc.oneof(
  fc.tuple(rowData(0)),
  fc.tuple(rowData(0), rowData(40)),
  fc.tuple(rowData(30), rowData(0), rowData(90)),
)
const invented = fc
  .record({ standard: rowsData, priority: rowsData, flex: rowsData }, { requiredKeys: ['standard'] })
  .map((tiers) =>
    loadPriceBook([{ id: 'invented', prices: [{ from: '2026-01-01', tiers }] }]).priceOf('invented', today)!,
  )
const anyPrice = fc.oneof(realPrice, invented)
const anyTier = fc.constantFrom(...serviceTiers)
const someTiers = fc.subarray([...serviceTiers], { minLength: 1 })
const quantity = fc.oneof(
  fc.nat(60),
  fc.nat(300_000),
  fc.constantFrom(199_999, 200_000, 200_001, 271_999, 272_000, 272_001),
)
const anyUsage: fc.Arbitrary<Usage> = fc.record(
  Object.fromEntries(usageClasses.map((usageClass) => [usageClass, quantity])),
  {
    requiredKeys: [],
  },
)
const slack = fc.oneof(fc.constant(0), fc.nat(100), fc.nat(400_000))
const runs = { numRuns: 2000 }

const picoOf = (rated: Rated): bigint => rated.lines.reduce((total, line) => total + BigInt(line.amountPico), 0n)
const sumOf = (usage: Usage, classes: readonly UsageClass[]): number =>
  classes.reduce((total, each) => total + (usage[each] ?? 0), 0)
const piecesOf = (usage: Usage): Usage => Object.fromEntries(pieceClasses.map((piece) => [piece, usage[piece] ?? 0]))
const rowOf = (price: Price, tier: ServiceTier, usage: Usage): PriceRow =>
  price.tiers[tier].findLast((row) => row.aboveInputTokens === 0 || inputTokensOf(usage) > row.aboveInputTokens)!

test('rating is the sum of its lines, quantity times price each, rounded up once by less than a nano-USD', () => {
  fc.assert(
    fc.property(anyUsage, anyPrice, anyTier, (usage, price, tier) => {
      const rated = rate(usage, price, tier)
      const { picoPerUnit } = rowOf(price, tier, usage)
      for (const line of rated.lines) {
        expect(BigInt(line.amountPico)).toBe(BigInt(line.quantity) * BigInt(line.picoPerUnit))
        expect(line.picoPerUnit).toBe(String(picoPerUnit[line.class as UsageClass]))
      }
      const excess = rated.ratedNano * 1000n - picoOf(rated)
      expect(excess >= 0n && excess < 1000n).toBe(true)
    }),
    runs,
  )
})

test('rating leaves no used class out: each is on one line, or reported as unpriced', () => {
  fc.assert(
    fc.property(anyUsage, anyPrice, anyTier, (usage, price, tier) => {
      const rated = rate(usage, price, tier)
      const seen: string[] = [...rated.lines.map((line) => line.class), ...rated.unpriced]
      expect(seen.toSorted()).toEqual(usageClasses.filter((each) => (usage[each] ?? 0) > 0).toSorted())
      for (const line of rated.lines) expect(line.quantity).toBe(usage[line.class as UsageClass]!)
    }),
    runs,
  )
})

test('rating is additive: a request charged by one row costs what its parts cost at that row', () => {
  fc.assert(
    fc.property(anyUsage, anyUsage, realPrice, anyTier, (one, other, price, tier) => {
      const both = Object.fromEntries(
        usageClasses.map((each) => [each, (one[each] ?? 0) + (other[each] ?? 0)]),
      ) as Usage
      fc.pre(
        rowOf(price, tier, one) === rowOf(price, tier, both) && rowOf(price, tier, other) === rowOf(price, tier, both),
      )
      const [a, b, sum] = [one, other, both].map((usage) => rate(usage, price, tier))
      expect(picoOf(a!) + picoOf(b!)).toBe(picoOf(sum!))
      expect(a!.ratedNano + b!.ratedNano >= sum!.ratedNano).toBe(true)
    }),
    runs,
  )
})

test('rating gives the same answer again, whatever the order in which the usage was written', () => {
  fc.assert(
    fc.property(anyUsage, anyPrice, anyTier, (usage, price, tier) => {
      const reversed = Object.fromEntries(Object.entries(usage).toReversed()) as Usage
      expect(rate(reversed, price, tier)).toEqual(rate(usage, price, tier))
    }),
    runs,
  )
})

test('rating never asks less for more, within a row, and across rows where the longer one is no cheaper', () => {
  fc.assert(
    fc.property(
      anyUsage,
      anyPrice,
      anyTier,
      fc.constantFrom(...usageClasses),
      fc.nat(300_000),
      (usage, price, tier, each, extra) => {
        const more = { ...usage, [each]: (usage[each] ?? 0) + extra }
        const [before, after] = [rowOf(price, tier, usage), rowOf(price, tier, more)]
        fc.pre(usageClasses.every((one) => (after.picoPerUnit[one] ?? 0n) >= (before.picoPerUnit[one] ?? 0n)))
        expect(rate(more, price, tier).ratedNano >= rate(usage, price, tier).ratedNano).toBe(true)
      },
    ),
    runs,
  )
})

test('the only real price with a cheaper long row is gpt-5.4 at priority, whose long row is standard', () => {
  const cheaper = models.flatMap(({ id }) =>
    serviceTiers
      .filter((tier) => {
        const rows = priceOf(id).tiers[tier]
        return rows.some(
          (row, index) =>
            index > 0 &&
            usageClasses.some((each) => (row.picoPerUnit[each] ?? 0n) < (rows[index - 1]!.picoPerUnit[each] ?? 0n)),
        )
      })
      .map((tier) => `${id} ${tier}`),
  )
  expect(cheaper).toEqual(['gpt-5.4 priority'])
})

test('rating is never negative, and is a whole number of nano-USD with no float on the way', () => {
  fc.assert(
    fc.property(anyUsage, anyPrice, anyTier, (usage, price, tier) => {
      const rated = rate(usage, price, tier)
      expect(typeof rated.ratedNano).toBe('bigint')
      expect(rated.ratedNano >= 0n).toBe(true)
      for (const line of rated.lines) expect(`${line.amountPico} ${line.picoPerUnit}`).toMatch(/^\d+ \d+$/)
    }),
    runs,
  )
})

test('a hold covers every usage within its bounds, of whatever classes, at each of its tiers, long rows included', () => {
  fc.assert(
    fc.property(
      anyUsage,
      anyPrice,
      someTiers,
      slack,
      slack,
      fc.nat(3),
      (usage, price, tiers, moreIn, moreOut, morePieces) => {
        const pieces = Object.fromEntries(pieceClasses.map((piece) => [piece, (usage[piece] ?? 0) + morePieces]))
        const bound = {
          inputTokens: inputTokensOf(usage) + moreIn,
          outputTokens: sumOf(usage, outputClasses) + moreOut,
          pieces,
        }
        const hold = holdFor(bound, price, tiers)
        for (const tier of tiers) expect(hold >= rate(usage, price, tier).ratedNano).toBe(true)
      },
    ),
    { numRuns: 10_000 },
  )
})

test('a hold covers a request that stays below the long-context limit although the bound does not', () => {
  const price = priceOf('gpt-5.4')
  const hold = holdFor({ inputTokens: 300_000, outputTokens: 100_000, pieces: {} }, price, ['priority'])
  expect(hold >= rate({ input: 272_000, output: 100_000 }, price, 'priority').ratedNano).toBe(true)
  expect(hold >= rate({ input: 300_000, output: 100_000 }, price, 'priority').ratedNano).toBe(true)
})

test('a hold is no more than the dearest usage within its bounds costs, where one row applies', () => {
  fc.assert(
    fc.property(realPrice, anyTier, quantity, quantity, anyUsage, (price, tier, inputTokens, outputTokens, usage) => {
      fc.pre(rowOf(price, tier, { input: inputTokens }) === price.tiers[tier][0])
      const pieces = piecesOf(usage)
      const splits = inputClasses.flatMap((input) =>
        outputClasses.map((output) => ({ ...pieces, [input]: inputTokens, [output]: outputTokens })),
      )
      const costs = splits.map((split) => rate(split, price, tier).ratedNano)
      const dearest = costs.reduce((a, b) => (a > b ? a : b))
      expect(holdFor({ inputTokens, outputTokens, pieces }, price, [tier]) as bigint).toBe(dearest)
    }),
    { numRuns: 500 },
  )
})

test('a hold counts audio that may be in a text prompt, and pictures that an image model may draw', () => {
  expect(
    formatUsd(
      holdFor({ inputTokens: 1_000_000, outputTokens: 0, pieces: {} }, priceOf('gemini-2.5-flash'), ['standard']),
    ),
  ).toBe('1.00')
  expect(
    formatUsd(
      holdFor({ inputTokens: 0, outputTokens: 32_768, pieces: {} }, priceOf('gemini-3-pro-image'), ['standard']),
    ),
  ).toBe('3.93216')
  expect(
    formatUsd(
      holdFor({ inputTokens: 100, outputTokens: 0, pieces: { videoSecond: 12 } }, priceOf('sora-2'), [
        'standard',
        'batch',
      ]),
    ),
  ).toBe('1.20')
})

test('a hold grows with every bound and every tier', () => {
  fc.assert(
    fc.property(
      anyPrice,
      someTiers,
      anyTier,
      quantity,
      quantity,
      slack,
      slack,
      (price, tiers, tier, inputTokens, outputTokens, moreIn, moreOut) => {
        const hold = holdFor({ inputTokens, outputTokens, pieces: {} }, price, tiers)
        const larger = {
          inputTokens: inputTokens + moreIn,
          outputTokens: outputTokens + moreOut,
          pieces: { searchQuery: 1 },
        }
        expect(holdFor(larger, price, [...tiers, tier]) >= hold).toBe(true)
      },
    ),
    runs,
  )
})

test('a hold for no tier at all is a mistake of the caller', () => {
  expect(() => holdFor({ inputTokens: 1, outputTokens: 1, pieces: {} }, priceOf('gpt-5.4'), [])).toThrow(
    'no service tier',
  )
  expect(() => affordableOutputTokens({ inputTokens: 1, pieces: {} }, priceOf('gpt-5.4'), [], 1n as Nano)).toThrow(
    'no service tier',
  )
})

const anyBound = fc.record({ inputTokens: quantity, pieces: anyUsage.map(piecesOf) })
const anyAvailable = fc.oneof(fc.bigInt(-10n, 5_000n), fc.bigInt(0n, 20_000_000_000n)) as fc.Arbitrary<Nano>

test('the affordable output fits the available credit, and one token more does not', () => {
  fc.assert(
    fc.property(anyBound, anyPrice, someTiers, anyAvailable, (bound, price, tiers, available) => {
      const outputTokens = affordableOutputTokens(bound, price, tiers, available)
      expect(Number.isSafeInteger(outputTokens) && outputTokens >= 0).toBe(true)
      const inputFits = holdFor({ ...bound, outputTokens: 0 }, price, tiers) <= available
      if (!inputFits) return expect(outputTokens).toBe(0)
      expect(holdFor({ ...bound, outputTokens }, price, tiers) <= available).toBe(true)
      if (outputTokens === Number.MAX_SAFE_INTEGER) return
      expect(holdFor({ ...bound, outputTokens: outputTokens + 1 }, price, tiers) > available).toBe(true)
    }),
    { numRuns: 10_000 },
  )
})

test('the affordable output of exactly what a hold takes is at least the output it was for', () => {
  fc.assert(
    fc.property(anyBound, quantity, anyPrice, someTiers, (bound, outputTokens, price, tiers) => {
      const available = holdFor({ ...bound, outputTokens }, price, tiers)
      expect(affordableOutputTokens(bound, price, tiers, available)).toBeGreaterThanOrEqual(outputTokens)
    }),
    runs,
  )
})

test('a dollar buys 66,666 tokens of gpt-5.4 less the prompt, half that where priority may be charged', () => {
  const dollar = 1_000_000_000n as Nano
  expect(affordableOutputTokens({ inputTokens: 0, pieces: {} }, priceOf('gpt-5.4'), ['standard'], dollar)).toBe(66_666)
  expect(affordableOutputTokens({ inputTokens: 6000, pieces: {} }, priceOf('gpt-5.4'), ['standard'], dollar)).toBe(
    65_666,
  )
  expect(
    affordableOutputTokens({ inputTokens: 0, pieces: {} }, priceOf('gpt-5.4'), ['standard', 'priority'], dollar),
  ).toBe(33_333)
  expect(affordableOutputTokens({ inputTokens: 1_000_000, pieces: {} }, priceOf('gpt-5.4'), ['standard'], dollar)).toBe(
    0,
  )
  expect(
    affordableOutputTokens({ inputTokens: 10, pieces: {} }, priceOf('text-embedding-3-small'), ['standard'], dollar),
  ).toBe(Number.MAX_SAFE_INTEGER)
})
