/** Answers that come compressed although nothing of the kind was asked for: read as what they are. */
import type { Transform } from 'node:stream'
import { noteBytes } from '../note-bytes.ts'
import { contentCodings, createDecompressor } from '../decompress.ts'
import type { Heard, HttpResponse } from './contract.ts'
import type { Piece } from '../source.ts'

/** More is not made of a compressed body that is read whole, whatever its reader allows: little may hold very much. */
const wholeBytesMax = 64 * 1024 * 1024

/**
 * The answer with its content coding undone piece by piece, as it is read; the very answer where it has none, or one
 * that is not known: servers name their charset there (`utf-8`), or nothing (`none`), and clients overlook that.
 * Reading rejects when its bytes are not what they should be.
 */
export function decoded(response: HttpResponse): HttpResponse {
  const named = response.headers.get('content-encoding')
  if (named === null) return response
  const coding = named.toLowerCase().replace(/^x-(?=gzip$)/, '')
  return contentCodings.includes(coding) ? new Decoded(response, coding) : response
}

class Decoded implements HttpResponse {
  readonly status: number
  readonly headers: HttpResponse['headers']
  /** What it comes to is not known before its end. */
  readonly length = null
  readonly #response: HttpResponse
  readonly #coding: string
  #pieces: AsyncIterator<Uint8Array> | null = null

  constructor(response: HttpResponse, coding: string) {
    this.status = response.status
    this.headers = response.headers
    this.#response = response
    this.#coding = coding
  }

  async read(): Promise<Piece> {
    this.#pieces ??= await this.#begin()
    const { done, value } = await this.#pieces.next()
    if (done) return { done: true }
    noteBytes(value.length)
    return { done: false, value }
  }

  async bytes(bytesMax: number, heard?: Heard): Promise<Uint8Array> {
    const pieces: Uint8Array[] = []
    let length = 0
    for (let piece = await this.read(); !piece.done; piece = await this.read()) {
      length += piece.value.length
      pieces.push(piece.value)
      await heard?.(length)
      if (length <= Math.min(bytesMax, wholeBytesMax)) continue
      await this.cancel()
      throw new Error('the answer is larger than is wanted')
    }
    return Buffer.concat(pieces)
  }

  async cancel(): Promise<void> {
    await this.#response.cancel()
  }

  async #begin(): Promise<AsyncIterator<Uint8Array>> {
    const first: Uint8Array[] = []
    let piece = await this.#response.read()
    for (; !piece.done; piece = await this.#response.read()) {
      first.push(piece.value)
      if (Buffer.concat(first).length > 1) break
    }
    const begin = Buffer.concat(first)
    const pieces = piecesOf(begin, this.#response)
    // An empty body is empty in every coding.
    return begin.length === 0 ? pieces : decompressed(pieces, createDecompressor(this.#coding, begin))
  }
}

/**
 * All that each piece comes to, before the next is read: an answer that is cut short, without its trailer or in its
 * middle, gives what had come of it first, and rejects then (envoyproxy/ai-gateway#2260). A pipeline would forget it.
 */
async function* decompressed(pieces: AsyncIterable<Uint8Array>, decompressor: Transform): AsyncGenerator<Uint8Array> {
  const told: { failure: Error | null; wake: () => void } = { failure: null, wake: () => undefined }
  decompressor
    .on('error', (error) => {
      told.failure = error
      told.wake()
    })
    .on('readable', () => told.wake())
    .on('end', () => told.wake())

  async function* until(isDone: () => boolean): AsyncGenerator<Uint8Array> {
    for (;;) {
      const made = decompressor.read() as Uint8Array | null
      if (made) yield made
      else if (told.failure) throw told.failure
      else if (isDone()) return
      else await new Promise<void>((resolve) => (told.wake = resolve))
    }
  }

  for await (const piece of pieces) {
    let isTaken = false
    decompressor.write(piece, () => {
      isTaken = true
      told.wake()
    })
    yield* until(() => isTaken)
  }
  decompressor.end()
  yield* until(() => decompressor.readableEnded)
}

async function* piecesOf(begin: Uint8Array, response: HttpResponse): AsyncGenerator<Uint8Array> {
  if (begin.length > 0) yield begin
  for (let piece = await response.read(); !piece.done; piece = await response.read()) yield piece.value
}
