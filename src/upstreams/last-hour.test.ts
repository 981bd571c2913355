import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { createLastHour } from './last-hour.ts'

const minuteMs = 60_000

test('percentiles of the first byte are off by 5 % at the most, whatever the times were', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 1, max: 600_000, noNaN: true }), { minLength: 1, maxLength: 300 }),
      (times) => {
        const hour = createLastHour()
        for (const [index, ms] of times.entries()) hour.answered(ms, (index % 60) * minuteMs)
        const { firstByteMs, calls } = hour.seen(59 * minuteMs)
        expect(calls).toBe(times.length)
        const sorted = times.toSorted((a, b) => a - b)
        for (const [name, share] of [
          ['p50', 0.5],
          ['p95', 0.95],
          ['p99', 0.99],
        ] as const) {
          const exact = sorted[Math.ceil(sorted.length * share) - 1]!
          // A twentieth of a millisecond is what rounding adds.
          expect(Math.abs(firstByteMs![name] - exact)).toBeLessThanOrEqual(exact * 0.05 + 0.05)
        }
      },
    ),
  )
})

test('faults are counted by what went wrong, and forgotten after an hour, a minute at a time', () => {
  const hour = createLastHour()
  hour.failed('rate', 0)
  hour.failed('rate', 1)
  hour.failed('connect', minuteMs)
  hour.answered(100, minuteMs)
  expect(hour.seen(minuteMs)).toMatchObject({ calls: 4, faults: { rate: 2, connect: 1 } })
  expect(hour.seen(59 * minuteMs + 59_999)).toMatchObject({ calls: 4, faults: { rate: 2, connect: 1 } })
  expect(hour.seen(60 * minuteMs)).toMatchObject({ calls: 2, faults: { connect: 1 } })
  expect(hour.seen(61 * minuteMs)).toEqual({ calls: 0, faults: {}, firstByteMs: null })
  hour.failed('timeout', 61 * minuteMs)
  expect(hour.seen(61 * minuteMs)).toEqual({ calls: 1, faults: { timeout: 1 }, firstByteMs: null })
})

test('a minute that comes round again begins at nothing', () => {
  const hour = createLastHour()
  hour.answered(10, 5 * minuteMs)
  hour.answered(1_000, 65 * minuteMs)
  const { calls, firstByteMs } = hour.seen(65 * minuteMs)
  expect(calls).toBe(1)
  expect(firstByteMs!.p50).toBeGreaterThan(900)
})
