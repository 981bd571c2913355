import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { createByteBudget, type Room } from './byte-budget.ts'

const budgetOf = (bytesMax: number, ownBytesMax: number) => createByteBudget(() => ({ bytesMax, ownBytesMax }))

test('who holds much is told so, and leaves room for the others', () => {
  const budget = budgetOf(100, 60)
  expect(budget.take('a', 60)).toBeObject()
  expect(budget.take('a', 1)).toBe('own-full')
  expect(budget.take('b', 40)).toBeObject()
  expect(budget.take('c', 1)).toBe('all-full')
})

test('what is freed is there for everybody again, however often it is freed', () => {
  const budget = budgetOf(100, 100)
  const room = budget.take('a', 100) as Room
  room.free()
  room.free()
  expect(budget.heldBytes()).toBe(0)
  expect(room.resize(10)).toBe(false)
  expect(budget.take('b', 100)).toBeObject()
})

test('whatever is taken, resized and freed, no more is held than is allowed, and in the end nothing', () => {
  const step = fc.record({ owner: fc.constantFrom('a', 'b', 'c'), bytes: fc.nat(80), way: fc.nat(2), which: fc.nat(9) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const budget = budgetOf(100, 60)
      const rooms: Room[] = []
      for (const { owner, bytes, way, which } of steps) {
        const room = rooms[which % Math.max(1, rooms.length)]
        if (way === 0 || !room) {
          const taken = budget.take(owner, bytes)
          if (typeof taken === 'object') rooms.push(taken)
        } else if (way === 1) room.resize(bytes)
        else room.free()
        expect(budget.heldBytes()).toBeWithin(0, 101)
      }
      for (const room of rooms) room.free()
      expect(budget.heldBytes()).toBe(0)
      for (const owner of ['a', 'b']) expect(budget.take(owner, 50)).toBeObject()
    }),
  )
})
