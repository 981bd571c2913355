import { expect, test } from 'bun:test'
import { askedSpan } from './asked-span.ts'

const now = Date.parse('2026-11-30T12:00:00Z')
const spanOf = (asked: { from?: string; to?: string; zone?: string }) => {
  const span = askedSpan({ zone: 'UTC', ...asked }, { now, days: 30 })
  return span && [span.from, span.to].map((at) => new Date(at).toISOString())
}

test('a date is its first moment in the zone, and now is in a span that ends with it', () => {
  expect(spanOf({ from: '2026-11-01', to: '2026-11-02', zone: 'Asia/Kathmandu' })).toEqual([
    '2026-10-31T18:15:00.000Z',
    '2026-11-01T18:15:00.000Z',
  ])
  expect(spanOf({ from: '2026-11-30T10:00:30+01:00' })).toEqual([
    '2026-11-30T09:00:00.000Z',
    '2026-11-30T12:01:00.000Z',
  ])
  expect(spanOf({ zone: 'America/New_York' })?.[0]).toBe('2026-11-01T04:00:00.000Z')
})

test('what ends before it begins, or is longer than ten years, is none', () => {
  for (const asked of [
    { from: '2026-11-02', to: '2026-11-01' },
    { from: '2026-11-02', to: '2026-11-02' },
    { from: '2010-01-01' },
  ])
    expect(spanOf(asked)).toBeNull()
})
