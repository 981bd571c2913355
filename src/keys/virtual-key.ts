/**
 * Virtual keys. The secret exists in the answer that first shows it and in the client's hands; here
 * it is hashed and forgotten. SHA-256 without salt or stretching is enough, because a secret is 122
 * random bits: there is no dictionary to try.
 */
import { randomUUID } from 'node:crypto'
import { sha256 } from '../lib/sha256.ts'
import type { KeyChanges, KeyRow } from '../store/store.ts'

/** What a key is made with. Amounts in nano-USD, times in epoch ms; null is no limit. */
export type KeyTerms = Pick<
  KeyRow,
  | 'name'
  | 'region'
  | 'rpm'
  | 'tpm'
  | 'concurrency'
  | 'budgetNano'
  | 'budgetPeriod'
  | 'models'
  | 'endpoints'
  | 'addresses'
  | 'expiresAt'
>

/** What a key has of which nothing is said: no limit. */
export const unlimited = {
  budgetNano: null,
  budgetPeriod: null,
  models: null,
  endpoints: null,
  addresses: null,
  expiresAt: null,
} as const

/** A new key and its secret, which is kept nowhere else. */
export function newKey(
  owner: Pick<KeyRow, 'organizationId' | 'mode'>,
  terms: KeyTerms,
  now: number,
): { readonly row: KeyRow; readonly secret: string } {
  const secret = newSecret()
  const id = `key_${randomUUID().replaceAll('-', '')}`
  const row = {
    ...terms,
    id,
    organizationId: owner.organizationId,
    mode: owner.mode,
    prefix: prefixOf(secret),
    hash: hashOf(secret),
    replaced: [],
    revokedAt: null,
    createdAt: now,
  }
  return { row, secret }
}

/** Secrets of one key that may work besides its newest. */
export const replacedSecretsMax = 10

/** `firstEndsAt`: epoch ms from which there is room for one more. */
export type Rotation =
  | { readonly secret: string; readonly changes: KeyChanges }
  | { readonly secret: null; readonly firstEndsAt: number }

/**
 * A new secret for a key. The one it replaces works for `graceMs` more, and those replaced earlier until their own
 * ends. Without a grace all of them stop at once: a leak is the usual reason, and whoever does not know which secret
 * leaked must be rid of them all. Refused when so many earlier ones work that one more would be too many.
 */
export function rotation(row: KeyRow, graceMs: number, now: number): Rotation {
  const working = row.replaced.filter(({ until }) => until > now)
  if (graceMs > 0 && working.length >= replacedSecretsMax)
    return { secret: null, firstEndsAt: Math.min(...working.map(({ until }) => until)) }
  const secret = newSecret()
  const last = { hash: row.hash, prefix: row.prefix, until: now + graceMs }
  const replaced = graceMs > 0 ? [...working, last].toSorted((a, b) => a.until - b.until) : []
  return { secret, changes: { prefix: prefixOf(secret), hash: hashOf(secret), replaced } }
}

/** A fresh secret: `sk-bf-` and a random UUID. */
export const newSecret = (): string => `sk-bf-${randomUUID()}`

/** SHA-256 of a secret, lower-case hex: the only form in which it is stored. */
export const hashOf = (secret: string): string => sha256(secret)

const prefixChars = 'sk-bf-'.length + 8
/** What people recognise a key by; 90 random bits stay unsaid. */
const prefixOf = (secret: string): string => secret.slice(0, prefixChars)
