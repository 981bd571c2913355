/**
 * A file of blocks of lines. A block is a line `#<crc32> <bytes>` and so many bytes of lines behind it: what one `write`
 * appends, under one checksum, so that a torn one is known and is nothing.
 */
import { closeSync, openSync, readSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { assert } from './assert.ts'

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

/** A stretch of bytes that are no whole block. `isTail`: no block follows it. */
export type Damage = { readonly start: number; readonly end: number; readonly isTail: boolean }

/** All whole blocks of `bytes`, and what stands between and behind them: a reader takes up again at the next block that is whole. */
export function* partsOf(bytes: Buffer): Generator<Block | Damage, void> {
  for (let start = 0; start < bytes.length;) {
    let end = start
    for (const block of blocksIn(bytes.subarray(start))) {
      end = start + block.end
      yield { ...block, start: start + block.start, end }
    }
    if (end === bytes.length) return
    const next = nextBlock(bytes, end + 1)
    yield { start: end, end: next ?? bytes.length, isTail: next === null }
    start = next ?? bytes.length
  }
}

const hash = 35
const space = 32
const lineEnd = 10
function nextBlock(bytes: Buffer, from: number): number | null {
  for (let at = bytes.indexOf(hash, from); at !== -1; at = bytes.indexOf(hash, at + 1)) {
    // Lines of users hold this character as well, and never all of a head.
    const isHead = bytes[at + 1 + checksumChars] === space && bytes[at + blockHeadBytes - 1] === lineEnd
    if (isHead && !blocksIn(bytes.subarray(at)).next().done) return at
  }
  return null
}

/** Whole blocks of a file, from byte `start` to byte `end`. */
export type FileSlice = { readonly path: string; readonly start: number; readonly end: number }

export type SliceReader = {
  /** The lines of a slice. Throws when the file no longer has what was written there. */
  readonly linesOf: (slice: FileSlice) => string[]
  readonly close: () => void
}

/** Reads slices as they are written. It keeps the file it read last open, so that one which somebody removes is read to its end. */
export function createSliceReader(): SliceReader {
  let kept: { readonly path: string; readonly file: number } | null = null
  let room = Buffer.allocUnsafe(0)
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
  const linesOf = ({ path, start, end }: FileSlice): string[] => {
    const file = open(path)
    if (room.length < end - start) room = Buffer.allocUnsafe(end - start)
    const bytes = room.subarray(0, end - start)
    const read = readSync(file, bytes, 0, bytes.length, start)
    assert(read === bytes.length, `${path} ends before byte ${end}`)
    return linesIn(bytes, { path, start })
  }
  return { linesOf, close }
}

function linesIn(bytes: Buffer, { path, start }: Omit<FileSlice, 'end'>): string[] {
  const lines: string[] = []
  let whole = 0
  for (const block of blocksIn(bytes)) {
    for (const line of block.lines) lines.push(line)
    whole = block.end
  }
  assert(whole === bytes.length, `${path} is not what was written, from byte ${start + whole} on`)
  return lines
}
