/**
 * Reports take turns on one thread: a long one is made a piece at a time, so that nobody else waits for more than a piece,
 * and of each organization one is made after the other, so that whoever asks for many keeps only their own waiting. Long
 * ones have a lane of their own, so that an organization's pages do not wait for its own long reports either.
 */
import type { Clock } from '../lib/clock.ts'

/** A report that may be interrupted wherever it yields. */
export type Pieces<T> = Generator<undefined, T>

/** How long a piece takes, ms. */
const pieceMs = 20

/** After whatever else waits for this thread. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Makes a report, and lets others have their turn meanwhile. Throws where whoever asked has left. */
export async function inPieces<T>(
  pieces: Pieces<T>,
  { monotonic }: Pick<Clock, 'monotonic'>,
  signal?: AbortSignal,
): Promise<T> {
  for (let startedAt = monotonic(); ;) {
    const piece = pieces.next()
    if (piece.done) return piece.value
    if (monotonic() - startedAt < pieceMs) continue
    await nextTurn()
    if (signal?.aborted) pieces.return(undefined as never)
    signal?.throwIfAborted()
    startedAt = monotonic()
  }
}

/** How long a report may take without a pause, ms: nearly all take less. */
const atOnceMs = 40

/** Makes a report without a pause; null where that takes too long: it is given up then. */
export function atOnce<T>(pieces: Pieces<T>, { monotonic }: Pick<Clock, 'monotonic'>): T | null {
  const until = monotonic() + atOnceMs
  for (;;) {
    const piece = pieces.next()
    if (piece.done) return piece.value
    if (monotonic() < until) continue
    pieces.return(undefined as T)
    return null
  }
}

/** Makes a report without a pause, however long it takes. */
export function inOne<T>(pieces: Pieces<T>): T {
  for (;;) {
    const piece = pieces.next()
    if (piece.done) return piece.value
  }
}

/** Of each owner, does one thing after the other, each in another turn. */
export function createTurns(): <T>(owner: string, work: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>()
  return (owner, work) => {
    const mine = (last.get(owner) ?? Promise.resolve()).then(nextTurn).then(work)
    const ended = mine.then(
      () => undefined,
      () => undefined,
    )
    last.set(owner, ended)
    void ended.then(() => last.get(owner) === ended && last.delete(owner))
    return mine
  }
}
