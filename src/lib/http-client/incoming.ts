import type { Heard, HttpResponse, ResponseHeaders } from './contract.ts'
import type { Piece } from '../source.ts'
import { gather, takeNext } from '../http/pieces.ts'
import type { ResponseHead } from './response-reader.ts'

/** What an answer's reader can do to the connection that it comes over. */
export type Inlet = {
  readonly pause: () => void
  readonly resume: () => void
  readonly abort: (reason: Error) => void
}

/** Bytes that may wait for their reader before the server is held back. */
const waitingBytesMax = 64 * 1024

type Reader<Value> = { readonly resolve: (value: Value) => void; readonly reject: (error: Error) => void }

/** An answer as it comes: pieces wait here until they are read, and hold the server back when they are many. */
export class Incoming implements HttpResponse {
  readonly status: number
  readonly headers: ResponseHeaders
  readonly #inlet: Inlet
  #waiting: Uint8Array[] = []
  /** Instead of what waits, where all of it is waited for and it is large. */
  #gathered: Buffer | null = null
  #waitingBytes = 0
  #end: 'complete' | Error | null = null
  #reader: Reader<Piece> | null = null
  #whole: (Reader<Uint8Array> & { readonly bytesMax: number; readonly heard: Heard | undefined }) | null = null

  constructor(head: ResponseHead, inlet: Inlet) {
    this.status = head.status
    this.headers = head
    this.#inlet = inlet
  }

  get length(): number | null {
    return statedLength(this.headers)
  }

  push(piece: Uint8Array): void {
    if (this.#reader) {
      this.#reader.resolve({ done: false, value: piece })
      this.#reader = null
      return
    }
    if (this.#gathered) this.#gathered.set(piece, this.#waitingBytes)
    else this.#waiting.push(piece)
    this.#waitingBytes += piece.length
    if (this.#whole) {
      const waited = this.#whole.heard?.(this.#waitingBytes)
      if (waited) this.#holdBack(waited)
      if (this.#waitingBytes > this.#whole.bytesMax) this.#inlet.abort(tooLarge(this.#whole.bytesMax))
    } else if (this.#waitingBytes > waitingBytesMax) this.#inlet.pause()
  }

  complete(): void {
    this.#end = 'complete'
    this.#whole?.resolve(this.#take())
    this.#reader?.resolve({ done: true })
    this.#forget()
  }

  fail(error: Error): void {
    this.#end = error
    this.#whole?.reject(error)
    this.#reader?.reject(error)
    this.#forget()
  }

  read(): Promise<Piece> {
    if (this.#waiting.length > 0) {
      const value = takeNext(this.#waiting)
      this.#waitingBytes -= value.length
      if (this.#waitingBytes <= waitingBytesMax) this.#inlet.resume()
      return Promise.resolve({ done: false, value })
    }
    if (this.#end === 'complete') return Promise.resolve({ done: true })
    if (this.#end) return Promise.reject(this.#end)
    return new Promise((resolve, reject) => (this.#reader = { resolve, reject }))
  }

  bytes(bytesMax: number, heard?: Heard): Uint8Array | Promise<Uint8Array> {
    if (this.#end instanceof Error) return Promise.reject(this.#end)
    if (this.#waitingBytes > bytesMax) {
      this.#inlet.abort(tooLarge(bytesMax))
      return Promise.reject(tooLarge(bytesMax))
    }
    return this.#end === 'complete' ? this.#take() : this.#wait(bytesMax, heard)
  }

  #wait(bytesMax: number, heard: Heard | undefined): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.#whole = { resolve, reject, bytesMax, heard }
      this.#gathered = this.length !== null && this.length > bytesMax ? null : gather(this.length, this.#waiting)
      if (this.#gathered) this.#waiting = []
      this.#inlet.resume()
    })
  }

  cancel(): Promise<void> {
    this.#inlet.abort(new Error('nothing more was wanted'))
    return Promise.resolve()
  }

  #holdBack(waited: Promise<void>): void {
    this.#inlet.pause()
    waited.then(
      () => this.#inlet.resume(),
      (error: Error) => this.#inlet.abort(error),
    )
  }

  #take(): Uint8Array {
    const bytes = this.#waitingBytes
    this.#waitingBytes = 0
    // To an answer without a body belongs the length of what it would have been.
    if (this.#gathered) return this.#gathered.subarray(0, bytes)
    const pieces = this.#waiting
    this.#waiting = []
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
  }

  #forget(): void {
    this.#whole = null
    this.#reader = null
  }
}

/** As an answer's head has it; the reader has seen to it that it is one. */
export function statedLength(headers: ResponseHeaders): number | null {
  const length = headers.get('content-length')
  return length === null || headers.get('transfer-encoding') !== null ? null : Number(length)
}

const tooLarge = (bytesMax: number): Error => new Error(`the answer is larger than ${bytesMax} bytes`)
