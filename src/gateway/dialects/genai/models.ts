/** `GET /genai/{version}/models` and `…/models/{id}`: what is served in this dialect. */
import { jsonAnswer, type HttpAnswer } from '../../../lib/http-server/contract.ts'
import { invalid } from '../../errors.ts'
import { offeredAt, type Offered, type OfferedModel } from '../../offered.ts'
import type { KnownOperation } from '../../operation.ts'
import { modelNotFound } from '../../may-use.ts'
import { meantBy } from '../../near-models.ts'
import { genai } from './envelope.ts'

export const listModels: KnownOperation = {
  name: 'models',
  dialect: genai,
  method: 'GET',
  path: '/genai/v1beta/models',
  answer: ({ query, region }, key, deps) => pageOf(query, offeredAt(genai, region, key, deps)),
}

export const getModel: KnownOperation = {
  name: 'models',
  dialect: genai,
  method: 'GET',
  path: '/genai/v1beta/models/{model}',
  answer: ({ params, region }, key, deps) => answerOf(params['model'] ?? '', offeredAt(genai, region, key, deps)),
}

const pageSizeDefault = 50
const pageSizeMax = 1_000

/** A page of the models a key may use; `pageToken` is where the next one starts. */
function pageOf(query: URLSearchParams, { listed }: Offered): HttpAnswer {
  const size = Math.min(wholeParam(query, 'pageSize') || pageSizeDefault, pageSizeMax)
  const from = wholeParam(query, 'pageToken')
  const next = from + size < listed.length ? { nextPageToken: String(from + size) } : {}
  return jsonAnswer({ models: listed.slice(from, from + size).map(modelObject), ...next })
}

function answerOf(id: string, offered: Offered): HttpAnswer {
  const model = offered.find(id)
  if (!model) throw modelNotFound(id, meantBy(id, offered.listed))
  return jsonAnswer(modelObject(model))
}

function wholeParam(query: URLSearchParams, name: string): number {
  const text = query.get(name) ?? ''
  if (!/^\d{0,6}$/.test(text)) throw invalid(name, `Invalid '${name}': expected a whole number.`)
  return Number(text)
}

/** What Google says of models that have no version in their names. */
const unversioned = '001'

const modelObject = ({ name, model, operations }: OfferedModel) => ({
  name: `models/${name}`,
  baseModelId: model.id,
  version: model.released ?? unversioned,
  displayName: name,
  description: model.description,
  inputTokenLimit: model.inputTokensMax,
  outputTokenLimit: model.outputTokensMax,
  supportedGenerationMethods: operations,
})
