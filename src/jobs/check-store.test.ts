import { expect, jest, test } from 'bun:test'
import { startCheckingStore } from './check-store.ts'

const day = 24 * 60 * 60_000

test('the store’s files are looked through at once, every day, and when asked; damage is said, and forgotten once it is gone', async () => {
  jest.useFakeTimers()
  let found: string[] = []
  let looks = 0
  const said: unknown[] = []
  const store = { findDamage: () => Promise.resolve(found).finally(() => (looks += 1)) }
  const log = { info: () => undefined, error: (event: unknown) => void said.push(event) }
  const settled = async (): Promise<void> => {
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve()
  }
  const check = startCheckingStore(store, log)
  await settled()
  expect([looks, check.damage()]).toEqual([1, null])
  found = ['Tree 4 page 9:\n btreeInitPage() returns error code 11']
  jest.advanceTimersByTime(day)
  await settled()
  expect([looks, check.damage()]).toEqual([2, 'Tree 4 page 9: btreeInitPage() returns error code 11'])
  expect(said).toEqual([{ event: 'database-damaged', damage: 'Tree 4 page 9: btreeInitPage() returns error code 11' }])
  found = []
  check.look()
  check.look()
  await settled()
  expect([looks, check.damage()]).toEqual([3, null])
  check.stop()
  jest.advanceTimersByTime(3 * day)
  await settled()
  expect(looks).toBe(3)
  jest.useRealTimers()
})
