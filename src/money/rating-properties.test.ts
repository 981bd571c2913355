import { expect, test } from 'bun:test'
import fc from 'fast-check'
import models from '../catalog/models.json' with { type: 'json' }
import { formatUsd, type Nano } from '../lib/amounts.ts'
import { loadPriceBook, serviceTiers, withTool, type Price, type PriceRow, type ServiceTier } from './price-book.ts'
import { affordableOutputTokens, holdFor, rate, ratedNanoOf, type Rated } from './rating.ts'
import {
  apartClasses,
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
const today = Date.parse('2026-11-23T00:00:00Z')
const day = (text: string): number => Date.parse(`${text}T00:00:00Z`)
const priceOf = (model: string, at = today): Price => book.priceOf(model, at)!

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
const withPictures = realPrice.map((price) => withTool(price, priceOf('gpt-image-2')))
const anyPrice = fc.oneof(realPrice, invented, withPictures)
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
const piecesOf = (usage: Usage): Usage => Object.fromEntries(apartClasses.map((piece) => [piece, usage[piece] ?? 0]))
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

test('the lines alone come to what was rated, so that a note of them is enough to charge by', () => {
  fc.assert(
    fc.property(anyUsage, anyPrice, anyTier, (usage, price, tier) => {
      const { lines, ratedNano } = rate(usage, price, tier)
      expect(ratedNanoOf(JSON.parse(JSON.stringify(lines)) as typeof lines)).toBe(ratedNano)
    }),
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
        const pieces = Object.fromEntries(apartClasses.map((piece) => [piece, (usage[piece] ?? 0) + morePieces]))
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
