/**
 * The accounts of the poses: one credential at one provider each. An account exists once it is named,
 * in a call or by its control, and remembers what it was told to do, what it served and what it refused.
 */
import { randomBytes, type KeyObject } from 'node:crypto'
import { z } from 'zod'
import type { PoseName } from './origin.ts'

/** How an account behaves until told otherwise. */
export const Control = z.strictObject({
  status: z.int().min(400).max(599).optional(),
  code: z.string().min(1).optional(),
  retryAfter: z.number().min(0).max(86_400).optional(),
  latencyMs: z.int().min(0).max(600_000).optional(),
  reset: z.boolean().optional(),
  stall: z.boolean().optional(),
  quota: z.boolean().optional(),
  rpm: z.int().min(1).optional(),
  lacks: z.array(z.string().startsWith('/')).max(20).optional(),
  tokenExpiresIn: z.int().min(1).max(43_200).optional(),
  tokenStatus: z.int().min(400).max(599).optional(),
  revokedToken: z.boolean().optional(),
})
export type Control = z.output<typeof Control>

export type Account = {
  readonly pose: PoseName
  readonly name: string
  control: Control
  served: number
  /** By status; what was reset or stalled is under those words. */
  readonly refused: Map<string, number>
  /** What its service account signs with; null until one is registered. */
  publicKey: KeyObject | null
  /** Access tokens, and when each ends, in epoch milliseconds. */
  readonly tokens: Map<string, number>
  tokensMinted: number
  /** The minute that began with its first call, and the calls in it. */
  minute: { readonly startedAt: number; readonly calls: number }
}

export type Accounts = {
  readonly of: (pose: PoseName, name: string) => Account
  readonly list: () => readonly Account[]
  /** Forgets what was served and refused; behaviour, keys and tokens stay. */
  readonly resetCounts: () => void
}

/** Keeps at most `accountsMax`; the one that was named first is forgotten for one more. */
export function createAccounts(accountsMax = 10_000): Accounts {
  const accounts = new Map<string, Account>()
  return {
    of(pose, name) {
      const id = `${pose}/${name}`
      const known = accounts.get(id)
      if (known) return known
      const [oldest] = accounts.keys()
      if (accounts.size >= accountsMax && oldest !== undefined) accounts.delete(oldest)
      const account = newAccount(pose, name)
      accounts.set(id, account)
      return account
    },
    list: () => [...accounts.values()],
    resetCounts() {
      for (const account of accounts.values()) {
        account.served = 0
        account.refused.clear()
      }
    },
  }
}

const newAccount = (pose: PoseName, name: string): Account => ({
  pose,
  name,
  control: {},
  served: 0,
  refused: new Map(),
  publicKey: null,
  tokens: new Map(),
  tokensMinted: 0,
  minute: { startedAt: 0, calls: 0 },
})

/** Tells an account how to behave, instead of what it was told before. A new minute begins. */
export function direct(account: Account, control: Control): void {
  account.control = control
  account.minute = { startedAt: 0, calls: 0 }
  if (control.revokedToken) account.tokens.clear()
}

/** Notes a refusal under its status, or under what was done instead of answering. */
export function noteRefused({ refused }: Account, how: number | 'reset' | 'stall'): void {
  refused.set(String(how), (refused.get(String(how)) ?? 0) + 1)
}

/** A new access token of the account. */
export function mintToken(account: Account, now: number): { readonly token: string; readonly expiresIn: number } {
  for (const [token, endsAt] of account.tokens) if (endsAt <= now) account.tokens.delete(token)
  // Google's access tokens last 3,599 seconds and begin so (https://cloud.google.com/docs/authentication/token-types).
  const expiresIn = account.control.tokenExpiresIn ?? 3_599
  const token = `ya29.${account.name}.${randomBytes(16).toString('hex')}`
  account.tokens.set(token, now + expiresIn * 1_000)
  account.tokensMinted += 1
  return { token, expiresIn }
}

const minuteMs = 60_000
/** What the headers name as the ceiling of an account that has none. */
const callsNamed = 10_000

/** Takes one call out of the account's minute; false when its ceiling is reached. */
export function takeCall(account: Account, now: number): boolean {
  const { startedAt, calls } = account.minute
  const isOver = now - startedAt >= minuteMs
  if (!isOver && calls >= (account.control.rpm ?? Infinity)) return false
  account.minute = isOver ? { startedAt: now, calls: 1 } : { startedAt, calls: calls + 1 }
  return true
}

export type Standing = { readonly limit: number; readonly left: number; readonly resetSeconds: number }

/** What is left of the account's minute. */
export function standingOf({ control, minute }: Account, now: number): Standing {
  const limit = control.rpm ?? callsNamed
  const leftMs = Math.max(0, minute.startedAt + minuteMs - now)
  return leftMs === 0
    ? { limit, left: limit, resetSeconds: 0 }
    : { limit, left: Math.max(0, limit - minute.calls), resetSeconds: Math.ceil(leftMs / 1_000) }
}
