import { expect, test } from 'bun:test'
import { noon, settlementOf } from '../store/store-fixtures.ts'
import { entryOf } from '../store/reports-db/entry.ts'
import type { Entry } from '../store/reports-db/reports-db.ts'
import { createLive } from './live.ts'

const acme = { organizationId: 'acme', mode: 'live' } as const
const noName = () => null
const ended = (id: string, endedAt: number, changes: Partial<Entry> = {}): Entry => ({
  ...entryOf(settlementOf({ ...acme, requestId: id, endedAt, chargeNano: '500' }), 1),
  ...changes,
})

test('rates are those of the last ten seconds and of the last minute, and what is older is forgotten', () => {
  const time = { now: noon }
  const live = createLive({ now: () => time.now })
  const watcher = live.watch(acme, () => [ended('r0', noon - 30_000)])
  live.note(Array.from({ length: 20 }, (_, index) => ended(`r${index + 1}`, noon - 5_000, { isError: index === 0 })))
  expect(watcher.frame(noName)).toMatchObject({ requestsPerSecond: 2, nanoPerMinute: '10500', errorsPerMinute: 1 })
  time.now += 60_000
  expect(watcher.frame(noName)).toMatchObject({
    requestsPerSecond: 0,
    nanoPerMinute: '0',
    errorsPerMinute: 0,
    newest: [],
  })
})

test('each request is shown once to each who watches, the newest first, and no other organization’s or mode’s', () => {
  const live = createLive({ now: () => noon })
  const [one, other] = [live.watch(acme, () => []), live.watch(acme, () => [])]
  const shown = (watcher: typeof one): string[] => watcher.frame(noName).newest.map(({ id }) => id)
  live.note([ended('a', noon), ended('b', noon)])
  live.note([ended('c', noon, { organizationId: 'beta' }), ended('d', noon, { mode: 'test' })])
  expect([shown(one), shown(one)]).toEqual([['b', 'a'], []])
  live.note([ended('e', noon)])
  expect([shown(other), shown(one)]).toEqual([['e', 'b', 'a'], ['e']])
})

test('nothing is kept of what nobody watches any more', () => {
  const live = createLive({ now: () => noon })
  const watcher = live.watch(acme, () => [])
  live.note(Array.from({ length: 100 }, (_, index) => ended(`r${index}`, noon)))
  expect(watcher.frame(noName).newest.length).toBe(20)
  watcher.stop()
  watcher.stop()
  expect(live.isWatched()).toBe(false)
})

test('who has seen as much is told the same frame, which is made once', () => {
  const time = { now: noon }
  const live = createLive({ now: () => time.now })
  const [one, other] = [live.watch(acme, () => []), live.watch(acme, () => [])]
  live.note([ended('a', noon)])
  const frame = one.frame(noName)
  expect(other.frame(noName)).toBe(frame)
  time.now += 250
  expect(one.frame(noName)).toMatchObject({ newest: [], at: new Date(time.now).toISOString() })
})
