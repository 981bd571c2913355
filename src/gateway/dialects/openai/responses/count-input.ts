/** `POST /v1/responses/input_tokens`: how many tokens an input counts, without an answer; it is free. */
import type { Operation } from '../../../operation.ts'
import { unmetered } from '../../unmetered.ts'
import { askedAs } from './asked-as.ts'
import { createResponse } from './create.ts'

/** What it names is one's own, as where a response is created: what somebody else's counts is nobody's to know. */
export const countInput: Operation = {
  ...createResponse,
  name: 'responses.input_tokens',
  path: '/v1/responses/input_tokens',
  due: 'free',
  effects: 'none',
  read(body, params, query) {
    const asked = askedAs(createResponse.read(body, params, query), ({ wire }) => ({
      demand: null,
      wire: { ...wire, path: () => '/responses/input_tokens', answer: unmetered },
    }))
    return { ...asked, effects: 'none' }
  },
}
