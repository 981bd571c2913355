/**
 * The journal's bytes. What one turn of the event loop brings is one block: a line `#<crc32> <bytes>` and so many
 * bytes of lines behind it, each the JSON of a record. One checksum for all of it, because it is written by one
 * `write` and promised to nobody before that has returned: a torn block is known by it, and is nothing.
 */
import { closeSync, openSync, readSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { assert } from '../lib/assert.ts'

const checksumChars = 8
const lengthDigits = 10
export const blockHeadBytes = 1 + checksumChars + 1 + lengthDigits + 1

/** The line that a block of these lines begins with: always `blockHeadBytes` long. */
export function blockHead(lines: Uint8Array): string {
  const length = String(lines.length).padStart(lengthDigits, '0')
  return `#${crc32(lines).toString(16).padStart(checksumChars, '0')} ${length}\n`
}

/** `start` and `end`: byte offsets in what it was read from. */
export type Block = { readonly start: number; readonly end: number; readonly lines: readonly string[] }

/** The whole blocks at the beginning of `bytes`; what is torn or foreign ends them. */
export function* blocksIn(bytes: Buffer): Generator<Block, void> {
  for (let start = 0; ;) {
    const linesStart = start + blockHeadBytes
    const [matches, length] = /^#[0-9a-f]{8} (\d{10})\n$/.exec(bytes.toString('latin1', start, linesStart)) ?? []
    if (matches === undefined) return
    const end = linesStart + Number(length)
    const lines = bytes.subarray(linesStart, end)
    if (end > bytes.length || blockHead(lines) !== matches) return
    // Every line has an end of its own.
    yield { start, end, lines: lines.toString('utf8', 0, lines.length - 1).split('\n') }
    start = end
  }
}

/** Whole blocks of one segment of a journal, from byte `start` to byte `end`. */
export type JournalSlice = { readonly path: string; readonly start: number; readonly end: number }

export type JournalReader = {
  /** The lines of a slice. Throws when the file no longer has what was written there. */
  readonly linesOf: (slice: JournalSlice) => string[]
  readonly close: () => void
}

/** Reads slices as they are written. It keeps the segment it read last open, so that a file which somebody removes is read to its end. */
export function createJournalReader(): JournalReader {
  let kept: { readonly path: string; readonly file: number } | null = null
  const close = (): void => {
    if (kept) closeSync(kept.file)
    kept = null
  }
  const open = (path: string): number => {
    if (kept?.path === path) return kept.file
    const file = openSync(path, 'r')
    close()
    kept = { path, file }
    return file
  }
  return { linesOf: (slice) => linesAt(open(slice.path), slice), close }
}

function linesAt(file: number, { path, start, end }: JournalSlice): string[] {
  const bytes = Buffer.allocUnsafe(end - start)
  const read = readSync(file, bytes, 0, bytes.length, start)
  assert(read === bytes.length, `${path} ends before byte ${end}`)
  const lines: string[] = []
  let whole = 0
  for (const block of blocksIn(bytes)) {
    for (const line of block.lines) lines.push(line)
    whole = block.end
  }
  assert(whole === bytes.length, `${path} is not what was written, from byte ${start + whole} on`)
  return lines
}
