/**
 * Every key in memory, by the SHA-256 of its secret: what the data plane authenticates with, so that
 * no request waits for the store and a store that is down never looks like a wrong key.
 */
import { timingSafeEqual } from 'node:crypto'
import type { Clock } from '../lib/clock.ts'
import type { KeyRow } from '../store/store.ts'
import { hashOf } from './virtual-key.ts'

export type KeyFinding =
  | { readonly state: 'active'; readonly key: KeyRow }
  /** `expired`: the key's time is over, or that of a secret that a rotation replaced. `suspended`: its organization is. */
  | { readonly state: 'unknown' | 'revoked' | 'expired' | 'suspended' }

export type KeyTable = {
  /** Looks a secret up, exactly as issued. */
  readonly find: (secret: string) => KeyFinding
  /** Adds a key or replaces what was known of it; secrets that the row does not carry stop working at once. */
  readonly put: (row: KeyRow) => void
  /** Whether an organization's keys are turned away, from the next request on. */
  readonly setSuspended: (organizationId: string, isSuspended: boolean) => void
}

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
  const hashesOf = new Map<string, readonly string[]>()
  const put = (row: KeyRow): void => {
    for (const hash of hashesOf.get(row.id) ?? []) byHash.delete(hash)
    const entries = entriesOf(row)
    for (const [hash, entry] of entries) byHash.set(hash, entry)
    hashesOf.set(
      row.id,
      entries.map(([hash]) => hash),
    )
  }
  for (const row of rows) put(row)
  return {
    put,
    find(secret) {
      const found = find(byHash, secret, clock.now())
      return found.state === 'active' && suspendedOrganizations.has(found.key.organizationId) ? suspended : found
    },
    setSuspended: (organizationId, isSuspended) =>
      void (isSuspended ? suspendedOrganizations.add(organizationId) : suspendedOrganizations.delete(organizationId)),
  }
}

function entriesOf(row: KeyRow): (readonly [string, Entry])[] {
  const entryOf = (hash: string, until: number | null): readonly [string, Entry] => [
    hash,
    { digest: Buffer.from(hash), row, until, active: { state: 'active', key: row } },
  ]
  return [...row.replaced.map(({ hash, until }) => entryOf(hash, until)), entryOf(row.hash, null)]
}

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
