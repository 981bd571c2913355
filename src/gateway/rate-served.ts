/** Rating what was served: the price frozen at admission, adjusted by what the answer says of the model and tier that served it. */
import type { Nano } from '../lib/amounts.ts'
import { scaledPrice, type ServiceTier } from '../money/price-book.ts'
import { rate, type Rated } from '../money/rating.ts'
import type { Usage } from '../money/usage.ts'
import { isVendor, type Deployment } from '../upstreams/deployment.ts'
import type { Paid } from './admit.ts'
import type { GatewayDeps } from './deps.ts'
import type { Reading } from './dialect.ts'
import type { Call } from './operation.ts'
import { priceFor } from './price-for.ts'

export type RatedServed = Rated & {
  readonly priceFrom: string
  readonly costNano: Nano
  /** The vendor says that another model of the catalog served, so that its price counts. */
  readonly isOtherModel: boolean
}

/** A price as it is listed, in millionths. */
export const listPpm = 1_000_000n

/** What was agreed when the request was let in; the time in epoch ms. */
type Frozen = Pick<Paid, 'model' | 'price'> & {
  readonly demand: Pick<Paid['demand'], 'tiers'>
  readonly toolModel: Call['toolModel']
  readonly admittedAt: number
}

/**
 * The model and tier that really served decide the price where the vendor itself names them, for it bills by them
 * too. What a compatible upstream calls itself never does, and the tier that it names only where it was asked for.
 * What a model of one's own costs, its operator says, whatever serves it.
 */
export function rateServed(
  { model, toolModel, demand, price: frozen, admittedAt }: Frozen,
  deployment: Pick<Deployment, 'kind' | 'pricePpm' | 'costPpm'> | null,
  { reading, usage }: { readonly reading: Pick<Reading, 'servedModel' | 'tier'> | null; readonly usage: Usage },
  deps: Pick<GatewayDeps, 'catalog' | 'prices' | 'costs'>,
): RatedServed {
  const isVendors = deployment !== null && isVendor(deployment.kind)
  const served = isVendors && reading?.servedModel && !model.isOwn ? deps.catalog.find(reading.servedModel) : null
  const isOther = served !== null && served.id !== model.id
  const book = (isOther && priceFor(served.id, { toolModel }, { prices: deps.prices, at: admittedAt })) || frozen
  const price = scaledPrice(book, deployment?.pricePpm ?? listPpm)
  const tier = tierOf(demand.tiers, reading?.tier ?? null, isVendors)
  const rated = rate(usage, price, tier)
  const list =
    deps.costs === deps.prices
      ? book
      : (priceFor(book.model, { toolModel }, { prices: deps.costs, at: admittedAt }) ?? book)
  const cost = scaledPrice(list, deployment?.costPpm ?? listPpm)
  const costNano = cost === price ? rated.ratedNano : rate(usage, cost, tier).ratedNano
  return { ...rated, priceFrom: book.name, costNano, isOtherModel: isOther }
}

function tierOf(asked: readonly ServiceTier[], said: ServiceTier | null, isVendors: boolean): ServiceTier {
  if (said !== null && (isVendors || asked.includes(said))) return said
  return asked.at(-1) ?? 'standard'
}
