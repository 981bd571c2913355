/** Rates by name, such as a client's address, of however many there are: memory for those that were seen last. */
import { newGcra, take, waitMs, type Gcra } from './gcra.ts'

export type Rates = {
  /** Takes one of a name's `perMinute`, of which a minute's may come at once; tells in how many ms to ask again where it must not. */
  readonly take: (name: string, perMinute: number, now: number) => number
  /** Names that are remembered. */
  readonly size: () => number
}

/** Who comes from more addresses than that could as well wait for a minute. */
const namesMax = 20_000

/** Two halves, of which the older is let go when the newer is full: a map of JavaScriptCore finds its first member only behind all that were deleted. */
export function createRates(): Rates {
  let newer = new Map<string, Gcra>()
  let older: typeof newer = new Map()

  function remembered(name: string): Gcra {
    const known = newer.get(name)
    if (known) return known
    if (newer.size === namesMax / 2) {
      older = newer
      newer = new Map()
    }
    const rate = older.get(name) ?? newGcra()
    newer.set(name, rate)
    return rate
  }
  return {
    take(name, perMinute, now) {
      const rate = remembered(name)
      const wait = waitMs(rate, perMinute, 1, now)
      if (wait === 0) take(rate, perMinute, 1, now)
      return wait
    },
    size: () => newer.size + older.size,
  }
}
