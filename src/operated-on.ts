/** What operators look at and change, of a running gateway. */
import type { Books } from './books.ts'
import type { GatewayDeps } from './gateway/deps.ts'
import { routes } from './gateway/routes.ts'
import { testCall } from './gateway/test-call.ts'
import type { Clock } from './lib/clock.ts'
import type { Log } from './lib/log.ts'
import type { Offering } from './offering.ts'
import type { Deployment } from './upstreams/deployment.ts'

type Shared = { readonly gateway: () => GatewayDeps; readonly clock: Clock; readonly log: Log }

export const operatedOn = (
  { store, keys, limits, node, verifier, seal }: Books,
  { reload, configuration }: Offering,
  { gateway, clock, log }: Shared,
) => ({
  endpoints: [...new Set(routes.map(({ name }) => name))],
  clock,
  log,
  store,
  keys,
  limits,
  credit: node.credit,
  ship: node.shipper.flush,
  verifier,
  seal,
  recallCredit: node.recallCredit,
  reload,
  configuration,
  testDeployment: (deployment: Deployment) => testCall(deployment, gateway()),
})
