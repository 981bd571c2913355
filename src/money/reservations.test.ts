import { expect, test } from 'bun:test'
import fc from 'fast-check'
import models from '../catalog/models.json'
import { reservationOf } from '../store/store-fixtures.ts'
import { freezePrice, thawPrice } from './frozen-price.ts'
import { loadPriceBook, scaledPrice, serviceTiers } from './price-book.ts'
import { rate } from './rating.ts'
import { endReservation, type JobEnd } from './reservations.ts'
import { usageClasses, type Usage } from './usage.ts'

const of = { requestId: 'r1', organizationId: 'acme', mode: 'live' } as const
const done = (usage: Usage): JobEnd => ({
  state: 'done',
  usage,
  tier: null,
  servedModel: 'sora-2-2026',
  vendorUsage: { s: 8 },
})

test('an input that nobody counts counts what was guessed when the job was begun, and flags are on the receipt', () => {
  const end = { ...done({ videoSecond: 8 }), lacksInput: true, flags: ['estimated'] } as const
  const settled = endReservation({ ...reservationOf('1200000000', of), inputGuess: 30 }, end, 700)
  expect(settled).toMatchObject({ tokens: { input: 30 }, flags: ['estimated', 'price-fallback'] })
  expect(endReservation(reservationOf('1200000000', of), end, 700)).toMatchObject({ tokens: { input: 0 } })
})

test('what was used is charged at the price that was frozen, to the nano, and its lines multiply out', () => {
  // 8 s at $0.10 are $0.80.
  const settled = endReservation(reservationOf('1200000000', of), done({ videoSecond: 8 }), 700)
  expect(settled).toMatchObject({
    requestId: 'r1',
    ending: 'completed',
    endedAt: 700,
    servedModel: 'sora-2-2026',
    holdNano: '1200000000',
    ratedNano: '800000000',
    chargeNano: '800000000',
    costNano: '800000000',
    writeOffNano: '0',
    flags: [],
    vendorUsage: { s: 8 },
    lines: [
      { class: 'videoSecond', quantity: 8, unit: 'piece', picoPerUnit: '100000000000', amountPico: '800000000000' },
    ],
  })
})

test('never above what is reserved: the rest is written off, and a flag says so', () => {
  expect(endReservation(reservationOf('500000000', of), done({ videoSecond: 8 }), 700)).toMatchObject({
    ratedNano: '800000000',
    writeOffNano: '300000000',
    chargeNano: '500000000',
    flags: ['over-hold'],
  })
})

test('what failed, was cancelled or came to nothing in time owes nothing, and its receipt says which', () => {
  const endings = (['failed', 'cancelled', 'expired'] as const).map((why) =>
    endReservation(reservationOf('500', of), { state: 'void', why }, 700),
  )
  expect(endings.map(({ ending }) => ending)).toEqual(['upstream-failed', 'cancelled', 'expired'])
  for (const settled of endings)
    expect(settled).toMatchObject({ chargeNano: '0', ratedNano: '0', lines: [], endedAt: 700 })
})

test('a frozen price rates any usage of any model and tier as the price itself, through text', () => {
  const book = loadPriceBook(models)
  const prices = models.flatMap(({ id }) => book.priceOf(id, Date.parse('2026-11-30')) ?? [])
  const usage = fc.record(Object.fromEntries(usageClasses.map((each) => [each, fc.nat(400_000)])), { requiredKeys: [] })
  expect(prices.length).toBeGreaterThan(20)
  fc.assert(
    fc.property(
      fc.constantFrom(...prices),
      fc.constantFrom(1_000_000n, 1_234_567n),
      fc.constantFrom(...serviceTiers),
      usage,
      (listed, ppm, tier, used) => {
        const price = scaledPrice(listed, ppm)
        const thawed = thawPrice(JSON.parse(JSON.stringify(freezePrice(price))))
        expect(rate(used, thawed, tier)).toEqual(rate(used, price, tier))
      },
    ),
  )
})

test('a frozen price is small: the tiers that cost as standard are left out', () => {
  const book = loadPriceBook(models)
  const lengths = models.flatMap(({ id }) => {
    const price = book.priceOf(id, Date.parse('2026-11-30'))
    return price ? [JSON.stringify(freezePrice(price)).length] : []
  })
  expect(Math.max(...lengths)).toBeLessThan(8_000)
})
