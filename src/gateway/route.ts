import type { Model } from '../catalog/catalog.ts'
import type { Deployment } from '../upstreams/deployment.ts'
import { GatewayError } from './errors.ts'

/** The deployments that may serve a model within a region, best first; never empty and never outside the region: throws `region_unavailable`. */
export function route(
  model: Model,
  region: string,
  deployments: readonly Deployment[],
): readonly [Deployment, ...Deployment[]] {
  const [best, ...others] = deployments.filter((deployment) => deployment.region === region)
  if (!best)
    throw new GatewayError(
      'region_unavailable',
      `The model '${model.id}' is not served in region '${region}', and this key's requests never leave it.`,
      {
        facts: { region },
      },
    )
  return [best, ...others]
}
