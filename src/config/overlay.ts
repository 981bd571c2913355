/** What `mart.yaml` changes about the catalog and the price book, as the data that those are loaded from. */
import type { MartFile } from './resolve.ts'

type ModelData = {
  readonly id: string
  readonly listed: boolean
  readonly snapshots: readonly string[]
  readonly lifecycle: { readonly shutdown: string | null; readonly replacement: string | null }
  readonly prices: readonly unknown[]
}

/** For `loadCatalog`: the models with their aliases, and their lifecycles as the file has them. */
export const overlaidCatalogData = <Model extends ModelData>(
  models: readonly Model[],
  { aliases, lifecycle }: Pick<MartFile, 'aliases' | 'lifecycle'>,
) =>
  models.map((model) => {
    const { listed, ...changes } = own(lifecycle, model.id) ?? {}
    const names = Object.keys(aliases).filter((alias) => aliases[alias] === model.id)
    return {
      ...model,
      listed: listed ?? model.listed,
      snapshots: [...model.snapshots, ...names],
      lifecycle: { ...model.lifecycle, ...changes },
    }
  })

/** For `loadPriceBook`: the models' list prices, or those of the file. */
export const overlaidPrices = (
  models: readonly Pick<ModelData, 'id' | 'prices'>[],
  { priceBook }: Pick<MartFile, 'priceBook'>,
): readonly Pick<ModelData, 'id' | 'prices'>[] =>
  models.map(({ id, prices }) => ({ id, prices: own(priceBook.models, id)?.prices ?? prices }))

/** For `loadPriceBook`: what is added to prices, in millionths. */
export function markupOf({ priceBook: { markupPpm, models } }: Pick<MartFile, 'priceBook'>) {
  const byModel = new Map<string, bigint>()
  for (const [id, model] of Object.entries(models)) if (model.markupPpm !== undefined) byModel.set(id, model.markupPpm)
  return { defaultPpm: markupPpm, byModel }
}

const own = <Value>(byId: Readonly<Record<string, Value>>, id: string): Value | undefined =>
  Object.hasOwn(byId, id) ? byId[id] : undefined
