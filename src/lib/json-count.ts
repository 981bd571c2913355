/** Whether a JSON text is more than this process should parse at once: what takes JSON.parse long is not bytes, it is how many things they name. */

/** What is too much: levels of nesting, values, lists and objects among them, strings, members, different names of members, or bytes beside the long strings. */
export type Excess = 'levels' | 'values' | 'lists and objects' | 'strings' | 'members' | 'names' | 'bytes'
export type JsonLimits = Readonly<Record<Excess, number>>

export class ExcessError extends Error {
  readonly excess: Excess
  readonly most: number

  constructor(excess: Excess, most: number) {
    super(`the JSON text has more than ${most} ${excess}`)
    this.name = 'ExcessError'
    this.excess = excess
    this.most = most
  }
}

/** The bytes that a JSON text is structured by. */
export const structure = {
  quote: 0x22,
  comma: 0x2c,
  colon: 0x3a,
  bracket: 0x5b,
  backslash: 0x5c,
  bracketEnd: 0x5d,
  brace: 0x7b,
  braceEnd: 0x7d,
} as const

/** Counts what a text names while it is read. Whatever becomes more than its limit throws an `ExcessError`. */
export class JsonCount {
  readonly #limits: JsonLimits
  readonly #names = new Names()
  #levels = 0
  #values = 0
  #containers = 0
  #strings = 0
  #members = 0

  constructor(limits: JsonLimits) {
    this.#limits = limits
  }

  /** How deep it is nested here. */
  get levels(): number {
    return this.#levels
  }

  /** A list or an object begins. */
  enter(): void {
    this.#hold('levels', (this.#levels += 1))
  }

  leave(): void {
    this.#levels -= 1
  }

  addContainer(): void {
    this.#hold('lists and objects', (this.#containers += 1))
    this.addValue()
  }

  addValue(): void {
    this.#hold('values', (this.#values += 1))
  }

  addString(): void {
    this.#hold('strings', (this.#strings += 1))
  }

  /** The bytes of its name, without quotes. */
  addMember(bytes: Buffer, start: number, end: number): void {
    this.#hold('members', (this.#members += 1))
    this.#hold('names', this.#names.add(bytes, start, end))
  }

  /** So many are kept in all. */
  keep(bytes: number): void {
    this.#hold('bytes', bytes)
  }

  #hold(what: Excess, many: number): void {
    if (many > this.#limits[what]) throw new ExcessError(what, this.#limits[what])
  }
}

/** Whether the quote at `quote` is part of the string that begins at `start`: behind an odd number of backslashes. */
export function isEscaped(bytes: Uint8Array, start: number, quote: number): boolean {
  let at = quote
  while (at > start && bytes[at - 1] === structure.backslash) at -= 1
  return (quote - at) % 2 === 1
}

/** How many different names there are, nearly: by a bit for each value of a hash, of which there are a million. */
class Names {
  readonly #seen = new Uint32Array(hashValues / 32)
  #many = 0

  add(bytes: Buffer, start: number, end: number): number {
    let hash = 0x811c9dc5
    for (let at = start; at < end && at < start + nameBytesHashed; at += 1)
      hash = Math.imul(hash ^ bytes[at]!, 0x01000193)
    const value = (hash ^ (hash >>> 12)) & (hashValues - 1)
    const bit = 1 << (value & 31)
    if ((this.#seen[value >>> 5]! & bit) === 0) {
      this.#seen[value >>> 5]! |= bit
      this.#many += 1
    }
    return this.#many
  }
}
const hashValues = 1 << 20
const nameBytesHashed = 256
