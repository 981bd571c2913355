/**
 * Every key in memory, by the SHA-256 of its secret: what the data plane authenticates with, so that
 * no request waits for the store and a store that is down never looks like a wrong key.
 */
import { timingSafeEqual } from 'node:crypto'
import type { Clock } from '../lib/clock.ts'
import type { KeyRow } from '../store/store.ts'
import { hashOf, newSecret } from './virtual-key.ts'

export type KeyFinding =
  | { readonly state: 'active'; readonly key: KeyRow }
  /** `expired`: the key's time is over, or that of a secret that a rotation replaced. `suspended`: its organization is. */
  | { readonly state: 'unknown' | 'revoked' | 'expired' | 'suspended' }

export type KeyTable = {
  /** Looks a secret up, exactly as issued. */
  readonly find: (secret: string) => KeyFinding
  /** Adds a key or replaces what was known of it; secrets that the row does not carry stop working at once. */
  readonly put: (row: KeyRow) => void
  /**
   * A pass: one more secret of a key, for a person at a page who may use the key and does not have its own. It is in
   * memory alone, ends after `passMs`, and with every change of its key; null where there is no such key or too many passes.
   */
  readonly lend: (keyId: string, personId: string | null) => Pass | null
  /** Ends the passes of a person, of one organization's keys or (null) of all. */
  readonly endPasses: (personId: string, organizationId: string | null) => void
  /** Whether an organization's keys are turned away, from the next request on. Its passes end. */
  readonly setSuspended: (organizationId: string, isSuspended: boolean) => void
}

/** `until`: epoch ms. */
export type Pass = { readonly secret: string; readonly until: number }

export const passMs = 10 * 60_000
/** Passes of one key that work at a time. */
export const passesMax = 50

type Entry = {
  readonly digest: Buffer
  readonly row: KeyRow
  readonly until: number | null
  readonly active: KeyFinding
}

/** Builds the table from all rows of the store, and the organizations that are suspended. */
export function createKeyTable(
  rows: readonly KeyRow[],
  clock: Pick<Clock, 'now'>,
  suspendedIds: readonly string[] = [],
): KeyTable {
  const byHash = new Map<string, Entry>()
  const suspendedOrganizations = new Set(suspendedIds)
  const known = new Map<string, Known>()
  /** Of keys that have some. */
  const passes = new Map<string, readonly Lent[]>()
  const put = (row: KeyRow): void => {
    const before = known.get(row.id)
    for (const hash of before?.hashes ?? []) byHash.delete(hash)
    keepPasses(row.id, () => false)
    const entries = entriesOf(row)
    for (const [hash, entry] of entries) byHash.set(hash, entry)
    known.set(row.id, { row, hashes: entries.map(([hash]) => hash) })
  }
  /** Ends the others of a key, and gives how many it has then. */
  const keepPasses = (keyId: string, isKept: (lent: Lent) => boolean): number => {
    const [kept, ended] = [true, false].map((want) => (passes.get(keyId) ?? []).filter((lent) => isKept(lent) === want))
    for (const { hash } of ended!) byHash.delete(hash)
    if (kept!.length === 0) passes.delete(keyId)
    else passes.set(keyId, kept!)
    return kept!.length
  }
  const lend = (keyId: string, personId: string | null): Pass | null => {
    const key = known.get(keyId)
    if (!key) return null
    const now = clock.now()
    if (keepPasses(keyId, ({ until }) => !isOver(until, now)) >= passesMax) return null
    const pass = { secret: newSecret(), until: now + passMs }
    const [hash, entry] = entryOf(key.row, hashOf(pass.secret), pass.until)
    byHash.set(hash, entry)
    passes.set(keyId, [...(passes.get(keyId) ?? []), { hash, personId, until: pass.until }])
    return pass
  }
  for (const row of rows) put(row)
  return {
    put,
    lend,
    endPasses(personId, organizationId) {
      for (const keyId of passes.keys())
        if (organizationId === null || known.get(keyId)!.row.organizationId === organizationId)
          keepPasses(keyId, (lent) => lent.personId !== personId)
    },
    find(secret) {
      const found = find(byHash, secret, clock.now())
      return found.state === 'active' && suspendedOrganizations.has(found.key.organizationId) ? suspended : found
    },
    setSuspended(organizationId, isSuspended) {
      if (!isSuspended) return void suspendedOrganizations.delete(organizationId)
      suspendedOrganizations.add(organizationId)
      for (const keyId of passes.keys())
        if (known.get(keyId)!.row.organizationId === organizationId) keepPasses(keyId, () => false)
    },
  }
}

/** A key, and by what it is found: the hashes of the secrets that its row carries. */
type Known = { readonly row: KeyRow; readonly hashes: readonly string[] }
/** A pass, and to whom it was lent; null: nobody in particular. */
type Lent = { readonly hash: string; readonly personId: string | null; readonly until: number }

const entriesOf = (row: KeyRow): (readonly [string, Entry])[] => [
  ...row.replaced.map(({ hash, until }) => entryOf(row, hash, until)),
  entryOf(row, row.hash, null),
]

const entryOf = (row: KeyRow, hash: string, until: number | null): readonly [string, Entry] => [
  hash,
  { digest: Buffer.from(hash), row, until, active: { state: 'active', key: row } },
]

const unknown: KeyFinding = { state: 'unknown' }
const revoked: KeyFinding = { state: 'revoked' }
const expired: KeyFinding = { state: 'expired' }
const suspended: KeyFinding = { state: 'suspended' }

function find(byHash: ReadonlyMap<string, Entry>, secret: string, now: number): KeyFinding {
  const hash = hashOf(secret)
  const entry = byHash.get(hash)
  // How long the map takes depends on a digest that a caller cannot choose; that they are equal is told in constant time.
  if (!entry || !timingSafeEqual(entry.digest, digestOf(hash))) return unknown
  if (entry.row.revokedAt !== null) return revoked
  return isOver(entry.until, now) || isOver(entry.row.expiresAt, now) ? expired : entry.active
}

const hashChars = 64
const digest = Buffer.alloc(hashChars)
/** Good until the next is asked for. */
function digestOf(hash: string): Buffer {
  digest.write(hash, 'latin1')
  return digest
}

const isOver = (until: number | null, now: number): boolean => until !== null && until <= now
