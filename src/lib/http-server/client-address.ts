/** Who sends a request: the other end of its connection, or whom the proxies that are trusted say they were asked by. */
import { isIP, isIPv4 } from 'node:net'
import type { Trust } from './asked-origin.ts'
import type { HttpRequest } from './contract.ts'
import { addressIn, hopsOf } from './forwarded-header.ts'

type Sent = Pick<HttpRequest, 'headers' | 'peer'>

/** More proxies in a row are not believed. */
const hopsMax = 32

/**
 * The nearest address that is no trusted proxy's; the peer's own where nobody is trusted. Each proxy adds to the end of
 * the list whom it was asked by, so what stands in front of the first that is not trusted is the client's and may be anything.
 */
export function clientAddress({ headers, peer }: Sent, trusts: Trust): string {
  if (!trusts(peer)) return peer
  const list = headers.get('x-forwarded-for') ?? forwardedFor(headers.get('forwarded'))
  let address = peer
  let end = list.length
  for (let hop = 0; hop < hopsMax && end > 0 && trusts(address); hop += 1) {
    const comma = list.lastIndexOf(',', end - 1)
    const node = list.slice(comma + 1, end).trim()
    // As nearly all proxies write it.
    const asker = isIPv4(node) ? node : plainAddress(addressIn(node))
    if (isIP(asker) === 0) break
    address = asker
    end = comma
  }
  return address
}

const forwardedFor = (header: string | null): string =>
  header === null
    ? ''
    : hopsOf(header)
        .map(({ for: asker = '' }) => addressIn(asker))
        .join(',')

/** IPv4 as such: what listens for both kinds of address sees it within IPv6. */
export const plainAddress = (address: string): string => address.replace(/^::ffff:(?=[\d.]+$)/i, '')

const groupsMany = 8
const networkGroups = 4

/** What limits count by: an IPv4 address, or the /64 that one subscriber of IPv6 has at the least. For an IP address. */
export function networkOf(address: string): string {
  if (isIPv4(address) || isIP(address) === 0) return address
  const [front = '', back] = address.split('%', 1)[0]!.split('::')
  const groups = front === '' ? [] : front.split(':')
  const behind = back === undefined || back === '' ? [] : back.split(':')
  // An IPv4 address at the end is two groups.
  const known = groups.length + behind.length + (address.includes('.') ? 1 : 0)
  const zeros = back === undefined ? [] : Array.from({ length: groupsMany - known }, () => '0')
  const network = [...groups, ...zeros, ...behind].slice(0, networkGroups)
  return `${network.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`
}

/** This machine's own. */
export const isLoopback = (address: string): boolean =>
  address === '::1' || (address.startsWith('127.') && isIPv4(address))
