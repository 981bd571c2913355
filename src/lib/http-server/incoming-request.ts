import { keptCrumb } from '../http/kept-bytes.ts'
import { gather, takeNext } from '../http/pieces.ts'
import type { Piece, Source } from '../source.ts'
import { BodyError, type BodyTrouble, type HttpRequest } from './contract.ts'
import type { RequestHead } from './request-head.ts'

/** What a request can do to the connection that it comes over. */
export type Inlet = {
  /** The address of who sends it. */
  readonly peer: string
  readonly pause: () => void
  /** The body is waited for, from its beginning on. */
  readonly resume: () => void
  /** Its reader is elsewhere for a while. */
  readonly rest: () => void
  /** It is waited for again. */
  readonly goOn: () => void
  /** Tells a client that waits for it to send the body. */
  readonly proceed: () => void
}

type Puller = { readonly resolve: (piece: Piece) => void; readonly reject: (error: Error) => void }
type Reader = {
  readonly resolve: (bytes: Uint8Array) => void
  readonly reject: (error: Error) => void
  readonly bytesMax: number
  readonly hasRoom: ((bytes: number) => boolean) | undefined
}

/** Bytes that may wait for a handler before the client is held back. */
const waitingBytesMax = 256 * 1024
/** This many pieces are made one: each costs more than a hundred bytes, however few it has. */
const loosePiecesMany = 1_000

/** A request as it comes: its body waits here until it is asked for, and holds the client back when it is large. */
export class IncomingRequest implements HttpRequest {
  readonly method: string
  readonly target: string
  readonly headers: RequestHead
  hasLeft = false
  /** All of the body has come. */
  isWhole = false
  readonly #inlet: Inlet
  #pieces: Uint8Array[] = []
  /** Instead of the pieces, where all of it is waited for and it is large. */
  #whole: Buffer | null = null
  /** At the end of the pieces, not made one yet. */
  #loosePieces = 0
  /** All that came, and what of it waits. */
  #bytes = 0
  #waitingBytes = 0
  /** The body was asked for, or is sent without that. */
  #isAsked = false
  #isUnwanted = false
  #error: Error | null = null
  #reader: Reader | null = null
  #puller: Puller | null = null
  /** Of what is pulled. */
  #pulledBytesMax = Number.POSITIVE_INFINITY
  #listeners: (() => void)[] | null = null

  constructor(head: RequestHead, inlet: Inlet) {
    this.headers = head
    this.method = head.method
    this.target = head.target
    this.#inlet = inlet
  }

  get host(): string {
    return this.headers.host
  }

  get peer(): string {
    return this.#inlet.peer
  }

  /** Whether the body is waited for: then it is the client who is slow. */
  get isAwaited(): boolean {
    return this.#reader !== null || this.#puller !== null
  }

  /** Of the body: all of it where its length is known, else what has come. */
  get bytesSoFar(): number {
    return this.length ?? this.#bytes
  }

  /** Whether the client keeps the body until it is asked for it, and was not. */
  get isWithheld(): boolean {
    return this.headers.expectsContinue && !this.#isAsked && !this.isWhole
  }

  get length(): number | null {
    const { framing } = this.headers
    return framing === 'chunked' ? null : framing
  }

  bytes(bytesMax: number, hasRoom?: (bytes: number) => boolean): Uint8Array | Promise<Uint8Array> {
    this.#assertFits(bytesMax)
    return this.isWhole ? this.#take() : this.#wait(bytesMax, hasRoom)
  }

  #wait(bytesMax: number, hasRoom: Reader['hasRoom']): Promise<Uint8Array> {
    this.#ask()
    this.#whole = gather(this.length, this.#pieces)
    if (this.#whole) this.#pieces = []
    const whole = new Promise<Uint8Array>((resolve, reject) => (this.#reader = { resolve, reject, bytesMax, hasRoom }))
    // A handler may be elsewhere when the client leaves; that must not end the process.
    whole.catch(() => undefined)
    return whole
  }

  source(bytesMax: number): Source {
    this.#assertFits(bytesMax)
    this.#pulledBytesMax = bytesMax
    if (!this.isWhole) this.#ask()
    return { length: this.length, read: () => this.#pull(), cancel: () => Promise.resolve(this.#cancel()) }
  }

  #assertFits(bytesMax: number): void {
    const { length } = this
    if (length !== null && length > bytesMax) throw new BodyError('too-large', length)
    if (this.#bytes > bytesMax) throw new BodyError('too-large')
    if (this.#error) throw this.#error
  }

  #ask(): void {
    if (this.isWithheld) this.#inlet.proceed()
    this.#isAsked = true
    this.#inlet.resume()
  }

  #pull(): Promise<Piece> {
    if (this.#pieces.length > 0) {
      const value = takeNext(this.#pieces)
      this.#loosePieces = Math.min(this.#loosePieces, this.#pieces.length)
      this.#waitingBytes -= value.length
      if (this.#waitingBytes <= waitingBytesMax) {
        this.#inlet.goOn()
        this.#inlet.rest()
      }
      return Promise.resolve({ done: false, value })
    }
    if (this.#error) return Promise.reject(this.#error)
    if (this.isWhole || this.#isUnwanted) return Promise.resolve({ done: true })
    this.#inlet.goOn()
    return new Promise((resolve, reject) => (this.#puller = { resolve, reject }))
  }

  /** The rest is not wanted: it is held back until there is an answer, and then read away as any that was not asked for. */
  #cancel(): void {
    this.#isUnwanted = true
    this.#pieces = []
    this.#puller?.resolve({ done: true })
    this.#puller = null
    if (!this.isWhole) this.#inlet.pause()
  }

  onLeave(listener: () => void): void {
    if (this.hasLeft) listener()
    else if (this.#listeners) this.#listeners.push(listener)
    else this.#listeners = [listener]
  }

  /** A piece of the body has come. */
  push(piece: Uint8Array): void {
    this.#isAsked = true
    if (this.#isUnwanted) return
    this.#bytes += piece.length
    if (this.#bytes > this.#pulledBytesMax) return this.fail('too-large')
    if (this.#puller) {
      this.#puller.resolve({ done: false, value: piece })
      this.#puller = null
      return this.#inlet.rest()
    }
    this.#keep(piece)
    this.#waitingBytes += piece.length
    if (this.#reader) {
      if (this.#bytes > this.#reader.bytesMax) this.fail('too-large')
      else if (this.#reader.hasRoom?.(this.#bytes) === false) this.fail('no-room')
    } else if (this.#waitingBytes > waitingBytesMax) this.#inlet.pause()
  }

  complete(): void {
    this.isWhole = true
    // It may have come, and been held back, before anybody asked for it.
    this.#inlet.resume()
    this.#reader?.resolve(this.#take())
    this.#reader = null
    this.#puller?.resolve({ done: true })
    this.#puller = null
  }

  /** There will be no body. */
  fail(trouble: BodyTrouble): void {
    this.#error ??= new BodyError(trouble)
    this.discard()
  }

  /** What is still to come of the body is wanted by nobody. */
  discard(): void {
    this.#error ??= new Error('the request was answered before its body had come')
    this.#reader?.reject(this.#error)
    this.#reader = null
    this.#puller?.reject(this.#error)
    this.#puller = null
    this.#isUnwanted = true
    this.#pieces = []
    this.#whole = null
    this.#inlet.resume()
  }

  /** The client has closed its connection before it had its answer. */
  left(): void {
    this.hasLeft = true
    if (!this.isWhole) this.fail('left')
    const listeners = this.#listeners
    this.#listeners = null
    if (listeners) for (const listener of listeners) listener()
  }

  #keep(piece: Uint8Array): void {
    if (this.#whole) return this.#whole.set(piece, this.#bytes - piece.length)
    // A chunk may be a small part of what came with it; pieces of a sized body are what was read, one by one.
    this.#pieces.push(this.length === null ? keptCrumb(piece) : piece)
    if (++this.#loosePieces === loosePiecesMany) this.#join()
  }

  #join(): void {
    this.#pieces.push(Buffer.concat(this.#pieces.splice(-loosePiecesMany)))
    this.#loosePieces = 0
  }

  #take(): Uint8Array {
    if (this.#whole) return this.#whole.subarray(0, this.#bytes)
    const pieces = this.#pieces
    this.#pieces = []
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
  }
}
