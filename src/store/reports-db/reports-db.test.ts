import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { Database } from 'bun:sqlite'
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Rejection } from './entry.ts'
import { openReportsDb } from './open-reports-db.ts'
import type { ReportsDb, UsageSelection } from './reports-db.ts'
import { beginning, ending, openTraffic, type Event, type Traffic } from './traffic.ts'
import { rejectedKeptMax } from './write-entries.ts'
import { placesPerHourMax } from './write-rejections.ts'

const acme = { organizationId: 'acme', mode: 'live' } as const
const span = { from: beginning, to: ending }
const events: readonly Event[] = ['settle', 'reserve', 'settle', 'end', 'fail', 'reserve', 'grant', 'settle'].map(
  (what, index) => ({ what, pick: 4 * index + 1, at: index * 3_600_000, nano: 1_000 + index, latencyMs: 100 }) as Event,
)

let traffic: Traffic
let db: ReportsDb
let anew: string[]
const open = (): ReportsDb => openReportsDb({ dataDir: traffic.dataDir, onAnew: (reason) => void anew.push(reason) })
const copyAll = (): void => {
  while (db.step(3).isMore);
}
const fileOf = (name: string): string => join(traffic.dataDir, name)
const all: Omit<UsageSelection, 'scope' | 'by'> = {
  where: {},
  bounds: [span.from, span.to],
  sums: ['requests', 'errors', 'rejected', 'chargeNano'],
  durations: [],
}
const usedBy = (of: UsageSelection['scope'], by: UsageSelection['by'] = []) =>
  [...db.usage({ ...all, scope: of, by })].flat()

beforeEach(async () => {
  anew = []
  traffic = await openTraffic()
  for (const event of events) await traffic.happen(event)
  db = open()
  copyAll()
})
afterEach(async () => {
  db.close()
  await traffic.close()
})

describe('the file', () => {
  const known = () =>
    JSON.stringify([usedBy(acme), db.list(acme, { filter: span, before: null, max: 99 })], (_, value) =>
      typeof value === 'bigint' ? String(value) : (value as unknown),
    )

  test('that is missing, damaged, no database at all, or of another program is made anew, and says the same', () => {
    const before = known()
    const spoil: Readonly<Record<string, () => void>> = {
      missing: () => ['', '-wal', '-shm'].forEach((suffix) => rmSync(fileOf(`reports.db${suffix}`))),
      'no database': () => writeFileSync(fileOf('reports.db'), 'hello '.repeat(5_000)),
      'another program': () => {
        const other = new Database(fileOf('reports.db'))
        other.exec('pragma user_version = 7')
        other.close()
      },
    }
    for (const spoilt of Object.values(spoil)) {
      db.close()
      spoilt()
      db = open()
      copyAll()
      expect(known()).toBe(before)
    }
    expect(anew).toEqual([expect.stringContaining('not a database'), 'it is of another version of this program'])
  })

  test('whose pages are spoilt is made anew at the question that meets one', () => {
    const before = known()
    db.close()
    const bytes = readFileSync(fileOf('reports.db'))
    // Behind the first page, which has the schema.
    bytes.fill(0x5a, 8_192 * 2)
    writeFileSync(fileOf('reports.db'), bytes)
    db = open()
    for (let tries = 0; tries < 3; tries += 1) {
      try {
        copyAll()
        known()
      } catch {
        // Asked again, as a page does.
      }
    }
    expect(known()).toBe(before)
    expect(anew.length).toBeGreaterThan(0)
  })

  test('that was copied from another mart.db is made anew', async () => {
    db.close()
    const other = await openTraffic()
    for (const event of events.slice(0, 3)) await other.happen({ ...event, at: event.at + 5 })
    writeFileSync(join(other.dataDir, 'reports.db'), readFileSync(fileOf('reports.db')))
    const otherDb = openReportsDb({ dataDir: other.dataDir, onAnew: (reason) => void anew.push(reason) })
    while (otherDb.step(3).isMore);
    expect(anew).toEqual(['it was copied from another mart.db'])
    const ids = otherDb.list(acme, { filter: span, before: null, max: 99 }).map(({ id }) => id)
    expect(ids.every((id) => id.endsWith('5'))).toBe(true)
    otherDb.close()
    await other.close()
    db = open()
  })

  test('is its owner’s alone', () => {
    for (const suffix of ['', '-wal', '-shm']) expect(statSync(fileOf(`reports.db${suffix}`)).mode & 0o077).toBe(0)
  })
})

describe('an organization', () => {
  test('and a mode are told of their own entries and of no other’s, whatever is asked', () => {
    for (const organizationId of ['acme', 'beta', 'nobody'])
      for (const mode of ['test', 'live'] as const) {
        const own = { organizationId, mode }
        const listed = db.list(own, { filter: span, before: null, max: 99 })
        expect(listed.every((entry) => entry.organizationId === organizationId && entry.mode === mode)).toBe(true)
        const [used] = usedBy(own)
        expect(used?.sums.requests ?? 0).toBe(listed.length)
        for (const { requestId, ...settlement } of traffic.charged) {
          const isOwn = settlement.organizationId === organizationId && settlement.mode === mode
          expect(db.find(own, requestId) !== null).toBe(isOwn)
        }
      }
  })

  test('is one of those that an operator sees, of one mode', () => {
    const groups = usedBy({ organizationId: null, mode: 'live' }, ['organization', 'upstream'])
    const live = traffic.charged.filter(({ mode }) => mode === 'live').length
    const reserved = traffic.reserved.filter(({ settlement }) => settlement.mode === 'live').length
    expect(groups.reduce((sum, { sums }) => sum + sums.requests, 0)).toBe(live + reserved)
  })
})

test('those that failed are found without reading the others, however many there are', () => {
  const failed = () => db.list(acme, { filter: { ...span, isError: true }, before: null, max: 10 })
  const others = db.list(acme, { filter: { ...span, isError: false }, before: null, max: 99 })
  expect([failed().length > 0, failed().every(({ isError }) => isError), others.length > 0]).toEqual([true, true, true])
  // Without the index of those that failed there is no other way to them.
  const file = new Database(fileOf('reports.db'))
  file.exec('drop index entry_error')
  file.close()
  expect(failed).toThrow('no such index: entry_error')
})

describe('calls that were turned away', () => {
  const rejectionOf = (changes: Partial<Rejection> = {}): Rejection => ({
    ...acme,
    id: 'req_x',
    at: beginning + 1_000,
    endedAt: beginning + 1_001,
    key: 'acme-live',
    endpoint: 'chat.completions',
    model: 'gpt-5',
    askedModel: null,
    status: 429,
    failure: 'rate_limited',
    latencyMs: 1,
    ...changes,
  })

  test('are entries that can be found and errors that are counted, beside requests and not among them', () => {
    const before = usedBy(acme)[0]!.sums
    db.reject([{ rejection: rejectionOf(), others: 4 }])
    expect(usedBy(acme)[0]!.sums).toEqual({ ...before, rejected: 5 })
    expect(db.find(acme, 'req_x')).toMatchObject({
      entry: { state: 'rejected', ending: 'rate_limited' },
      settlement: null,
    })
    expect(db.find({ ...acme, mode: 'test' }, 'req_x')).toBeNull()
    const errors = db.list(acme, { filter: { ...span, isError: true, status: 429 }, before: null, max: 9 })
    expect(errors.map(({ id, model }) => [id, model])).toEqual([['req_x', 'gpt-5']])
  })

  test('name a model only where it is one: what a client made up is its own text', () => {
    db.reject([{ rejection: rejectionOf({ model: 'made up', failure: 'model_not_found', status: 404 }), others: 0 }])
    expect(db.find(acme, 'req_x')!.entry).toMatchObject({ model: '', askedModel: 'made up' })
    const [unnamed] = db.list(acme, { filter: { ...span, model: 'made up' }, before: null, max: 9 })
    expect(unnamed).toBeUndefined()
  })

  test('write no more than is written down, however many come and however unlike they are', () => {
    const many = rejectedKeptMax + 2_500
    for (let sent = 0; sent < many; sent += 500)
      db.reject(
        Array.from({ length: 500 }, (_, index) => {
          const number = sent + index
          const changes = {
            id: `req_${number}`,
            at: beginning + number,
            key: `key ${number % 5_000}`,
            model: `made up ${number}`,
          }
          return { rejection: rejectionOf(changes), others: 0 }
        }),
      )
    db.close()
    const file = new Database(fileOf('reports.db'), { readonly: true })
    const countOf = (sql: string): number => file.query<{ n: number }, []>(`select count(*) as n from ${sql}`).get()!.n
    expect(countOf('entry where number < 0')).toBeLessThan(rejectedKeptMax + 1_000)
    expect(countOf("name where text glob 'made up*'")).toBe(0)
    expect(countOf('usage_minute where rejected > 0')).toBeLessThanOrEqual(placesPerHourMax + 60)
    file.close()
    db = open()
    expect(usedBy(acme)[0]!.sums.rejected).toBe(many)
  })

  test('have numbers of their own after a restart, too', () => {
    db.reject([{ rejection: rejectionOf(), others: 0 }])
    db.close()
    db = open()
    db.reject([{ rejection: rejectionOf({ id: 'req_y' }), others: 0 }])
    const ids = db.list(acme, { filter: { ...span, status: 429 }, before: null, max: 9 }).map(({ id }) => id)
    expect(ids.toSorted()).toEqual(['req_x', 'req_y'])
  })
})
