/**
 * Limits against guessing. Every attempt counts for the address that it came from, and for the account that it was made
 * at, whether there is one or not; one that was right is given back. Whoever has a session from a network has there an
 * allowance of their own, so that strangers cannot lock them out.
 */
import { createAllowances, takeOfEach } from '../../lib/allowances.ts'
import type { Clock } from '../../lib/clock.ts'
import { networkOf } from '../../lib/http-server/client-address.ts'

export type Attempt = {
  readonly address: string
  /** The e-mail address in small letters; null where an attempt is at no account. */
  readonly account: string | null
}
export type SignInLimits = {
  /** Counts an attempt, and gives what takes it back; or how long to wait, in ms, without counting. */
  readonly begin: (attempt: Attempt) => { readonly giveBack: () => void } | { readonly waitMs: number }
  /** Whoever proved by a link that an account is theirs waits for nobody's guesses at it. */
  readonly forgive: (account: string) => void
  /** Counts a change that a person asks for, and gives 0; or how long to wait, in ms, without counting. */
  readonly change: (personId: string) => number
}
type Deps = {
  readonly clock: Pick<Clock, 'monotonic'>
  /** Where sessions of an account are from. */
  readonly addressesOf: (account: string) => readonly string[]
}

export const attemptsPerAddressMax = 30
export const attemptsPerAccountMax = 10
/** Changes of one person: so many at once, and 120 a minute. */
export const changesMax = 30
const minuteMs = 60_000

export function createSignInLimits({ clock, addressesOf }: Deps): SignInLimits {
  const addresses = createAllowances({ max: attemptsPerAddressMax, wholeMs: minuteMs }, clock)
  const accounts = createAllowances({ max: attemptsPerAccountMax, wholeMs: 15 * minuteMs }, clock)
  const changes = createAllowances({ max: changesMax, wholeMs: minuteMs / 4 }, clock)
  const accountKey = (account: string, network: string): string =>
    addressesOf(account).some((address) => networkOf(address) === network) ? `${account} ${network}` : account
  return {
    begin({ address, account }) {
      const network = networkOf(address)
      const key = account === null ? null : accountKey(account, network)
      const waitMs = takeOfEach([[addresses, network], ...(key === null ? [] : [[accounts, key] as const])])
      return waitMs > 0 ? { waitMs } : { giveBack: () => key !== null && accounts.take(key, -1) }
    },
    forgive: accounts.forget,
    change: (personId) => takeOfEach([[changes, personId]]),
  }
}
