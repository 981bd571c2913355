/** What `mart.yaml` changes about the catalog and the price book, as the data that those are loaded from. */
import { ownModelData } from './own-models.ts'
import type { MartFile } from './resolve.ts'

type ModelData = {
  readonly id: string
  readonly listed: boolean
  readonly lifecycle: { readonly shutdown: string | null; readonly replacement: string | null }
  readonly prices: readonly unknown[]
}

/** For `loadCatalog`: the catalog's models and the file's own, with their aliases, and their lifecycles as the file has them. */
export const overlaidCatalogData = (
  models: readonly ModelData[],
  file: Pick<MartFile, 'models' | 'aliases' | 'lifecycle'>,
) =>
  [...models, ...ownModelData(file)].map((model) => {
    const { listed = model.listed, ...changes } = own(file.lifecycle, model.id) ?? {}
    return {
      ...model,
      listed,
      aliases: Object.keys(file.aliases).filter((alias) => file.aliases[alias] === model.id),
      lifecycle: { ...model.lifecycle, ...changes },
    }
  })

/** A model as `loadPriceBook` takes it. */
type PricedModel = { readonly id: string; readonly prices: readonly unknown[]; readonly isFree?: boolean }

/** What the providers ask: the catalog's list prices, and what the file says of its own models. */
export const listPrices = (models: readonly PricedModel[], file: Pick<MartFile, 'models'>): readonly PricedModel[] => [
  ...models,
  ...ownModelData(file).map(({ id, prices }) => ({ id, prices, isFree: file.models[id]!.free })),
]

/** What is charged: list prices, or those of the file's price book. */
export const overlaidPrices = (
  models: readonly PricedModel[],
  file: Pick<MartFile, 'models' | 'priceBook'>,
): readonly PricedModel[] =>
  listPrices(models, file).map((model) => {
    const prices = own(file.priceBook.models, model.id)?.prices
    return prices ? { id: model.id, prices } : model
  })

/** For `loadPriceBook`: what is added to prices, in millionths. */
export function markupOf({ priceBook: { markupPpm, models } }: Pick<MartFile, 'priceBook'>) {
  const byModel = new Map<string, bigint>()
  for (const [id, model] of Object.entries(models)) if (model.markupPpm !== undefined) byModel.set(id, model.markupPpm)
  return { defaultPpm: markupPpm, byModel }
}

const own = <Value>(byId: Readonly<Record<string, Value>>, id: string): Value | undefined =>
  Object.hasOwn(byId, id) ? byId[id] : undefined
