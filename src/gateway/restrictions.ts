/** Where a key may be used, for one that is restricted further than by its models: at which endpoints, from which addresses. */
import { inNetworks } from '../lib/http-server/networks.ts'
import type { KeyRow } from '../store/store.ts'
import { GatewayError } from './errors.ts'

type Restricted = Pick<KeyRow, 'endpoints' | 'addresses'>

/** Throws `endpoint_not_allowed` or `address_not_allowed`, naming what is allowed. `address`: the client's, as the proxies that are trusted say. */
export function refuseElsewhere(key: Restricted, endpoint: string, address: string): void {
  if (key.addresses !== null && !networksOf(key.addresses)(address)) throw wrongAddress(key.addresses, address)
  if (key.endpoints !== null && !key.endpoints.includes(endpoint)) throw wrongEndpoint(key.endpoints, endpoint)
}

/** Made once of a key's list, which is the same object until the key is changed. */
const known = new WeakMap<readonly string[], (address: string) => boolean>()

function networksOf(addresses: readonly string[]): (address: string) => boolean {
  const made = known.get(addresses) ?? inNetworks(addresses)
  known.set(addresses, made)
  return made
}

const wrongAddress = (allowed: readonly string[], address: string): GatewayError =>
  new GatewayError(
    'address_not_allowed',
    `This API key may not be used from your address (${address || 'unknown'}). Allowed: ${textOf(allowed)}. Use it from there, or have the address added to the key.`,
    { facts: { address, allowed: allowed.join(', ') } },
  )

const wrongEndpoint = (allowed: readonly string[], endpoint: string): GatewayError =>
  new GatewayError(
    'endpoint_not_allowed',
    `This API key may not be used for ${endpoint}. Allowed: ${textOf(allowed)}. Use another key, or have the endpoint added to this one.`,
    { facts: { endpoint, allowed: allowed.join(', ') } },
  )

const namedMax = 10
const textOf = (allowed: readonly string[]): string =>
  allowed.length <= namedMax
    ? allowed.join(', ')
    : `${allowed.slice(0, namedMax).join(', ')} and ${allowed.length - namedMax} more`
