/** `POST /v1/videos/characters`: made of an uploaded video, to be named in prompts. It is free. */
import { formLimits } from '../../../../lib/form/contract.ts'
import type { AnswerReader } from '../../../dialect.ts'
import { invalid } from '../../../errors.ts'
import type { Operation } from '../../../operation.ts'
import { unmetered } from '../../unmetered.ts'
import { openai, openaiHeaders } from '../envelope.ts'
import { msOf } from './video-object.ts'

const videoBytesMax = 256 * 1024 * 1024

export const createCharacter: Operation = {
  name: 'videos.characters',
  dialect: openai,
  method: 'POST',
  path: '/v1/videos/characters',
  kinds: [],
  body: {
    kind: 'form',
    bytesMax: 0,
    formBytesMax: videoBytesMax + formLimits.fieldsBytesMax,
    limits: { ...formLimits, filesMax: 1, fileBytesMax: videoBytesMax },
  },
  passes: openaiHeaders,
  due: 'free',
  effects: 'acts',
  read() {
    throw invalid('video', 'A character is made of a video: send a form (multipart/form-data) with name and video.')
  },
  readForm: ({ form, changes }) => ({
    target: { kind: 'provider' },
    demand: null,
    wire: {
      path: () => '/videos/characters',
      body: () => form.source(changes),
      contentType: form.contentType,
      answer: characterReader,
    },
    effects: 'acts',
    affinity: () => null,
  }),
}

const characterReader: AnswerReader = {
  kind: 'whole',
  read(answer, headers) {
    const reading = unmetered.read(answer, headers)
    const object = new TextDecoder().decode(answer)
    const { id, created_at: createdAt } = JSON.parse(object) as Readonly<Record<string, unknown>>
    if (typeof id !== 'string' || id === '') return reading
    return {
      ...reading,
      made: [
        {
          kind: 'character',
          id,
          parent: null,
          labels: {},
          createdAt: msOf(createdAt) ?? Date.now(),
          expiresAt: null,
          object,
        },
      ],
    }
  },
}
