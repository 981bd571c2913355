/** Who asks, as an address: for the log, and to slow down whoever tries keys. */
import { isShared } from '../lib/http-server/address-limits.ts'
import type { Trust } from '../lib/http-server/asked-origin.ts'
import { clientAddress, networkOf } from '../lib/http-server/client-address.ts'
import type { HttpRequest } from '../lib/http-server/contract.ts'
import { createRates } from '../lib/rates.ts'

export type Clients = {
  readonly addressOf: (request: HttpRequest) => string
  /** Counts a request without a key that is good; tells in how many ms that address may try again, 0 for at once. */
  readonly wrongKey: (address: string) => number
}

export type ClientsDeps = {
  readonly trusts: Trust
  /** null: no limit. Asked for each time, because configuration may change. */
  readonly wrongKeysPerMinute: () => number | null
  /** Monotonic ms. */
  readonly now: () => number
  readonly refused: (why: 'wrong-keys', address: string) => void
  /** Told, once an hour at most, of an address that nobody trusts and that says whom it was asked by, as proxies do. */
  readonly proxied: (address: string) => void
}

const proxiedMs = 60 * 60_000
/** Of so many requests one is looked at: a proxy sends more than one. */
const lookEvery = 64

export function createClients({ trusts, wrongKeysPerMinute, now, refused, proxied }: ClientsDeps): Clients {
  const tried = createRates()
  let asked = 0
  let quietUntil = Number.NEGATIVE_INFINITY
  const look = ({ headers, peer }: HttpRequest): void => {
    if (now() < quietUntil || headers.get('x-forwarded-for') === null || trusts(peer)) return
    quietUntil = now() + proxiedMs
    proxied(peer)
  }
  return {
    addressOf(request) {
      if (asked++ % lookEvery === 0) look(request)
      return clientAddress(request, trusts)
    },
    wrongKey(address) {
      const perMinute = wrongKeysPerMinute()
      // Where clients cannot be told apart, the one with the wrong key must not change what others are told of theirs.
      if (perMinute === null || isShared(address, trusts)) return 0
      const waitMs = tried.take(networkOf(address), perMinute, now())
      if (waitMs > 0) refused('wrong-keys', address)
      return waitMs
    },
  }
}
