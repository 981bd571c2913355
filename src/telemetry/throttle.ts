/** Keeps what repeats itself from filling the log: each key is let through once per period. */
import type { Clock } from '../lib/clock.ts'

/** null when the key must be held back now; else how often it was since it was last let through, where that is not never. */
export type Throttle = (key: string) => { readonly repeats?: number } | null

const keysMax = 1_000

/** `periodMs`: how long a key is quiet after it was let through. */
export function createThrottle(periodMs: number, clock: Pick<Clock, 'monotonic'>): Throttle {
  const keys = new Map<string, { readonly at: number; repeats: number }>()
  return (key) => {
    const now = clock.monotonic()
    const last = keys.get(key)
    if (last && now - last.at < periodMs) {
      last.repeats += 1
      return null
    }
    // Keys are few; should they not be, the one that came first makes room.
    if (!last && keys.size >= keysMax) keys.delete(keys.keys().next().value!)
    keys.set(key, { at: now, repeats: 0 })
    return last && last.repeats > 0 ? { repeats: last.repeats } : {}
  }
}
