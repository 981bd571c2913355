/** The models that a file may speak of: those of the catalog and its own. */
import type { ModelKind } from '../catalog/catalog.ts'
import models from '../catalog/models.json' with { type: 'json' }
import type { DialectName } from '../upstreams/deployment.ts'
import { closestNames } from '../lib/closest.ts'
import type { MartFileData } from './file-schema.ts'
import { outputOf } from './own-models.ts'

export type KnownModel = {
  readonly id: string
  readonly isOwn: boolean
  readonly dialect: DialectName
  readonly kind: ModelKind
  readonly outputModalities: readonly string[]
}
type Models = Pick<MartFileData, 'models'>

const ofCatalog: ReadonlyMap<string, KnownModel> = new Map(
  models.map(({ id, dialect, kind, outputModalities }) => [
    id,
    { id, isOwn: false, dialect: dialect as DialectName, kind: kind as ModelKind, outputModalities },
  ]),
)
const namesOfCatalog: ReadonlySet<string> = new Set(models.flatMap(({ id, snapshots }) => [id, ...snapshots]))

/** Whether the catalog knows a model by that name, be it an id or a dated snapshot. */
export const isOfCatalog = (name: string): boolean => namesOfCatalog.has(name)

/** The model of that id; null when there is none. */
export function knownModel(id: string, { models: own }: Models): KnownModel | null {
  if (!Object.hasOwn(own, id)) return ofCatalog.get(id) ?? null
  const { dialect, kind } = own[id]!
  return { id, isOwn: true, dialect, kind, outputModalities: outputOf(own[id]!) }
}

/** The model of that id or alias; null when there is none. */
export const modelNamed = (name: string, file: Models & Pick<MartFileData, 'aliases'>): KnownModel | null =>
  knownModel(name, file) ?? (Object.hasOwn(file.aliases, name) ? knownModel(file.aliases[name]!, file) : null)

/** The ids, and `others`, that somebody who wrote `name` may have meant. */
export const closestModels = (name: string, { models: own }: Models, others: readonly string[] = []): string =>
  `such as ${closestNames(name, [...ofCatalog.keys(), ...Object.keys(own), ...others]).join(', ')}`
