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
  readonly lend: (keyId: string) => Pass | null
  /** Whether an organization's keys are turned away, from the next request on. */
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
  const put = (row: KeyRow): void => {
    const before = known.get(row.id)
    for (const hash of [...(before?.hashes ?? []), ...(before?.passes ?? [])]) byHash.delete(hash)
    const entries = entriesOf(row)
    for (const [hash, entry] of entries) byHash.set(hash, entry)
    known.set(row.id, { row, hashes: entries.map(([hash]) => hash), passes: [] })
  }
  const lend = (keyId: string): Pass | null => {
    const key = known.get(keyId)
    if (!key) return null
    const now = clock.now()
    const isWorking = (hash: string): boolean => !isOver(byHash.get(hash)!.until, now)
    for (const hash of key.passes.filter((hash) => !isWorking(hash))) byHash.delete(hash)
    const passes = key.passes.filter((hash) => byHash.has(hash))
    if (passes.length >= passesMax) return null
    const pass = { secret: newSecret(), until: now + passMs }
    const [hash, entry] = entryOf(key.row, hashOf(pass.secret), pass.until)
    byHash.set(hash, entry)
    known.set(keyId, { ...key, passes: [...passes, hash] })
    return pass
  }
  for (const row of rows) put(row)
  return {
    put,
    lend,
    find(secret) {
      const found = find(byHash, secret, clock.now())
      return found.state === 'active' && suspendedOrganizations.has(found.key.organizationId) ? suspended : found
    },
    setSuspended: (organizationId, isSuspended) =>
      void (isSuspended ? suspendedOrganizations.add(organizationId) : suspendedOrganizations.delete(organizationId)),
  }
}

/** A key, and by what it is found: the hashes of the secrets that its row carries, and of its passes. */
type Known = { readonly row: KeyRow; readonly hashes: readonly string[]; readonly passes: readonly string[] }

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
