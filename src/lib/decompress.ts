/**
 * Undoing the content codings of HTTP (RFC 9110, 8.4.1) outside this thread, as far as a limit and no further: what
 * expands beyond it is given up when it does, so that a small message can cost neither memory nor time without end.
 */
import type { Transform } from 'node:stream'
import zlib from 'node:zlib'
import { noteBytes } from './note-bytes.ts'

/** Why there is nothing: it expands to more than is wanted, or it is not what it says. */
export class DecompressError extends Error {
  readonly trouble: 'too-large' | 'malformed'

  constructor(trouble: DecompressError['trouble'], options?: ErrorOptions) {
    super(`the bytes cannot be decompressed: ${trouble}`, options)
    this.name = 'DecompressError'
    this.trouble = trouble
  }
}

type Options = zlib.ZlibOptions & zlib.BrotliOptions & zlib.ZstdOptions
type Done = (error: Error | null, result: Uint8Array) => void
type Decompressor = (bytes: Uint8Array, options: Options, done: Done) => void

/** A window of 8 MiB is the most that this coding may ask for in HTTP (RFC 9659); the format itself knows larger ones. */
const zstdOptions: zlib.ZstdOptions = { params: { [zlib.constants.ZSTD_d_windowLogMax]: 23 } }
const decompressors: Readonly<Record<string, Decompressor>> = {
  gzip: zlib.gunzip,
  deflate: (bytes, options, done) => (isZlib(bytes) ? zlib.inflate : zlib.inflateRaw)(bytes, options, done),
  br: zlib.brotliDecompress,
  zstd: (bytes, options, done) => zlib.zstdDecompress(bytes, { ...options, ...zstdOptions }, done),
}

/** The codings that are undone, as `content-encoding` spells them. */
export const contentCodings: readonly string[] = Object.keys(decompressors)

/** Large, so that few steps are needed; small, so that a short body takes little. */
const pieceBytes = 64 * 1024

/**
 * What the bytes were before they were coded, `bytesMax` at most. `coding`: one of `contentCodings`. Rejects with a
 * `DecompressError`. Of what was cut short in zstd, the runtime gives what there is of it, as if it were all.
 */
export function decompress(bytes: Uint8Array, coding: string, bytesMax: number): Promise<Uint8Array> {
  const options = { maxOutputLength: bytesMax, chunkSize: pieceBytes }
  return new Promise((resolve, reject) => {
    decompressors[coding]!(bytes, options, (error, result) => {
      // What went wrong may have come to all that it might.
      noteBytes(error ? bytesMax : result.length)
      if (!error) return resolve(result)
      const isTooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
      reject(new DecompressError(isTooLarge ? 'too-large' : 'malformed', { cause: error }))
    })
  })
}

/**
 * The same, of what comes in pieces: what is written is decompressed as far as somebody reads, so that nothing piles up.
 * `begin`: the first two bytes, which tell apart the formats of `deflate`.
 */
export function createDecompressor(coding: string, begin: Uint8Array): Transform {
  const options = { chunkSize: pieceBytes }
  switch (coding) {
    case 'gzip':
      return zlib.createGunzip(options)
    case 'deflate':
      return isZlib(begin) ? zlib.createInflate(options) : zlib.createInflateRaw(options)
    case 'br':
      return zlib.createBrotliDecompress(options)
    default:
      return zlib.createZstdDecompress({ ...options, ...zstdOptions })
  }
}

/** RFC 9110 means zlib's format (RFC 1950), and many clients send the bare one. A header of zlib's is told by its check. */
const isZlib = ([first = 0, second = 0]: Uint8Array): boolean => (first & 15) === 8 && (first * 256 + second) % 31 === 0
