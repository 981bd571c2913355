import { createRates } from '../rates.ts'
import type { Trust } from './asked-origin.ts'
import { isLoopback, networkOf } from './client-address.ts'

/** Of one client's address, which is a /64 of IPv6; null: no limit. */
export type AddressLimits = {
  readonly connectionsMax: number | null
  /** A minute's may come at once. */
  readonly newConnectionsPerMinute: number | null
}

export type Addresses = {
  /** Counts a connection in, until it leaves, or tells which limit it would not fit. */
  readonly enter: (address: string) => 'address-connections' | 'address-new' | null
  readonly leave: (address: string) => void
}

type Judged = { readonly trusts: Trust; readonly ofAddress: AddressLimits }

/** Whether whoever is behind an address cannot be told apart: this machine itself, or a proxy. */
export const isShared = (address: string, trusts: Trust): boolean =>
  address === '' || isLoopback(address) || trusts(address)

/** `doors` is asked for each time, because configuration may change. `now`: monotonic ms. */
export function createAddresses(doors: () => Judged, now: () => number): Addresses {
  const open = new Map<string, number>()
  const arrivals = createRates()

  const refusal = (address: string, network: string): ReturnType<Addresses['enter']> => {
    const { trusts, ofAddress } = doors()
    if (isShared(address, trusts)) return null
    const { connectionsMax, newConnectionsPerMinute } = ofAddress
    if (connectionsMax !== null && (open.get(network) ?? 0) >= connectionsMax) return 'address-connections'
    const isEarly = newConnectionsPerMinute !== null && arrivals.take(network, newConnectionsPerMinute, now()) > 0
    return isEarly ? 'address-new' : null
  }
  return {
    enter(address) {
      const network = networkOf(address)
      const refused = refusal(address, network)
      if (refused === null) open.set(network, (open.get(network) ?? 0) + 1)
      return refused
    },
    leave(address) {
      const network = networkOf(address)
      const left = (open.get(network) ?? 0) - 1
      if (left > 0) open.set(network, left)
      else open.delete(network)
    },
  }
}
