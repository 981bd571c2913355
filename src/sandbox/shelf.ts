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
  /** All of an owner's, in the order in which they first came. */
  readonly list: (owner: string) => readonly Value[]
}

/** Keeps at most `valuesMax` values that weigh at most `charactersMax`. */
export function createShelf<Value>(valuesMax = 20_000, charactersMax = 64_000_000): Shelf<Value> {
  const values = createLru<{ readonly value: Value; readonly place: number }>(valuesMax, charactersMax)
  let places = 0
  return {
    get: (owner, id) => values.get(keyOf(owner, id))?.value,
    put(owner, id, value, weight) {
      const key = keyOf(owner, id)
      values.set(key, { value, place: values.get(key)?.place ?? ++places }, weight)
    },
    remove: (owner, id) => values.remove(keyOf(owner, id)),
    list: (owner) =>
      [...values.entries()]
        .filter(([key]) => key.startsWith(keyOf(owner, '')))
        .map(([, kept]) => kept)
        .toSorted((one, other) => one.place - other.place)
        .map(({ value }) => value),
  }
}

const keyOf = (owner: string, id: string): string => `${owner}\n${id}`
