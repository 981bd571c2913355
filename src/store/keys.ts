import type { Actor } from './audit.ts'
import type { Mode } from './mode.ts'

export type BudgetPeriod = 'day' | 'week' | 'month' | 'total'

export type KeyRow = {
  readonly id: string
  readonly organizationId: string
  /** For life. */
  readonly mode: Mode
  readonly name: string
  /** The first characters of the secret, for people to recognise it by. */
  readonly prefix: string
  /** SHA-256 of the secret, lower-case hex. The secret itself is stored nowhere. */
  readonly hash: string
  /** Secrets that rotations replaced, by their ends: each works until its own. */
  readonly replaced: readonly ReplacedSecret[]
  readonly region: string
  readonly rpm: number | null
  readonly tpm: number | null
  readonly concurrency: number | null
  readonly budgetNano: bigint | null
  readonly budgetPeriod: BudgetPeriod | null
  /** null: every model. */
  readonly models: readonly string[] | null
  /** Names of operations that it may ask; null: every one. */
  readonly endpoints: readonly string[] | null
  /** IP addresses and networks in CIDR notation that it may be used from; null: everywhere. */
  readonly addresses: readonly string[] | null
  readonly expiresAt: number | null
  readonly revokedAt: number | null
  readonly createdAt: number
}

/** `prefix` is null of secrets that were replaced before prefixes were kept. `until`: epoch ms. */
export type ReplacedSecret = { readonly hash: string; readonly prefix: string | null; readonly until: number }

/** Everything of a key that may change after it was made. */
export type KeyChanges = Partial<Omit<KeyRow, 'id' | 'organizationId' | 'mode' | 'createdAt'>>

/** Virtual keys. Without an `actor`, a change is the server's own; each is in the audit log. */
export interface KeyStore {
  /** Throws `too-many-keys` where the organization has `max` keys that are not revoked, or were made in the day before this one. */
  createKey(key: KeyRow, actor?: Actor, max?: number): Promise<void>
  /** Throws `key-not-found`. Returns the row as it now is. */
  updateKey(id: string, changes: KeyChanges, actor?: Actor): Promise<KeyRow>
  /** All keys, or one organization's, oldest first. */
  keys(organizationId?: string): Promise<KeyRow[]>
  /** null where there is none. Costs the same however many there are. */
  key(id: string): Promise<KeyRow | null>
}
