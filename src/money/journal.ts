/**
 * The journal: a node's durable, append-only file of what it promised and what became of it.
 *
 * One record a line, in JSON, so that `less` and `jq` read it; what one turn of the event loop brings is one block
 * with a checksum (see `lib/blocks.ts`). An intent is written before its upstream call and a settlement before the
 * last byte leaves, or a reservation where the charge is known only later. What is written survives `kill -9` at once, and a power cut after the next sync (every 10 ms).
 * Records with a `seq` are shipped to the store in order, without gaps, out of the file itself, and only once they
 * are synced: so the store never has what the journal could still lose, and a journal that ends before what the
 * store has was damaged or exchanged.
 *
 * Each segment begins with what a reader needs of the ones before it: the sequence number it starts
 * from and the intents then open. So recovery reads from the newest segment that the store has not
 * overtaken, however much is kept.
 */
import type { FileSlice } from '../lib/blocks.ts'
import { packIntent, recordText, type Intent } from '../store/settlement-text.ts'
import type { Reservation } from '../store/reservations.ts'
import type { Settlement, ShippedRecord } from '../store/store.ts'
import type { Returned } from './credit.ts'
import type { Loss } from './journal-gaps.ts'
import type { OpenIntent, Progress, Recovered, Unshipped, WrittenIntent } from './journal-recovery.ts'
import { removeSegments } from './journal-segments.ts'
import type { JournalDisk, Trouble } from './journal-disk.ts'
import { JournalWriter, type Written } from './journal-writer.ts'

export type { Intent } from '../store/settlement-text.ts'
export { recoverJournal, type Progress } from './journal-recovery.ts'

/** What to ship next: records up to `toSeq` and where they stand, or that they are lost. */
export type NextShipment = { readonly toSeq: number } & (
  | { readonly records: FileSlice; readonly loss?: never }
  | { readonly records?: never; readonly loss: Loss }
)

export type Journal = {
  readonly intend: (intent: Intent) => Written
  readonly progress: (progress: Progress) => Written
  /** `ofEpoch`: the epoch of the intent, where it is not this one. */
  readonly settle: (settlement: Settlement, ofEpoch?: number) => Written
  /** What the hold of a request is set aside for; its intent is open no more. Written before its id is given to the client. */
  readonly reserve: (reservation: Reservation) => Written
  /** How a reservation ends, by the settlement of its request. Whoever is first counts: the store takes no second. */
  readonly settleReservation: (settlement: Settlement) => Written
  /** As `settleReservation`, at nothing. */
  readonly voidReservation: (settlement: Settlement) => Written
  readonly returnLease: (returned: Returned) => Written
  readonly endEpoch: (epoch: number) => Written
  /** The oldest records that the store has not confirmed yet, about `max` of them; null when it has all that is written. */
  readonly unshipped: (max: number) => NextShipment | null
  /** How many written records the store has not confirmed yet. */
  readonly unshippedMany: () => number
  /** The store has applied everything up to `seq`. */
  readonly shipped: (seq: number) => void
  /** The store knows of the loss that was to be shipped next. */
  readonly lossShipped: () => void
  /** Resolves once everything given so far is on the disk and can be shipped; rejects when some of it could not be written. */
  readonly synced: () => Promise<void>
  /** The last sequence number given out. */
  readonly lastSeq: () => number
  /** Why no promise can be kept now: the disk's trouble, or too much that waits for the store. */
  readonly trouble: () => Trouble | null
  /** Resolves when what is given can be written again. */
  readonly writable: () => Promise<void>
  /** How far an open intent has come, by its last note. */
  readonly progressOf: (requestId: string) => Progress | null
  /** Removes segments that are shipped and older than `ageMs`. */
  readonly prune: (now: number, ageMs: number) => void
  readonly close: () => Promise<void>
}

export type JournalDeps = {
  readonly onTrouble?: (trouble: Trouble | null) => void
  readonly disk?: JournalDisk
}

/** About 2 GB of disk: an hour without a store at 550 requests/s. */
const unshippedMax = 2_000_000

/** What a line changes of what is open, once it is written: an intent is, it has come so far, it is no more. */
type Change = OpenIntent | Progress | { readonly settled: string } | null

/** Opens a new segment behind what was recovered. Only one process may write to a folder. */
export async function openJournal(
  folder: string,
  epoch: number,
  recovered: Recovered,
  { onTrouble = () => undefined, ...rest }: JournalDeps = {},
): Promise<Journal> {
  const open = new Map<string, OpenIntent>(recovered.open.map((begun) => [begun.intent.requestId, begun]))
  const blocks: Unshipped[] = [...recovered.unshipped]
  let unshippedMany = blocks.reduce((sum, { records }) => sum + records, 0)
  const writer = await JournalWriter.open<Change>(folder, recovered.lastSeq, {
    ...rest,
    onTrouble,
    head: (seq) => JSON.stringify({ kind: 'segment', epoch, seq, open: [...open.values()].map(writtenOf) }),
    onWritten: (changes) => {
      for (const change of changes) follow(open, change)
    },
    onSynced: (synced) => {
      for (const block of synced) {
        blocks.push(block)
        unshippedMany += block.records
      }
    },
  })
  const ship = (record: ShippedRecord, change: Change = null): Written => writer.ship(recordText(record), change)
  return {
    intend: (intent) =>
      writer.write(JSON.stringify({ kind: 'intent', epoch, intent: packIntent(intent) } satisfies IntentLine), {
        epoch,
        intent,
        progress: null,
      }),
    progress: (progress) => writer.write(JSON.stringify({ kind: 'progress', progress }), progress),
    settle: (settlement, ofEpoch = epoch) =>
      ship({ kind: 'settle', seq: writer.nextSeq, epoch: ofEpoch, settlement }, { settled: settlement.requestId }),
    reserve: (reservation) =>
      ship({ kind: 'reserve', seq: writer.nextSeq, epoch, reservation }, { settled: reservation.settlement.requestId }),
    settleReservation: (settlement) => ship({ kind: 'settle-reservation', seq: writer.nextSeq, epoch, settlement }),
    voidReservation: (settlement) => ship({ kind: 'void', seq: writer.nextSeq, epoch, settlement }),
    returnLease: ({ organizationId, mode, amountNano }) =>
      ship({
        kind: 'return-lease',
        seq: writer.nextSeq,
        epoch,
        organizationId,
        mode,
        amountNano: amountNano.toString(),
      }),
    endEpoch: (ended) => ship({ kind: 'end-epoch', seq: writer.nextSeq, epoch: ended }),
    unshipped: (max) => runOf(blocks, max),
    unshippedMany: () => unshippedMany,
    shipped(upTo) {
      const first = blocks.findIndex((next) => next.lastSeq > upTo || 'loss' in next)
      for (const { records } of blocks.splice(0, first === -1 ? blocks.length : first)) unshippedMany -= records
    },
    lossShipped() {
      const { records } = blocks.shift()!
      unshippedMany -= records
    },
    synced: () => writer.synced(),
    lastSeq: () => writer.lastSeq,
    trouble: () => writer.trouble ?? (unshippedMany < unshippedMax ? null : tooMuchUnshipped),
    writable: () => writer.writable(),
    progressOf: (requestId) => open.get(requestId)?.progress ?? null,
    prune: (now, ageMs) => {
      if (unshippedMany === 0) removeSegments(folder, now - ageMs)
    },
    close: () => writer.close(),
  }
}

const tooMuchUnshipped: Trouble = { kind: 'full', reason: 'the store has not taken what the journal has for too long' }

function follow(open: Map<string, OpenIntent>, change: Change): void {
  if (change === null) return
  if ('settled' in change) open.delete(change.settled)
  else if ('intent' in change) open.set(change.intent.requestId, change)
  else {
    const begun = open.get(change.requestId)
    if (begun) open.set(change.requestId, { ...begun, progress: change })
  }
}

type IntentLine = { readonly kind: 'intent' } & WrittenIntent
const writtenOf = ({ epoch, intent, progress }: OpenIntent): WrittenIntent => ({
  epoch,
  intent: packIntent(intent),
  progress,
})

/** Whole blocks that follow each other in one segment, until they hold `max` records; null where there is none. */
function runOf(waiting: readonly Unshipped[], max: number): NextShipment | null {
  const first = waiting[0]
  if (!first) return null
  if ('loss' in first) return { toSeq: first.lastSeq, loss: first.loss }
  let last = first
  let records = 0
  for (const next of waiting) {
    records += next.records
    if ('loss' in next || (next !== first && (next.path !== first.path || records > max))) break
    last = next
  }
  return { toSeq: last.lastSeq, records: { path: first.path, start: first.start, end: last.end } }
}
