/**
 * Reports take turns on one thread: a long one is made a piece at a time, so that nobody else waits for more than a piece,
 * and of each organization one is made after the other, so that whoever asks for many keeps only their own waiting.
 */
import type { Clock } from '../lib/clock.ts'

/** A report that may be interrupted wherever it yields. */
export type Pieces<T> = Generator<undefined, T>

/** How long a piece takes, ms. */
const pieceMs = 20

/** After whatever else waits for this thread. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Makes a report, and lets others have their turn meanwhile. */
export async function inPieces<T>(pieces: Pieces<T>, { monotonic }: Pick<Clock, 'monotonic'>): Promise<T> {
  for (let startedAt = monotonic(); ;) {
    const piece = pieces.next()
    if (piece.done) return piece.value
    if (monotonic() - startedAt < pieceMs) continue
    await nextTurn()
    startedAt = monotonic()
  }
}

/** Makes a report without a pause. */
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
