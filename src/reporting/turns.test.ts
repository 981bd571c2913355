import { expect, test } from 'bun:test'
import type { ReportsDb } from '../store/reports-db/reports-db.ts'
import { createReports } from './reports.ts'
import { nextTurn } from './turns.ts'

let passedMs = 0
const clock = { now: () => Date.UTC(2026, 10, 23), monotonic: () => passedMs }
const slotMs = 2

/** Reports on nothing, whose every slot takes its time; what happens is noted. */
function slowReports() {
  const happened: string[] = []
  const note = (what: string): void => {
    if (happened.at(-1) !== what) happened.push(what)
  }
  const db = {
    *usage({ scope, bounds }) {
      for (let slot = 1; slot < bounds.length; slot += 1) {
        passedMs += slotMs
        note(`usage of ${scope.organizationId}`)
        yield []
      }
      return undefined
    },
    step: () => (note('copied'), { entered: [], isMore: false }),
    find: () => null,
    list: () => [],
    keyNames: () => new Map(),
    organizationNames: () => new Map(),
    close: () => undefined,
  } as Partial<ReportsDb> as ReportsDb
  const nothing = { ship: () => Promise.resolve(), rejections: () => Promise.resolve([]), onTrouble: () => undefined }
  const reports = createReports({ db, clock, ...nothing })
  const span = { from: Date.UTC(2026, 10, 21), to: Date.UTC(2026, 10, 23), zone: 'UTC' }
  const usageOf = (organizationId: string) => {
    const scope = { organizationId, mode: 'live' } as const
    const all = { scope, span, unit: 'hour', metrics: ['spend'], where: {}, by: [], top: 8, isOperator: false } as const
    return reports.usage(all)
  }
  return { reports, happened, usageOf }
}

test('whoever asks for many long reports at once keeps only their own waiting', async () => {
  const { usageOf } = slowReports()
  const ended: string[] = []
  const many = Array.from({ length: 2 }, (_, index) => usageOf('greedy').then(() => ended.push(`greedy ${index}`)))
  const theirs = usageOf('other').then(() => ended.push('other'))
  let turns = 0
  for (; ended.length < 2; turns += 1) await nextTurn()
  expect(ended).toEqual(['greedy 0', 'other'])
  // Two reports of 98 slots, in pieces of ten at the most.
  expect(turns).toBeGreaterThan(15)
  await Promise.all([...many, theirs])
})

test('of several organizations the long reports go one at a time and in turn, so that nobody is behind more than one of each other', async () => {
  const { usageOf } = slowReports()
  const ended: string[] = []
  const asked = ['a', 'a', 'a', 'b', 'b', 'c'].map((name) => usageOf(name).then(() => ended.push(name)))
  await Promise.all(asked)
  expect(ended).toEqual(['a', 'b', 'c', 'a', 'b', 'a'])
})

test('while a report is made piece by piece nothing changes what it is made of', async () => {
  const { reports, happened, usageOf } = slowReports()
  const asked = ['a', 'b'].map(usageOf)
  let isOver = false
  void Promise.all(asked).then(() => (isOver = true))
  while (!isOver) {
    await reports.request({ organizationId: 'third', mode: 'live' }, 'req_1', false)
    await nextTurn()
  }
  // Each is tried in one go first, given up, and made while nothing is copied.
  for (const name of ['a', 'b']) {
    const parts = happened.filter((what) => what === `usage of ${name}`)
    expect(parts).toHaveLength(2)
  }
  expect(happened.filter((what) => what === 'copied').length).toBeGreaterThan(1)
})

test('an organization’s pages do not wait for its own long report', async () => {
  const { reports, usageOf } = slowReports()
  const ended: string[] = []
  const long = usageOf('acme').then(() => ended.push('long'))
  const of = { organizationId: 'acme', mode: 'live' } as const
  const filter = { from: 0, to: 1 }
  const page = reports
    .requests(of, { filter, before: null, max: 1, isOperator: false })
    .then(({ data }) => ended.push(`page of ${data.length}`))
  await Promise.all([long, page])
  expect(ended).toEqual(['page of 0', 'long'])
})
