import { expect, test } from 'bun:test'
import { periodBefore, periodOf, readTimeRange, startOfDay } from './time-range.ts'

const now = Date.parse('2026-11-30T16:45:12.345Z')
const rangeOf = (search: Record<string, unknown>, at = now) => {
  const { from, to } = periodOf(readTimeRange(search), at)
  return [from, to]
}

test('a rolling period ends with this minute, so that it is one question for as long', () => {
  expect(rangeOf({ range: '24h', zone: 'UTC' })).toEqual(['2026-11-29T16:46:00.000Z', '2026-11-30T16:46:00.000Z'])
  expect(rangeOf({})).toEqual(['2026-11-23T16:46:00.000Z', '2026-11-30T16:46:00.000Z'])
})

test('a month begins when it does in the zone: three zones, over a change of clocks', () => {
  expect(rangeOf({ range: 'month', zone: 'Europe/Berlin' })[0]).toBe('2026-10-31T23:00:00.000Z')
  expect(rangeOf({ range: 'last-month', zone: 'Europe/Berlin' })).toEqual([
    '2026-09-30T22:00:00.000Z',
    '2026-10-31T23:00:00.000Z',
  ])
  expect(rangeOf({ range: 'last-month', zone: 'America/New_York' })).toEqual([
    '2026-10-01T04:00:00.000Z',
    '2026-11-01T04:00:00.000Z',
  ])
  expect(rangeOf({ range: 'last-month', zone: 'Asia/Kathmandu' })).toEqual([
    '2026-09-30T18:15:00.000Z',
    '2026-10-31T18:15:00.000Z',
  ])
  const newYear = Date.parse('2027-01-01T03:00:00Z')
  expect(rangeOf({ range: 'month', zone: 'America/New_York' }, newYear)[0]).toBe('2026-12-01T05:00:00.000Z')
  expect(rangeOf({ range: 'last-month', zone: 'UTC' }, newYear)[0]).toBe('2026-12-01T00:00:00.000Z')
})

test('days of a custom range are whole, in either order, also where midnight is skipped', () => {
  const days = { range: 'custom', from: '2026-10-25', to: '2026-10-25', zone: 'Europe/Berlin' }
  expect(rangeOf(days)).toEqual(['2026-10-24T22:00:00.000Z', '2026-10-25T23:00:00.000Z'])
  expect(rangeOf({ range: 'custom', from: '2026-11-03', to: '2026-11-01', zone: 'UTC' })).toEqual([
    '2026-11-01T00:00:00.000Z',
    '2026-11-04T00:00:00.000Z',
  ])
  // Chile's clocks go from 24:00 to 01:00.
  expect(new Date(startOfDay('2026-09-06', 'America/Santiago')).toISOString()).toBe('2026-09-06T04:00:00.000Z')
})

test('what is no range in a URL is none', () => {
  expect(readTimeRange({ range: 'ever', from: '30.11.2026', to: '2026-13-01', zone: 'Mars/Olympus' })).toEqual({})
})

test('the period before is just as long and ends where this one begins', () => {
  const { from, to } = periodOf(readTimeRange({ range: 'last-month', zone: 'Europe/Berlin' }), now)
  const before = periodBefore({ from, to })
  expect(before.to).toBe(from)
  expect(Date.parse(before.to) - Date.parse(before.from)).toBe(Date.parse(to) - Date.parse(from))
})
