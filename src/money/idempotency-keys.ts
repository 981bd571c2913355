/**
 * Idempotency keys in memory: whoever repeats a call whose answer was lost pays once. A key belongs to one request
 * from the moment its head has come until it is settled. Then it is used up, for a day, or free again where nothing
 * was served. Of every organization and mode, on its own.
 */
import type { Clock } from '../lib/clock.ts'
import type { KeyRow, KeyUse } from '../store/store.ts'

/** Whose key it is; test and live are told apart. */
type Payer = Pick<KeyRow, 'organizationId' | 'mode'>
/** A key of somebody, by its hash. */
type OwnKey = Payer & { readonly keyHash: string }

/** Who has a key: a request under way, or one that has used it up. */
export type Holder =
  | { readonly state: 'in-use'; readonly requestId: string }
  | { readonly state: 'used'; readonly use: KeyUse }

export type IdempotencyKeys = {
  /** Takes a key for a request, or tells who has it. */
  readonly claim: (key: OwnKey, requestId: string) => Holder | null
  /** Gives back what the request has claimed; without effect on what it has not. */
  readonly free: (key: OwnKey, requestId: string) => void
  /** The key is used up, by the request that claimed it. */
  readonly use: (use: KeyUse) => void
  /** Takes over uses of before a restart, the oldest first. */
  readonly load: (uses: readonly KeyUse[]) => void
  /** Forgets what is older than a day. */
  readonly forgetOld: () => void
}

/** How long a key stays used up. */
const keptMs = 24 * 60 * 60_000
/** Uses in memory, about 400 bytes each. Beyond it, whoever has the most loses the oldest: a flood of keys costs its sender. */
export const usesMax = 100_000

/** Uses of before this have no effect any more. */
export const usedSince = (now: number): number => now - keptMs

export function createIdempotencyKeys(clock: Pick<Clock, 'now'>, max = usesMax): IdempotencyKeys {
  const underWay = new Map<string, string>()
  /** By payer, then by the key's hash, the oldest first. */
  const uses = new Map<string, Map<string, KeyUse>>()
  let many = 0

  const forget = (payer: string, own: Map<string, KeyUse>, keyHash: string): void => {
    if (own.delete(keyHash)) many -= 1
    if (own.size === 0) uses.delete(payer)
  }
  const note = (use: KeyUse): void => {
    const payer = nameOf(use)
    const before = uses.get(payer)
    // What is used up again becomes the newest.
    if (before) forget(payer, before, use.keyHash)
    const own = uses.get(payer) ?? new Map<string, KeyUse>()
    uses.set(payer, own.set(use.keyHash, use))
    many += 1
    if (many > max) forgetOldest()
  }
  const forgetOldest = (): void => {
    let most: readonly [payer: string, own: Map<string, KeyUse>] | null = null
    for (const entry of uses) if (most === null || entry[1].size > most[1].size) most = entry
    const [oldest] = most?.[1].keys() ?? []
    if (most && oldest !== undefined) forget(...most, oldest)
  }
  return {
    claim(key, requestId) {
      const other = underWay.get(placeOf(key))
      if (other !== undefined) return { state: 'in-use', requestId: other }
      const use = uses.get(nameOf(key))?.get(key.keyHash)
      if (use && use.usedAt >= usedSince(clock.now())) return { state: 'used', use }
      underWay.set(placeOf(key), requestId)
      return null
    },
    free(key, requestId) {
      if (underWay.get(placeOf(key)) === requestId) underWay.delete(placeOf(key))
    },
    use(use) {
      note(use)
      underWay.delete(placeOf(use))
    },
    load: (loaded) => loaded.forEach(note),
    forgetOld() {
      const since = usedSince(clock.now())
      for (const [payer, own] of uses)
        for (const [keyHash, { usedAt }] of own) {
          if (usedAt >= since) break
          forget(payer, own, keyHash)
        }
    },
  }
}

const nameOf = ({ organizationId, mode }: Payer): string => `${mode} ${organizationId}`
const placeOf = (key: OwnKey): string => `${nameOf(key)} ${key.keyHash}`
