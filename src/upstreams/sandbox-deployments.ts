/** The deployments of a sandbox that serves every model, one in each region, so that region policies can be tried. */
import type { Deployment } from './deployment.ts'

/** What they are called without a configuration. */
export const sandboxDeploymentName = (region: string): string => `sandbox-${region}`

export const sandboxDeployments = (regions: readonly string[], adapter: Deployment['adapter']): readonly Deployment[] =>
  regions.map((region) => ({
    id: sandboxDeploymentName(region),
    provider: 'sandbox',
    kind: 'sandbox',
    model: null,
    upstreamModel: null,
    region,
    simulated: true,
    priority: 0,
    weight: 1,
    rpm: null,
    tpm: null,
    outputTokensMax: null,
    pricePpm: 1_000_000n,
    costPpm: 1_000_000n,
    onAbort: 'drain',
    isTracked: false,
    adapter,
  }))
