/**
 * `POST /v1/files`: passed on as it comes, to one account of the region, which from then on has it. What is wrong with it
 * is that account's to say. With an idempotency key it is kept whole first, because the key stands for all of it.
 */
import { formLimits } from '../../../../lib/form/contract.ts'
import type { Asked, Wire } from '../../../dialect.ts'
import { invalid } from '../../../errors.ts'
import type { Operation } from '../../../operation.ts'
import { openai, openaiHeaders } from '../envelope.ts'
import { fileReader } from './file.ts'

/** OpenAI's for a file (https://developers.openai.com/api/reference/resources/files), and what a form has around one. */
const fileBytesMax = 512 * 1024 * 1024
const formBytesMax = fileBytesMax + 64 * 1024

export const createFile: Operation = {
  name: 'files',
  dialect: openai,
  method: 'POST',
  path: '/v1/files',
  kinds: [],
  body: {
    kind: 'form',
    bytesMax: 64 * 1024,
    formBytesMax,
    passesOn: true,
    limits: { ...formLimits, filesMax: 1, fileBytesMax },
  },
  passes: openaiHeaders,
  due: 'free',
  effects: 'leaves-record',
  read() {
    throw invalid('body', 'A file must be sent as multipart/form-data, with the parts `file` and `purpose`.')
  },
  readForm: ({ form }) => asked({ body: () => form.source(), contentType: form.contentType }),
  readStream: ({ stream, contentType, isSpent }) => asked({ body: () => stream, contentType, isSpent }),
}

const asked = (sent: Pick<Wire, 'body' | 'contentType' | 'isSpent'>): Asked => ({
  target: { kind: 'provider' },
  demand: null,
  wire: { ...sent, path: () => '/files', answer: fileReader('made') },
  effects: 'leaves-record',
  affinity: () => null,
})
