/** Where a client reached this server: what it says itself, or what the proxies that are trusted say for it. */
import { isIP } from 'node:net'
import type { HttpRequest, RequestHeaders } from './contract.ts'
import { addressIn, hopsOf } from './forwarded-header.ts'

type Asked = Pick<HttpRequest, 'host' | 'headers' | 'peer'>

/** Whether what comes from an IP address may speak for others. */
export type Trust = (address: string) => boolean

/** Scheme, host and port as the client asked for them, such as `https://gateway.example`; null where it named no host that can be shown. */
export function askedOrigin(request: Asked, trusts: Trust): string | null {
  const told = trusts(request.peer) ? forwarded(request.headers, trusts) : nothing
  const host = told.host ?? request.host
  const scheme = told.proto?.toLowerCase() === 'https' ? 'https' : 'http'
  return plainHost.test(host) ? `${scheme}://${host.toLowerCase()}` : null
}

/** Much more is legal in a host; what is shown, and copied from there into a shell, is only what names of machines are made of. */
const plainHost = /^(?:[a-z0-9][a-z0-9._-]*|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i

/**
 * Whether that address is one of a server's own: an IP address, or one of `names`. Any other name may be somebody else's,
 * who points it at this machine so that a browser takes our pages for theirs (DNS rebinding).
 */
export function isOwnAddress(origin: string | null, names: readonly string[]): boolean {
  const name = origin === null || !URL.canParse(origin) ? '' : new URL(origin).hostname.replaceAll(/[[\]]/g, '')
  return isIP(name) !== 0 || names.includes(name)
}

type Told = { readonly host: string | null; readonly proto: string | null }
const nothing: Told = { host: null, proto: null }

/**
 * What the outermost proxy that is trusted was asked for. Each proxy adds to the end of the lists, so what stands in
 * front of its words is the client's and may be anything.
 */
function forwarded(headers: RequestHeaders, trusts: Trust): Told {
  const hosts = listOf(headers, 'x-forwarded-host')
  const protos = listOf(headers, 'x-forwarded-proto')
  if (hosts.length + protos.length > 0) {
    const depth = depthOf(listOf(headers, 'x-forwarded-for'), trusts)
    // Many proxies replace what came instead of adding to it.
    const pick = (list: readonly string[]): string | null => list.at(-depth) ?? list[0] ?? null
    return { host: pick(hosts), proto: pick(protos) }
  }
  const hops = hopsOf(headers.get('forwarded') ?? '')
  const hop =
    hops.at(
      -depthOf(
        hops.map(({ for: address = '' }) => addressIn(address)),
        trusts,
      ),
    ) ?? {}
  return { host: hop.host ?? null, proto: hop.proto ?? null }
}

const listOf = (headers: RequestHeaders, name: string): readonly string[] =>
  (headers.get(name) ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')

/** How many proxies in a row are trusted, the one that is connected to us included; each says whom it was asked by. */
function depthOf(askers: readonly string[], trusts: Trust): number {
  let depth = 1
  while (depth < askers.length && trusts(askers.at(-depth)!)) depth++
  return depth
}
