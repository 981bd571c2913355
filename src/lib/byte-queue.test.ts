import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { createByteQueue } from './byte-queue.ts'

const isWaiting = async (waited: Promise<void> | null): Promise<boolean> =>
  waited !== null && (await Promise.race([waited.then(() => false), Bun.sleep(1).then(() => true)]))

test('who finds room gets it at once; who finds none waits until it is freed', async () => {
  const queue = createByteQueue(() => 100)
  const [first, beyond, third] = [queue.enter(), queue.enter(), queue.enter()]
  expect(first.grow(80)).toBeNull()
  expect(beyond.grow(30)).toBeNull()
  const waited = third.grow(10)
  expect(await isWaiting(waited)).toBe(true)
  first.free()
  await waited
  expect(queue.heldBytes()).toBe(40)
})

test('one goes on beyond the limit, so that not all wait for each other', async () => {
  const queue = createByteQueue(() => 100)
  const rooms = [queue.enter(), queue.enter(), queue.enter()]
  for (const room of rooms) expect(room.grow(33)).toBeNull()
  const waits = rooms.map((room) => room.grow(90))
  expect(await Promise.all(waits.map(isWaiting))).toEqual([false, true, true])
  rooms[0]!.free()
  await waits[1]
  rooms[1]!.free()
  await waits[2]
})

test('who waits and is freed waits no longer, and holds nothing', async () => {
  const queue = createByteQueue(() => 10)
  const [first, second, third] = [queue.enter(), queue.enter(), queue.enter()]
  void first.grow(10)
  void second.grow(10)
  const waited = third.grow(5)
  third.free()
  await waited
  first.free()
  second.free()
  expect(queue.heldBytes()).toBe(0)
})

test('whatever grows and is freed, everybody gets on, no more than one beyond the limit, and in the end nothing is held', async () => {
  const step = fc.record({ which: fc.nat(5), bytes: fc.integer({ min: 1, max: 60 }), isFreed: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const queue = createByteQueue(() => 100)
      const rooms = Array.from({ length: 6 }, () => queue.enter())
      const waits: (Promise<void> | null)[] = []
      for (const { which, bytes, isFreed } of steps) {
        if (isFreed) {
          rooms[which]!.free()
          rooms[which] = queue.enter()
        } else waits.push(rooms[which]!.grow(bytes))
        expect(queue.heldBytes()).toBeLessThanOrEqual(100 + 60)
      }
      for (const room of rooms) room.free()
      await Promise.all(waits)
      expect(queue.heldBytes()).toBe(0)
    }),
  )
})
