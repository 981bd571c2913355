/** What a process finds in the journal of the one before it. */
import { mkdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { partsOf, type Damage } from '../lib/blocks.ts'
import { unpackIntent, type Intent, type ModeBefore, type PackedIntent } from '../store/settlement-text.ts'
import type { ReceiptLine } from '../store/store.ts'
import { findGaps, type Loss } from './journal-gaps.ts'
import { segmentsIn } from './journal-segments.ts'
import type { WrittenBlock } from './journal-segment.ts'

/** How far a stream had come: counts of our own, not the vendor's. */
export type Progress = {
  readonly requestId: string
  readonly inputTokens: number
  readonly outputTokens: number
  /** What that comes to at the price of its admission. A journal of before has none. */
  readonly lines?: readonly ReceiptLine[]
}

/** An intent without a settlement, the epoch whose lease its hold was taken from, and how far it had come. */
export type OpenIntent = { readonly epoch: number; readonly intent: Intent; readonly progress: Progress | null }

/** An intent as lines have it. */
export type WrittenIntent = {
  readonly epoch: number
  readonly intent: PackedIntent
  readonly progress?: Progress | null
}

/** What recovery looks at in a line; of what is shipped, only whose it was and where it stands. */
type Line =
  | { readonly kind: 'segment'; readonly epoch?: number; readonly seq: number; readonly open: readonly WrittenIntent[] }
  | ({ readonly kind: 'intent' } & WrittenIntent)
  | { readonly kind: 'progress'; readonly progress: Progress }
  | {
      readonly kind: 'settle' | 'reserve' | 'settle-reservation' | 'void'
      readonly seq: number
      readonly epoch: number
      readonly settlement: readonly [version: number, requestId: string]
    }
  | { readonly kind: 'return-lease' | 'end-epoch'; readonly seq: number; readonly epoch: number }

/** A block to be shipped, or numbers that never will be. */
export type Unshipped = WrittenBlock | LostRun
export type LostRun = { readonly lastSeq: number; readonly records: number; readonly loss: Loss }

export type Recovered = {
  readonly lastSeq: number
  /** The newest epoch of which something was written; 0 where there is none. */
  readonly epoch: number
  /** Blocks and losses, in the order of their numbers. */
  readonly unshipped: readonly Unshipped[]
  readonly losses: readonly Loss[]
  /** What was torn off at the ends of files, in words: it was not promised. */
  readonly torn: readonly string[]
  /** The process died between these intents and their settlements. */
  readonly open: readonly OpenIntent[]
}

type ReadBlock = {
  readonly path: string
  readonly start: number
  readonly end: number
  readonly lines: readonly Line[]
}
type ReadPart = ReadBlock | ({ readonly path: string } & Damage)

/** What the store knows of the node whose journal it is. */
export type Known = {
  readonly lastSeq: number
  /** Whether it ever leased money, so that there must be a journal. */
  readonly hasLeased: boolean
}

/** Reads what a journal folder holds that the store does not, past whatever cannot be read. `modeBefore` is asked of intents that say no mode. */
export function recoverJournal(
  folder: string,
  { lastSeq: storeSeq, hasLeased }: Known,
  modeBefore: ModeBefore,
): Recovered {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const open = new Map<string, OpenIntent>()
  const unshipped: Unshipped[] = []
  const losses: Loss[] = []
  const torn: string[] = []
  const gaps = findGaps(storeSeq, hasLeased)
  let lastSeq = storeSeq
  let epoch = 0
  const lose = (loss: Loss | null): void => {
    if (loss === null) return
    losses.push(loss)
    unshipped.push({ lastSeq: loss.toSeq, records: loss.toSeq - loss.afterSeq, loss })
    lastSeq = Math.max(lastSeq, loss.toSeq)
  }
  for (const part of partsSince(folder, storeSeq)) {
    if (!('lines' in part)) {
      gaps.damaged(part.path, part)
      if (part.isTail) torn.push(`${part.end - part.start} bytes at the end of ${basename(part.path)}`)
      continue
    }
    const { lines, ...place } = part
    let records = 0
    for (const line of lines) {
      follow(open, line, modeBefore)
      if ('epoch' in line) epoch = Math.max(epoch, line.epoch ?? 0)
      if (!('seq' in line)) continue
      lose(line.kind === 'segment' ? gaps.segment(line.seq) : gaps.record(line.seq))
      lastSeq = Math.max(lastSeq, line.seq)
      if (line.kind !== 'segment' && line.seq > storeSeq) records += 1
    }
    if (records > 0) unshipped.push({ ...place, lastSeq, records })
  }
  lose(gaps.end())
  return { lastSeq, epoch, unshipped, losses, torn, open: [...open.values()] }
}

function follow(open: Map<string, OpenIntent>, line: Line, modeBefore: ModeBefore): void {
  switch (line.kind) {
    case 'segment':
      for (const written of line.open) add(open, written, modeBefore)
      return
    case 'intent':
      add(open, line, modeBefore)
      return
    case 'progress': {
      const begun = open.get(line.progress.requestId)
      if (begun) open.set(line.progress.requestId, { ...begun, progress: line.progress })
      return
    }
    case 'settle':
    case 'reserve':
      open.delete(line.settlement[1])
      return
    case 'settle-reservation':
    case 'void':
    case 'return-lease':
    case 'end-epoch':
  }
}

function add(open: Map<string, OpenIntent>, written: WrittenIntent, modeBefore: ModeBefore): void {
  const { epoch, intent: packed, progress = null } = written
  const intent = unpackIntent(packed, modeBefore)
  open.set(intent.requestId, { epoch, intent, progress })
}

/** From the newest segment that starts at or before `storeSeq`; from the oldest kept when none does. One segment is in memory at a time. */
function* partsSince(folder: string, storeSeq: number): Generator<ReadPart, void> {
  for (const path of segmentsSince(folder, storeSeq)) yield* partsIn(path)
}

/** The segments that a store at `storeSeq` may still need, oldest first. */
export function segmentsSince(folder: string, storeSeq: number): string[] {
  const segments = segmentsIn(folder)
  const first = segments.findLastIndex((path) => startOf(path) <= storeSeq)
  return segments.slice(Math.max(0, first))
}

/** The sequence number that a segment starts from; infinite where its head cannot be read. */
function startOf(path: string): number {
  const [head] = partsIn(path)
  return head && 'lines' in head && head.lines[0]?.kind === 'segment' ? head.lines[0].seq : Number.POSITIVE_INFINITY
}

function* partsIn(path: string): Generator<ReadPart, void> {
  for (const part of partsOf(readFileSync(path)))
    yield 'lines' in part
      ? { ...part, path, lines: part.lines.map((line) => JSON.parse(line) as Line) }
      : { ...part, path }
}
