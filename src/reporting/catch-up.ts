/** Bringing in what was settled, a little in each turn of the event loop, so that nothing else of this thread waits for long. */
import type { Clock } from '../lib/clock.ts'
import type { CountedRejection, Entry, ReportsDb } from '../store/reports-db/reports-db.ts'
import { nextTurn } from './turns.ts'

/** Requests of one step: some 10 ms. */
const stepMax = 500
/** How long a report waits for what is not in yet, ms. */
const waitMsMax = 300

export type CatchUpDeps = {
  readonly db: Pick<ReportsDb, 'step' | 'reject'>
  /** Brings what was journaled into the store. */
  readonly ship: () => Promise<void>
  /** Calls that were turned away since it was asked last. */
  readonly rejections: () => Promise<readonly CountedRejection[]>
  /** Does what changes the figures while no report is half made. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>
  /** Told of every step that failed; the next report tries again. */
  readonly onTrouble: (error: unknown) => void
  readonly clock: Pick<Clock, 'monotonic'>
}

/** `onEntered` is told of everything that comes in. */
export function createCatchUp(deps: CatchUpDeps, onEntered: (entries: readonly Entry[]) => void) {
  const { db, ship, rejections, alone, onTrouble, clock } = deps
  let running: Promise<unknown> | null = null
  let queued: Promise<unknown> | null = null
  let isClosed = false
  /** Until when everything is in, as far as is known. */
  let allInAt = -Infinity

  async function run(): Promise<void> {
    for (let isMore = true; isMore && !isClosed;) {
      const copied = await alone(() => Promise.resolve(db.step(stepMax)))
      onEntered(copied.entered)
      isMore = copied.isMore
      if (isMore) await nextTurn()
    }
  }
  async function noteRejections(): Promise<void> {
    const rejected = await rejections()
    if (rejected.length > 0) onEntered(await alone(() => Promise.resolve(db.reject(rejected))))
  }
  const shipped = (): Promise<unknown> => Promise.all([ship().then(run), noteRejections()])
  /** What runs already may have looked before: then once more after it, for all who ask meanwhile. */
  function shippedOnce(): Promise<unknown> {
    if (running === null) return (running = shipped().finally(() => (running = null)))
    return (queued ??= running.catch(() => undefined).then(() => ((queued = null), shippedOnce())))
  }
  async function bringIn(): Promise<boolean> {
    const askedAt = clock.monotonic()
    try {
      await shippedOnce()
    } catch (error) {
      onTrouble(error)
      return false
    }
    allInAt = Math.max(allInAt, askedAt)
    return true
  }
  const catchUp = (): Promise<boolean> => orLater(bringIn())
  return {
    /** Brings in what was settled until now, or as much as can be in a moment: whether it was all. */
    catchUp,
    /** As `catchUp`, where what is in is older than so many ms. */
    catchUpWithin: async (ms: number): Promise<boolean> => clock.monotonic() - allInAt <= ms || catchUp(),
    close(): void {
      isClosed = true
    },
  }
}

/** What the work says, or false where it takes longer than a report waits. */
async function orLater(work: Promise<boolean>): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const later = new Promise<false>((resolve) => (timer = setTimeout(resolve, waitMsMax, false)))
  const isDone = await Promise.race([work, later])
  clearTimeout(timer)
  return isDone
}
