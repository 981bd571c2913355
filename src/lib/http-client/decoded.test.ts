import zlib from 'node:zlib'
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Piece } from '../source.ts'
import type { HttpResponse } from './contract.ts'
import { decoded } from './decoded.ts'

const codings: readonly (readonly [name: string, compress: (bytes: Uint8Array) => Buffer])[] = [
  ['gzip', zlib.gzipSync],
  ['x-gzip', zlib.gzipSync],
  ['GZip', zlib.gzipSync],
  ['deflate', zlib.deflateSync],
  ['deflate', zlib.deflateRawSync],
  ['br', zlib.brotliCompressSync],
  ['zstd', zlib.zstdCompressSync],
]

type Fake = HttpResponse & { readonly state: { reads: number; isCancelled: boolean } }

type End = 'ends' | 'breaks' | 'goes on'

/** An answer in these pieces, and what becomes of it then. */
function answer(coding: string | null, pieces: readonly Uint8Array[], end: End = 'ends'): Fake {
  const left = [...pieces]
  const state = { reads: 0, isCancelled: false }
  return {
    state,
    status: 200,
    length: null,
    headers: new Headers(coding === null ? {} : { 'content-encoding': coding }),
    read(): Promise<Piece> {
      state.reads += 1
      const value = left.shift()
      if (value) return Promise.resolve({ done: false, value })
      if (end === 'goes on') return new Promise(() => undefined)
      return end === 'breaks' ? Promise.reject(new Error('it broke off')) : Promise.resolve({ done: true })
    },
    bytes: () => Buffer.concat(left.splice(0)),
    cancel: () => {
      state.isCancelled = true
      return Promise.resolve()
    },
  }
}

async function readAll(response: HttpResponse): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for (let piece = await response.read(); !piece.done; piece = await response.read()) pieces.push(piece.value)
  return Buffer.concat(pieces)
}

const cut = (bytes: Uint8Array, size: number): Uint8Array[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, nth) => bytes.subarray(nth * size, (nth + 1) * size))
const bytesMax = 100 * 1024 * 1024

describe('an answer that comes compressed', () => {
  for (const [name, compress] of codings)
    test(`${name} by ${compress.name} is read as what it is, however it is cut, whole and in pieces`, async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.string({ unit: 'grapheme', minLength: 1 }),
          fc.integer({ min: 1, max: 9 }),
          async (text, size) => {
            const bytes = Buffer.from(text)
            const pieces = cut(compress(bytes), size)
            expect(await readAll(decoded(answer(name, pieces)))).toEqual(bytes)
            expect(await decoded(answer(name, pieces)).bytes(bytesMax)).toEqual(bytes)
          },
        ),
        { numRuns: 30 },
      )
    })

  test('gives what has come of it without waiting for more', async () => {
    const zip = zlib.createGzip()
    const flushed = new Promise<Buffer>((resolve) => zip.once('data', resolve))
    zip.write('data: 1\n\n')
    zip.flush(zlib.constants.Z_SYNC_FLUSH)
    const response = answer(
      'gzip',
      [await flushed, await new Promise<Buffer>((resolve) => zip.once('data', resolve))],
      'goes on',
    )
    expect(Buffer.from((await decoded(response).read()).value!).toString()).toBe('data: 1\n\n')
  })

  test('that is none of it, is cut short, or breaks off, is no answer', async () => {
    for (const [name, compress] of codings.filter(([coding]) => coding !== 'zstd')) {
      const bytes = compress(Buffer.from('hello there, hello there'))
      expect(readAll(decoded(answer(name, [Buffer.from('{"choices":[]}')])))).rejects.toThrow()
      expect(readAll(decoded(answer(name, [bytes.subarray(0, -6)])))).rejects.toThrow()
      expect(readAll(decoded(answer(name, [bytes], 'breaks')))).rejects.toThrow('broke off')
    }
  })

  test('and is cut short gives all that had come of it, and rejects then', async () => {
    const flushes = { flush: zlib.constants.Z_SYNC_FLUSH }
    for (const [name, stream] of [
      ['gzip', zlib.createGzip(flushes)],
      ['deflate', zlib.createDeflate(flushes)],
      ['br', zlib.createBrotliCompress({ flush: zlib.constants.BROTLI_OPERATION_FLUSH })],
    ] as const) {
      const pieces: Buffer[] = []
      stream.on('data', (piece: Buffer) => pieces.push(piece))
      const records = ['data: 1\n\n', 'data: 2\n\n', 'data: [DONE]\n\n']
      for (const record of records) await new Promise((resolve) => stream.write(record, resolve))
      for (const [end, words] of [
        ['ends', ''],
        ['breaks', 'broke off'],
      ] as const) {
        const reading = decoded(answer(name, [Buffer.concat(pieces)], end))
        let text = ''
        const all = async (): Promise<void> => {
          for (let piece = await reading.read(); !piece.done; piece = await reading.read())
            text += Buffer.from(piece.value).toString()
        }
        await expect(all()).rejects.toThrow(words)
        expect([name, end, text]).toEqual([name, end, records.join('')])
      }
    }
  })

  test('is taken no faster than it is read, and grows no memory', async () => {
    // 1 GiB of zeros, which is 1 MB.
    const layer = zlib.gzipSync(Buffer.alloc(64 * 1024 * 1024), { level: 9 })
    const bomb = Array.from({ length: 16 }, () => cut(layer, 16 * 1024)).flat()
    const response = answer('gzip', bomb)
    const before = process.memoryUsage().rss
    const reading = decoded(response)
    for (let times = 0; times < 10; times += 1) await reading.read()
    await Bun.sleep(0)
    expect(response.state.reads).toBeLessThan(bomb.length / 4)
    expect(process.memoryUsage().rss - before).toBeLessThan(50 * 1024 * 1024)
    expect(decoded(answer('gzip', bomb)).bytes(bytesMax)).rejects.toThrow('larger than is wanted')
  })

  test('in no coding, in several, or in one that is not known, is read as it came', () => {
    const unknown = ['gzip, br', 'compress', 'snappy', 'utf-8', 'none', 'identity, identity']
    for (const coding of [null, '', 'identity', 'Identity', ...unknown]) {
      const response = answer(coding, [])
      expect(decoded(response)).toBe(response)
    }
  })

  test('and is empty is empty', async () => {
    expect(await readAll(decoded(answer('gzip', [])))).toEqual(Buffer.alloc(0))
  })
})
