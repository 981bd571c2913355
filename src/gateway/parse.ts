import type { Catalog, Model } from '../catalog/catalog.ts'
import { withMember } from '../lib/json-text.ts'
import type { KeyRow } from '../store/store.ts'
import type { Asked, JsonBody } from './dialect.ts'
import { GatewayError, invalid } from './errors.ts'
import type { Call, Inbound } from './operation.ts'

/**
 * Reads a body into a call: what we route and bill on, and the model it is for. What the dialect does not
 * know passes through. Throws what the caller can put right.
 */
export function parse(body: JsonBody, { operation, params, query }: Inbound, key: KeyRow, catalog: Catalog): Call {
  const { deployment } = params
  const asked = operation.read(deployment === undefined ? body : bodyFor(deployment, body), params, query)
  const { name } = asked.target
  const model = catalog.find(name)
  if (!model?.listed || !mayUse(key, model)) throw modelNotFound(name)
  if (model.dialect !== operation.dialect.name) throw modelNotFound(name, elsewhere[model.dialect])
  if (!operation.kinds.includes(model.kind))
    throw invalid(
      'model',
      `The model '${name}' makes ${model.kind}; this endpoint is for ${operation.kinds.join(' and ')} models.`,
    )
  const toolModel = toolModelOf(asked, key, catalog)
  return { operation, asked, model, toolModel, sentName: sentNameOf(model, name) }
}

/** Of a model that the upstream is to ask for us the price must be known, and the key must be allowed it. */
function toolModelOf({ demand }: Asked, key: KeyRow, catalog: Catalog): Model | null {
  const tool = demand?.tool
  if (!tool) return null
  const model = catalog.find(tool.modelName)
  if (!model?.listed || !mayUse(key, model)) throw modelNotFound(tool.modelName, '', tool.field)
  if (model.kind === 'image') return model
  throw invalid(tool.field, `The model '${tool.modelName}' makes ${model.kind}; this tool is for image models.`)
}

/** What a model that a client calls `name` is called at upstreams: they know snapshots, but not an operator's aliases. */
const sentNameOf = (model: Model, name: string): string => (model.aliases.includes(name) ? model.id : name)

/** Azure names the model in the path as a deployment, and means that one whatever the body says. */
function bodyFor(model: string, body: JsonBody): JsonBody {
  if (body.json['model'] === model) return body
  const text = withMember(body.text, ['model'], model)
  return { bytes: body.strings.expand(text), strings: body.strings, text, json: { ...body.json, model } }
}

/** Whether a key's list of models, if it has one, has this one. */
export const mayUse = (key: KeyRow, model: Model): boolean => key.models === null || key.models.includes(model.id)

const elsewhere = {
  openai: ' It is served to the OpenAI SDK, with the base URL ending in /v1/.',
  genai: ' It is served to the Google GenAI SDK, with the base URL ending in /genai.',
}

export const modelNotFound = (name: string, hint = '', param = 'model'): GatewayError =>
  new GatewayError(
    'model_not_found',
    `The model '${name.slice(0, 200)}' does not exist or you do not have access to it.${hint}`,
    { param },
  )
