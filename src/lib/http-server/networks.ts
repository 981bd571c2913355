/** IP addresses and networks in CIDR notation, such as `10.0.0.0/8` and `2001:db8::/32`. */
import { BlockList, isIP, isIPv6 } from 'node:net'

/** Whether an IP address is one of these, or in one of these networks; what is no IP address never is. */
export function inNetworks(networks: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const network of networks) {
    const [address, prefix] = network.split('/') as [string, string | undefined]
    if (prefix === undefined) list.addAddress(address, familyOf(address))
    else list.addSubnet(address, Number(prefix), familyOf(address))
  }
  const isListed = (address: string): boolean => isIP(address) !== 0 && list.check(address, familyOf(address))
  // To look is some microseconds, and behind a proxy each request asks for the same few.
  const known = new Map<string, boolean>()
  return (address) => {
    if (networks.length === 0) return false
    let isIn = known.get(address)
    if (isIn === undefined) {
      if (known.size === knownMany) known.clear()
      known.set(address, (isIn = isListed(address)))
    }
    return isIn
  }
}

const knownMany = 1_000

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIPv6(address) ? 'ipv6' : 'ipv4')

/** Whether that is an IP address, or a network in CIDR notation. Without a zone: that means something on one machine alone. */
export function isNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/')
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)]!
  const isPrefix = prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits)
  return bits > 0 && isPrefix && rest.length === 0 && !address.includes('%')
}
