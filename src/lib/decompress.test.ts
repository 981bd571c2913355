import { describe, expect, test } from 'bun:test'
import zlib from 'node:zlib'
import fc from 'fast-check'
import { contentCodings, decompress, type DecompressError } from './decompress.ts'

const compressors: readonly (readonly [coding: string, compress: (bytes: Uint8Array) => Uint8Array])[] = [
  ['gzip', zlib.gzipSync],
  ['deflate', zlib.deflateSync],
  ['deflate', zlib.deflateRawSync],
  ['br', zlib.brotliCompressSync],
  ['zstd', zlib.zstdCompressSync],
]
const troubleOf = (asking: Promise<unknown>): Promise<string> =>
  asking.then(
    () => 'none',
    (error: unknown) => (error as DecompressError).trouble,
  )

test('every coding is tried here', () => {
  expect([...new Set(compressors.map(([coding]) => coding))]).toEqual([...contentCodings])
})

for (const [coding, compress] of compressors)
  describe(`${coding}, by ${compress.name}`, () => {
    test('gives what was compressed, up to the limit and at it', async () => {
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200_000 }), async (bytes) => {
          expect(Buffer.compare(await decompress(compress(bytes), coding, bytes.length), bytes)).toBe(0)
        }),
        { numRuns: 20 },
      )
    })

    test('that expands to a byte more than the limit is too large', async () => {
      for (const bytes of [10, 70_000, 1_000_000])
        expect(await troubleOf(decompress(compress(Buffer.alloc(bytes, 'x')), coding, bytes - 1))).toBe('too-large')
    })

    test('that is something else is malformed; that is cut short is so too, or never passes for whole', async () => {
      const text = '{"model":"gpt-5.4","messages":[]}'.repeat(50)
      const whole = compress(Buffer.from(text))
      expect(await troubleOf(decompress(Buffer.from('{"model":1}'), coding, 1_000_000))).toBe('malformed')
      for (const cut of [whole.subarray(0, -5), whole.subarray(0, 3), Buffer.alloc(0)]) {
        const asking = decompress(cut, coding, 1_000_000)
        if (coding === 'zstd') expect((await asking).length).toBeLessThan(text.length)
        else expect(await troubleOf(asking)).toBe('malformed')
      }
    })
  })

test('a gigabyte in a megabyte is given up at the limit: nothing waits for it, and memory stays', async () => {
  const bomb = zlib.gzipSync(Buffer.alloc(1024 * 1024 * 1024))
  Bun.gc(true)
  const before = process.memoryUsage.rss()
  let turns = 0
  const turning = setInterval(() => turns++, 1)
  expect(await troubleOf(decompress(bomb, 'gzip', 16 * 1024 * 1024))).toBe('too-large')
  clearInterval(turning)
  expect(turns).toBeGreaterThan(0)
  expect(process.memoryUsage.rss() - before).toBeLessThan(100 * 1024 * 1024)
})

test('a window that costs more memory than HTTP allows is refused', async () => {
  const window = { params: { [zlib.constants.ZSTD_c_windowLog]: 27, [zlib.constants.ZSTD_c_contentSizeFlag]: 0 } }
  const stream = zlib.createZstdCompress(window)
  const pieces: Buffer[] = []
  stream.on('data', (piece: Buffer) => pieces.push(piece))
  const ended = new Promise((resolve) => stream.on('end', resolve))
  for (let piece = 0; piece < 40; piece++) stream.write(Buffer.alloc(1024 * 1024, piece))
  stream.end()
  await ended
  expect(await troubleOf(decompress(Buffer.concat(pieces), 'zstd', 100 * 1024 * 1024))).toBe('malformed')
})
