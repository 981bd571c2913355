/** `POST /v1/responses/input_tokens`: how many tokens an input counts, without an answer; it is free. */
import type { Operation } from '../../../operation.ts'
import { unmetered } from '../../unmetered.ts'
import { bodyNaming } from '../named-body.ts'
import { createResponse } from './create.ts'
import { creationOf } from './creation.ts'

export const countInput: Operation = {
  ...createResponse,
  name: 'responses.input_tokens',
  path: '/v1/responses/input_tokens',
  due: 'free',
  effects: 'none',
  read: (body) => ({
    target: { kind: 'model', name: creationOf(body.json).model },
    demand: null,
    wire: {
      path: () => '/responses/input_tokens',
      body: (change) => bodyNaming(body, change, 'responses.input_tokens'),
      answer: unmetered,
    },
    effects: 'none',
    affinity: () => null,
  }),
}
