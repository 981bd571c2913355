/**
 * The journal: a node's durable, append-only file of what it promised and what became of it.
 *
 * One record a line, in JSON, so that `less` and `jq` read it; what one turn of the event loop brings is one block
 * with a checksum (see `lib/blocks.ts`). An intent is written before its upstream call and a settlement before the
 * last byte leaves. What is written survives `kill -9` at once, and a power cut after the next sync (every 10 ms).
 * Records with a `seq` are shipped to the store in order, without gaps, out of the file itself, and so never before
 * they are written.
 *
 * Each segment begins with what a reader needs of the ones before it: the sequence number it starts
 * from and the intents then open. So recovery reads from the newest segment that the store has not
 * overtaken, however much is kept.
 */
import type { FileSlice } from '../lib/blocks.ts'
import { packIntent, recordText, type Intent } from '../store/settlement-text.ts'
import type { Settlement, ShippedRecord } from '../store/store.ts'
import type { Returned } from './credit.ts'
import type { OpenIntent, Progress, Recovered, WrittenIntent } from './journal-recovery.ts'
import { removeSegments } from './journal-segments.ts'
import { createJournalWriter, type Written, type WrittenBlock } from './journal-writer.ts'

export type { Intent } from '../store/settlement-text.ts'
export { recoverJournal, type Progress } from './journal-recovery.ts'

/** Records to ship next: those up to `toSeq`, and where they stand. */
export type Unshipped = { readonly toSeq: number; readonly records: FileSlice }

export type Journal = {
  readonly intend: (intent: Intent) => Written
  readonly progress: (progress: Progress) => Written
  /** `ofEpoch`: the epoch of the intent, where it is not this one. */
  readonly settle: (settlement: Settlement, ofEpoch?: number) => Written
  readonly returnLease: (returned: Returned) => Written
  readonly endEpoch: (epoch: number) => Written
  /** The oldest records that the store has not confirmed yet, about `max` of them; null when it has all that is written. */
  readonly unshipped: (max: number) => Unshipped | null
  /** How many written records the store has not confirmed yet. */
  readonly unshippedMany: () => number
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

/** About 2 GB of disk: an hour without a store at 550 requests/s. */
const unshippedMax = 2_000_000

/** Opens a new segment behind what was recovered. Only one process may write to a folder. */
export function openJournal(folder: string, epoch: number, recovered: Recovered): Journal {
  const open = new Map<string, OpenIntent>(recovered.open.map((begun) => [begun.intent.requestId, begun]))
  const blocks = [...recovered.unshipped]
  let unshippedMany = blocks.reduce((sum, { records }) => sum + records, 0)
  let seq = recovered.lastSeq
  const head = (): string => JSON.stringify({ kind: 'segment', seq, open: [...open.values()].map(writtenOf) })
  const writer = createJournalWriter(folder, head, (block) => {
    blocks.push(block)
    unshippedMany += block.records
  })
  /** A number is given out only once the record is text: a gap would stop all shipping. */
  const ship = (recordOf: (seq: number) => ShippedRecord): Written => {
    const text = recordText(recordOf(seq + 1))
    seq += 1
    return writer.write(text, seq)
  }
  return {
    intend(intent) {
      const text = JSON.stringify({ kind: 'intent', epoch, intent: packIntent(intent) } satisfies IntentLine)
      open.set(intent.requestId, { epoch, intent, progress: null })
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
    returnLease: ({ organizationId, mode, amountNano }) =>
      ship((own) => ({
        kind: 'return-lease',
        seq: own,
        epoch,
        organizationId,
        mode,
        amountNano: amountNano.toString(),
      })),
    endEpoch: (ended) => ship((own) => ({ kind: 'end-epoch', seq: own, epoch: ended })),
    unshipped: (max) => runOf(blocks, max),
    unshippedMany: () => unshippedMany,
    shipped(upTo) {
      const first = blocks.findIndex((block) => block.lastSeq > upTo)
      for (const { records } of blocks.splice(0, first === -1 ? blocks.length : first)) unshippedMany -= records
    },
    written: writer.flushed,
    lastSeq: () => seq,
    canPromise: () => !writer.failed() && unshippedMany < unshippedMax,
    prune: (now, ageMs) => {
      if (unshippedMany === 0) removeSegments(folder, now - ageMs)
    },
    close: writer.close,
  }
}

type IntentLine = { readonly kind: 'intent' } & WrittenIntent
const writtenOf = ({ epoch, intent, progress }: OpenIntent): WrittenIntent => ({
  epoch,
  intent: packIntent(intent),
  progress,
})

/** Whole blocks that follow each other in one segment, until they hold `max` records; null where there is none. */
function runOf(blocks: readonly WrittenBlock[], max: number): Unshipped | null {
  const first = blocks[0]
  if (!first) return null
  let last = first
  let records = 0
  for (const block of blocks) {
    records += block.records
    if (block !== first && (block.path !== first.path || records > max)) break
    last = block
  }
  return { toSeq: last.lastSeq, records: { path: first.path, start: first.start, end: last.end } }
}
