/**
 * Idempotency keys in memory: whoever repeats a call whose answer was lost pays once. A key belongs to one request
 * from the moment all of it has come until it is settled. Then it is used up, for a day, or free again where nothing
 * was served. Who repeats the call meanwhile may wait for that. Of every organization and mode, on its own.
 */
import { assert } from '../lib/assert.ts'
import type { Clock } from '../lib/clock.ts'
import type { KeyRow, KeyUse } from '../store/store.ts'

/** Whose key it is; test and live are told apart. */
type Payer = Pick<KeyRow, 'organizationId' | 'mode'>
/** A key of somebody, by its hash. */
type OwnKey = Payer & { readonly keyHash: string }

/** A request that comes with a key. `fingerprint`: of what it asks. */
type Claimant = Pick<KeyUse, 'requestId' | 'fingerprint'>

/** Who has a key: a request under way, or one that has used it up. */
export type Holder = ({ readonly state: 'in-use' } & Claimant) | { readonly state: 'used'; readonly use: KeyUse }

export type IdempotencyKeys = {
  /** Whether a request under way has a key, or one has used it up. */
  readonly isTaken: (key: OwnKey) => boolean
  /** Takes a key for a request, or tells who has it. */
  readonly claim: (key: OwnKey, claimant: Claimant) => Holder | null
  /**
   * Waits for a key that is in use. Resolves with null once it is this request's, which is the case of one of those who
   * wait where the first gave it back; with its use; or with who has it, once `patience` ends or at once where too many wait.
   */
  readonly wait: (key: OwnKey, requestId: string, patience: AbortSignal) => Promise<Holder | null>
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

/** Of one key, who wait for its first request; each is a request under way as well. */
export const waitersMax = 32

/** Uses of before this have no effect any more. */
export const usedSince = (now: number): number => now - keptMs

/** `goOn` is told what has become of the key: null where it is the waiter's. */
type Waiter = { readonly requestId: string; readonly goOn: (holder: Holder | null) => void }
type Claim = { holder: Claimant; readonly waiters: Set<Waiter> }

export function createIdempotencyKeys(clock: Pick<Clock, 'now'>, max = usesMax): IdempotencyKeys {
  const underWay = new Map<string, Claim>()
  const uses = createUses(max)
  const useOf = (key: OwnKey): KeyUse | null => {
    const use = uses.find(key)
    return use && use.usedAt >= usedSince(clock.now()) ? use : null
  }
  return {
    isTaken: (key) => underWay.has(placeOf(key)) || useOf(key) !== null,
    claim(key, claimant) {
      const claim = underWay.get(placeOf(key))
      if (claim) return inUseBy(claim)
      const use = useOf(key)
      if (use) return { state: 'used', use }
      underWay.set(placeOf(key), { holder: claimant, waiters: new Set() })
      return null
    },
    wait(key, requestId, patience) {
      const claim = underWay.get(placeOf(key))
      assert(claim, 'only a key that is in use is waited for')
      return waitFor(claim, requestId, patience)
    },
    free(key, requestId) {
      const claim = underWay.get(placeOf(key))
      if (claim?.holder.requestId !== requestId) return
      const [next] = claim.waiters
      if (!next) return void underWay.delete(placeOf(key))
      claim.holder = { ...claim.holder, requestId: next.requestId }
      next.goOn(null)
    },
    use(use) {
      uses.note(use)
      const claim = underWay.get(placeOf(use))
      underWay.delete(placeOf(use))
      for (const { goOn } of claim?.waiters ?? []) goOn({ state: 'used', use })
    },
    load: (loaded) => loaded.forEach(uses.note),
    forgetOld: () => uses.forgetBefore(usedSince(clock.now())),
  }
}

const inUseBy = ({ holder }: Claim): Holder => ({ state: 'in-use', ...holder })

function waitFor(claim: Claim, requestId: string, patience: AbortSignal): Promise<Holder | null> {
  if (patience.aborted || claim.waiters.size >= waitersMax) return Promise.resolve(inUseBy(claim))
  return new Promise((resolve) => {
    const leave = (): void => waiter.goOn(inUseBy(claim))
    const waiter: Waiter = {
      requestId,
      goOn(holder) {
        claim.waiters.delete(waiter)
        patience.removeEventListener('abort', leave)
        resolve(holder)
      },
    }
    claim.waiters.add(waiter)
    patience.addEventListener('abort', leave)
  })
}

/** At most `max` uses. */
function createUses(max: number) {
  /** By payer, then by the key's hash, the oldest first. */
  const uses = new Map<string, Map<string, KeyUse>>()
  let many = 0

  const forget = (payer: string, own: Map<string, KeyUse>, keyHash: string): void => {
    if (own.delete(keyHash)) many -= 1
    if (own.size === 0) uses.delete(payer)
  }
  const forgetOldest = (): void => {
    let most: readonly [payer: string, own: Map<string, KeyUse>] | null = null
    for (const entry of uses) if (most === null || entry[1].size > most[1].size) most = entry
    const [oldest] = most?.[1].keys() ?? []
    if (most && oldest !== undefined) forget(...most, oldest)
  }
  return {
    find: (key: OwnKey): KeyUse | null => uses.get(nameOf(key))?.get(key.keyHash) ?? null,
    note(use: KeyUse): void {
      const payer = nameOf(use)
      const before = uses.get(payer)
      // What is used up again becomes the newest.
      if (before) forget(payer, before, use.keyHash)
      const own = uses.get(payer) ?? new Map<string, KeyUse>()
      uses.set(payer, own.set(use.keyHash, use))
      many += 1
      if (many > max) forgetOldest()
    },
    forgetBefore(since: number): void {
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
