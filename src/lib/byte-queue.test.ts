import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { createByteQueue } from './byte-queue.ts'

const queueOf = (bytesMax: number, ownBytesMax = bytesMax) =>
  createByteQueue(() => ({ bytesMax, ownBytesMax, patienceMs: 500 }))

const isWaiting = async (waited: Promise<void> | null): Promise<boolean> =>
  waited !== null && (await Promise.race([waited.then(() => false), Bun.sleep(1).then(() => true)]))

test('who finds room gets it at once; who finds none waits until it is freed', async () => {
  const queue = queueOf(100)
  const [first, beyond, third] = [queue.enter('a'), queue.enter('a'), queue.enter('a')]
  expect(first.grow(80)).toBeNull()
  expect(beyond.grow(30)).toBeNull()
  const waited = third.grow(30)
  expect(await isWaiting(waited)).toBe(true)
  first.free()
  await waited
  expect(queue.heldBytes()).toBe(60)
})

test('one goes on beyond the limits, so that not all wait for each other, and is not counted in them', async () => {
  const queue = queueOf(100)
  const rooms = [queue.enter('a'), queue.enter('b'), queue.enter('c')]
  for (const room of rooms) expect(room.grow(33)).toBeNull()
  const waits = rooms.map((room) => room.grow(70))
  expect(await Promise.all(waits.map(isWaiting))).toEqual([false, true, true])
  expect(queue.enter('d').grow(34)).not.toBeNull()
  rooms[0]!.free()
  await waits[1]
  rooms[1]!.free()
  await waits[2]
})

test('one who holds and waits with as much as it can keeps nobody waiting who stays within their share', () => {
  const queue = queueOf(100, 50)
  const greedy = Array.from({ length: 20 }, () => queue.enter('greedy'))
  for (const room of greedy) void room.grow(50)
  expect(queue.heldBytes()).toBe(100)
  const [first, second] = [queue.enter('other'), queue.enter('other')]
  expect(first.grow(20)).toBeNull()
  expect(second.grow(30)).toBeNull()
  expect(first.grow(21)).not.toBeNull()
})

test('those who wait take turns, however many of one came first', async () => {
  const queue = queueOf(100, 50)
  const beyond = queue.enter('greedy')
  void beyond.grow(60)
  const greedy = Array.from({ length: 5 }, () => queue.enter('greedy'))
  for (const room of greedy) void room.grow(60)
  const other = queue.enter('other')
  const waited = other.grow(60)
  beyond.free()
  // The line of `greedy` is the older one; `other` comes next.
  greedy[0]!.free()
  await waited
  expect(queue.heldBytes()).toBe(60)
})

test('the reader of what is held must move only while somebody waits who could use it', () => {
  const queue = queueOf(100, 50)
  const [first, beyond, other] = [queue.enter('a'), queue.enter('a'), queue.enter('other')]
  void first.grow(50)
  void beyond.grow(60)
  void other.grow(40)
  const patience = (): (number | null)[] => [first, beyond, other].map((room) => room.patienceMs())
  expect(patience()).toEqual([null, null, null])
  const wanting = queue.enter('a')
  void wanting.grow(10)
  expect(patience()).toEqual([500, 500, null])
  wanting.free()
  void queue.enter('third').grow(20)
  expect(patience()).toEqual([500, 500, 500])
})

test('who waits and is freed waits no longer, and holds nothing', async () => {
  const queue = queueOf(10)
  const [first, second, third] = [queue.enter('a'), queue.enter('a'), queue.enter('b')]
  void first.grow(10)
  void second.grow(10)
  const waited = third.grow(5)
  third.free()
  await waited
  first.free()
  second.free()
  expect(queue.heldBytes()).toBe(0)
})

test('whatever grows and is freed, everybody gets on, all but one stay within the limits, and in the end nothing is held', async () => {
  const step = fc.record({ which: fc.nat(5), bytes: fc.integer({ min: 1, max: 60 }), isFreed: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const queue = queueOf(100, 50)
      const enter = (which: number) => queue.enter(['a', 'b', 'c'][which % 3]!)
      const rooms = Array.from({ length: 6 }, (_, which) => enter(which))
      const waits: (Promise<void> | null)[] = []
      for (const { which, bytes, isFreed } of steps) {
        if (isFreed) {
          rooms[which]!.free()
          rooms[which] = enter(which)
        } else waits.push(rooms[which]!.grow(bytes))
        expect(queue.heldBytes()).toBeLessThanOrEqual(100 + 60)
      }
      for (const room of rooms) room.free()
      await Promise.all(waits)
      expect(queue.heldBytes()).toBe(0)
      expect(rooms.map((room) => room.patienceMs())).toEqual(rooms.map(() => null))
    }),
  )
})
