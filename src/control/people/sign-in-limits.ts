/**
 * Limits against guessing. Every attempt counts for the address that it came from, and for the account that it was made
 * at, whether there is one or not; one that was right is given back. Whoever has a session from a network has there an
 * allowance of their own, so that strangers cannot lock them out.
 */
import type { Clock } from '../../lib/clock.ts'
import { newGcra, take, waitMs, type Gcra } from '../../lib/gcra.ts'
import { createLru, type Lru } from '../../lib/lru.ts'
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
  /** Whether an address may be written to once more; it is counted then. Whoever asks for mail need not be its owner. */
  readonly mayMail: (email: string) => boolean
}
type Deps = {
  readonly clock: Pick<Clock, 'monotonic'>
  /** Where sessions of an account are from. */
  readonly addressesOf: (account: string) => readonly string[]
}

export const attemptsPerAddressMax = 30
export const attemptsPerAccountMax = 10
const mailsPerAddressMax = 3
/** The allowance of an address is whole again after one minute, that of an account, or a mailbox, after fifteen. */
const accountMinutes = 15
/** More are forgotten, the longest unused first. */
const countedMany = 50_000

export function createSignInLimits({ clock, addressesOf }: Deps): SignInLimits {
  const addresses = createLru<Gcra>(countedMany, countedMany)
  const accounts = createLru<Gcra>(countedMany, countedMany)
  const mailboxes = createLru<Gcra>(countedMany, countedMany)
  const accountKey = (account: string, network: string): string =>
    addressesOf(account).some((address) => networkOf(address) === network) ? `${account} ${network}` : account
  return {
    begin({ address, account }) {
      const network = networkOf(address)
      const byAddress = counted(addresses, network)
      const byAccount = account === null ? null : counted(accounts, accountKey(account, network))
      const now = clock.monotonic()
      const slow = now / accountMinutes
      const wait = Math.max(
        waitMs(byAddress, attemptsPerAddressMax, 1, now),
        byAccount === null ? 0 : waitMs(byAccount, attemptsPerAccountMax, 1, slow) * accountMinutes,
      )
      if (wait > 0) return { waitMs: wait }
      take(byAddress, attemptsPerAddressMax, 1, now)
      if (byAccount) take(byAccount, attemptsPerAccountMax, 1, slow)
      return {
        giveBack: () => byAccount && take(byAccount, attemptsPerAccountMax, -1, clock.monotonic() / accountMinutes),
      }
    },
    forgive: (account) => void accounts.remove(account),
    mayMail(email) {
      const mailbox = counted(mailboxes, email)
      const slow = clock.monotonic() / accountMinutes
      const may = waitMs(mailbox, mailsPerAddressMax, 1, slow) === 0
      if (may) take(mailbox, mailsPerAddressMax, 1, slow)
      return may
    },
  }
}

function counted(many: Lru<Gcra>, key: string): Gcra {
  const known = many.get(key)
  if (known) return known
  const fresh = newGcra()
  many.set(key, fresh)
  return fresh
}
