/**
 * Server-sent events by WHATWG's grammar (https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream):
 * cutting a stream into records at its blank lines, and reading their fields.
 *
 * Streams are bytes here, one character for each (latin1), because the grammar needs no more: however a stream
 * was cut, inside of letters too, its records are the same, and together they are its bytes.
 */
import { noteBytes } from './note-bytes.ts'
import { RecordBuffer, type RecordSplitter } from './record-buffer.ts'

/**
 * Lines end with LF, CR or CRLF. Two CR are a blank line at once; behind another line end a CR is looked at
 * together with what follows, so that CRLF is not torn. No byte is looked at more than twice.
 */
const blankLine = /\r\r|\r?\n(?:\r\n|\n|\r(?=[^\n]))/g
/** A blank line may be cut at any of its bytes. */
const overlap = 3

/** Records with the blank line that ends each. `push` throws a `TooLongError` where one would be longer than `charsMax`. */
export function createRecordSplitter(charsMax: number): RecordSplitter {
  const held = new RecordBuffer(charsMax)
  let tail = ''
  return {
    push(piece) {
      const text = tail + piece
      // Nearly all streams have no CR, and their blank lines are found several times as fast.
      const endAfter = text.includes('\r') ? endOfAny : endOfUsual
      const records: string[] = []
      let from = 0
      for (let end = endAfter(text, 0); end !== -1; end = endAfter(text, from)) {
        records.push(held.take(text.slice(from, end)))
        from = end
      }
      const kept = Math.max(from, text.length - overlap)
      held.add(text.slice(from, kept))
      tail = text.slice(kept)
      return records
    },
    isBetween: () => tail === '' && held.isEmpty,
    rest() {
      const rest = held.take('') + tail
      tail = ''
      return rest
    },
  }
}

/** Where the record ends that begins at `from`; -1 when it goes on. */
function endOfAny(text: string, from: number): number {
  blankLine.lastIndex = from
  return blankLine.test(text) ? blankLine.lastIndex : -1
}

function endOfUsual(text: string, from: number): number {
  const at = text.indexOf('\n\n', from)
  return at === -1 ? -1 : at + 2
}

export type Fields = {
  /** Its `data` lines, joined by line feeds; null when it has none, and says nothing. */
  readonly data: string | null
  /** The last `event` it names; empty for none. */
  readonly event: string
  /** Its lines that are no field of an event stream, and no comment. */
  readonly stray: string
}

const usualName = 'data: '
const saysNothing: Fields = { data: null, event: '', stray: '' }
const byteOrderMark = '\xef\xbb\xbf'

/** The fields of a record. Comments, `id` and `retry` are overlooked. */
export function fieldsOf(record: string): Fields {
  // Nearly all records are one line of data.
  if (record.startsWith(usualName) && record.indexOf('\n') === record.length - 2 && !record.includes('\r'))
    return { data: utf8Of(record.slice(usualName.length, -2)), event: '', stray: '' }
  // Comments may be very many, and very short.
  if (isOneComment(record)) return saysNothing
  let data: string | null = null
  let event = ''
  let stray = ''
  const text = record.startsWith(byteOrderMark) ? record.slice(byteOrderMark.length) : record
  for (const line of text.split(/\r\n|\r|\n/)) {
    const value = valueOf(line, 'data')
    if (value !== null) data = data === null ? value : `${data}\n${value}`
    else if (line.startsWith('event')) event = valueOf(line, 'event') ?? event
    else if (!isOverlooked(line)) stray += `${line}\n`
  }
  return { data: data === null ? null : utf8Of(data), event, stray: utf8Of(stray) }
}

const isOverlooked = (line: string): boolean => line === '' || /^(:|id\b|retry\b)/.test(line)

const isOneComment = (record: string): boolean =>
  record.startsWith(':') && record.indexOf('\n') === record.length - 2 && !record.includes('\r')

/** Whether a record is nothing but comments, which keep a connection alive. */
export const isComment = (record: string): boolean =>
  isOneComment(record) ||
  record
    .replace(byteOrderMark, '')
    .split(/\r\n|\r|\n/)
    .every((line) => line === '' || line.startsWith(':'))

/** The data of a record; empty when it has none. */
export const dataOf = (record: string): string => fieldsOf(record).data ?? ''

/** Of `name: value`, `name:value` or `name` alone; null for another line. */
function valueOf(line: string, name: string): string | null {
  if (!line.startsWith(name)) return null
  if (line.length === name.length) return ''
  if (line[name.length] !== ':') return null
  return line.slice(line[name.length + 1] === ' ' ? name.length + 2 : name.length + 1)
}

/** Bytes as text, one character for each. */
export function latin1Of(bytes: Uint8Array): string {
  noteBytes(bytes.length)
  const buffer = bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return buffer.toString('latin1')
}
/** Such a text as the bytes that it is. */
export const bytesOf = (latin1: string): Uint8Array => Buffer.from(latin1, 'latin1')
/** Such a text as what its bytes say. */
export const utf8Of = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8')
