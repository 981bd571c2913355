/** Videos made from videos: remixes and edits, of the same length and size, and extensions, of which the seconds that are added are billed. */
import { formLimits } from '../../../../lib/form/contract.ts'
import type { Resource } from '../../../../store/resources.ts'
import { isForm, type Asked, type FormBody, type JsonBody } from '../../../dialect.ts'
import { invalid } from '../../../errors.ts'
import type { Operation, Params } from '../../../operation.ts'
import { refuseDuplicates } from '../../read-fields.ts'
import { openai, openaiHeaders } from '../envelope.ts'
import { missing } from '../fields.ts'
import { fieldsOf, filesOf } from '../form-fields.ts'
import { createdReader } from './answer.ts'
import { askReservedVideo } from './ask-video.ts'
import { unknownVideo } from '../unknown.ts'
import { demandOf, secondsIn } from './wish.ts'

const jsonBytesMax = 1024 * 1024
/** Of the same account as the video that it is made from, and for its model. */
const ofAnother = {
  dialect: openai,
  method: 'POST',
  kinds: ['video'],
  body: { kind: 'form', bytesMax: jsonBytesMax, formBytesMax: formLimits.fieldsBytesMax, limits: formLimits },
  passes: openaiHeaders,
  due: 'deferred',
  effects: 'acts',
  askJob: askReservedVideo,
} as const

export const remixVideo: Operation = {
  ...ofAnother,
  name: 'videos.remix',
  path: '/v1/videos/{id}/remix',
  read: (body, { id = '' }) => asked({ body, id, path: (from) => `/videos/${from}/remix`, added: null }),
  readForm: (body, { id = '' }: Params) => asked({ body, id, path: (from) => `/videos/${from}/remix`, added: null }),
}

export const editVideo: Operation = {
  ...ofAnother,
  name: 'videos.edits',
  path: '/v1/videos/edits',
  read: (body) => asked({ body, id: sourceIn(body), path: () => '/videos/edits', added: null }),
  readForm: (body) => asked({ body, id: sourceIn(body), path: () => '/videos/edits', added: null }),
}

export const extendVideo: Operation = {
  ...ofAnother,
  name: 'videos.extensions',
  path: '/v1/videos/extensions',
  read: (body) => asked({ body, id: sourceIn(body), path: () => '/videos/extensions', added: addedIn(body) }),
  readForm: (body) => asked({ body, id: sourceIn(body), path: () => '/videos/extensions', added: addedIn(body) }),
}

const idField = 'video[id]'
const billed: ReadonlySet<string> = new Set(['seconds', 'video', 'id', idField])

function fieldsIn(body: JsonBody | FormBody): Readonly<Record<string, unknown>> {
  if (isForm(body)) return fieldsOf(body, billed, {})
  refuseDuplicates(body, billed, ['video'])
  return body.json
}

/** The id of the video that it is made from. What was uploaded instead cannot be priced: nobody knows its length before it is made. */
function sourceIn(body: JsonBody | FormBody): string {
  if (isForm(body) && filesOf(body, 'video').length > 0)
    throw invalid('video', "Only videos that were made here can be edited or extended: give 'video' by its id.")
  const fields = fieldsIn(body)
  // What only looks like it is read by nobody here, and might be by others.
  if (isForm(body) && body.form.parts.some(({ name, steps }) => steps[0] === 'video' && name !== idField))
    throw invalid('video', `A form names its video in '${idField}', and nowhere else.`)
  const { video } = fields
  const inJson = typeof video === 'object' && video !== null ? (video as JsonBody['json'])['id'] : undefined
  const id = isForm(body) ? fields[idField] : inJson
  if (typeof id !== 'string' || id === '') throw missing('video.id')
  return id
}

function addedIn(body: JsonBody | FormBody): number {
  const seconds = secondsIn(fieldsIn(body))
  if (seconds === null) throw missing('seconds')
  return seconds
}

type MadeFrom = {
  readonly body: JsonBody | FormBody
  readonly id: string
  readonly path: (upstreamId: string) => string
  /** Seconds that are added to it; null where it is made anew. */
  readonly added: number | null
}

function asked({ body, id, path, added }: MadeFrom): Asked {
  const wireOf = (asked: { readonly seconds: number; readonly size: string }): Asked['wire'] => ({
    path: (upstreamId) => path(encodeURIComponent(upstreamId)),
    body: () => (isForm(body) ? body.form.source(body.changes) : body.bytes),
    ...(isForm(body) && { contentType: body.form.contentType }),
    answer: createdReader({ ...asked, parent: id, billed: added }),
  })
  return {
    target: { kind: 'resource', reference: { kind: 'video', id, field: 'video.id', unknown: unknownVideo(id) } },
    demand: null,
    wire: wireOf({ seconds: added ?? 0, size: '' }),
    askedOf(known) {
      const from = known[0]!
      const size = sizeOf(from)
      return {
        demand: demandOf(size, added ?? secondsOf(from)),
        // What its answer does not say is as it was: an extension is as long as both together.
        wire: wireOf({ seconds: secondsOf(from) + (added ?? 0), size }),
      }
    },
    effects: 'acts',
    affinity: () => null,
  }
}

const sizeOf = ({ labels }: Resource): string => labels['size'] ?? ''
const secondsOf = ({ labels }: Resource): number => Number(labels['seconds'] ?? 0)
