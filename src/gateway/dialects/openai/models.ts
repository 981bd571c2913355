/** `GET /v1/models` and `/v1/models/{id}`: what is served in this dialect. */
import { jsonAnswer, type HttpAnswer } from '../../../lib/http-server/contract.ts'
import type { Offered, OfferedModel } from '../../offered.ts'
import { modelNotFound } from '../../parse.ts'
import { openai } from './envelope.ts'

export const endpoint = { name: 'models', dialect: openai } as const

/** The models a key may use, in the order of the API reference. */
export const listModels = (offered: Offered): HttpAnswer =>
  jsonAnswer({ object: 'list', data: offered.listed.map(modelObject) })

export function retrieveModel(id: string, offered: Offered): HttpAnswer {
  const model = offered.find(id)
  if (!model) throw modelNotFound(id)
  return jsonAnswer(modelObject(model))
}

const modelObject = ({ name, model }: OfferedModel) => ({
  id: name,
  object: 'model',
  created: model.released === null ? 0 : Date.parse(model.released) / 1000,
  owned_by: model.ownedBy ?? 'openai',
  shutdown_date: model.lifecycle.shutdown,
})
