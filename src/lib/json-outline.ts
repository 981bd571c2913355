/**
 * What a large JSON text says, without what nobody here reads of it: vectors, log probabilities, and all of a string that
 * is longer than any text of a model's. What is left can be parsed like the whole, in a small part of its time.
 *
 * Read a slice at a time, and within limits, as `json-skeleton.ts` does for what clients send, and for the same reasons.
 */
import { isEscaped, JsonCount, structure, type JsonLimits } from './json-count.ts'

/** The most of each that may be left. JSON.parse takes less than 50 ms for the dearest of them. */
export const outlineLimits: JsonLimits = {
  levels: 512,
  values: 400_000,
  'lists and objects': 200_000,
  strings: 300_000,
  members: 200_000,
  names: 10_000,
  bytes: 8 * 1024 * 1024,
}

/** More than any model writes, every letter escaped; longer ones are pictures, and no more of those is kept than this. */
const stringBytesMax = 4 * 1024 * 1024
const stringBytesKept = 64
/** A vector that is longer than this is read like any other list. */
const vectorBytesMax = 1024 * 1024

/** Members whose values nobody here reads, and which may be most of an answer. */
const unread = new Set(['logprobs', 'logprobsResult'])
const unreadBytesMax = 'logprobsResult'.length

/** What a list of numbers is made of. */
const isNumeric = new Uint8Array(256)
for (const character of '0123456789+-.eE, \n\r\t') isNumeric[character.charCodeAt(0)] = 1

export class OutlineReader {
  readonly #bytes: Buffer
  readonly #isWhole: boolean
  readonly #kept: Buffer[] = []
  readonly #count = new JsonCount(outlineLimits)
  #at = 0
  /** Behind what was left out last. */
  #from = 0
  #stringBytes = 0
  #keptBytes = 0
  /** Of the last string, in case it turns out to be a name. */
  #nameStart = 0
  #nameEnd = 0
  /** The level of the member that is being left out; null for none. */
  #unreadLevel: number | null = null

  /** `isWhole`: nothing is left out, because all of it will be parsed; it is only held against the limits. */
  constructor(bytes: Uint8Array, isWhole = false) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#isWhole = isWhole
  }

  /** Reads on, `bytesMax` bytes and to the end of a string or a vector; whether all is read. Throws an `ExcessError`. */
  step(bytesMax: number): boolean {
    const until = Math.min(this.#bytes.length, this.#at + bytesMax)
    while (this.#at < until) this.#readByte(this.#bytes[this.#at]!)
    if (this.#at < this.#bytes.length) return false
    this.#keep(this.#bytes.length)
    this.#from = this.#bytes.length
    return true
  }

  /** What is left, once all is read: JSON where the whole is. */
  outline(): Uint8Array {
    return this.#isWhole || this.#kept.length === 1 ? this.#bytes : Buffer.concat(this.#kept)
  }

  #readByte(byte: number): void {
    this.#at += 1
    switch (byte) {
      case structure.quote:
        return this.#readString()
      case structure.comma:
        if (this.#unreadLevel === this.#count.levels) this.#endUnread()
        if (this.#unreadLevel === null) this.#count.addValue()
        return
      case structure.colon:
        return this.#readName()
      case structure.brace:
        return this.#enter()
      case structure.bracket:
        this.#enter()
        return this.#readVector()
      case structure.braceEnd:
      case structure.bracketEnd:
        if (this.#unreadLevel === this.#count.levels) this.#endUnread()
        this.#count.leave()
    }
  }

  #enter(): void {
    this.#count.enter()
    if (this.#unreadLevel === null) this.#count.addContainer()
  }

  /** Looks for its end natively, however far that is. */
  #readString(): void {
    const start = this.#at
    let quote = this.#bytes.indexOf(structure.quote, start)
    while (quote !== -1 && isEscaped(this.#bytes, start, quote)) quote = this.#bytes.indexOf(structure.quote, quote + 1)
    const end = quote === -1 ? this.#bytes.length : quote
    this.#at = Math.min(end + 1, this.#bytes.length)
    this.#nameStart = start
    this.#nameEnd = end
    if (this.#unreadLevel !== null) return
    this.#count.addString()
    if (end - start > stringBytesMax && !this.#isWhole) this.#leaveOut(this.#cutFrom(start), end)
    else this.#stringBytes += end - start
  }

  /** Where a string can be cut: base64 and URLs behind some letters; of others nothing is kept. */
  #cutFrom(start: number): number {
    const begun = this.#bytes.subarray(start, start + stringBytesKept)
    return begun.some((byte) => byte > 0x7e || byte === structure.backslash) ? start : start + stringBytesKept
  }

  #readName(): void {
    if (this.#unreadLevel !== null) return
    this.#count.addMember(this.#bytes, this.#nameStart, this.#nameEnd)
    if (this.#isWhole || this.#nameEnd - this.#nameStart > unreadBytesMax) return
    if (!unread.has(this.#bytes.toString('latin1', this.#nameStart, this.#nameEnd))) return
    this.#keep(this.#at)
    this.#kept.push(nothing)
    this.#unreadLevel = this.#count.levels
  }

  #endUnread(): void {
    this.#from = this.#at - 1
    this.#unreadLevel = null
  }

  /** Of a list of nothing but numbers the outline has the first: an empty one is none. */
  #readVector(): void {
    if (this.#isWhole || this.#unreadLevel !== null) return
    const most = Math.min(this.#bytes.length, this.#at + vectorBytesMax)
    let end = this.#at
    while (end < most && isNumeric[this.#bytes[end]!] === 1) end += 1
    const second = this.#bytes.indexOf(structure.comma, this.#at)
    if (second !== -1 && second < end && this.#bytes[end] === structure.bracketEnd) this.#leaveOut(second, end)
  }

  #leaveOut(start: number, end: number): void {
    this.#keep(start)
    this.#from = end
    this.#at = Math.max(this.#at, end)
  }

  #keep(until: number): void {
    if (until <= this.#from || this.#unreadLevel !== null) return
    this.#keptBytes += until - this.#from
    this.#kept.push(this.#bytes.subarray(this.#from, until))
    this.#count.keep(this.#keptBytes - this.#stringBytes)
  }
}

const nothing = Buffer.from('null')
