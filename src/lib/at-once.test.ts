import { expect, test } from 'bun:test'
import { createAtOnce } from './at-once.ts'

test('so many go on at once and no more, the others follow in order, and one that fails keeps nobody out', async () => {
  const atOnce = createAtOnce(2)
  const begun: number[] = []
  const ends = Array.from({ length: 5 }, () => Promise.withResolvers<number>())
  const all = ends.map(({ promise }, index) =>
    atOnce(() => {
      begun.push(index)
      return promise
    }).catch(() => -1),
  )
  const soon = () => new Promise((resolve) => setImmediate(resolve))
  await soon()
  expect(begun).toEqual([0, 1])
  ends[1]!.reject(new Error('failed'))
  await soon()
  expect(begun).toEqual([0, 1, 2])
  for (const [index, { resolve }] of ends.entries()) resolve(index)
  expect(await Promise.all(all)).toEqual([0, -1, 2, 3, 4])
  expect(begun).toEqual([0, 1, 2, 3, 4])
})
