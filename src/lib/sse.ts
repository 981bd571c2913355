/**
 * Server-sent events as text: cutting a stream into records at its blank lines, however its bytes
 * were cut on the way. Records may be many megabytes long; no byte is looked at more than twice.
 */
export type RecordSplitter = {
  /** The records completed by this piece, each with the blank line that ends it. */
  readonly push: (piece: string) => string[]
  /** What has come since the last complete record. */
  readonly rest: () => string
}

const blankLine = /\r?\n\r?\n/g
/** A blank line may be cut at any of its bytes. */
const overlap = 3

export function createRecordSplitter(): RecordSplitter {
  let parts: string[] = []
  let tail = ''
  return {
    push(piece) {
      const text = tail + piece
      blankLine.lastIndex = 0
      const first = blankLine.exec(text)
      if (!first) {
        const kept = Math.max(0, text.length - overlap)
        if (kept > 0) parts.push(text.slice(0, kept))
        tail = text.slice(kept)
        return []
      }
      const records = [parts.join('') + text.slice(0, blankLine.lastIndex)]
      let from = blankLine.lastIndex
      for (let next = blankLine.exec(text); next; next = blankLine.exec(text)) {
        records.push(text.slice(from, blankLine.lastIndex))
        from = blankLine.lastIndex
      }
      parts = []
      tail = text.slice(from)
      return records
    },
    rest: () => parts.join('') + tail,
  }
}

/** The data of a record: its `data:` lines, joined. */
export const dataOf = (record: string): string =>
  record
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(line.startsWith('data: ') ? 'data: '.length : 'data:'.length))
    .join('\n')
