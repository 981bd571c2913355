/** Keeps what repeats itself from filling the log: each key is let through once per period. */
import type { Clock } from '../lib/clock.ts'

/** Tells how often the key was held back since it was last let through; null when it must be held back now. */
export type Throttle = (key: string) => number | null

const keysMax = 1_000

/** `periodMs`: how long a key is quiet after it was let through. */
export function createThrottle(periodMs: number, clock: Pick<Clock, 'monotonic'>): Throttle {
  const keys = new Map<string, { readonly at: number; heldBack: number }>()
  return (key) => {
    const now = clock.monotonic()
    const last = keys.get(key)
    if (last && now - last.at < periodMs) {
      last.heldBack += 1
      return null
    }
    // Keys are few; should they not be, the one that came first makes room.
    if (!last && keys.size >= keysMax) keys.delete(keys.keys().next().value!)
    keys.set(key, { at: now, heldBack: 0 })
    return last?.heldBack ?? 0
  }
}
