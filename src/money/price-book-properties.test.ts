import { expect, test } from 'bun:test'
import fc from 'fast-check'
import models from '../catalog/models.json' with { type: 'json' }
import { loadPriceBook, scaledPrice, serviceTiers, type Price } from './price-book.ts'
import { inputClasses, outputClasses, usageClasses } from './usage.ts'

const today = Date.parse('2026-11-23T00:00:00Z')
const book = loadPriceBook(models)
const one = 1_000_000n
const ids = models.map(({ id }) => id)
const anyId = fc.constantFrom(...ids)
const micro = fc.nat(999_999).map((digits) => `0.${String(digits).padStart(6, '0')}`)
/** A price whose every figure is odd enough to be rounded. */
const invented = fc.tuple(micro, micro, micro).map(([input, output, image]) =>
  loadPriceBook([
    {
      id: 'invented',
      prices: [
        {
          from: '2026-01-01',
          tiers: {
            standard: [{ usdPerMillion: { input, output, imageOutput: image } }],
            flex: [{ aboveInputTokens: 0, usdPerMillion: { input: image } }],
          },
        },
      ],
    },
  ]).priceOf('invented', today)!,
)
const anyPrice = fc.oneof(
  anyId.map((id) => book.priceOf(id, today)!),
  invented,
)
const anyPpm = fc.oneof(fc.bigInt(0n, 100_000_000n), fc.constantFrom(0n, 1n, one - 1n, one, one + 1n))
const runs = { numRuns: 1000 }

type Cell = { readonly name: string; readonly pico: bigint | null }
/** Every figure of a price, in one order. */
const cellsOf = (price: Price): Cell[] =>
  serviceTiers.flatMap((tier) =>
    price.tiers[tier].flatMap((row) => [
      ...usageClasses.map((each) => ({ name: `${tier}.${each}`, pico: row.picoPerUnit[each] as bigint | null })),
      { name: `${tier}.dearestInput`, pico: row.dearestInputPico },
      { name: `${tier}.dearestOutput`, pico: row.dearestOutputPico },
    ]),
  )

test('a scaled price is the exact one rounded up by less than a pico-USD, for every figure; what has no price gets none', () => {
  fc.assert(
    fc.property(anyPrice, anyPpm, (price, ppm) => {
      const before = cellsOf(price)
      cellsOf(scaledPrice(price, ppm)).forEach(({ name, pico }, index) => {
        const was = before[index]!.pico
        if (was === null || pico === null) return expect(pico, name).toBe(was)
        const excess = pico * one - was * ppm
        expect(excess >= 0n && excess < one, name).toBe(true)
      })
    }),
    runs,
  )
})

test('a scaled price keeps model, day, tiers and thresholds, and its dearest classes are its dearest', () => {
  fc.assert(
    fc.property(anyPrice, anyPpm, (price, ppm) => {
      const scaled = scaledPrice(price, ppm)
      expect([scaled.model, scaled.from]).toEqual([price.model, price.from])
      for (const tier of serviceTiers) {
        const facts = (from: Price) => from.tiers[tier].map((row) => [row.tier, row.aboveInputTokens])
        expect(facts(scaled)).toEqual(facts(price))
        for (const row of scaled.tiers[tier]) {
          const dearest = (classes: typeof inputClasses): bigint =>
            classes.map((each) => (row.picoPerUnit[each] ?? 0n) as bigint).reduce((a, b) => (a > b ? a : b))
          expect(row.dearestInputPico as bigint).toBe(dearest(inputClasses))
          expect(row.dearestOutputPico as bigint).toBe(dearest(outputClasses))
        }
      }
    }),
    runs,
  )
})

test('a larger share never makes anything cheaper', () => {
  fc.assert(
    fc.property(anyPrice, anyPpm, anyPpm, (price, some, more) => {
      const dearer = cellsOf(scaledPrice(price, some + more))
      cellsOf(scaledPrice(price, some)).forEach(({ pico }, index) => {
        expect((pico ?? 0n) <= (dearer[index]!.pico ?? 0n)).toBe(true)
      })
    }),
    runs,
  )
})

test('the whole price is the same object, and the same share of it is worked out once', () => {
  const price = book.priceOf('gpt-5.4', today)!
  expect(scaledPrice(price, one)).toBe(price)
  expect(scaledPrice(price, 1_200_000n)).toBe(scaledPrice(price, 1_200_000n))
  expect(scaledPrice(price, 1_200_000n)).not.toEqual(scaledPrice(price, 800_000n))
})

test('nothing costs less than nothing', () => {
  const price = book.priceOf('gpt-5.4', today)!
  for (const ppm of [0n, -1n, -5_000_000n])
    for (const { pico } of cellsOf(scaledPrice(price, ppm))) expect(pico === null || pico === 0n).toBe(true)
})

test('a book with a markup has every price scaled once by it, a model of its own markup by that one instead', () => {
  const anyMarkup = fc.bigInt(-1_000_000n, 100_000_000n)
  fc.assert(
    fc.property(anyMarkup, anyMarkup, anyId, (defaultPpm, own, id) => {
      const marked = loadPriceBook(models, { defaultPpm, byModel: new Map([[id, own]]) })
      for (const each of ids)
        for (const at of [today, Date.parse('2027-01-01')])
          expect(marked.priceOf(each, at)!).toEqual(
            scaledPrice(book.priceOf(each, at)!, one + (each === id ? own : defaultPpm)),
          )
    }),
    { numRuns: 50 },
  )
})

test('20 % more and 10 % less, in figures', () => {
  const inputPico = (ppm: bigint): bigint =>
    loadPriceBook(models, { defaultPpm: ppm, byModel: new Map() }).priceOf('gpt-5.4', today)!.tiers.standard[0]!
      .picoPerUnit.input!
  expect(inputPico(0n)).toBe(2_500_000n)
  expect(inputPico(200_000n)).toBe(3_000_000n)
  expect(inputPico(-100_000n)).toBe(2_250_000n)
  expect(inputPico(1n)).toBe(2_500_003n)
})
