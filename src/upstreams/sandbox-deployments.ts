/** The deployments of a sandbox in two regions, so that region policies can be tried. For tests; a fresh install has them by its configuration's defaults. */
import { systemClock } from '../lib/clock.ts'
import type { Deployment } from './deployment.ts'
import { sandbox } from './kinds/sandbox.ts'

export const sandboxDeployments = (url: string): readonly Deployment[] =>
  ['us', 'eu'].map((region) => ({
    id: `sandbox-${region}`,
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
    adapter: sandbox({ kind: 'sandbox', url }, systemClock),
  }))
