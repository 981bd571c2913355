/**
 * What an account keeps at the vendor: stored responses, conversations, completions. Nobody finds what is another
 * account's. The sandbox forgets what was used longest ago; the bounds are of all accounts together.
 */
import { createLru } from '../lib/lru.ts'

export type Shelf<Value> = {
  readonly get: (owner: string, id: string) => Value | undefined
  /** Takes it in, in the place of what had this id. `weight`: its characters, or about that. */
  readonly put: (owner: string, id: string, value: Value, weight: number) => void
  /** Whether it was there. */
  readonly remove: (owner: string, id: string) => boolean
  /** All of an owner's, in no order. */
  readonly list: (owner: string) => readonly Value[]
}

/** Keeps at most `valuesMax` values that weigh at most `charactersMax`. */
export function createShelf<Value>(valuesMax = 20_000, charactersMax = 64_000_000): Shelf<Value> {
  const values = createLru<Value>(valuesMax, charactersMax)
  return {
    get: (owner, id) => values.get(keyOf(owner, id)),
    put: (owner, id, value, weight) => values.set(keyOf(owner, id), value, weight),
    remove: (owner, id) => values.remove(keyOf(owner, id)),
    list: (owner) =>
      [...values.entries()].filter(([key]) => key.startsWith(keyOf(owner, ''))).map(([, value]) => value),
  }
}

const keyOf = (owner: string, id: string): string => `${owner}\n${id}`
