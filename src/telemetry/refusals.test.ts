import { afterEach, beforeEach, expect, jest, test } from 'bun:test'
import { createRefusals, quietMs } from './refusals.ts'

beforeEach(() => void jest.useFakeTimers())
afterEach(() => void jest.useRealTimers())

function recorded(addresses = true) {
  const told: unknown[] = []
  const refusals = createRefusals((level, event) => void told.push([level, ...Object.values(event)]), addresses)
  return { told, ...refusals }
}

test('the first is told at once, and what follows together with its number, none left out', () => {
  const { told, refused, counts } = recorded()
  for (let nth = 0; nth < 1_000; nth += 1) refused('full', `192.0.2.${nth % 100}`)
  refused('address-new', '2001:db8::1')
  expect(told).toEqual([
    ['error', 'refused', 'full', 1, '192.0.2.0'],
    ['info', 'refused', 'address-new', 1, '2001:db8::1'],
  ])
  jest.advanceTimersByTime(quietMs)
  expect(told.slice(2)).toEqual([['error', 'refused', 'full', 999, '192.0.2.99']])
  jest.advanceTimersByTime(10 * quietMs)
  expect(told).toHaveLength(3)
  refused('full', '192.0.2.7')
  expect(told.at(-1)).toEqual(['error', 'refused', 'full', 1, '192.0.2.7'])
  expect([...counts()]).toEqual([
    ['full', 1_001],
    ['address-new', 1],
  ])
})

test('what was not told yet is told before the process ends', () => {
  const { told, refused, flush } = recorded()
  for (let nth = 0; nth < 5; nth += 1) refused('wrong-keys', '192.0.2.1')
  flush()
  expect(told.at(-1)).toEqual(['info', 'refused', 'wrong-keys', 4, '192.0.2.1'])
})

test('no address is told where the log must not name them, or where there is none', () => {
  const silent = recorded(false)
  silent.refused('full', '192.0.2.1')
  const nobody = recorded()
  nobody.refused('upstreams-full', '')
  expect([...silent.told, ...nobody.told]).toEqual([
    ['error', 'refused', 'full', 1],
    ['info', 'refused', 'upstreams-full', 1],
  ])
})
