import { afterEach, expect, jest, test } from 'bun:test'
import { createWatch, type Exchange, type Watch } from './watch.ts'

const deadlines = { connectMs: 1_000, firstByteMs: 60_000, idleMs: 60_000, heartbeatMs: 60_000, totalMs: 600_000 }
const sweepMs = 250

let now = 0
let watch: Watch
afterEach(() => {
  watch.stop()
  jest.useRealTimers()
})

/** An exchange whose answer is complete, and whose upstream has a second and a half to say so. */
function begin(): Exchange {
  jest.useFakeTimers()
  now = 0
  watch = createWatch(() => ({ concurrentMax: 1, msMax: 60_000 }), { now: () => now, monotonic: () => now })
  const exchange = watch.begin(deadlines, now)
  exchange.answered(now)
  exchange.linger(1, 1_500, now)
  return exchange
}

function pass(ms: number): void {
  now += ms
  jest.advanceTimersByTime(sweepMs)
}

test('an upstream that lingers behind its answer is left in time', () => {
  const exchange = begin()
  for (let sweep = 0; sweep < 6; sweep += 1) pass(sweepMs)
  expect(exchange.cutBy).toBeNull()
  pass(sweepMs)
  expect(exchange.cutBy).toBe('lingering')
})

test('a process that stood still reads what came meanwhile before it takes an upstream for late', () => {
  const exchange = begin()
  pass(3_000)
  expect(exchange.cutBy).toBeNull()
  exchange.linger(2, 1_500, now)
  pass(sweepMs)
  expect(exchange.cutBy).toBeNull()
})

test('one that is always late keeps deadlines all the same', () => {
  const exchange = begin()
  pass(3_000)
  pass(3_000)
  expect(exchange.cutBy).toBe('lingering')
})
