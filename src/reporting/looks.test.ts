/** That whoever searches through many requests keeps nobody else waiting, and that nothing is searched for whoever has left. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Book, Entry, EntryFilter } from '../store/reports-db/reports-db.ts'
import { entryOf } from '../store/reports-db/entry.ts'
import { settlementOf } from '../store/store-fixtures.ts'
import { looksBack } from './looks.ts'
import { everyEntry, requestHistogram } from './requests.ts'
import { nextTurn } from './turns.ts'

const of: Book = { organizationId: 'acme', mode: 'live' }
const dayMs = 86_400_000
const whole: EntryFilter = { from: 0, to: 90 * dayMs, chargeNanoMin: 1n }

/** A clock that goes on with what is looked at: so many rows a millisecond. */
function rowsOf(times: readonly number[], rowsPerMs: number) {
  const time = { now: 0, longest: 0, looks: 0, most: 0 }
  const within = (filter: EntryFilter): number[] => {
    const found = times.filter((at) => at >= filter.from && at < filter.to)
    time.now += found.length / rowsPerMs
    time.longest = Math.max(time.longest, found.length / rowsPerMs)
    time.looks += 1
    return found
  }
  const db = {
    list: (_: Book, asked: { filter: EntryFilter; before: { at: number } | null; max: number }): Entry[] => {
      const found = within({ ...asked.filter, to: asked.before?.at ?? asked.filter.to })
      time.most = Math.max(time.most, asked.max)
      return found
        .toSorted((a, b) => b - a)
        .slice(0, asked.max)
        .map((at) => entryOf(settlementOf({ ...of, requestId: `r${at}`, admittedAt: at }), at))
    },
    count: (_: Book, { filter, bounds }: { filter: EntryFilter; bounds: readonly number[] }) =>
      bounds.slice(0, -1).map((from, slot) => {
        return { slot, requests: within({ ...filter, from, to: bounds[slot + 1]! }).length, errors: 0 }
      }),
    usage: () => {
      throw new Error('the rollups do not know what is asked')
    },
  }
  return { db, time, clock: { monotonic: () => time.now } }
}

test('looks meet and cover the whole span, whatever each of them took', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(1_000),
      fc.nat(2 * dayMs),
      fc.array(fc.nat(50), { minLength: 1, maxLength: 50 }),
      async (from, lengthMs, took) => {
        const time = { now: 0 }
        let end = from + lengthMs
        let looks = 0
        for await (const look of looksBack({ from, to: end, clock: { monotonic: () => time.now } })) {
          expect(look.to).toBe(end)
          expect(look.from).toBeLessThan(look.to)
          end = look.from
          time.now += took[(looks += 1) % took.length]!
        }
        expect(end).toBe(from)
      },
    ),
    { numRuns: 20 },
  )
})

/** Many in each hour of some days, and hardly any in the others. */
const crowded = Array.from({ length: 20_000 }, (_, index) => 60 * dayMs + index * 8_000)
const sparse = Array.from({ length: 60 }, (_, index) => index * dayMs + 5)

test('an export gives every request once, the newest first, in pages, and no look through it takes long', async () => {
  const { db, time, clock } = rowsOf([...sparse, ...crowded], 200)
  const given: number[] = []
  for await (const page of everyEntry(db, of, { filter: whole, clock })) given.push(...page.map(({ at }) => at))
  expect(given).toEqual([...sparse, ...crowded].toSorted((a, b) => b - a))
  expect([time.most, time.longest < 60]).toEqual([500, true])
})

test('a histogram by what only rows know counts each of them in its slot, in looks that do not take long', async () => {
  const { db, time, clock } = rowsOf([...sparse, ...crowded], 200)
  const span = { from: 0, to: 90 * dayMs, zone: 'UTC' }
  for (const unit of ['day', 'month'] as const) {
    const told = await requestHistogram(db, of, { filter: whole, span, unit, clock })
    const starts = [...told.slots.map((slot) => Date.parse(slot)), span.to]
    const counted = starts.slice(0, -1).map((from, slot) => {
      return [...sparse, ...crowded].filter((at) => at >= from && at < starts[slot + 1]!).length
    })
    expect(told.requests).toEqual(counted)
  }
  expect(time.longest).toBeLessThan(60)
})

/** Not by `rejects`: that waits without the turns that are waited for here. */
const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error: unknown) => error,
  )

test('others have their turn between any two looks, and whoever has left is searched for no more', async () => {
  const { db, time, clock } = rowsOf(crowded, 200)
  const leave = new AbortController()
  const asked = { filter: { ...whole, flag: 'none' }, span: { from: 0, to: whole.to, zone: 'UTC' }, clock }
  const counting = requestHistogram(db, of, { ...asked, unit: 'day', signal: leave.signal })
  const turns = 3
  for (let turn = 0; turn < turns; turn += 1) await nextTurn()
  leave.abort()
  expect(await failureOf(counting)).toBe(leave.signal.reason)
  const exported = everyEntry(db, of, { ...asked, signal: leave.signal })
  expect(await failureOf(exported.next())).toBe(leave.signal.reason)
  expect(time.looks).toBeLessThanOrEqual(turns * 40)
})
