/**
 * Reading HTTP/1.1 messages (RFC 9112) off a connection, in whatever pieces they come. Where a body ends is never
 * guessed: a line that could be read in two ways breaks the connection.
 */

import { headerLinePattern } from './header-text.ts'
import { keptBytes, partOf } from './kept-bytes.ts'

/** How a body is framed; a number is its length in bytes. */
export type Framing = number | 'chunked' | 'until-closed'

export type MessageSink = {
  /** Whether a head may begin like this; asked while the rest of it has not come. */
  readonly mayBegin: (text: string) => boolean
  /** A head, without the empty line that ends it. Gives how its body is framed; null where another head comes first, as behind `100 Continue`. */
  readonly opened: (head: string) => Framing | null
  readonly received: (piece: Uint8Array) => void
  /** The message is whole; `rest` came behind it. */
  readonly ended: (rest: Buffer) => void
}

/** What came is no message of HTTP/1.1. `status`: what a server answers to it. */
export class MessageError extends Error {
  readonly status: number

  constructor(message: string, status = 400) {
    super(message)
    this.name = 'MessageError'
    this.status = status
  }
}

export const notHttp = (): Error => new MessageError('what came is no HTTP/1.1')

type State = 'head' | 'sized' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailers' | 'until-closed'

/** Of a head, or all trailers. */
const lineBytesMax = 64 * 1024
/** Of the line with a chunk's size, extensions and all. */
const chunkLineBytesMax = 4 * 1024
/**
 * What a chunk may say besides its data without counting as waste, and how much waste one body may bring: extensions
 * that nobody reads must not cost more than data would (the measure of Go's net/http/internal/chunked.go).
 */
const chunkLineBytesFair = 16
const wasteBytesMax = 16 * 1024
const chunkSizeDigits = 8
const chunkSize = /^([0-9a-f]{1,8})[\t ]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/i
const trailer = new RegExp(`^${headerLinePattern}$`)
const tooLong = (): Error => new MessageError('what came has a line or a head that is too long', 431)
const beginningBytes = 16
const carriageReturn = 13
/** As bytes: a string that is searched for is made bytes each time. */
const lineEnd = Buffer.from('\r\n')
const headEnd = Buffer.from('\r\n\r\n')
const lineFeed = 10
const nothing = Buffer.alloc(0)

/** Where the line or head that begins at `at` ends; -1 when that has not come yet. Those longer than `bytesMax` are refused however they come. */
function endOf(mark: Buffer, input: Buffer, at: number, bytesMax: number): number {
  const end = input.indexOf(mark, at)
  const bytes = (end === -1 ? input.length - mark.length + 1 : end) - at
  if (bytes > bytesMax) throw tooLong()
  return end
}

/** Follows the messages of one connection, one after another, and tells its sink what it reads. */
export class MessageReader {
  readonly #sink: MessageSink
  #state: State = 'head'
  /** Bytes still to come of the body, or of the chunk. */
  #left = 0
  #trailerBytes = 0
  /** Of a body in chunks, what came besides data and is more than fair. */
  #wasteBytes = 0
  #isOver = false
  /** The beginning of a line whose end has not come yet. */
  #begun: Buffer | null = null

  constructor(sink: MessageSink) {
    this.#sink = sink
  }

  /** Some of a message has come, and not all of it. */
  get isWithin(): boolean {
    return this.#begun !== null || this.#state !== 'head'
  }

  /** Of a line or head whose end has not come yet. */
  get begunBytes(): number {
    return this.#begun?.length ?? 0
  }

  /** Nothing more will be read. */
  forget(): void {
    this.#begun = null
  }

  /** Takes what the connection brought, up to the end of a message. Throws a `MessageError`. */
  push(bytes: Buffer): void {
    const input = this.#begun ? Buffer.concat([this.#begun, bytes]) : bytes
    this.#begun = null
    let at = 0
    while (at < input.length) {
      const next = this.#step(input, at)
      if (next === -1) {
        this.#begun = keptBytes(input.subarray(at))
        return
      }
      at = next
      if (this.#isOver) return this.#end(at === input.length ? nothing : input.subarray(at))
    }
  }

  /** The other side has closed the connection. Throws when something of a message was still to come. */
  closed(): void {
    if (this.#state !== 'until-closed')
      throw new MessageError('the connection was closed before the end of the message')
    this.#end(nothing)
  }

  #end(rest: Buffer): void {
    this.#state = 'head'
    this.#isOver = false
    this.#sink.ended(rest)
  }

  /** Reads on from `at`; how far it came, or -1 when more must come first. */
  #step(input: Buffer, at: number): number {
    switch (this.#state) {
      case 'head':
        return this.#readHead(input, at)
      case 'sized':
      case 'chunk':
        return this.#readBody(input, at)
      case 'until-closed':
        this.#sink.received(input.subarray(at))
        return input.length
      case 'chunk-size':
      case 'trailers':
        return this.#readLine(input, at)
      case 'chunk-end':
        return this.#readChunkEnd(input, at)
    }
  }

  #readHead(input: Buffer, at: number): number {
    const end = endOf(headEnd, input, at, lineBytesMax)
    if (end === -1) {
      // What speaks another protocol may never send the end of a head.
      if (!this.#sink.mayBegin(input.toString('latin1', at, at + beginningBytes))) throw notHttp()
      return -1
    }
    const framing = this.#sink.opened(input.toString('latin1', at, end))
    if (framing !== null) this.#beginBody(framing)
    return end + 4
  }

  #beginBody(framing: Framing): void {
    if (framing === 'chunked') {
      this.#state = 'chunk-size'
      this.#wasteBytes = 0
    } else if (framing === 'until-closed') this.#state = framing
    else {
      this.#left = framing
      this.#state = 'sized'
      this.#isOver = framing === 0
    }
  }

  #readBody(input: Buffer, at: number): number {
    const end = Math.min(input.length, at + this.#left)
    this.#left -= end - at
    this.#sink.received(at === 0 && end === input.length ? input : partOf(input, at, end))
    if (this.#left > 0) return end
    if (this.#state === 'chunk') this.#state = 'chunk-end'
    else this.#isOver = true
    return end
  }

  #readLine(input: Buffer, at: number): number {
    const isSize = this.#state === 'chunk-size'
    const end = isSize ? plainSizeEnd(input, at) : -1
    if (end === -1) return this.#readLongLine(input, at)
    this.#beginChunk(plainSize(input, at, end), end - at)
    return end + 2
  }

  /** What is read byte by byte in other places: chunks may be as many as there are bytes. */
  #readChunkEnd(input: Buffer, at: number): number {
    const isWrong = input[at] !== carriageReturn || (at + 1 < input.length && input[at + 1] !== lineFeed)
    if (isWrong) throw new MessageError('a chunk of the body is longer than it says')
    if (at + 1 === input.length) return -1
    this.#state = 'chunk-size'
    return at + 2
  }

  #readLongLine(input: Buffer, at: number): number {
    const isSize = this.#state === 'chunk-size'
    const end = endOf(lineEnd, input, at, isSize ? chunkLineBytesMax : lineBytesMax)
    if (end === -1) return -1
    const line = input.toString('latin1', at, end)
    if (isSize) this.#beginChunk(statedSize(line), line.length)
    else this.#isOver = line === '' || this.#readTrailer(line)
    return end + 2
  }

  #beginChunk(bytes: number, lineBytes: number): void {
    this.#left = bytes
    this.#wasteBytes = Math.max(0, this.#wasteBytes + lineBytes - chunkLineBytesFair - 2 * bytes)
    if (this.#wasteBytes > wasteBytesMax) throw new MessageError('the body has more chunk extensions than data')
    this.#state = this.#left === 0 ? 'trailers' : 'chunk'
    this.#trailerBytes = 0
  }

  /** Trailers are of no use here, but must be such: in anything else, another reader may see an end. */
  #readTrailer(line: string): false {
    this.#trailerBytes += line.length
    if (this.#trailerBytes > lineBytesMax) throw tooLong()
    if (!trailer.test(line)) throw new MessageError('a chunk of the body is followed by a line that is no trailer')
    return false
  }
}

const length = /^\d{1,15}$/
/** The length that a `content-length` names. Throws when it is none, or several. */
export function lengthOf(value: string): number {
  if (!length.test(value)) throw new MessageError('the message has a length that is none')
  return Number(value)
}

/** Of a line that is a size and nothing else, as nearly all are; -1 where it has not all come or says more. */
function plainSizeEnd(input: Buffer, at: number): number {
  const last = Math.min(at + chunkSizeDigits, input.length - 2)
  let end = at
  while (end <= last && hexDigit(input[end]!) !== -1) end += 1
  return end > at && end <= last && input[end] === carriageReturn && input[end + 1] === lineFeed ? end : -1
}

function plainSize(input: Buffer, at: number, end: number): number {
  let size = 0
  for (let digit = at; digit < end; digit += 1) size = size * 16 + hexDigit(input[digit]!)
  return size
}

/** What a byte stands for; -1 for what is none. */
const hexDigit = (byte: number): number =>
  byte >= 48 && byte <= 57 ? byte - 48 : (byte | 32) >= 97 && (byte | 32) <= 102 ? (byte | 32) - 87 : -1

function statedSize(line: string): number {
  const [, size] = chunkSize.exec(line) ?? []
  if (size === undefined) throw new MessageError('a chunk of the body has no size')
  return Number.parseInt(size, 16)
}
