/**
 * The journal: a node's durable, append-only file of what it promised and what became of it.
 *
 * One record a line, `<crc32 hex> <json>\n`, so that `less` and `jq` read it and a torn tail is known
 * by its checksum. An intent is written before its upstream call and a settlement before the last byte
 * leaves; all that one turn of the event loop brings goes out in one `write`. What is written survives
 * `kill -9` at once, and a power cut after the next sync (every 10 ms). Records with a `seq` are shipped
 * to the store in order, without gaps, and never before they are written.
 *
 * Each segment begins with what a reader needs of the ones before it: the sequence number it starts
 * from and the intents then open. So recovery reads from the newest segment that the store has not
 * overtaken, however much is kept.
 */
import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { Settlement, ShippedRecord } from '../store/store.ts'

/** What is known of a request before its upstream call: enough to settle it should this process die. */
export type Intent = Omit<
  Settlement,
  | 'endedAt'
  | 'status'
  | 'ending'
  | 'lines'
  | 'tokens'
  | 'ratedNano'
  | 'writeOffNano'
  | 'chargeNano'
  | 'costNano'
  | 'flags'
  | 'firstByteMs'
  | 'latencyMs'
  | 'attempts'
  | 'vendorUsage'
  | 'servedModel'
>
/** How far a stream had come: counts of our own, not the vendor's. */
export type Progress = { readonly requestId: string; readonly inputTokens: number; readonly outputTokens: number }

/** An intent without a settlement yet, and the epoch whose lease its hold was taken from. */
export type OpenIntent = { readonly epoch: number; readonly intent: Intent; readonly progress?: Progress | null }

type Unshipped = { readonly seq: number; readonly text: string }
type JournalRecord =
  | ShippedRecord
  | { readonly kind: 'segment'; readonly seq: number; readonly open: readonly OpenIntent[] }
  | ({ readonly kind: 'intent' } & OpenIntent)
  | { readonly kind: 'progress'; readonly progress: Progress }

/** Resolves once the record is written; rejects when it cannot be, after which nothing is promised any more. */
type Written = Promise<void>

export type Journal = {
  readonly intend: (intent: Intent) => Written
  readonly progress: (progress: Progress) => Written
  /** `ofEpoch`: the epoch of the intent, where it is not this one. */
  readonly settle: (settlement: Settlement, ofEpoch?: number) => Written
  readonly returnLease: (organizationId: string, amountNano: bigint) => Written
  readonly endEpoch: (epoch: number) => Written
  /** Records the store has not confirmed yet, oldest first, at most `max`. */
  readonly unshipped: (max: number) => readonly Unshipped[]
  /** The store has applied everything up to `seq`. */
  readonly shipped: (seq: number) => void
  /** Resolves once everything given so far is written. */
  readonly written: () => Promise<void>
  /** The last sequence number given out. */
  readonly lastSeq: () => number
  /** Whether a promise can still be kept: false once a write has failed, or when too much waits for the store. */
  readonly canPromise: () => boolean
  /** Removes segments that are shipped and older than `ageMs`. */
  readonly prune: (now: number, ageMs: number) => void
  readonly close: () => void
}

export type Recovered = {
  readonly lastSeq: number
  readonly unshipped: readonly Unshipped[]
  /** Intents without a settlement, with how far they had come: the process died in between. */
  readonly open: readonly (OpenIntent & { readonly progress: Progress | null })[]
}

const segmentBytesMax = 64 * 1024 * 1024
const syncMs = 10
/** About 250 MB of memory: an hour without a store at 60 requests/s. */
const unshippedMax = 200_000
const segmentName = (number: number): string => `journal-${String(number).padStart(8, '0')}.log`
const segmentsIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => /^journal-\d{8}\.log$/.test(name))
    .toSorted()

/** Reads what a journal folder holds that the store, at `storeSeq`, does not. A torn or foreign line ends its segment. */
export function recoverJournal(folder: string, storeSeq: number): Recovered {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const open = new Map<string, { epoch: number; intent: Intent; progress: Progress | null }>()
  const unshipped: Unshipped[] = []
  let lastSeq = storeSeq
  for (const { record, text } of recordsSince(folder, storeSeq)) {
    if ('seq' in record) lastSeq = Math.max(lastSeq, record.seq)
    if (record.kind === 'segment')
      for (const { epoch, intent, progress = null } of record.open)
        open.set(intent.requestId, { epoch, intent, progress })
    if (record.kind === 'intent')
      open.set(record.intent.requestId, { epoch: record.epoch, intent: record.intent, progress: null })
    if (record.kind === 'progress') {
      const began = open.get(record.progress.requestId)
      if (began) began.progress = record.progress
    }
    if (record.kind === 'settle') open.delete(record.settlement.requestId)
    if (record.kind !== 'segment' && 'seq' in record && record.seq > storeSeq) unshipped.push({ seq: record.seq, text })
  }
  return { lastSeq, unshipped, open: [...open.values()] }
}

/** Records from the newest segment that starts at or before `storeSeq`; from the oldest kept when none does. */
function recordsSince(folder: string, storeSeq: number): { record: JournalRecord; text: string }[] {
  const needed: { record: JournalRecord; text: string }[][] = []
  for (const name of segmentsIn(folder).toReversed()) {
    const records = recordsOf(join(folder, name))
    needed.unshift(records)
    const head = records[0]?.record
    if (head?.kind === 'segment' && head.seq <= storeSeq) break
  }
  return needed.flat()
}

function recordsOf(path: string): { record: JournalRecord; text: string }[] {
  const records: { record: JournalRecord; text: string }[] = []
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const text = line.slice(checksumChars + 1)
    if (line.slice(0, checksumChars) !== checksum(text)) break
    records.push({ record: JSON.parse(text) as JournalRecord, text })
  }
  return records
}

const checksumChars = 8
const checksum = (text: string): string => crc32(text).toString(16).padStart(checksumChars, '0')

/** Opens a new segment behind what was recovered. Only one process may write to a folder. */
export function openJournal(folder: string, epoch: number, recovered: Recovered): Journal {
  const open = new Map<string, OpenIntent>(recovered.open.map((begun) => [begun.intent.requestId, begun]))
  const unshipped = [...recovered.unshipped]
  let seq = recovered.lastSeq
  const head = (): string => JSON.stringify({ kind: 'segment', seq, open: [...open.values()] })
  const writer = createWriter(folder, head, (written) => {
    // One by one: a spread `push` would put all of them on the stack, however many a recovery settles.
    for (const record of written) unshipped.push(record)
  })
  /** A number is given out only once the record is text: a gap would stop all shipping. */
  const ship = (recordOf: (seq: number) => ShippedRecord): Written => {
    const text = JSON.stringify(recordOf(seq + 1))
    seq += 1
    return writer.write(text, { seq, text })
  }
  return {
    intend(intent) {
      const record: OpenIntent = { epoch, intent }
      const text = JSON.stringify({ kind: 'intent', ...record })
      open.set(intent.requestId, record)
      return writer.write(text)
    },
    progress(progress) {
      const begun = open.get(progress.requestId)
      if (begun) open.set(progress.requestId, { ...begun, progress })
      return writer.write(JSON.stringify({ kind: 'progress', progress }))
    },
    settle(settlement, ofEpoch = epoch) {
      const written = ship((own) => ({ kind: 'settle', seq: own, epoch: ofEpoch, settlement }))
      open.delete(settlement.requestId)
      return written
    },
    returnLease: (organizationId, amountNano) =>
      ship((own) => ({ kind: 'return-lease', seq: own, epoch, organizationId, amountNano: amountNano.toString() })),
    endEpoch: (ended) => ship((own) => ({ kind: 'end-epoch', seq: own, epoch: ended })),
    unshipped: (max) => unshipped.slice(0, max),
    shipped(upTo) {
      const first = unshipped.findIndex((record) => record.seq > upTo)
      unshipped.splice(0, first === -1 ? unshipped.length : first)
    },
    written: writer.flushed,
    lastSeq: () => seq,
    canPromise: () => !writer.failed() && unshipped.length < unshippedMax,
    prune: (now, ageMs) => prune(folder, now - ageMs, unshipped),
    close: writer.close,
  }
}

/**
 * Writes records in the order they come, one `write` for each turn of the event loop. A new segment
 * begins between two writes, so its head knows everything that stands before it. `onWritten` is told of those
 * to be shipped.
 */
function createWriter(folder: string, head: () => string, onWritten: (records: readonly Unshipped[]) => void) {
  let waiting: string[] = []
  let toShip: Unshipped[] = []
  let flush: Promise<void> | null = null
  let failed = false
  let bytes = 0
  let file = openSegment()
  const fail = (): void => {
    failed = true
  }
  const syncing = keepSynced(() => file, fail)

  function openSegment(): number {
    const newest = segmentsIn(folder).at(-1)
    const number = newest ? Number(newest.slice('journal-'.length, -'.log'.length)) + 1 : 1
    const opened = openSync(join(folder, segmentName(number)), 'ax', 0o600)
    bytes = writeWhole(opened, line(head()))
    return opened
  }
  function writeWaiting(): void {
    const text = waiting.join('')
    const written = toShip
    waiting = []
    toShip = []
    flush = null
    if (failed) throw new Error('the journal cannot be written; restart to recover')
    try {
      bytes += writeWhole(file, text)
      onWritten(written)
      syncing.wrote()
      if (bytes >= segmentBytesMax) rotate()
    } catch (error) {
      fail()
      throw new Error('the journal could not be written', { cause: error })
    }
  }
  function rotate(): void {
    finishSegment(file)
    file = openSegment()
  }
  return {
    write(text: string, shipped?: Unshipped): Written {
      waiting.push(line(text))
      if (shipped) toShip.push(shipped)
      flush ??= new Promise((resolve, reject) => {
        setImmediate(() => {
          try {
            writeWaiting()
            resolve()
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)))
          }
        })
      })
      return flush
    },
    flushed: () => flush ?? Promise.resolve(),
    failed: () => failed,
    close() {
      fail()
      syncing.stop()
      closeSync(file)
    },
  }
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

const line = (text: string): string => `${checksum(text)} ${text}\n`

/** Throws when the file does not take all of it: a torn record must be the last one. */
function writeWhole(file: number, text: string): number {
  const bytes = Buffer.byteLength(text)
  const written = writeSync(file, text)
  if (written < bytes) throw new Error(`only ${written} of ${bytes} bytes were written`)
  return written
}

/** The newest segment and any that the store may still need stay, whatever their age. */
function prune(folder: string, before: number, unshipped: readonly Unshipped[]): void {
  if (unshipped.length > 0) return
  for (const name of segmentsIn(folder).slice(0, -1)) {
    const path = join(folder, name)
    if (statSync(path).mtimeMs < before) unlinkSync(path)
  }
}
