/** What is asked, as a call: with the model it is for and what it names by id. */
import type { Model } from '../catalog/catalog.ts'
import type { Resource } from '../store/resources.ts'
import type { KeyRow } from '../store/store.ts'
import type { Asked } from './dialect.ts'
import { invalid } from './errors.ts'
import type { GatewayDeps } from './deps.ts'
import { mayUse, modelNotFound } from './may-use.ts'
import { servedElsewhere, unknownModel } from './near-models.ts'
import type { Call, Operation } from './operation.ts'
import { operationsFor } from './operations.ts'

type Asker = {
  readonly operation: Operation
  readonly key: KeyRow
  /** As the URL chooses it. */
  readonly region: string | null
}
type Deps = Pick<GatewayDeps, 'catalog' | 'fleet' | 'clock'>

/** `resources`: what it names by id. Throws what the caller can put right. */
export function resolve(asked: Asked, resources: readonly Resource[], asker: Asker, deps: Deps): Call {
  const { operation, key } = asker
  const { catalog } = deps
  switch (asked.target.kind) {
    case 'model': {
      const { name } = asked.target
      const model = modelNamed(name, asker, deps)
      const toolModel = toolModelOf(asked, asker, deps)
      const of = asked.askedOf ? { ...asked, ...asked.askedOf(resources) } : asked
      return { operation, asked: of, model, toolModel, resources, sentName: sentNameOf(model, name) }
    }
    case 'resource': {
      const resource = resources[0]!
      const model = resource.model === null ? null : catalog.find(resource.model)
      const { demand, wire } = asked.askedOf?.(resources) ?? asked
      if (demand && (!model?.listed || !mayUse(key, model))) throw modelNotFound(resource.model ?? '')
      return {
        operation,
        asked: { ...asked, demand, wire },
        model,
        toolModel: null,
        resources,
        sentName: resource.upstreamId,
      }
    }
    case 'provider':
      return { operation, asked, model: null, toolModel: null, resources, sentName: '' }
  }
}

function modelNamed(name: string, { operation, key, region }: Asker, deps: Deps): Model {
  const { dialect, kinds } = operation
  const model = deps.catalog.find(name)
  if (!model?.listed || !mayUse(key, model)) throw unknownModel(name, { dialect, kinds, key, region }, deps)
  if (model.dialect !== dialect.name) throw modelNotFound(name, servedElsewhere[model.dialect])
  if (kinds.includes(model.kind)) return model
  throw invalid(
    'model',
    `The model '${name}' is for ${model.kind}; this endpoint is for ${kinds.join(' and ')} models.${askedAt(model)}`,
  )
}

/** Where it can be asked. */
function askedAt(model: Model): string {
  const [first] = operationsFor(model)
  return first ? ` Ask it at ${first.method} ${first.path.replace('{model}', model.id)}.` : ''
}

/** Of a model that the upstream is to ask for us the price must be known, and the key must be allowed it. */
function toolModelOf({ demand }: Asked, { operation: { dialect }, key, region }: Asker, deps: Deps): Model | null {
  const tool = demand?.tool
  if (!tool) return null
  const model = deps.catalog.find(tool.modelName)
  if (!model?.listed || !mayUse(key, model))
    throw unknownModel(tool.modelName, { dialect, kinds: ['image'], key, region, field: tool.field }, deps)
  if (model.kind === 'image') return model
  throw invalid(tool.field, `The model '${tool.modelName}' makes ${model.kind}; this tool is for image models.`)
}

/** What a model that a client calls `name` is called at upstreams: they know snapshots, but not an operator's aliases. */
const sentNameOf = (model: Model, name: string): string => (model.aliases.includes(name) ? model.id : name)
