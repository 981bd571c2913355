/** `POST /v1/videos`: a job that is billed when it is done. What it will cost is reserved when it is created. */
import { formLimits } from '../../../../lib/form/contract.ts'
import type { Operation } from '../../../operation.ts'
import { refuseDuplicates } from '../../read-fields.ts'
import { openai, openaiHeaders } from '../envelope.ts'
import { fieldsOf, fileIdsIn } from '../form-fields.ts'
import { bodyNaming } from '../named-body.ts'
import { createdReader } from './answer.ts'
import { askReservedVideo } from './ask-video.ts'
import { billedKeys, demandOf, wishIn, type VideoWish } from './wish.ts'

const jsonBytesMax = 64 * 1024 * 1024
const referenceBytesMax = 50 * 1024 * 1024

export const createVideo: Operation = {
  name: 'videos',
  dialect: openai,
  method: 'POST',
  path: '/v1/videos',
  kinds: ['video'],
  body: {
    kind: 'form',
    bytesMax: jsonBytesMax,
    formBytesMax: referenceBytesMax + formLimits.fieldsBytesMax,
    limits: { ...formLimits, filesMax: 4, fileBytesMax: referenceBytesMax },
  },
  passes: openaiHeaders,
  due: 'deferred',
  effects: 'acts',
  askJob: askReservedVideo,
  read(body) {
    const wish = wishIn(body.json)
    refuseDuplicates(body, jsonKeys, ['input_reference'])
    return asked(wish, { body: (change) => bodyNaming(body, change, 'videos') })
  },
  readForm(body) {
    const { form, changes } = body
    const wish = { ...wishIn(fieldsOf(body, formKeys, {})), references: fileIdsIn(body) }
    return asked(wish, {
      body: ({ upstreamModel }) => form.source(upstreamModel === null ? changes : { ...changes, model: upstreamModel }),
      contentType: form.contentType,
    })
  },
}

const jsonKeys: ReadonlySet<string> = new Set([...billedKeys, 'input_reference', 'file_id'])
const formKeys: ReadonlySet<string> = new Set([...billedKeys, 'input_reference[file_id]'])

type Sent = Pick<ReturnType<Operation['read']>['wire'], 'body' | 'contentType'>

function asked({ model, size, seconds, references }: VideoWish, sent: Sent): ReturnType<Operation['read']> {
  return {
    target: { kind: 'model', name: model, references },
    demand: demandOf(size, seconds),
    wire: { ...sent, path: () => '/videos', answer: createdReader({ seconds, size, parent: null }) },
    effects: 'acts',
    affinity: () => null,
  }
}
