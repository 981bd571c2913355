/** Allowances by key: of an address, a person, a mailbox. Each is so many at once, and whole again after a time, by the generic cell rate algorithm. */
import type { Clock } from './clock.ts'
import { newGcra, take, waitMs, type Gcra } from './gcra.ts'
import { createLru } from './lru.ts'

export type Allowances = {
  /** How long until one more fits, in ms; 0 where it does. Counts nothing. */
  readonly waitMs: (key: string) => number
  /** Counts one; -1 gives one back. */
  readonly take: (key: string, many?: 1 | -1) => void
  /** The key has its whole allowance again. */
  readonly forget: (key: string) => void
}

type Terms = {
  /** What may come at once. */
  readonly max: number
  /** After how long what was used up is whole again, evenly, in ms. */
  readonly wholeMs: number
}

/** More keys are forgotten, those that were unused for longest first. */
const keysMany = 50_000
const minuteMs = 60_000

/** In memory: a restart forgives. */
export function createAllowances({ max, wholeMs }: Terms, { monotonic }: Pick<Clock, 'monotonic'>): Allowances {
  const known = createLru<Gcra>(keysMany, keysMany)
  // The algorithm counts by the minute.
  const scale = wholeMs / minuteMs
  const of = (key: string): Gcra => {
    const found = known.get(key)
    if (found) return found
    const fresh = newGcra()
    known.set(key, fresh)
    return fresh
  }
  return {
    waitMs: (key) => Math.ceil(waitMs(of(key), max, 1, monotonic() / scale) * scale),
    take: (key, many = 1) => take(of(key), max, many, monotonic() / scale),
    forget: (key) => void known.remove(key),
  }
}

/** Counts one of each where one of each fits, and gives 0; else counts nothing, and gives how long to wait for all, in ms. */
export function takeOfEach(each: readonly (readonly [of: Allowances, key: string])[]): number {
  const wait = Math.max(0, ...each.map(([of, key]) => of.waitMs(key)))
  if (wait === 0) for (const [of, key] of each) of.take(key)
  return wait
}
