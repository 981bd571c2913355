/**
 * A JSON array that arrives in pieces, cut into its elements. Its bytes are one character each (latin1): all that
 * structures JSON is ASCII. Strings are skipped, not walked, because an image is one of many megabytes.
 */
import { RecordBuffer, type RecordSplitter } from './record-buffer.ts'

/**
 * Each element with what stands in front of it; the bracket that ends the array comes as a record of its own.
 * `push` throws a `TooLongError` where a record would be longer than `charsMax`.
 */
export function createElementSplitter(charsMax: number): RecordSplitter {
  const held = new RecordBuffer(charsMax)
  let depth = 0
  let isInString = false
  let isEscaped = false

  /** Just behind the quote that ends the string which goes on at `from`, or the end of the piece. */
  const skipString = (piece: string, from: number): number => {
    for (let at = from; at < piece.length;) {
      const quote = piece.indexOf('"', at)
      const end = quote === -1 ? piece.length : quote
      const backslashes = backslashesBefore(piece, at, end)
      const isOdd = (backslashes + Number(isEscaped && backslashes === end - at)) % 2 === 1
      isEscaped = isOdd && quote === -1
      if (quote === -1) return end
      at = quote + 1
      if (isOdd) continue
      isInString = false
      return at
    }
    return piece.length
  }

  return {
    push(piece) {
      const records: string[] = []
      let from = 0
      let at = isInString ? skipString(piece, 0) : 0
      while (at < piece.length) {
        const code = piece.charCodeAt(at)
        at += 1
        if (code === quote) {
          isInString = true
          at = skipString(piece, at)
        } else if (code === brace || code === bracket) depth += 1
        else if (code === braceEnd || code === bracketEnd) {
          depth -= 1
          if (depth > 1) continue
          records.push(held.take(piece.slice(from, at)))
          from = at
        }
      }
      held.add(piece.slice(from))
      return records
    },
    isBetween: () => held.isEmpty,
    rest: () => held.take(''),
  }
}

const [quote, backslash, bracket, bracketEnd, brace, braceEnd] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d]

function backslashesBefore(text: string, from: number, end: number): number {
  let many = 0
  while (end - 1 - many >= from && text.charCodeAt(end - 1 - many) === backslash) many += 1
  return many
}

/** The element in a record, less what separates it from the one in front; empty for none. */
export const elementOf = (record: string): string => record.replace(/^(?:\xef\xbb\xbf)?[\s,[\]]*/, '')
