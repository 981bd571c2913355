import jsc from 'bun:jsc'
import { afterEach, expect, jest, spyOn, test } from 'bun:test'
import { noteBytes } from './note-bytes.ts'

const mebibyte = 1024 * 1024

afterEach(() => jest.restoreAllMocks())

/** How often garbage is collected, and how often memory is given back as well, while so much comes in, in a process that takes `rssMiB`. */
function collections(rssMiB: number, pieces: readonly number[]): readonly number[] {
  spyOn(process.memoryUsage, 'rss').mockReturnValue(rssMiB * mebibyte)
  const collect = spyOn(jsc, 'fullGC').mockReturnValue(0)
  const giveBack = spyOn(Bun, 'gc').mockReturnValue()
  for (const bytes of pieces) noteBytes(bytes)
  return [collect.mock.calls.length, giveBack.mock.calls.length]
}

const much = Array.from({ length: 640 }, () => mebibyte / 2)

test('a large process collects what was let go, once for every 64 MiB that came', () => {
  expect(collections(300, much)).toEqual([5, 0])
})

test('a very large one gives it back to the system as well', () => {
  expect(collections(400, much)).toEqual([0, 5])
})

test('a small one is left to the runtime', () => {
  expect(collections(200, [100 * mebibyte, 100 * mebibyte])).toEqual([0, 0])
})
