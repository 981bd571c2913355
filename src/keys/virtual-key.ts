/**
 * Virtual keys. The secret exists in the answer that first shows it and in the client's hands; here
 * it is hashed and forgotten. SHA-256 without salt or stretching is enough, because a secret is 122
 * random bits: there is no dictionary to try.
 */
import { hash, randomUUID } from 'node:crypto'
import type { KeyChanges, KeyRow } from '../store/store.ts'

/** What a key is made with. Amounts in nano-USD, times in epoch ms; null is no limit. */
export type KeyTerms = Pick<
  KeyRow,
  'name' | 'region' | 'rpm' | 'tpm' | 'concurrency' | 'budgetNano' | 'budgetPeriod' | 'models' | 'expiresAt'
>

/** A new key and its secret, which is kept nowhere else. */
export function newKey(
  owner: Pick<KeyRow, 'organizationId' | 'mode'>,
  terms: KeyTerms,
  now: number,
): { readonly row: KeyRow; readonly secret: string } {
  const secret = newSecret()
  const id = `key_${randomUUID().replaceAll('-', '')}`
  const noPrevious = { previousHash: null, previousHashUntil: null }
  const row = {
    ...terms,
    id,
    organizationId: owner.organizationId,
    mode: owner.mode,
    prefix: prefixOf(secret),
    hash: hashOf(secret),
    ...noPrevious,
    revokedAt: null,
    createdAt: now,
  }
  return { row, secret }
}

/** A new secret for a key. The one it replaces works for `graceMs` more; one replaced earlier stops at once. */
export function rotation(
  row: KeyRow,
  graceMs: number,
  now: number,
): { readonly changes: KeyChanges; readonly secret: string } {
  const secret = newSecret()
  const previous =
    graceMs > 0
      ? { previousHash: row.hash, previousHashUntil: now + graceMs }
      : { previousHash: null, previousHashUntil: null }
  return { changes: { prefix: prefixOf(secret), hash: hashOf(secret), ...previous }, secret }
}

/** A fresh secret: `sk-bf-` and a random UUID. */
const newSecret = (): string => `sk-bf-${randomUUID()}`

/** SHA-256 of a secret, lower-case hex: the only form in which it is stored. */
export const hashOf = (secret: string): string => hash('sha256', secret, 'hex')

const prefixChars = 'sk-bf-'.length + 8
/** What people recognise a key by; 90 random bits stay unsaid. */
const prefixOf = (secret: string): string => secret.slice(0, prefixChars)
