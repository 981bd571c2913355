import { expect, test } from 'bun:test'
import models from '../catalog/models.json'
import type { Nano } from '../lib/amounts.ts'
import { createCredit } from '../money/credit.ts'
import { thawPrice } from '../money/frozen-price.ts'
import { loadPriceBook } from '../money/price-book.ts'
import { rate } from '../money/rating.ts'
import type { Reservation } from '../store/reservations.ts'
import type { Settlement } from '../store/store.ts'
import { settlementOf } from '../store/store-fixtures.ts'
import { reserve, type Begun } from './reserve.ts'

const now = Date.parse('2026-11-30')
const costs = loadPriceBook(models)
const prices = loadPriceBook(models, { defaultPpm: 200_000n, byModel: new Map() })
const price = prices.priceOf('sora-2', now)!
const of = { organizationId: 'acme', mode: 'live' } as const
const intent = settlementOf({ ...of, requestId: 'req_a', model: 'sora-2', holdNano: '700', streamed: false })
const begun = {
  intent: { ...intent, deferred: true },
  deployment: { kind: 'openai', pricePpm: 1_000_000n, costPpm: 500_000n },
  status: 200,
  attempts: intent.attempts,
  made: {
    kind: 'video',
    id: 'video_1',
    upstreamId: 'video_1',
    provider: 'openai',
    parent: null,
    labels: {},
    createdAt: 5,
    expiresAt: null,
  },
  expiresAt: 90_000,
} as unknown as Begun

/** An admitted request that holds 700 of a lease of 1,000, and what its deps were told. */
async function admittedWith(journal: { readonly isFull: boolean }) {
  const told = {
    reserved: [] as Reservation[],
    settled: [] as Settlement[],
    released: [] as bigint[],
    left: 0,
    noted: 0,
    ended: 0,
  }
  const clock = { now: () => now, monotonic: () => 0 }
  const grant = { grantedNano: 1_000n, availableNano: 0n, leasedElsewhereNano: 0n }
  const credit = createCredit({
    leaseCredit: async () => grant,
    nodeId: 1,
    epoch: 1,
    clock,
    ship: async () => undefined,
  })
  const wantedNano = 700n as Nano
  const ask = { ...of, wantedNano, plentyNano: 0n as Nano, ifShort: () => ({ wantedNano, floorNano: wantedNano }) }
  const { hold } = await credit.hold(ask)
  let isFull = journal.isFull
  const deps = {
    clock,
    credit,
    prices,
    costs,
    journal: {
      reserve: async (reservation: Reservation) => {
        if (isFull) throw new Error('full')
        told.reserved.push(reservation)
      },
      settle: async (settlement: Settlement) => void told.settled.push(settlement),
      writable: async () => void (isFull = false),
    },
    limits: { releaseBudget: (_: string, nano: bigint) => void told.released.push(nano) },
    resources: { note: () => void (told.noted += 1) },
    observer: { requestEnded: () => void (told.ended += 1) },
    log: { info: () => undefined, error: () => undefined },
  }
  const admitted = {
    key: { id: 'key-1', ...of },
    place: { leave: () => void (told.left += 1) },
    call: { toolModel: null },
    paid: { hold, price, exposedNano: 0n, demand: { input: { guess: 7 }, output: null } },
    admittedAt: now,
    startedAt: 0,
  }
  const run = (): Promise<Settlement> => reserve(admitted as never, begun, deps as never)
  return { run, told, credit }
}

test('its whole hold leaves the lease, with the price of its admission, and its budget stays held', async () => {
  const { run, told, credit } = await admittedWith({ isFull: false })
  const statement = await run()
  expect(statement).toMatchObject({ ending: 'reserved', status: 200, holdNano: '700', chargeNano: '0', lines: [] })
  expect(told).toMatchObject({ released: [], left: 1, noted: 1, ended: 1, settled: [] })
  const [reserved] = told.reserved
  expect(reserved).toMatchObject({
    settlement: statement,
    kind: 'video',
    resourceId: 'video_1',
    upstreamId: 'video_1',
    firstCheckAt: now + 1_000,
    expiresAt: 90_000,
  })
  const rated = (frozen: Reservation['price']) => rate({ videoSecond: 8 }, thawPrice(frozen), 'standard').ratedNano
  expect(rated(reserved!.price)).toBe(rate({ videoSecond: 8 }, price, 'standard').ratedNano)
  // Without the markup, at half of the list price.
  expect(rated(reserved!.cost) * 2n * 12n).toBe(rated(reserved!.price) * 10n)
  expect(credit.idleNano('acme', 'live')).toBe(300n as Nano)
})

test('where the journal cannot take it nothing is charged: the client is told, the money is free, the request in doubt', async () => {
  const { run, told, credit } = await admittedWith({ isFull: true })
  const error = await run().catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'billing_unavailable' })
  expect(credit.idleNano('acme', 'live')).toBe(1_000n as Nano)
  expect(told).toMatchObject({ reserved: [], released: [700n], left: 1, noted: 0, ended: 0 })
  await Promise.resolve()
  expect(told.settled).toMatchObject([{ requestId: 'req_a', ending: 'in-doubt', chargeNano: '0' }])
})
