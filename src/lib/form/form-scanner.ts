/**
 * Where the parts of a form stand (RFC 2046, 5.1), read in whatever pieces it comes. Written here because the bytes are
 * to pass on as they came, with at most a field exchanged: for that, one must know where each part stands, which no
 * parser tells that gives contents. What two readers could read in two ways is refused.
 */
import { FormError, malformed, type FormLimits, type PartHead } from './contract.ts'
import { readPartHead, shown } from './part-head.ts'

/** A part that has ended; offsets are in bytes of the body. */
export type Found = PartHead & Readonly<Record<'start' | 'end' | 'from' | 'until', number>>

type Open = PartHead & { readonly from: number; readonly start: number }
type State = 'beginning' | 'boundary' | 'head' | 'content' | 'end'

const dash = 45
const blanksMax = 64
/** A part without headers has an empty line at once. */
const headEnd = Buffer.from('\r\n\r\n')
const lineEnd = Buffer.from('\r\n')

export class FormScanner {
  readonly #limits: FormLimits
  /** Between two parts. */
  readonly #delimiter: Buffer
  readonly parts: Found[] = []
  #state: State = 'beginning'
  #open: Open | null = null
  /** Where the boundary stands that was read last. */
  #from = 0
  /** Where `#rest` stands. */
  #at = 0
  #rest: Buffer = Buffer.alloc(0)
  #fieldsBytes = 0

  constructor(boundary: string, limits: FormLimits) {
    this.#limits = limits
    this.#delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1')
  }

  /** Takes what comes next. Throws a `FormError`. */
  push(bytes: Uint8Array): void {
    this.#rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : asBuffer(bytes)
    while (this.#step());
    // What waits is small, and what it came with is not to be kept for it.
    this.#rest = Buffer.from(this.#rest)
  }

  /** Nothing more comes. Throws a `FormError` where something should. */
  end(): void {
    if (this.#state !== 'end') throw malformed('The form ends before its closing boundary.', this.#open?.name)
  }

  /** False where more must come first. */
  #step(): boolean {
    switch (this.#state) {
      case 'beginning':
        return this.#begin()
      case 'boundary':
        return this.#readBoundary()
      case 'head':
        return this.#readHead()
      case 'content':
        return this.#readContent()
      case 'end':
        return this.#readEnd()
    }
  }

  /** The first boundary, which may stand behind an empty line. */
  #begin(): boolean {
    const isBehindLine = this.#rest[0] === lineEnd[0]
    const first = isBehindLine ? this.#delimiter : this.#delimiter.subarray(2)
    const come = this.#rest.subarray(0, first.length)
    if (!come.equals(first.subarray(0, come.length))) throw malformed('The form does not begin with its boundary.')
    if (come.length < first.length) return false
    this.#from = isBehindLine ? 2 : 0
    this.#skip(first.length)
    this.#state = 'boundary'
    return true
  }

  /** What follows a boundary: blanks and a line end, or two dashes at the end of all. */
  #readBoundary(): boolean {
    if (this.#rest.length < 2) return false
    if (this.#rest[0] === dash && this.#rest[1] === dash) {
      this.#skip(2)
      this.#state = 'end'
      return true
    }
    const end = this.#rest.indexOf(lineEnd)
    const blanks = this.#rest.subarray(0, end === -1 ? this.#rest.length : end)
    if (blanks.length > blanksMax || !/^[\t ]*\r?$/.test(blanks.toString('latin1')))
      throw malformed('The form has a line that begins with its boundary and goes on.')
    if (end === -1) return false
    // The line end stays: with another at once, it is the end of a head without lines.
    this.#skip(end)
    this.#state = 'head'
    return true
  }

  #readHead(): boolean {
    const { headBytesMax, fieldsMax, filesMax } = this.#limits
    const end = this.#rest.indexOf(headEnd)
    if ((end === -1 ? this.#rest.length : end) > headBytesMax)
      throw new FormError('too-large', `The form has a part with headers of more than ${headBytesMax} bytes.`)
    if (end === -1) return false
    const head = readPartHead(this.#rest.subarray(0, end))
    const isFile = head.filename !== null
    const many = this.parts.filter(({ filename }) => (filename !== null) === isFile).length
    if (many >= (isFile ? filesMax : fieldsMax))
      throw new FormError(
        'too-many',
        `The form has more ${isFile ? 'files' : 'fields'} than the ${many} that are allowed.`,
        head.name,
      )
    // The empty line stays, so that a boundary is seen that has it as its own.
    this.#skip(end + 2)
    this.#open = { ...head, from: this.#from, start: this.#at + 2 }
    this.#state = 'content'
    return true
  }

  #readContent(): boolean {
    const open = this.#open!
    const found = this.#rest.indexOf(this.#delimiter)
    // Its last bytes may be the beginning of a boundary.
    const end = this.#at + (found === -1 ? this.#rest.length - this.#delimiter.length + 1 : found)
    this.#assertSize(open, Math.max(0, end - open.start))
    if (found === -1) {
      this.#skip(Math.max(0, this.#rest.length - this.#delimiter.length + 1))
      return false
    }
    if (end < open.start)
      throw malformed(`The part ${shown(open.name)} has no empty line behind its headers.`, open.name)
    const until = end + 2
    this.parts.push({ ...open, end, until })
    if (open.filename === null) this.#fieldsBytes += end - open.start
    this.#open = null
    this.#from = until
    this.#skip(found + this.#delimiter.length)
    this.#state = 'boundary'
    return true
  }

  #assertSize({ name, filename }: Open, bytes: number): void {
    const { fieldBytesMax, fieldsBytesMax, fileBytesMax } = this.#limits
    if (bytes > (filename === null ? fieldBytesMax : fileBytesMax))
      throw new FormError(
        'too-large',
        filename === null
          ? `The field ${shown(name)} is larger than ${fieldBytesMax} bytes.`
          : `The file in ${shown(name)} is larger than ${fileBytesMax} bytes.`,
        name,
      )
    if (filename === null && this.#fieldsBytes + bytes > fieldsBytesMax)
      throw new FormError('too-large', `The fields of the form are larger than ${fieldsBytesMax} bytes together.`, name)
  }

  #readEnd(): boolean {
    // Anything else might be a form to another reader.
    if (!/^[\t \r\n]*$/.test(this.#rest.toString('latin1')))
      throw malformed('The form goes on behind its closing boundary.')
    this.#skip(this.#rest.length)
    return false
  }

  #skip(bytes: number): void {
    this.#rest = this.#rest.subarray(bytes)
    this.#at += bytes
  }
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
