import { expect, test } from 'bun:test'
import { createAtOnce } from '../lib/at-once.ts'
import { createCatchUp } from './catch-up.ts'

/** A file that what was settled is brought into, and how often it was. */
function bringing() {
  const told = { now: 1_000, shipped: 0, isBroken: false, troubles: 0 }
  const catchUp = createCatchUp(
    {
      db: { step: () => ({ entered: [], isMore: false }), reject: () => [] },
      ship: async () => {
        told.shipped += 1
        await Promise.resolve()
        if (told.isBroken) throw new Error('the store is away')
      },
      rejections: () => Promise.resolve([]),
      alone: createAtOnce(1),
      onTrouble: () => (told.troubles += 1),
      clock: { monotonic: () => told.now },
    },
    () => undefined,
  )
  return { told, ...catchUp }
}

test('what is in is brought in anew when it is older than asked for, and not before', async () => {
  const { told, catchUp, catchUpWithin } = bringing()
  expect([await catchUpWithin(500), told.shipped]).toEqual([true, 1])
  told.now += 500
  expect([await catchUpWithin(500), told.shipped]).toEqual([true, 1])
  expect([await catchUp(), told.shipped]).toEqual([true, 2])
  told.now += 501
  expect([await catchUpWithin(500), told.shipped]).toEqual([true, 3])
})

test('what could not be brought in is not taken to be in', async () => {
  const { told, catchUpWithin } = bringing()
  told.isBroken = true
  expect([await catchUpWithin(500), await catchUpWithin(500), told.troubles]).toEqual([false, false, 2])
  told.isBroken = false
  expect([await catchUpWithin(500), told.shipped]).toEqual([true, 3])
})

test('who asks while something is being brought in waits for the next time, together with all others who do', async () => {
  const { told, catchUp } = bringing()
  await Promise.all([catchUp(), catchUp(), catchUp(), catchUp()])
  expect(told.shipped).toBe(2)
})
