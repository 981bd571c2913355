/** What may be wrong about models: an operator's own, aliases, lifecycles and prices. */
import type { MartFileData } from './file-schema.ts'
import { closestModels, isOfCatalog, knownModel, type KnownModel } from './known-models.ts'
import type { OwnModel, PriceRow } from './model-schema.ts'
import { inputTokensMaxOf, outputTokensMaxOf } from './own-models.ts'
import type { Problem } from './refusal.ts'

type Path = Problem['path']

/** All that is wrong at `now`, epoch ms. */
export const modelProblems = (file: MartFileData, now: number): Problem[] => [
  ...Object.keys(file.models).flatMap((id) => ownProblems(file, id, now)),
  ...aliasProblems(file),
  ...unknownModels(['lifecycle'], file.lifecycle, file),
  ...unknownModels(['priceBook', 'models'], file.priceBook.models, file),
  ...Object.keys(file.priceBook.models).flatMap((id) => priceBookProblems(file, id, now)),
]

// ---- An operator's own -----------------------------------------------------------------------------

const notOfCatalog =
  'a name that the catalog does not have; priceBook and lifecycle change what it says of a model, aliases give it another name'

function ownProblems(file: MartFileData, id: string, now: number): Problem[] {
  const path = ['models', id]
  if (isOfCatalog(id)) return [{ path, name: 'taken', message: notOfCatalog }]
  const model = file.models[id]!
  return [
    ...limitProblems(path, model),
    ...modalityProblems(path, model),
    ...ownPriceProblems(path, model, { known: knownModel(id, file)!, now }),
  ]
}

/** A hold is the most that a request can cost, so what bounds it must be known. */
function limitProblems(path: Path, model: OwnModel): Problem[] {
  if (inputTokensMaxOf(model) === undefined)
    return [{ path: [...path, 'contextTokens'], message: 'a number of tokens, unless there is inputTokensMax' }]
  const isCounted = model.kind === 'text' || model.kind === 'image'
  if (!isCounted || outputTokensMaxOf(model) !== undefined) return []
  return [{ path: [...path, 'contextTokens'], message: 'a number of tokens, unless there is outputTokensMax' }]
}

function modalityProblems(path: Path, { kind, outputModalities }: OwnModel): Problem[] {
  const own = kind === 'embeddings' ? 'embedding' : kind
  if (!outputModalities || outputModalities.includes(own)) return []
  return [{ path: [...path, 'outputModalities'], message: `a list with ${own}, which is what its kind makes` }]
}

function ownPriceProblems(
  path: Path,
  { price, prices, free }: OwnModel,
  { known, now }: { readonly known: KnownModel; readonly now: number },
): Problem[] {
  const given = [price !== undefined && 'price', prices !== undefined && 'prices', free && 'free'].filter(Boolean)
  if (given.length === 0) return [{ path: [...path, 'price'], message: 'a price, or prices with dates, or free: true' }]
  if (given.length > 1)
    return [
      { path: [...path, String(given[1])], message: `nothing beside ${given[0]}: one of price, prices and free: true` },
    ]
  if (price) return rowProblems([...path, 'price'], price, known)
  return prices ? datedProblems([...path, 'prices'], prices, { known, now }) : []
}

// ---- Names -----------------------------------------------------------------------------------------

const unknownModels = (path: Path, byModel: Readonly<Record<string, unknown>>, file: MartFileData): Problem[] =>
  Object.keys(byModel)
    .filter((id) => knownModel(id, file) === null)
    .map((id) => ({ path: [...path, id], name: 'unknown', message: aModel(id, file) }))

const aliasProblems = (file: MartFileData): Problem[] =>
  Object.entries(file.aliases).flatMap(([alias, target]): Problem[] => {
    const path = ['aliases', alias]
    if (isOfCatalog(alias)) return [{ path, name: 'taken', message: 'a name that the catalog does not have' }]
    if (Object.hasOwn(file.models, alias))
      return [{ path, name: 'taken', message: 'a name that `models` does not have' }]
    return knownModel(target, file) ? [] : [{ path, message: aModel(target, file) }]
  })

const aModel = (name: string, file: MartFileData): string =>
  `a model of the catalog or of \`models\`, ${closestModels(name, file)}`

// ---- Prices ----------------------------------------------------------------------------------------

function priceBookProblems(file: MartFileData, id: string, now: number): Problem[] {
  const { prices } = file.priceBook.models[id]!
  const known = knownModel(id, file)
  if (!prices || !known) return []
  const path = ['priceBook', 'models', id, 'prices']
  if (known.isOwn && file.models[id]!.free) return [{ path, message: `nothing, because models.${id}.free is true` }]
  return datedProblems(path, prices, { known, now })
}

type Periods = NonNullable<OwnModel['prices']>

/** Before its first price a model would be listed and could not be served. */
function datedProblems(path: Path, periods: Periods, { known, now }: { known: KnownModel; now: number }): Problem[] {
  const [first] = periods.map(({ from }) => from).toSorted()
  if (first !== undefined && Date.parse(first) > now)
    return [{ path, message: `at least one price that is in force today; the first begins on ${first}` }]
  return periods.flatMap(({ tiers }, period) =>
    Object.entries<readonly PriceRow[] | undefined>(tiers).flatMap(([tier, rows = []]) =>
      rows.flatMap((row, index) => rowProblems([...path, period, 'tiers', tier, index], row, known)),
    ),
  )
}

/** What a model makes must have a price, or it would be given away. */
function rowProblems(path: Path, { usdPerMillion, usdPerPiece }: PriceRow, model: KnownModel): Problem[] {
  const missing = pricedClasses(model).filter((each) => (usdPerMillion[each] ?? usdPerPiece[each]) === undefined)
  return missing.length === 0 ? [] : [{ path, message: `a row with a price for ${missing.join(' and ')}` }]
}

function pricedClasses({ kind, outputModalities }: KnownModel): readonly string[] {
  switch (kind) {
    case 'text':
      return ['input', 'output']
    case 'image':
      return outputModalities.includes('text') ? ['input', 'output', 'imageOutput'] : ['input', 'imageOutput']
    case 'video':
      return ['videoSecond']
    case 'embeddings':
      return ['input']
  }
}
