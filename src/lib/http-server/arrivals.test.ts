import { expect, test } from 'bun:test'
import { arrivalsMany, createArrivals } from './arrivals.ts'

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('of very many connections that are new at once, sixteen begin in each turn, in the order in which they came', async () => {
  const arrivals = createArrivals()
  const waiting = new Set<number>()
  const come = (nth: number): void =>
    arrivals.add({ holdBack: () => void waiting.add(nth), letCome: () => void waiting.delete(nth) })
  const many = 3 * arrivalsMany + 5
  for (let nth = 0; nth < many; nth += 1) come(nth)
  for (const begun of [1, 2, 3]) {
    expect([...waiting]).toEqual(Array.from({ length: many }, (_, nth) => nth).slice(begun * arrivalsMany))
    await nextTurn()
  }
  expect(waiting.size).toBe(0)
  await nextTurn()
  come(many)
  expect(waiting.size).toBe(0)
})
