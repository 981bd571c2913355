/** `GET /v1/models` and `/v1/models/{id}`: what is served in this dialect. */
import { jsonAnswer, type HttpAnswer } from '../../../lib/http-server/contract.ts'
import { offeredAt, type Offered, type OfferedModel } from '../../offered.ts'
import type { KnownOperation } from '../../operation.ts'
import { modelNotFound } from '../../may-use.ts'
import { meantBy } from '../../near-models.ts'
import { openai } from './envelope.ts'

export const listModels: KnownOperation = {
  name: 'models',
  dialect: openai,
  method: 'GET',
  path: '/v1/models',
  answer: ({ region }, key, deps) => listOf(offeredAt(openai, region, key, deps)),
}

export const retrieveModel: KnownOperation = {
  name: 'models',
  dialect: openai,
  method: 'GET',
  path: '/v1/models/{model}',
  answer: ({ params, region }, key, deps) => answerOf(params['model'] ?? '', offeredAt(openai, region, key, deps)),
}

/** The models a key may use, in the order of the API reference. */
const listOf = (offered: Offered): HttpAnswer => jsonAnswer({ object: 'list', data: offered.listed.map(modelObject) })

function answerOf(id: string, offered: Offered): HttpAnswer {
  const model = offered.find(id)
  if (!model) throw modelNotFound(id, meantBy(id, offered.listed))
  return jsonAnswer(modelObject(model))
}

const modelObject = ({ name, model }: OfferedModel) => ({
  id: name,
  object: 'model',
  created: model.released === null ? 0 : Date.parse(model.released) / 1000,
  owned_by: model.ownedBy ?? 'openai',
  shutdown_date: model.lifecycle.shutdown,
})
