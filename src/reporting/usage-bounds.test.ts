import { expect, test } from 'bun:test'
import { emptyHistogram } from '../lib/histogram.ts'
import { groupsMax, noSums, type ReportsDb, type UsageCell } from '../store/reports-db/reports-db.ts'
import { inOne } from './turns.ts'
import { cellsMax, ReportTooLarge, usageOverTime, type UsageAsked } from './usage-over-time.ts'

const hourMs = 3_600_000

/** A report by key of `slots` hours in which so many keys are used, and how many sums it read. */
function report(slots: number, groups: number) {
  const cell = { sums: noSums(), latency: emptyHistogram(), firstByte: emptyHistogram() }
  const cells: UsageCell[] = Array.from({ length: groups }, (_, index) => ({ ...cell, group: [`k${index}`] }))
  let read = 0
  const db: Pick<ReportsDb, 'usage'> = {
    *usage({ bounds, by }) {
      for (let slot = 1; slot < bounds.length; slot += 1) {
        read += by.length === 0 ? 0 : cells.length
        yield by.length === 0 ? [] : cells
      }
      return undefined
    },
  }
  const asked: UsageAsked = {
    scope: { organizationId: 'acme', mode: 'live' },
    span: { from: 0, to: slots * hourMs, zone: 'UTC' },
    unit: 'hour',
    metrics: ['spend'],
    where: {},
    by: ['key'],
    top: 8,
    isOperator: false,
  }
  const made = () => inOne(usageOverTime(db, asked, () => null))
  return { made, read: () => read }
}

test('a report of many keys over many slots is made, with those beyond the first as one', () => {
  const { series } = report(400, 1_000).made()
  expect(series).toHaveLength(9)
  expect(series.at(-1)).toMatchObject({ isOther: true, group: null })
})

test('a report that would add up too much stops there, and says what to ask for instead', () => {
  const { made, read } = report(1_000, 1_000)
  expect(made).toThrow(ReportTooLarge)
  expect(made).toThrow('longer slots')
  expect(read()).toBeLessThan(2 * (cellsMax + 3_000))
})

test('a report of too many groups reads no slot of them', () => {
  const { made, read } = report(10, groupsMax + 1)
  expect(made).toThrow(ReportTooLarge)
  expect(read()).toBe(groupsMax + 1)
})
