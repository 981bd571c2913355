/** `POST /v1/responses/compact`: an input made shorter by the model, billed as what it reads and writes. */
import { assert } from '../../../../lib/assert.ts'
import type { AnswerReader } from '../../../dialect.ts'
import type { Operation } from '../../../operation.ts'
import { createResponse } from './create.ts'
import { limitRange } from './creation.ts'

/** Reads what creating a response reads; its answer is called otherwise and tells its usage alike. */
export const compactResponse: Operation = {
  ...createResponse,
  name: 'responses.compact',
  path: '/v1/responses/compact',
  effects: 'none',
  read(body, params, query) {
    const { translation: _, ...asked } = createResponse.read(body, params, query)
    // It takes no limit of output, so that all the model can say is held, and nothing less will do.
    const output = { max: limitRange.max, answers: 1, floor: limitRange.max }
    const { answer: reader } = asked.wire
    assert(reader.kind !== 'bytes', 'a response is read')
    const answer: AnswerReader = { kind: 'whole', read: reader.read }
    return {
      ...asked,
      demand: { ...asked.demand!, output, judged: null },
      wire: { ...asked.wire, path: () => '/responses/compact', answer },
    }
  },
}
