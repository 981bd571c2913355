/**
 * Writing the journal: everything that one turn of the event loop brings, and what comes while a write is under way,
 * goes out as one block by one `write`. Writing and syncing are the thread pool's, one of each at a time.
 *
 * What could not be written was not promised: its callers are told, its numbers are given out again, and the torn block
 * is cut off before the next one. So the file is what was promised, and nothing else.
 */
import { mkdirSync } from 'node:fs'
import { blockHead, blockHeadBytes } from '../lib/blocks.ts'
import { LineBuffer } from '../lib/line-buffer.ts'
import { localDisk, troubleOf, type JournalDisk, type Trouble } from './journal-disk.ts'
import { createSegment, type Segment, type WrittenBlock } from './journal-segment.ts'

/** Resolves once the record is written; rejects when it cannot be, and then it is as if it had never been given. */
export type Written = Promise<void>

/** `change`: what is so once a line is written. */
export type WriterDeps<Change> = {
  /** The line that a segment begins with: what a reader needs of everything that was written before it. */
  readonly head: (seq: number) => string
  readonly onWritten: (changes: readonly Change[]) => void
  /** Told of blocks with something to be shipped once no power cut can take them any more. */
  readonly onSynced: (blocks: readonly WrittenBlock[]) => void
  readonly onTrouble: (trouble: Trouble | null) => void
  readonly disk?: JournalDisk
}

const segmentBytesMax = 64 * 1024 * 1024
/** Room for the lines of most turns. */
const roomBytes = 256 * 1024

/** What is gathered for the next block. */
type Gathered<Change> = {
  readonly lines: LineBuffer
  changes: Change[]
  records: number
  waiting: PromiseWithResolvers<void> | null
}

const emptyGathering = <Change>(): Gathered<Change> => ({
  lines: new LineBuffer(roomBytes, blockHeadBytes),
  changes: [],
  records: 0,
  waiting: null,
})

export class JournalWriter<Change> {
  readonly #folder: string
  readonly #deps: WriterDeps<Change>
  readonly #disk: JournalDisk
  #segment!: Segment
  /** The last number given out, and the last that is written. */
  #seq: number
  #writtenSeq: number
  #gathered = emptyGathering<Change>()
  /** On its way out; its memory is the next to gather in. */
  #leaving = emptyGathering<Change>()
  /** A write or what must come before the next one is under way. */
  #isBusy = false
  #isWriting = false
  #lateFailure: unknown = null
  #trouble: Trouble | null = null
  #writable = Promise.withResolvers<void>()
  #retry: ReturnType<typeof setTimeout> | null = null

  private constructor(folder: string, seq: number, deps: WriterDeps<Change>) {
    this.#folder = folder
    this.#deps = deps
    this.#disk = deps.disk ?? localDisk
    this.#seq = seq
    this.#writtenSeq = seq
  }

  /** Opens a segment behind record `seq`. Only one process may write to a folder. */
  static async open<Change>(folder: string, seq: number, deps: WriterDeps<Change>): Promise<JournalWriter<Change>> {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const writer = new JournalWriter(folder, seq, deps)
    await writer.#beginSegment()
    return writer
  }

  /** The last sequence number given out. */
  get lastSeq(): number {
    return this.#seq
  }

  /** The number of the next record to be shipped. */
  get nextSeq(): number {
    return this.#seq + 1
  }

  get trouble(): Trouble | null {
    return this.#trouble
  }

  write(line: string, change: Change): Written {
    if (this.#trouble) return Promise.reject(unwritten(this.#trouble))
    this.#gathered.lines.add(line)
    this.#gathered.changes.push(change)
    if (this.#gathered.waiting === null) {
      this.#gathered.waiting = Promise.withResolvers<void>()
      if (!this.#isBusy) setImmediate(this.#writeGathered)
    }
    return this.#gathered.waiting.promise
  }

  /** As `write`, for a record to be shipped, whose line says `nextSeq`. Only that it is taken uses up the number: a gap would stop all shipping. */
  ship(line: string, change: Change): Written {
    if (this.#trouble) return Promise.reject(unwritten(this.#trouble))
    this.#seq += 1
    this.#gathered.records += 1
    return this.write(line, change)
  }

  /** Resolves once everything given so far is on the disk itself; rejects when some of it cannot be. */
  async synced(): Promise<void> {
    await (this.#gathered.waiting ?? this.#leaving.waiting)?.promise
    if (this.#trouble) throw unwritten(this.#trouble)
    await this.#segment.sync()
  }

  /** Resolves when there is no trouble. */
  writable(): Promise<void> {
    return this.#trouble ? this.#writable.promise : Promise.resolve()
  }

  async close(): Promise<void> {
    await this.#leaving.waiting?.promise.catch(() => undefined)
    if (this.#retry !== null) clearTimeout(this.#retry)
    const wasWell = this.#trouble === null
    this.#trouble = { kind: 'broken', reason: 'the journal is closed' }
    await this.#segment.close().catch((error: unknown) => {
      if (wasWell) throw error
    })
  }

  readonly #writeGathered = (): void => {
    if (this.#isBusy || this.#gathered.waiting === null) return
    this.#isBusy = true
    const leaving = this.#gathered
    this.#gathered = this.#leaving
    this.#leaving = leaving
    this.#isWriting = true
    const seq = this.#seq
    this.#segment.append(sealed(leaving.lines), (error, start) => {
      this.#isWriting = false
      if (error) this.#fail(error)
      else this.#wrote(leaving, start, seq)
    })
  }

  #wrote(leaving: Gathered<Change>, start: number, seq: number): void {
    const { path, bytes, keep } = this.#segment
    const { changes, records } = leaving
    this.#writtenSeq = seq
    if (records > 0) keep({ path, start, end: bytes(), lastSeq: seq, records })
    this.#deps.onWritten(changes)
    forget(leaving)?.resolve()
    if (this.#lateFailure !== null) this.#fail(this.#lateFailure)
    else if (bytes() < segmentBytesMax) this.#goOn()
    else void this.#rotate()
  }

  #goOn(): void {
    this.#isBusy = false
    this.#writeGathered()
  }

  async #rotate(): Promise<void> {
    try {
      // A tail that a power cut takes, before a segment that it leaves, would be a gap.
      await this.#segment.sync()
      const before = this.#segment
      await this.#beginSegment()
      await before.close()
    } catch (error) {
      return this.#fail(error)
    }
    this.#goOn()
  }

  async #beginSegment(): Promise<void> {
    const lines = new LineBuffer(roomBytes, blockHeadBytes)
    lines.add(this.#deps.head(this.#writtenSeq))
    const { onSynced } = this.#deps
    const onFailed = (error: unknown): void => {
      // What a write under way comes to is not known yet.
      if (this.#isWriting) this.#lateFailure = error
      else this.#fail(error)
    }
    this.#segment = await createSegment(this.#folder, sealed(lines), { disk: this.#disk, onSynced, onFailed })
  }

  /** Nothing is given out any more, and what waits is told. Where only room is lacking, it is tried again. */
  #fail(error: unknown): void {
    const trouble = troubleOf(error)
    if (this.#trouble?.kind === 'broken' || (this.#retry !== null && trouble.kind === 'full')) return
    const isNew = this.#trouble === null
    this.#trouble = trouble
    this.#lateFailure = null
    this.#isBusy = true
    this.#seq = this.#writtenSeq
    for (const gathered of [this.#leaving, this.#gathered]) forget(gathered)?.reject(unwritten(trouble, error))
    if (isNew || trouble.kind === 'broken') this.#deps.onTrouble(trouble)
    if (trouble.kind === 'full') this.#retry = setTimeout(() => void this.#tryAgain(), this.#disk.retryMs)
  }

  async #tryAgain(): Promise<void> {
    this.#retry = null
    try {
      await this.#segment.repair()
    } catch (error) {
      return this.#fail(error)
    }
    if (this.#trouble?.kind !== 'full') return
    this.#trouble = null
    this.#writable.resolve()
    this.#writable = Promise.withResolvers<void>()
    this.#deps.onTrouble(null)
    this.#goOn()
  }
}

/** Empties it, and gives whom it kept waiting. */
function forget<Change>(gathered: Gathered<Change>): Gathered<Change>['waiting'] {
  const { waiting } = gathered
  if (gathered.lines.bytes > 0) gathered.lines.take()
  gathered.changes = []
  gathered.records = 0
  gathered.waiting = null
  return waiting
}

const unwritten = ({ reason }: Trouble, cause?: unknown): Error => new Error(reason, { cause })

/** What was gathered, as a block. */
function sealed(lines: LineBuffer): Uint8Array {
  const block = lines.take()
  block.write(blockHead(block.subarray(blockHeadBytes)), 0, 'latin1')
  return block
}
