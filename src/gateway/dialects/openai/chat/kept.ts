/** Chat completions that were made with `store: true`. */
import type { Labels } from '../../../../store/resources.ts'
import type { AnswerReader } from '../../../dialect.ts'
import type { Operation } from '../../../operation.ts'
import { isMembers } from '../../merge-usage.ts'
import { unmetered } from '../../unmetered.ts'
import { deletedReader, keptOperation } from '../kept-operation.ts'
import { unknownCompletion } from '../unknown.ts'

const ofOne = { kind: 'chat.completion', unknown: unknownCompletion } as const

export const retrieveCompletion: Operation = keptOperation({
  ...ofOne,
  name: 'chat.completions.retrieve',
  method: 'GET',
  path: '/v1/chat/completions/{id}',
  upstreamPath: ({ id }) => `/chat/completions/${id}`,
})

export const updateCompletion: Operation = keptOperation({
  ...ofOne,
  name: 'chat.completions.update',
  method: 'POST',
  path: '/v1/chat/completions/{id}',
  upstreamPath: ({ id }) => `/chat/completions/${id}`,
  body: { kind: 'json', bytesMax: 256 * 1024 },
  answer: () => updatedReader,
})

const utf8 = new TextDecoder()

/** Lists are narrowed by its metadata. */
const updatedReader: AnswerReader = {
  kind: 'whole',
  read(answer, headers) {
    const { metadata } = JSON.parse(utf8.decode(answer)) as Readonly<Record<string, unknown>>
    return { ...unmetered.read(answer, headers), become: { labels: labelsOf(metadata) } }
  },
}

/** OpenAI's limits of metadata. Other upstreams may take more, by which no list is narrowed. */
const pairsMax = 16
const nameCharsMax = 64
const valueCharsMax = 512

/** Metadata, as a list is narrowed by. */
export const labelsOf = (metadata: unknown): Labels =>
  isMembers(metadata) ? Object.fromEntries(Object.entries(metadata).filter(isLabel).slice(0, pairsMax)) : {}

const isLabel = (entry: [string, unknown]): entry is [string, string] =>
  typeof entry[1] === 'string' && entry[0].length <= nameCharsMax && entry[1].length <= valueCharsMax

export const deleteCompletion: Operation = keptOperation({
  ...ofOne,
  name: 'chat.completions.delete',
  method: 'DELETE',
  path: '/v1/chat/completions/{id}',
  upstreamPath: ({ id }) => `/chat/completions/${id}`,
  effects: 'acts',
  answer: () => deletedReader,
})

export const listCompletionMessages: Operation = keptOperation({
  ...ofOne,
  name: 'chat.completions.messages',
  method: 'GET',
  path: '/v1/chat/completions/{id}/messages',
  upstreamPath: ({ id }) => `/chat/completions/${id}/messages`,
})
