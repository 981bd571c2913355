/** The sections of `mart.yaml` on how this server is reached: through which proxies, by which names, from which pages. */
import { z } from 'zod'
import { isNetwork } from '../lib/http-server/networks.ts'
import { flag, section, whole } from './fields.ts'

const networkAllowed = 'an IP address or a network, such as 10.0.0.0/8'
/** An address, or a network in CIDR notation. */
const network = z.string(networkAllowed).refine(isNetwork, networkAllowed)

export const webhooks = section({
  allowedNetworks: z
    .array(network, 'a list')
    .default([])
    .describe(
      'Addresses and networks that webhooks may go to although they are private, and with `http://` as well. To everything else that is not the public Internet (this machine, private and link-local networks) nothing is ever sent.',
    ),
})

const hostAllowed = 'the name of a host without a port, such as gateway.example'
const host = z.string(hostAllowed).regex(/^[a-z0-9][a-z0-9._-]{0,252}$/, hostAllowed)

const limit = (most: number, byDefault: number, what: string) =>
  whole(1, most).nullable().default(byDefault).describe(`${what}; null: no limit.`)

const address = section({
  connectionsMax: limit(1_000_000, 4_096, 'Connections at once'),
  newConnectionsPerMinute: limit(1_000_000, 30_000, 'New connections per minute, of which all may come at once'),
  wrongKeysPerMinute: limit(
    1_000_000,
    300,
    'Requests per minute whose key is none, or is not good any more; what is beyond is answered 429 instead of 401. Keys that are good are served all the same',
  ),
})

const proxyProtocolAllowed = 'the proxies in `trustedProxies`, because `proxyProtocol` is on and believes only these'

export const server = section({
  trustedProxies: z
    .array(network, 'a list')
    .default([])
    .describe(
      'Addresses and networks of proxies in front, whose `X-Forwarded-…` and `Forwarded` headers are believed. From anybody else they are ignored.',
    ),
  proxyProtocol: flag(false).describe(
    'Whether every connection from `trustedProxies` begins with a header of the PROXY protocol (version 1 or 2), which says whom it is from. One without it is closed, and it is refused from anybody else.',
  ),
  hosts: z
    .array(host, 'a list')
    .default([])
    .describe(
      'Further names at which the admin API answers, besides IP addresses, localhost, `HOST` and the host of `PUBLIC_URL`.',
    ),
  connectionsMax: whole(1, 1_000_000)
    .default(20_000)
    .describe(
      'Connections of clients at once, at most; fewer where the limit of open files (`ulimit -n`) does not allow them. Where there are as many, those make room that nothing is under way on.',
    ),
  upstreamConnectionsMax: whole(1, 1_000_000)
    .default(20_000)
    .describe('The same for connections to upstreams; a request that would need one more is answered 503.'),
  address: address
    .prefault({})
    .describe(
      'Limits of one client, by its IP address (of IPv6, its /64). This machine itself and `trustedProxies` have none; who is behind a proxy is limited where the proxy says who it is.',
    ),
  compress: flag(true).describe(
    'Whether answers over 1 KiB that are not streams are compressed (zstd, br or gzip) for clients that ask for it; false where a proxy in front does that.',
  ),
}).refine(({ proxyProtocol, trustedProxies }) => !proxyProtocol || trustedProxies.length > 0, {
  path: ['trustedProxies'],
  message: proxyProtocolAllowed,
})

const originAllowed = "'*', or an origin as browsers send it, such as https://app.example or http://localhost:3000"
/** As it is serialised: in small letters, without a default port, without anything behind it. */
const origin = z
  .string(originAllowed)
  .refine((text) => text === '*' || /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@A-Z,*]+$/.test(text), originAllowed)
  .refine((text) => !/^(?:https:.*:443|http:.*:80)$/.test(text), 'an origin without the port that it has anyway')

export const cors = section({
  origins: z
    .array(origin, 'a list')
    .default(['*'])
    .describe(
      "Web pages that may call `/v1` and `/genai` from a browser: `'*'` for any, a list of origins for these, `[]` for none.",
    ),
})
