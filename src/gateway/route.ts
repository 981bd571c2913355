import type { Model } from '../catalog/catalog.ts'
import type { KeyRow } from '../store/store.ts'
import type { Candidates, Fleet } from '../upstreams/fleet.ts'
import { GatewayError } from './errors.ts'
import type { GatewayDeps } from './deps.ts'
import { isServed } from './offered.ts'

/**
 * The deployments that may serve a model for a key, under its region policy or one that the client chose
 * for this request in the URL. Never empty and never outside the policy: throws `region_unavailable`.
 */
export function route(
  model: Model,
  key: KeyRow,
  chosen: string | null,
  deps: Pick<GatewayDeps, 'fleet' | 'catalog' | 'clock'>,
): Candidates {
  const { fleet } = deps
  const policy = policyOf(chosen, key, fleet)
  const candidates = fleet.serving(model, policy)
  if (!candidates) throw regionUnavailable(model, policy, servedUnder(policy, deps))
  return candidates
}

/** The region policy of a request: its key's, or the one that its URL chooses. Throws `not_found`, `region_unavailable`. */
export function policyOf(chosen: string | null, key: KeyRow, { policies }: Fleet): string {
  if (chosen === null || chosen === key.region) return key.region
  if (!Object.hasOwn(policies, chosen))
    throw new GatewayError(
      'not_found',
      `The URL names the region '${chosen.slice(0, 40)}', which is none. Regions: ${Object.keys(policies).join(', ')}.`,
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

const namedMax = 40
const servedUnder = (policy: string, deps: Parameters<typeof route>[3]): readonly string[] =>
  deps.catalog.listed.filter((model) => isServed(model, policy, deps)).map(({ id }) => id)

function regionUnavailable(model: Model, policy: string, served: readonly string[]): GatewayError {
  const others =
    served.length === 0
      ? 'No model is served there.'
      : `Served there: ${served.slice(0, namedMax).join(', ')}${served.length > namedMax ? ' and others' : ''}.`
  return new GatewayError(
    'region_unavailable',
    `The model '${model.id}' is not served in region '${policy}', and these requests never leave it. ${others}`,
    { param: 'model', facts: { region: policy, served_models: served.join(',') } },
  )
}
