/** A map that forgets what was used longest ago once it holds too many entries or too much weight. */
export type Lru<Value> = {
  readonly get: (key: string) => Value | undefined
  readonly set: (key: string, value: Value, weight?: number) => void
  /** Whether it was there. */
  readonly remove: (key: string) => boolean
  readonly entries: () => Iterable<readonly [key: string, value: Value]>
}

/** Both bounds hold after every `set`; `weight` is in whatever unit the caller counts, 1 by default. */
export function createLru<Value>(entriesMax: number, weightMax: number): Lru<Value> {
  const entries = new Map<string, { readonly value: Value; readonly weight: number }>()
  let weightTotal = 0
  const forget = (key: string): void => {
    weightTotal -= entries.get(key)?.weight ?? 0
    entries.delete(key)
  }
  return {
    get(key) {
      const entry = entries.get(key)
      if (!entry) return undefined
      entries.delete(key)
      entries.set(key, entry)
      return entry.value
    },
    set(key, value, weight = 1) {
      forget(key)
      entries.set(key, { value, weight })
      weightTotal += weight
      for (const oldest of entries.keys()) {
        if (entries.size <= entriesMax && weightTotal <= weightMax) break
        forget(oldest)
      }
    },
    remove(key) {
      const isKnown = entries.has(key)
      forget(key)
      return isKnown
    },
    *entries() {
      for (const [key, { value }] of entries) yield [key, value]
    },
  }
}
