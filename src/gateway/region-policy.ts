import type { KeyRow } from '../store/store.ts'
import type { Fleet } from '../upstreams/fleet.ts'
import { GatewayError } from './errors.ts'

/** The region policy of a request: its key's, or the one that its URL chooses. Throws `not_found`, `region_unavailable`. */
export function policyOf(chosen: string | null, key: KeyRow, { policies }: Fleet): string {
  if (chosen === null || chosen === key.region) return key.region
  if (!Object.hasOwn(policies, chosen))
    throw new GatewayError(
      'not_found',
      `The URL names the region '${chosen.slice(0, 40)}', which is none. Regions: ${Object.keys(policies).join(', ')}. ` +
        'Without one, the path of the base URL is /v1/ for the OpenAI SDK and /genai for the Google GenAI SDK.',
    )
  const allowed = policies[key.region]?.mayChoose ?? []
  if (allowed.includes(chosen)) return chosen
  throw new GatewayError(
    'region_unavailable',
    `This key's requests never leave region '${key.region}', so they cannot be served in '${chosen}'. ` +
      `Use the URL without a region${allowed.length > 0 ? `, or one of: ${allowed.join(', ')}` : ''}.`,
    { facts: { region: key.region } },
  )
}
