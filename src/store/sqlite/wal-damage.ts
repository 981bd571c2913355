/**
 * Whether a write-ahead log is what SQLite left there. SQLite itself reads it up to the first frame whose checksum is
 * wrong, and takes that for the torn end of a transaction that was never committed: one flipped bit loses every change
 * behind it without a word. The format: https://www.sqlite.org/fileformat2.html#the_write_ahead_log
 */
import { copyFileSync, readFileSync, truncateSync } from 'node:fs'

const headerBytes = 32
const frameHeaderBytes = 24
const magics = [0x377f0682, 0x377f0683]
const pageBytesMin = 512

export type WalDamage = {
  readonly path: string
  readonly words: string
  /** Up to where SQLite reads it. */
  readonly soundBytes: number
}

/** What cannot be read of the log of a database; null where nothing is missing, or there is no log. Reads all of it, a few MB. Nobody else may have the database open. */
export function walDamage(databasePath: string): WalDamage | null {
  const path = `${databasePath}-wal`
  const log = readIfThere(path)
  if (log.length <= headerBytes) return null
  const header = readHeader(log)
  // It is synced before the first frame is written, so no power cut tears it.
  if (header === null) return { path, words: 'its head cannot be read', soundBytes: 0 }
  const bad = firstBadFrame(log, header)
  if (!hasCommitBefore(log, header, bad)) return null
  return { path, words: `frame ${bad} of it cannot be read`, soundBytes: headerBytes + bad * header.frameBytes }
}

/** Takes out what SQLite would not read, so that it is not found again behind what is written next; all of it is kept beside. */
export function cutDamage({ path, soundBytes }: WalDamage): void {
  copyFileSync(path, `${path}-damaged`)
  truncateSync(path, soundBytes)
}

type Sums = readonly [number, number]
type Header = { readonly isBigEndian: boolean; readonly frameBytes: number; readonly sums: Sums }

function readHeader(log: Buffer): Header | null {
  const magic = log.readUInt32BE(0)
  const isBigEndian = magic === magics[1]
  const pageBytes = log.readUInt32BE(8)
  const sums = summed(log.subarray(0, 24), isBigEndian, [0, 0])
  if (!magics.includes(magic) || pageBytes < pageBytesMin || !isSummed(log, 24, sums)) return null
  return { isBigEndian, frameBytes: frameHeaderBytes + pageBytes, sums }
}

/** The number of the first frame that SQLite does not read; that behind the last where it reads all. */
function firstBadFrame(log: Buffer, { isBigEndian, frameBytes, sums: first }: Header): number {
  let sums = first
  let frame = 0
  for (let at = headerBytes; at + frameBytes <= log.length; at += frameBytes) {
    sums = summed(log.subarray(at, at + 8), isBigEndian, sums)
    sums = summed(log.subarray(at + frameHeaderBytes, at + frameBytes), isBigEndian, sums)
    if (!isOfThisLog(log, at) || !isSummed(log, at + 16, sums)) break
    frame += 1
  }
  return frame
}

/**
 * Whether a transaction was committed at or behind a frame, and another begun after it. It was synced by then, so that it
 * is no torn end. A bit that flips in the very last transaction cannot be told from one.
 */
function hasCommitBefore(log: Buffer, { frameBytes }: Header, frame: number): boolean {
  let hasCommit = false
  for (let at = headerBytes + frame * frameBytes; at + frameBytes <= log.length; at += frameBytes) {
    if (!isOfThisLog(log, at)) continue
    if (hasCommit) return true
    hasCommit = log.readUInt32BE(at + 4) > 0
  }
  return false
}

/** Frames of an earlier round have other salts than the head. */
const isOfThisLog = (log: Buffer, at: number): boolean => log.compare(log, 16, 24, at + 8, at + 16) === 0

const isSummed = (log: Buffer, at: number, [one, two]: Sums): boolean =>
  log.readUInt32BE(at) === one && log.readUInt32BE(at + 4) === two

function summed(bytes: Buffer, isBigEndian: boolean, [first, second]: Sums): Sums {
  let [one, two] = [first, second]
  for (let at = 0; at < bytes.length; at += 8) {
    one = (one + (isBigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at)) + two) >>> 0
    two = (two + (isBigEndian ? bytes.readUInt32BE(at + 4) : bytes.readUInt32LE(at + 4)) + one) >>> 0
  }
  return [one, two]
}

function readIfThere(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0)
    throw error
  }
}
