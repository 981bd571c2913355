/**
 * What this gateway offers, as its configuration file has it: models, prices and deployments. Made anew
 * whenever the file changes; requests under way keep what they were admitted with.
 */
import { loadCatalog, type Catalog, type ModelKind } from './catalog/catalog.ts'
import models from './catalog/models.json'
import {
  deadlinesFor,
  listPrices,
  markupOf,
  overlaidCatalogData,
  overlaidPrices,
  servedRegions,
  type DeploymentConfig,
  type MartFile,
} from './config.ts'
import type { Failover, HoldPolicy, IdempotencyPolicy } from './gateway/deps.ts'
import type { Deadlines, DrainBounds } from './gateway/watch.ts'
import type { Trust } from './lib/http-server/asked-origin.ts'
import { inNetworks } from './lib/http-server/networks.ts'
import type { Nano } from './lib/amounts.ts'
import type { Clock } from './lib/clock.ts'
import { loadPriceBook, type PriceBook } from './money/price-book.ts'
import type { Installation } from './store/store.ts'
import type { Deployment } from './upstreams/deployment.ts'
import { createFleet, type Fleet } from './upstreams/fleet.ts'
import type { SandboxAddress } from './upstreams/kinds/sandbox.ts'
import { createAdapter, onAbortOf, type AdapterDeps } from './upstreams/providers.ts'
import { sandboxDeploymentName, sandboxDeployments } from './upstreams/sandbox-deployments.ts'

export type Offer = {
  readonly catalog: Catalog
  readonly prices: PriceBook
  /** What providers ask of us: their list prices. */
  readonly costs: PriceBook
  readonly fleet: Fleet
  readonly holds: HoldPolicy
  readonly memory: MartFile['memory']
  readonly failover: Failover
  readonly drain: DrainBounds
  readonly idempotency: IdempotencyPolicy
  readonly deadlinesFor: (kind: ModelKind) => Deadlines
  readonly keyDefaults: MartFile['defaults']
  readonly cors: MartFile['cors']
  /** Proxies that may say where a client reached this server. */
  readonly trustsProxy: Trust
  readonly server: MartFile['server']
  /** Private networks that webhooks may go to, and whether an address is in one. */
  readonly webhookNetworks: readonly string[]
  readonly allowsWebhook: (address: string) => boolean
  /** Whether no real provider is configured. */
  readonly simulated: boolean
}

export type OfferDeps = {
  readonly clock: Clock
  /** Where the built-in sandbox is. */
  readonly builtIn: SandboxAddress
}

const listed = loadPriceBook(models)
const catalogued = loadCatalog(models)

/** Builds the offer. What is known of deployments that `before` had as well is kept, less what kept calls away from them. Throws `ConfigError`. */
export function createOffer(file: MartFile, deps: OfferDeps, before?: Offer): Offer {
  const deployments = deploymentsOf(file, deps)
  const costs = Object.keys(file.models).length === 0 ? listed : loadPriceBook(listPrices(models, file))
  const fleet = createFleet(deployments, file.regions, before?.fleet)
  for (const { health } of fleet.list) health.forgive()
  return {
    catalog: isCatalogued(file) ? catalogued : loadCatalog(overlaidCatalogData(models, file)),
    prices: isListPriced(file) ? costs : loadPriceBook(overlaidPrices(models, file), markupOf(file)),
    costs,
    fleet,
    holds: { ...file.holds, exposedNanoMax: (file.holds.exposedUsdMax * nanoPerUsd) as Nano },
    memory: file.memory,
    failover: file.failover,
    drain: file.drain,
    idempotency: file.idempotency,
    deadlinesFor: (kind) => deadlinesFor(file.deadlines, kind),
    keyDefaults: file.defaults,
    cors: file.cors,
    trustsProxy: inNetworks(file.server.trustedProxies),
    server: file.server,
    webhookNetworks: file.webhooks.allowedNetworks,
    allowsWebhook: inNetworks(file.webhooks.allowedNetworks),
    simulated: Object.values(file.providers).every(isSandbox),
  }
}

const nanoPerUsd = 1_000_000_000n

const isCatalogued = ({ models: own, aliases, lifecycle }: MartFile): boolean =>
  [own, aliases, lifecycle].every((changes) => Object.keys(changes).length === 0)

const isListPriced = ({ priceBook }: MartFile): boolean =>
  priceBook.markupPpm === 0n && Object.keys(priceBook.models).length === 0

const isSandbox = ({ kind }: MartFile['providers'][string]): boolean => kind === 'sandbox'

/** Whether this file names the built-in sandbox, or names no provider, so that it is sure to be asked. */
export const namesBuiltIn = ({ providers }: MartFile): boolean =>
  Object.values(providers).some((provider) => provider.kind === 'sandbox' && provider.url === undefined)

/** What is simulated here, and what is real. */
export function installationOf(file: MartFile): Installation {
  const isSimulated = (provider: string): boolean => isSandbox(file.providers[provider]!)
  const real = new Set(file.deployments.filter(({ provider }) => !isSimulated(provider)).map(({ name }) => name))
  const builtIn = servedRegions(file).map(sandboxDeploymentName)
  const named = file.deployments.filter(({ provider }) => isSimulated(provider)).map(({ name }) => name)
  return {
    simulatedDeployments: [...new Set([...named, ...builtIn.filter((name) => !real.has(name))])],
    realProviders: Object.keys(file.providers).filter((provider) => !isSimulated(provider)),
  }
}

/** One adapter for each provider, so that its deployments share an access token. */
function deploymentsOf(file: MartFile, { clock, builtIn }: OfferDeps): Deployment[] {
  const { providers, deployments } = file
  const deps = { fetch, clock, builtIn }
  const adapters = new Map(Object.entries(providers).map(([name, provider]) => [name, createAdapter(provider, deps)]))
  const configured = deployments
    .filter(({ enabled }) => enabled)
    .map((deployment) => {
      const { kind } = providers[deployment.provider]!
      return deploymentOf(deployment, kind, adapters.get(deployment.provider)!)
    })
  return configured.some(({ simulated }) => simulated) ? configured : [...configured, ...builtInFor(file, deps)]
}

/** Test keys always have a sandbox: where none is configured, the built-in one serves every model wherever a policy serves. */
function builtInFor(file: MartFile, deps: AdapterDeps): Deployment[] {
  const taken = new Set(file.deployments.map(({ name }) => name))
  const free = (name: string): string => (taken.has(name) ? free(`${name}-test`) : name)
  const adapter = createAdapter({ kind: 'sandbox' }, deps)
  return sandboxDeployments(servedRegions(file), adapter).map((deployment) => ({
    ...deployment,
    id: free(deployment.id),
  }))
}

function deploymentOf(config: DeploymentConfig, kind: Deployment['kind'], adapter: Deployment['adapter']): Deployment {
  const { name, provider, model, upstreamModel, region, weight, priority, rpm, tpm, pricePpm, costPpm } = config
  const simulated = kind === 'sandbox'
  return {
    id: name,
    provider,
    kind,
    model,
    upstreamModel,
    region,
    simulated,
    priority,
    weight,
    rpm,
    tpm,
    outputTokensMax: config.outputTokensMax,
    pricePpm,
    costPpm,
    onAbort: config.onAbort ?? onAbortOf(kind),
    isTracked: !simulated,
    adapter,
  }
}
