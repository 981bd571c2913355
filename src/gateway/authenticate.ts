import type { HttpRequest } from '../lib/http-server/contract.ts'
import type { KeyRow } from '../store/store.ts'
import type { GatewayDeps } from './deps.ts'
import { GatewayError } from './errors.ts'
import { refuseElsewhere } from './restrictions.ts'

/**
 * The virtual key a request to `endpoint` carries: in `Authorization: Bearer`, `x-goog-api-key`, `api-key` (as Azure
 * clients send it) or `?key=`. From memory only, so that a store that is away never looks like a bad key.
 * Throws `invalid_key` or `organization_suspended`; the message never repeats what was sent. What the key is not
 * restricted to is refused, see `refuseElsewhere`. Whoever tries too many
 * from one address gets `too_many_wrong_keys`; a key that is good is served from there all the same.
 */
export function authenticate(request: HttpRequest, endpoint: string, address: string, deps: Deps): KeyRow {
  const secret = secretOf(request)
  if (secret === null) throw invalidKey(`No API key was given. ${whereKeysGo}`, address, deps)
  const found = deps.keys.find(secret)
  switch (found.state) {
    case 'active':
      refuseElsewhere(found.key, endpoint, address)
      return found.key
    case 'unknown':
      throw invalidKey(`Incorrect API key provided. ${whereKeysGo}`, address, deps)
    case 'revoked':
      throw invalidKey('This API key has been revoked. Use another key, or ask for a new one.', address, deps)
    case 'expired':
      throw invalidKey('This API key has expired. Use another key, or ask for a new one.', address, deps)
    case 'suspended':
      // Why is between the operator and the organization: whoever has a key may be neither.
      throw new GatewayError(
        'organization_suspended',
        'The organization of this API key is suspended. Its keys work again once the operator of this gateway resumes it; ask there.',
      )
  }
}

type Deps = Pick<GatewayDeps, 'keys' | 'clients'>

function invalidKey(message: string, address: string, { clients }: Deps): GatewayError {
  const waitMs = clients.wrongKey(address)
  return waitMs === 0 ? new GatewayError('invalid_key', message) : tooManyWrongKeys(waitMs)
}

const whereKeysGo =
  "Send your key (sk-bf-…) as 'Authorization: Bearer KEY' with the OpenAI SDK, or as 'x-goog-api-key: KEY' with the Google GenAI SDK."
const tooManyWrongKeys = (retryAfterMs: number): GatewayError =>
  new GatewayError(
    'too_many_wrong_keys',
    `Too many requests came from your address without a key that is good, this one included. ${whereKeysGo}`,
    { retryAfterMs },
  )

function secretOf({ headers, target }: HttpRequest): string | null {
  const authorization = headers.get('authorization')
  if (authorization !== null && /^bearer /i.test(authorization)) return authorization.slice('bearer '.length).trim()
  const inHeader = headers.get('x-goog-api-key') ?? headers.get('api-key')
  if (inHeader !== null) return inHeader
  const query = target.indexOf('?')
  return query === -1 ? null : new URLSearchParams(target.slice(query)).get('key')
}
