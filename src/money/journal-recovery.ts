/** What a process finds in the journal of the one before it. */
import { mkdirSync, readFileSync } from 'node:fs'
import { blocksIn } from '../lib/blocks.ts'
import { unpackIntent, type Intent, type ModeBefore, type PackedIntent } from '../store/settlement-text.ts'
import type { ReceiptLine } from '../store/store.ts'
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
  | { readonly kind: 'segment'; readonly seq: number; readonly open: readonly WrittenIntent[] }
  | ({ readonly kind: 'intent' } & WrittenIntent)
  | { readonly kind: 'progress'; readonly progress: Progress }
  | {
      readonly kind: 'settle'
      readonly seq: number
      readonly settlement: readonly [version: number, requestId: string]
    }
  | { readonly kind: 'return-lease' | 'end-epoch'; readonly seq: number }

export type Recovered = {
  readonly lastSeq: number
  readonly unshipped: readonly WrittenBlock[]
  /** The process died between these intents and their settlements. */
  readonly open: readonly OpenIntent[]
}

type ReadBlock = {
  readonly path: string
  readonly start: number
  readonly end: number
  readonly lines: readonly Line[]
}

/** Reads what a journal folder holds that the store, at `storeSeq`, does not. A torn or foreign block ends its segment. `modeBefore` is asked of intents that say no mode. */
export function recoverJournal(folder: string, storeSeq: number, modeBefore: ModeBefore): Recovered {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const open = new Map<string, OpenIntent>()
  const unshipped: WrittenBlock[] = []
  let lastSeq = storeSeq
  for (const { lines, ...place } of blocksSince(folder, storeSeq)) {
    let records = 0
    for (const line of lines) {
      follow(open, line, modeBefore)
      if (!('seq' in line)) continue
      lastSeq = Math.max(lastSeq, line.seq)
      if (line.kind !== 'segment' && line.seq > storeSeq) records += 1
    }
    if (records > 0) unshipped.push({ ...place, lastSeq, records })
  }
  return { lastSeq, unshipped, open: [...open.values()] }
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
      open.delete(line.settlement[1])
      return
    case 'return-lease':
    case 'end-epoch':
  }
}

function add(open: Map<string, OpenIntent>, written: WrittenIntent, modeBefore: ModeBefore): void {
  const { epoch, intent: packed, progress = null } = written
  const intent = unpackIntent(packed, modeBefore)
  open.set(intent.requestId, { epoch, intent, progress })
}

/** Blocks from the newest segment that starts at or before `storeSeq`; from the oldest kept when none does. One segment is in memory at a time. */
function* blocksSince(folder: string, storeSeq: number): Generator<ReadBlock, void> {
  const segments = segmentsIn(folder)
  const first = segments.findLastIndex((path) => startOf(path) <= storeSeq)
  for (const path of segments.slice(Math.max(0, first))) yield* blocksOf(path)
}

/** The sequence number that a segment starts from; infinite where it has no head. */
function startOf(path: string): number {
  for (const { lines } of blocksOf(path)) return lines[0]?.kind === 'segment' ? lines[0].seq : Number.POSITIVE_INFINITY
  return Number.POSITIVE_INFINITY
}

function* blocksOf(path: string): Generator<ReadBlock, void> {
  for (const { start, end, lines } of blocksIn(readFileSync(path)))
    yield { path, start, end, lines: lines.map((line) => JSON.parse(line) as Line) }
}
