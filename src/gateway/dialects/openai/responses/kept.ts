/** What can be done with a response that is kept: ask for it again, stream it again, cancel and delete it, list its input. */
import type { Operation } from '../../../operation.ts'
import { deletedReader, keptOperation, keptReader } from '../kept-operation.ts'
import { unknownResponse } from '../unknown.ts'
import { settleFirst } from './background.ts'

const ofOne = { kind: 'response', unknown: unknownResponse } as const

/** With `stream=true` the rest of one that is made in the background, as it comes. */
export const retrieveResponse: Operation = keptOperation({
  ...ofOne,
  name: 'responses.retrieve',
  method: 'GET',
  path: '/v1/responses/{id}',
  upstreamPath: ({ id }) => `/responses/${id}`,
  answer: (query) => (query.get('stream') === 'true' ? { kind: 'bytes' } : keptReader),
})

export const deleteResponse: Operation = keptOperation({
  ...ofOne,
  name: 'responses.delete',
  method: 'DELETE',
  path: '/v1/responses/{id}',
  upstreamPath: ({ id }) => `/responses/${id}`,
  effects: 'acts',
  before: settleFirst,
  answer: () => deletedReader,
})

export const cancelResponse: Operation = keptOperation({
  ...ofOne,
  name: 'responses.cancel',
  method: 'POST',
  path: '/v1/responses/{id}/cancel',
  upstreamPath: ({ id }) => `/responses/${id}/cancel`,
  effects: 'acts',
})

export const listInputItems: Operation = keptOperation({
  ...ofOne,
  name: 'responses.input_items',
  method: 'GET',
  path: '/v1/responses/{id}/input_items',
  upstreamPath: ({ id }) => `/responses/${id}/input_items`,
})
