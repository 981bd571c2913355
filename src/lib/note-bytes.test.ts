import { afterEach, expect, jest, spyOn, test } from 'bun:test'
import { noteBytes } from './note-bytes.ts'

const mebibyte = 1024 * 1024

afterEach(() => jest.restoreAllMocks())

/** How often garbage is collected while so much comes in, in a process that takes `rssMiB`. */
function collections(rssMiB: number, pieces: readonly number[]): number {
  spyOn(process.memoryUsage, 'rss').mockReturnValue(rssMiB * mebibyte)
  const collect = spyOn(Bun, 'gc').mockReturnValue()
  for (const bytes of pieces) noteBytes(bytes)
  return collect.mock.calls.length
}

test('a large process collects what was let go, once for every 64 MiB that came', () => {
  expect(
    collections(
      400,
      Array.from({ length: 640 }, () => mebibyte / 2),
    ),
  ).toBe(5)
})

test('a small one is left to the runtime', () => {
  expect(collections(200, [100 * mebibyte, 100 * mebibyte])).toBe(0)
})
