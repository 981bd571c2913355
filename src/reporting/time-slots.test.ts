import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { dateStart, dayStart, isZone, sameTimeOn, slotBounds, slotUnits, spanBefore } from './time-slots.ts'

const iso = (at: number): string => new Date(at).toISOString().slice(0, 16)
const at = (text: string): number => Date.parse(`${text}Z`)
const hoursBetween = (bounds: readonly number[]): number[] =>
  bounds.slice(1).map((bound, index) => (bound - bounds[index]!) / 3_600_000)
const zones = [
  'UTC',
  'America/New_York',
  'Asia/Kathmandu',
  'Pacific/Chatham',
  'Australia/Lord_Howe',
  'America/Sao_Paulo',
]

test('days are as long as they are where they are: 25 and 23 hours when clocks change', () => {
  const autumn = { from: dateStart('2026-10-31', 'America/New_York'), to: dateStart('2026-11-03', 'America/New_York') }
  expect(hoursBetween(slotBounds({ ...autumn, zone: 'America/New_York' }, 'day'))).toEqual([24, 25, 24])
  const spring = { from: dateStart('2026-09-26', 'Pacific/Chatham'), to: dateStart('2026-09-29', 'Pacific/Chatham') }
  expect(hoursBetween(slotBounds({ ...spring, zone: 'Pacific/Chatham' }, 'day'))).toEqual([24, 23, 24])
  // At midnight, where there was none that day.
  expect(iso(dateStart('2018-11-04', 'America/Sao_Paulo'))).toBe('2018-11-04T03:00')
})

test('days of a zone that is 5:45 ahead begin at 18:15 of UTC, and its hours at a quarter past', () => {
  const zone = 'Asia/Kathmandu'
  const span = { from: dateStart('2026-11-01', zone), to: dateStart('2026-11-02', zone), zone }
  expect([iso(span.from), iso(span.to)]).toEqual(['2026-10-31T18:15', '2026-11-01T18:15'])
  const hours = slotBounds(span, 'hour')
  expect([hours.length, iso(hours[1]!)]).toEqual([25, '2026-10-31T19:15'])
})

test('weeks begin on Monday, months on their first, and ends of a span stay its own', () => {
  const span = { from: at('2026-11-05T10:30'), to: at('2026-12-02T00:10'), zone: 'UTC' }
  expect(slotBounds(span, 'week').map(iso)).toEqual([
    '2026-11-05T10:30',
    '2026-11-09T00:00',
    '2026-11-16T00:00',
    '2026-11-23T00:00',
    '2026-11-30T00:00',
    '2026-12-02T00:10',
  ])
  expect(slotBounds(span, 'month').map(iso)).toEqual(['2026-11-05T10:30', '2026-12-01T00:00', '2026-12-02T00:10'])
})

test('slots cover their span without gap or overlap in every zone and unit, clocks that change by half an hour included', () => {
  const span = fc.record({
    from: fc.integer({ min: at('2018-01-01T00:00') / 60_000, max: at('2027-12-31T00:00') / 60_000 }),
    minutes: fc.integer({ min: 1, max: 60_000 }),
    zone: fc.constantFrom(...zones),
    unit: fc.constantFrom(...slotUnits.slice(1)),
  })
  fc.assert(
    fc.property(span, ({ from, minutes, zone, unit }) => {
      const asked = { from: from * 60_000, to: (from + minutes) * 60_000, zone }
      const bounds = slotBounds(asked, unit)
      expect([bounds[0], bounds.at(-1)]).toEqual([asked.from, asked.to])
      for (const length of hoursBetween(bounds)) expect(length).toBeGreaterThan(0)
      expect(bounds.every((bound) => bound % 60_000 === 0)).toBe(true)
    }),
  )
})

test('the span before has as many months, days or minutes, by the calendar of its zone', () => {
  const zone = 'America/New_York'
  const november = { from: dateStart('2026-11-01', zone), to: dateStart('2026-12-01', zone), zone }
  expect(spanBefore(november)).toEqual({ from: dateStart('2026-10-01', zone), to: november.from, zone })
  const week = { from: dateStart('2026-11-02', zone), to: dateStart('2026-11-09', zone), zone }
  expect(spanBefore(week).from).toBe(dateStart('2026-10-26', zone))
  const hours = { from: at('2026-11-01T10:00'), to: at('2026-11-01T13:00'), zone }
  expect(iso(spanBefore(hours).from)).toBe('2026-11-01T07:00')
})

test('yesterday at the same time is so by the clock on the wall', () => {
  const zone = 'America/New_York'
  const noon = at('2026-11-01T17:00')
  expect(iso(sameTimeOn(noon, zone, -1))).toBe('2026-10-31T16:00')
  expect(iso(dayStart(noon, zone))).toBe('2026-11-01T04:00')
})

test('zones are told from what is none', () => {
  for (const zone of [...zones, '+05:45', 'Europe/Berlin']) expect(isZone(zone)).toBe(true)
  for (const none of ['', 'Mars/Olympus', 'berlin', '../etc', 'Europe/']) expect(isZone(none)).toBe(false)
})
