/** `GET /genai/{version}/models` and `…/models/{id}`: what is served in this dialect. */
import type { Model } from '../../../catalog/catalog.ts'
import { jsonAnswer, type HttpAnswer } from '../../../lib/http-server/contract.ts'
import type { KeyRow } from '../../../store/store.ts'
import { invalid } from '../../errors.ts'
import { mayUse, modelNotFound } from '../../parse.ts'
import type { Offered } from '../../offered.ts'
import { genai } from './envelope.ts'

export const endpoint = { name: 'models', dialect: genai } as const

const pageSizeDefault = 50
const pageSizeMax = 1_000

/** A page of the models a key may use; `pageToken` is where the next one starts. */
export function listModels(key: KeyRow, query: URLSearchParams, offered: Offered): HttpAnswer {
  const models = offered.listed.filter((model) => model.dialect === 'genai' && mayUse(key, model))
  const size = Math.min(wholeParam(query, 'pageSize') || pageSizeDefault, pageSizeMax)
  const from = wholeParam(query, 'pageToken')
  const next = from + size < models.length ? { nextPageToken: String(from + size) } : {}
  return jsonAnswer({ models: models.slice(from, from + size).map(modelObject), ...next })
}

export function getModel(id: string, key: KeyRow, offered: Offered): HttpAnswer {
  const model = offered.find(id)
  if (!model || model.dialect !== 'genai' || !mayUse(key, model)) throw modelNotFound(id)
  return jsonAnswer(modelObject(model))
}

function wholeParam(query: URLSearchParams, name: string): number {
  const text = query.get(name) ?? ''
  if (!/^\d{0,6}$/.test(text)) throw invalid(name, `Invalid '${name}': expected a whole number.`)
  return Number(text)
}

const modelObject = (model: Model) => ({
  name: `models/${model.id}`,
  baseModelId: model.id,
  version: model.released,
  displayName: model.id,
  description: model.description,
  inputTokenLimit: model.inputTokensMax,
  outputTokenLimit: model.outputTokensMax,
  supportedGenerationMethods: ['generateContent', 'streamGenerateContent', 'countTokens'],
})
