import { expect, test } from 'bun:test'
import { createRates } from './rates.ts'

test('a name has a minute’s share at once, then as many as come in the time that passes', () => {
  const rates = createRates()
  const takeAt = (now: number): number => rates.take('a', 60, now)
  for (let nth = 0; nth < 60; nth += 1) expect(takeAt(0)).toBe(0)
  expect(takeAt(0)).toBe(1_000)
  expect(takeAt(500)).toBe(500)
  expect(takeAt(1_000)).toBe(0)
  expect(takeAt(1_000)).toBe(1_000)
  expect(rates.take('b', 60, 1_000)).toBe(0)
})

test('who is refused loses nothing by asking', () => {
  const rates = createRates()
  rates.take('a', 1, 0)
  for (let nth = 0; nth < 1_000; nth += 1) expect(rates.take('a', 1, 30_000)).toBe(30_000)
  expect(rates.take('a', 1, 60_000)).toBe(0)
})

test('a million names take the memory of 20,000, and those that are seen often are among them', () => {
  const rates = createRates()
  rates.take('often', 1, 0)
  for (let nth = 0; nth < 1_000_000; nth += 1) {
    rates.take(`192.0.2.${nth}`, 1, 0)
    if (nth % 5_000 === 0) expect(rates.take('often', 1, 0)).toBe(60_000)
  }
  expect(rates.size()).toBeLessThanOrEqual(20_000)
})
