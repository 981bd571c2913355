/**
 * A large JSON text without its long strings: what is left can be parsed and changed like the whole, in a small part of
 * its time and memory, and is made whole again byte for byte. Pictures and documents are one string each, of megabytes
 * that nobody here looks at.
 *
 * Read a slice at a time, so that no body, however large or however it is made, holds up anybody else; and within
 * limits, because what takes JSON.parse long is not bytes: it is how many things they name.
 */
import { isUtf8 } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { isEscaped, JsonCount, structure, type JsonLimits } from './json-count.ts'

/**
 * The most of each that a text may hold. Measured: within them, JSON.parse takes less than 40 ms. Strings, names among
 * them, are its dearest values: 900,000 that all differ take it 0.5 s, 400,000 of 16 characters even 2 s; then lists and
 * objects: 990,000 that are empty take it 0.1 to 0.4 s, and nested ones half a gigabyte.
 */
export const skeletonLimits: JsonLimits = {
  levels: 512,
  values: 1_000_000,
  'lists and objects': 200_000,
  strings: 200_000,
  members: 150_000,
  names: 10_000,
  bytes: 8 * 1024 * 1024,
}

/** The strings of a parsed text, of which the long ones are only begun. */
export type Strings = {
  /** How many bytes a string takes in the whole text. */
  readonly lengthOf: (value: string) => number
  /** A string as the whole text has it, escapes and all where it is long. */
  readonly wholeOf: (value: string) => string
  /** The bytes of a text that was made of the skeleton, whole again. */
  readonly expand: (text: string) => Uint8Array
}

export type Skeleton = Strings & { readonly text: string }

/** The strings of a text that is whole. */
export const wholeStrings: Strings = {
  lengthOf: (value) => value.length,
  wholeOf: (value) => value,
  expand: (text) => new TextEncoder().encode(text),
}

/** A text that was made of strings of the skeleton, with all of each; escapes are left as they are. */
export const wholeText = (text: string, strings: Strings): string => lenient.decode(strings.expand(text))

/** Strings longer than this are begun and not more: prompts are told apart by their beginnings. */
const keptBytesMax = 4 * 1024
/** From when on only the ends of long strings are marked, to keep what is left small. */
const plentyBytes = 1024 * 1024
const keptBytesThen = 256

/** Which string, and where in the text the rest of it stands. Nobody outside can know the word that marks it. */
const mark = `<${randomBytes(12).toString('hex')}:`
const markPattern = new RegExp(`${mark}(\\d+)>`, 'g')
const markAtEnd = new RegExp(`${mark}(\\d+)>$`)

type Cut = { readonly start: number; readonly end: number }

/** Reads a text a slice at a time. */
export class SkeletonReader {
  readonly #bytes: Buffer
  readonly #kept: Buffer[] = []
  readonly #cuts: Cut[] = []
  readonly #count = new JsonCount(skeletonLimits)
  #at = 0
  /** Behind the last cut. */
  #from = 0
  #keptBytes = 0
  /** Of the last string, in case it turns out to be a name. */
  #nameStart = 0
  #nameEnd = 0
  /** Within a string whose end was not found yet. */
  #stringStart = -1

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  /** Reads on, about `bytesMax` bytes; whether all is read. Throws an `ExcessError`. */
  step(bytesMax: number): boolean {
    const until = Math.min(this.#bytes.length, this.#at + bytesMax)
    while (this.#at < until) {
      if (this.#stringStart === -1) this.#readByte(this.#bytes[this.#at]!)
      else this.#readString()
    }
    if (this.#at < this.#bytes.length) return false
    this.#keep(this.#bytes.length)
    return true
  }

  /** The skeleton, once all is read. Throws a `TypeError` where the text is not UTF-8. */
  skeleton(): Skeleton {
    for (const { start, end } of this.#cuts)
      if (!isUtf8(this.#bytes.subarray(start, end))) throw new TypeError('the text is not UTF-8')
    const text = utf8.decode(Buffer.concat(this.#kept))
    return { text, ...stringsOf(this.#bytes, this.#cuts) }
  }

  #readByte(byte: number): void {
    this.#at += 1
    switch (byte) {
      case structure.quote:
        this.#stringStart = this.#at
        return
      case structure.comma:
        return this.#count.addValue()
      case structure.colon:
        return this.#count.addMember(this.#bytes, this.#nameStart, this.#nameEnd)
      case structure.brace:
      case structure.bracket:
        this.#count.enter()
        return this.#count.addContainer()
      case structure.braceEnd:
      case structure.bracketEnd:
        this.#count.leave()
    }
  }

  /** Looks for the end of the string, however far it is: natively, so that a hundred megabytes are some milliseconds. */
  #readString(): void {
    const quote = this.#bytes.indexOf(structure.quote, this.#at)
    this.#at = quote === -1 ? this.#bytes.length : quote + 1
    if (quote === -1 || isEscaped(this.#bytes, this.#stringStart, quote)) return
    const start = this.#stringStart
    this.#stringStart = -1
    this.#count.addString()
    this.#nameStart = start
    this.#nameEnd = quote
    const room = this.#keptBytes + start - this.#from > plentyBytes ? keptBytesThen : keptBytesMax
    if (quote - start > room) this.#cut(this.#cutFrom(start, room), quote)
  }

  /** Where a string can be cut: between two characters, and behind no escape, of which the longest is a pair of six. */
  #cutFrom(start: number, room: number): number {
    const earliest = Math.max(start, start + room - cutLooksBack)
    for (let at = start + room; at > earliest; at -= 1) if (this.#isBetween(start, at)) return at
    return start
  }

  #isBetween(start: number, at: number): boolean {
    const isWithinCharacter = (this.#bytes[at]! & 0xc0) === 0x80
    const before = this.#bytes.subarray(Math.max(start, at - escapeBytesMax), at)
    return !isWithinCharacter && !before.includes(structure.backslash)
  }

  #cut(start: number, end: number): void {
    this.#keep(start)
    this.#kept.push(Buffer.from(`${mark}${this.#cuts.length}>`))
    this.#keptBytes += mark.length
    this.#cuts.push({ start, end })
    this.#from = end
  }

  #keep(until: number): void {
    this.#keptBytes += until - this.#from
    this.#count.keep(this.#keptBytes)
    this.#kept.push(this.#bytes.subarray(this.#from, until))
    this.#from = until
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const lenient = new TextDecoder('utf-8', { ignoreBOM: true })
const escapeBytesMax = 12
const cutLooksBack = 128

function stringsOf(bytes: Buffer, cuts: readonly Cut[]): Strings {
  if (cuts.length === 0) return wholeStrings
  const cutOf = (value: string): { readonly kept: string; readonly cut: Cut } | null => {
    const [marked, index] = (value.length > mark.length && markAtEnd.exec(value.slice(-markChars))) || []
    const cut = index === undefined ? undefined : cuts[Number(index)]
    return cut ? { kept: value.slice(0, -marked!.length), cut } : null
  }
  return {
    lengthOf(value) {
      const found = cutOf(value)
      return found ? found.kept.length + found.cut.end - found.cut.start : value.length
    },
    wholeOf(value) {
      const found = cutOf(value)
      return found ? found.kept + lenient.decode(bytes.subarray(found.cut.start, found.cut.end)) : value
    },
    expand(text) {
      const pieces: Uint8Array[] = []
      let from = 0
      for (const { 0: marked, 1: index, index: at } of text.matchAll(markPattern)) {
        const cut = cuts[Number(index)]
        if (!cut) continue
        pieces.push(Buffer.from(text.slice(from, at)), bytes.subarray(cut.start, cut.end))
        from = at + marked.length
      }
      return Buffer.concat([...pieces, Buffer.from(text.slice(from))])
    },
  }
}

/** No mark is longer. */
const markChars = mark.length + 12
