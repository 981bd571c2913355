/** `POST /v1/responses/compact`: an input made shorter by the model, billed as what it reads and writes. */
import { assert } from '../../../../lib/assert.ts'
import type { AnswerReader } from '../../../dialect.ts'
import type { Operation } from '../../../operation.ts'
import { askedAs } from './asked-as.ts'
import { createResponse } from './create.ts'
import { limitRange } from './creation.ts'

/** It takes no limit of output, so that all the model can say is held, and nothing less will do. */
const output = { max: limitRange.max, answers: 1, floor: limitRange.max }

/** Reads what creating a response reads; its answer is called otherwise and tells its usage alike. */
export const compactResponse: Operation = {
  ...createResponse,
  name: 'responses.compact',
  path: '/v1/responses/compact',
  effects: 'none',
  read(body, params, query) {
    return askedAs(createResponse.read(body, params, query), ({ demand, wire }) => {
      assert(wire.answer.kind !== 'bytes', 'a response is read')
      const answer: AnswerReader = { kind: 'whole', read: wire.answer.read }
      return {
        demand: { ...demand!, output, judged: null },
        wire: { ...wire, path: () => '/responses/compact', answer },
      }
    })
  },
}
