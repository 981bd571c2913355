import { expect, test } from 'bun:test'
import { createAllowances, takeOfEach } from './allowances.ts'

test('an allowance comes at once, is whole again after its time, evenly, and is each key’s own', () => {
  let now = 1_000_000
  const hours = createAllowances({ max: 4, wholeMs: 3_600_000 }, { monotonic: () => now })
  const taken = (key: string): number => takeOfEach([[hours, key]])
  expect([1, 2, 3, 4, 5].map(() => taken('a'))).toEqual([0, 0, 0, 0, 900_000])
  expect(taken('b')).toBe(0)
  now += 899_999
  expect(taken('a')).toBeGreaterThan(0)
  now += 1
  expect(taken('a')).toBe(0)
  hours.take('a', -1)
  expect(taken('a')).toBe(0)
  hours.forget('a')
  expect([1, 2, 3, 4].map(() => taken('a'))).toEqual([0, 0, 0, 0])
})

test('of several allowances one is taken of each, or of none', () => {
  const clock = { monotonic: () => 0 }
  const [few, many] = [1, 3].map((max) => createAllowances({ max, wholeMs: 1_000 }, clock)) as [
    ReturnType<typeof createAllowances>,
    ReturnType<typeof createAllowances>,
  ]
  const both = (key: string): number => takeOfEach([[few, key], [many, 'all']]) // prettier-ignore
  expect(['a', 'a', 'a', 'b', 'c'].map((key) => both(key) === 0)).toEqual([true, false, false, true, true])
  expect(both('d')).toBeGreaterThan(0)
})
