import { expect, test } from 'bun:test'
import { partOf } from './kept-bytes.ts'

test('a part of what was read is the same bytes, small or large, and keeps no more than itself where it is small', () => {
  const read = Buffer.from(Array.from({ length: 5_000 }, (_, at) => at % 251))
  for (const [start, end] of [
    [0, 0],
    [7, 300],
    [4_000, 5_000],
    [10, 4_990],
  ] as const) {
    const part = partOf(read, start, end)
    expect([...part]).toEqual([...read.subarray(start, end)])
    expect(part.buffer === read.buffer).toBe(end - start > 1_000)
  }
})
