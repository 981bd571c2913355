/** Writing the journal: everything that one turn of the event loop brings goes out as one block, by one `write`. */
import { closeSync, fdatasync, fdatasyncSync, fstatSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { blockHead, blockHeadBytes } from '../lib/blocks.ts'
import { LineBuffer } from '../lib/line-buffer.ts'
import { nextSegment } from './journal-segments.ts'

/** Resolves once the record is written; rejects when it cannot be, after which nothing is promised any more. */
export type Written = Promise<void>

/** A block with records to be shipped: the last of them, how many they are, and where it stands. */
export type WrittenBlock = {
  readonly path: string
  readonly start: number
  readonly end: number
  readonly lastSeq: number
  readonly records: number
}

export type JournalWriter = {
  /** `seq`: of a record to be shipped. */
  readonly write: (line: string, seq?: number) => Written
  readonly flushed: () => Promise<void>
  readonly failed: () => boolean
  readonly close: () => void
}

const segmentBytesMax = 64 * 1024 * 1024
const syncMs = 10

/**
 * Opens a segment to write to. A new one begins between two writes, so its head, a line, knows everything that stands
 * before it. `onWritten` is told of blocks that have something to be shipped.
 */
export function createJournalWriter(
  folder: string,
  head: () => string,
  onWritten: (block: WrittenBlock) => void,
): JournalWriter {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const lines = new LineBuffer(roomBytes, blockHeadBytes)
  let lastSeq = 0
  let records = 0
  let flush: Written | null = null
  let failed = false
  let segment = openSegment(folder, head())
  const fail = (): void => {
    failed = true
  }
  const syncing = keepSynced(() => segment.file, fail)

  function writeWaiting(): void {
    const written = { path: segment.path, start: segment.bytes, lastSeq, records }
    const bytes = sealed(lines)
    flush = null
    records = 0
    if (failed) throw new Error('the journal cannot be written; restart to recover')
    try {
      segment.bytes += writeWhole(segment.file, bytes)
      if (written.records > 0) onWritten({ ...written, end: segment.bytes })
      syncing.wrote()
      if (segment.bytes >= segmentBytesMax) rotate()
    } catch (error) {
      fail()
      throw new Error('the journal could not be written', { cause: error })
    }
  }
  function rotate(): void {
    finishSegment(segment.file)
    segment = openSegment(folder, head())
  }
  return {
    write(line, seq) {
      lines.add(line)
      if (seq !== undefined) {
        lastSeq = seq
        records += 1
      }
      return (flush ??= inThisTurn(writeWaiting))
    },
    flushed: () => flush ?? Promise.resolve(),
    failed: () => failed,
    close() {
      fail()
      syncing.stop()
      closeSync(segment.file)
    },
  }
}

/** Does it when the event loop's turn has brought what it brings. */
const inThisTurn = (work: () => void): Promise<void> =>
  new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        work()
        resolve()
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)))
      }
    })
  })

/** Room for the lines of most turns. */
const roomBytes = 256 * 1024

/** What was gathered, as a block. */
function sealed(lines: LineBuffer): Uint8Array {
  const block = lines.take()
  block.write(blockHead(block.subarray(blockHeadBytes)), 0, 'latin1')
  return block
}

type Segment = { readonly path: string; readonly file: number; bytes: number }

function openSegment(folder: string, head: string): Segment {
  const path = nextSegment(folder)
  const file = openSync(path, 'ax', 0o600)
  const lines = new LineBuffer(head.length, blockHeadBytes)
  lines.add(head)
  return { path, file, bytes: writeWhole(file, sealed(lines)) }
}

/** Throws when the file does not take all of it: a torn block must be the last one. */
function writeWhole(file: number, bytes: Uint8Array): number {
  const written = writeSync(file, bytes)
  if (written < bytes.length) throw new Error(`only ${written} of ${bytes.length} bytes were written`)
  return written
}

/** Has what was written to the file of the moment on the disk some milliseconds later. */
function keepSynced(file: () => number, onFailed: () => void) {
  let isDirty = true
  let isUnderWay = false
  const timer = setInterval(() => {
    // A file that somebody removed still takes writes, and keeps none of them.
    if (fstatSync(file()).nlink === 0) onFailed()
    // One at a time: a slow disk gets slower by syncs that wait for each other, and writes wait for them.
    if (!isDirty || isUnderWay) return
    isDirty = false
    isUnderWay = true
    fdatasync(file(), (error) => {
      isUnderWay = false
      if (error && error.code !== 'EBADF') onFailed()
    })
  }, syncMs)
  timer.unref()
  return {
    wrote: () => {
      isDirty = true
    },
    stop: () => clearInterval(timer),
  }
}

/** A tail that a power cut takes, before a segment that it leaves, would be a gap. */
function finishSegment(file: number): void {
  fdatasyncSync(file)
  closeSync(file)
}
