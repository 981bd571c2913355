/**
 * The file that the journal is being written to: blocks appended one at a time, synced behind them. All of it happens
 * in the thread pool.
 */
import type { JournalDisk } from './journal-disk.ts'
import { nextSegment } from './journal-segments.ts'

/** A block with records to be shipped: the last of them, how many they are, and where it stands. */
export type WrittenBlock = {
  readonly path: string
  readonly start: number
  readonly end: number
  readonly lastSeq: number
  readonly records: number
}

export type Segment = {
  readonly path: string
  /** Those of its whole blocks. */
  readonly bytes: () => number
  /** Writes a block; `done` is told where it begins, or why it could not be written whole. The bytes stay as they are until then. */
  readonly append: (block: Uint8Array, done: (error: unknown, start: number) => void) => void
  /** Keeps a block until it is synced. */
  readonly keep: (block: WrittenBlock) => void
  /** Resolves once all that is written is on the disk. */
  readonly sync: () => Promise<void>
  /** After a failure: makes the file end with its last whole block, what was not synced written anew. Rejects while there is no room. */
  readonly repair: () => Promise<void>
  /** Syncs it, and closes it. */
  readonly close: () => Promise<void>
}

export type SegmentDeps = {
  readonly disk: JournalDisk
  /** Told of kept blocks that are on the disk now. */
  readonly onSynced: (blocks: readonly WrittenBlock[]) => void
  /** Told when a sync failed, or when the file is gone. */
  readonly onFailed: (error: unknown) => void
}

const syncMs = 10
/** A sync or a write that took longer is that of a slow disk, and so is the disk for a while. A sync older than `recentMs` says nothing of it. */
const quickSyncMsMax = 100
const quickWriteMsMax = 25
const slowMs = 3_000
const recentMs = 1_000
/** How often to look whether the file is still there. */
const lookMs = 100
/** There must be this much room again after it was full: what a thousand requests under way write. */
const roomBytes = 1024 * 1024

/** Makes the next segment of the folder, with its first block. */
export async function createSegment(folder: string, head: Uint8Array, deps: SegmentDeps): Promise<Segment> {
  const path = nextSegment(folder)
  const { disk } = deps
  const file = await createWith(head, path, disk)
  let bytes = head.length
  const syncing = keepSynced(file, () => bytes, deps)
  const looking = keepLooking(path, file, deps)
  /** What cannot be written whole is left to the thread pool, which will say why. */
  const writeNow = (block: Uint8Array, at: number): number => {
    const begun = performance.now()
    try {
      return disk.writeNow(file, block, at)
    } catch {
      return 0
    } finally {
      if (performance.now() - begun > quickWriteMsMax) syncing.wasSlow()
    }
  }
  return {
    path,
    bytes: () => bytes,
    append(block, done) {
      const start = bytes
      const wrote = (error: Error | null): void => {
        if (!error) bytes += block.length
        done(error, start)
      }
      const soFar = syncing.isQuick() ? writeNow(block, start) : 0
      if (soFar === block.length) wrote(null)
      else writeWhole(disk, file, { bytes: block.subarray(soFar), at: start + soFar }, wrote)
    },
    keep: syncing.keep,
    sync: syncing.sync,
    async repair() {
      await syncing.idle()
      const from = syncing.syncedBytes()
      const again = Buffer.alloc(bytes - from + roomBytes)
      const { bytesRead } = await disk.read(file, again.subarray(0, bytes - from), from)
      if (bytesRead < bytes - from) throw new Error(`${path} has lost what was written to it`)
      await disk.truncate(file, bytes)
      await writeAt(disk, file, again, from)
      await disk.truncate(file, bytes)
      await syncing.again()
    },
    async close() {
      clearInterval(looking)
      await syncing.stop()
      await disk.close(file)
    },
  }
}

/** Leaves nothing behind where there is no room for it. */
async function createWith(head: Uint8Array, path: string, disk: JournalDisk): Promise<number> {
  const file = await disk.create(path)
  try {
    await writeAt(disk, file, head, 0)
    return file
  } catch (error) {
    await disk.close(file)
    await disk.remove(path)
    throw error
  }
}

/** Writes all of it, though the disk may take it in pieces. What is left over when there is an error is torn. */
function writeWhole(
  disk: JournalDisk,
  file: number,
  { bytes, at }: { readonly bytes: Uint8Array; readonly at: number },
  done: (error: Error | null) => void,
): void {
  disk.write(file, bytes, at, (error, written) => {
    if (error || written === bytes.length) return done(error)
    if (written === 0) return done(new Error('the disk takes nothing'))
    writeWhole(disk, file, { bytes: bytes.subarray(written), at: at + written }, done)
  })
}

const writeAt = (disk: JournalDisk, file: number, bytes: Uint8Array, at: number): Promise<void> =>
  new Promise((resolve, reject) => {
    writeWhole(disk, file, { bytes, at }, (error) => {
      if (error) reject(error)
      else resolve()
    })
  })

/** Brings what is written to the disk, some milliseconds behind, until a sync fails. */
function keepSynced(file: number, bytes: () => number, { disk, onSynced, onFailed }: SegmentDeps) {
  let kept: WrittenBlock[] = []
  let syncedBytes = 0
  let hasFailed = false
  let lastSynced = Number.NEGATIVE_INFINITY
  let slowUntil = 0
  const wasSlow = (): void => void (slowUntil = performance.now() + slowMs)
  let underWay: Promise<void> | null = null

  async function syncOnce(): Promise<void> {
    const upTo = bytes()
    const blocks = kept
    const begun = performance.now()
    kept = []
    try {
      await disk.sync(file)
      lastSynced = performance.now()
      if (lastSynced - begun > quickSyncMsMax) wasSlow()
    } catch (error) {
      hasFailed = true
      kept = [...blocks, ...kept]
      onFailed(error)
      throw error
    }
    syncedBytes = upTo
    if (blocks.length > 0) onSynced(blocks)
  }
  /** One at a time: a slow disk gets slower by syncs that wait for each other, and writes wait for them. */
  const begin = (): Promise<void> =>
    (underWay ??= syncOnce().finally(() => {
      underWay = null
    }))
  const idle = async (): Promise<void> => underWay?.catch(() => undefined)
  async function sync(): Promise<void> {
    const upTo = bytes()
    // One that is under way may have begun too early.
    await idle()
    if (syncedBytes < upTo) await begin()
  }
  const timer = setInterval(() => {
    if (syncedBytes < bytes() && underWay === null && !hasFailed) begin().catch(saidAlready)
  }, syncMs)
  timer.unref()
  return {
    keep: (block: WrittenBlock) => void kept.push(block),
    wasSlow,
    /** Whether a write would not wait: it was so a moment ago, and no sync is under way that it could wait behind. */
    isQuick: (): boolean => {
      if (underWay !== null || hasFailed) return false
      const now = performance.now()
      return now - lastSynced < recentMs && now > slowUntil
    },
    syncedBytes: () => syncedBytes,
    idle,
    sync,
    again: async (): Promise<void> => {
      await begin()
      hasFailed = false
    },
    stop: (): Promise<void> => {
      clearInterval(timer)
      return sync()
    },
  }
}

/** By whoever is told of failures. */
const saidAlready = (): void => undefined

/** A file that somebody removed still takes writes, and keeps none of them. */
function keepLooking(path: string, file: number, { disk, onFailed }: SegmentDeps): ReturnType<typeof setInterval> {
  const look = async (): Promise<void> => {
    if (!(await disk.isLinked(file))) throw new Error(`${path} was removed`)
  }
  const timer = setInterval(() => void look().catch(onFailed), lookMs)
  timer.unref()
  return timer
}
