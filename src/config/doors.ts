/** The sections of `mart.yaml` on how this server is reached: through which proxies, by which names, from which pages. */
import { isIP } from 'node:net'
import { z } from 'zod'
import { section } from './fields.ts'

const networkAllowed = 'an IP address or a network, such as 10.0.0.0/8'
/** An address, or a network in CIDR notation. */
const network = z.string(networkAllowed).refine(isNetwork, networkAllowed)

function isNetwork(text: string): boolean {
  const [address, prefix, ...rest] = text.split('/')
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address!)]!
  const isPrefix = prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits)
  return bits > 0 && isPrefix && rest.length === 0
}

const hostAllowed = 'the name of a host without a port, such as gateway.example'
const host = z.string(hostAllowed).regex(/^[a-z0-9][a-z0-9._-]{0,252}$/, hostAllowed)

export const server = section({
  trustedProxies: z
    .array(network, 'a list')
    .default([])
    .describe(
      'Addresses and networks of proxies in front, whose `X-Forwarded-…` and `Forwarded` headers are believed. From anybody else they are ignored.',
    ),
  hosts: z
    .array(host, 'a list')
    .default([])
    .describe(
      'Further names at which the admin API answers, besides IP addresses, localhost, `HOST` and the host of `PUBLIC_URL`.',
    ),
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
