/** `GET /v1/models` and `/v1/models/{id}`: what is served in this dialect. */
import type { Model } from '../../../catalog/catalog.ts'
import { jsonAnswer, type HttpAnswer } from '../../../lib/http-server/contract.ts'
import type { KeyRow } from '../../../store/store.ts'
import { mayUse, modelNotFound } from '../../parse.ts'
import type { Offered } from '../../offered.ts'
import { openai } from './envelope.ts'

export const endpoint = { name: 'models', dialect: openai } as const

/** The models a key may use, in the order of the API reference. */
export function listModels(key: KeyRow, offered: Offered): HttpAnswer {
  const models = offered.listed.filter((model) => model.dialect === 'openai' && mayUse(key, model))
  return jsonAnswer({ object: 'list', data: models.map((model) => modelObject(model, model.id)) })
}

export function retrieveModel(id: string, key: KeyRow, offered: Offered): HttpAnswer {
  const model = offered.find(id)
  if (!model || model.dialect !== 'openai' || !mayUse(key, model)) throw modelNotFound(id)
  return jsonAnswer(modelObject(model, id))
}

const modelObject = (model: Model, id: string) => ({
  id,
  object: 'model',
  created: Date.parse(model.released) / 1000,
  owned_by: 'openai',
  shutdown_date: model.lifecycle.shutdown,
})
