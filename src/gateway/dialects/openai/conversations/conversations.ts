/** Conversations and their items. They are free, and lie at the account that began them. */
import type { AnswerReader, JsonBody, Made } from '../../../dialect.ts'
import { invalid } from '../../../errors.ts'
import type { Operation } from '../../../operation.ts'
import { isMembers } from '../../merge-usage.ts'
import { unmetered } from '../../unmetered.ts'
import { createdMs } from '../created.ts'
import { openai, openaiHeaders } from '../envelope.ts'
import { refuseLong } from '../fields.ts'
import { refuseRepeatedItems } from '../repeated-ids.ts'
import { deletedReader, keptOperation } from '../kept-operation.ts'
import { listOf } from '../responses/items.ts'
import { itemReferences } from '../responses/references.ts'
import { unknownConversation } from '../unknown.ts'

const body = { kind: 'json', bytesMax: 32 * 1024 * 1024 } as const
const ofOne = { kind: 'conversation', unknown: unknownConversation } as const

export const createConversation: Operation = {
  name: 'conversations',
  dialect: openai,
  method: 'POST',
  path: '/v1/conversations',
  kinds: [],
  body,
  passes: openaiHeaders,
  due: 'free',
  effects: 'leaves-record',
  read(sent) {
    refuseStored(sent)
    return {
      target: { kind: 'provider' },
      demand: null,
      wire: { path: () => '/conversations', body: () => sent.bytes, answer: createdReader },
      effects: 'leaves-record',
      affinity: () => null,
    }
  },
}

/** What items name would have to be where the conversation is begun, and it is begun wherever there is room. */
function refuseStored(sent: JsonBody): void {
  refuseRepeatedItems(sent)
  const items = listOf(sent.json['items'])
  refuseLong('items', items)
  const [stored] = itemReferences(items, 'items')
  if (stored)
    throw invalid(
      stored.field,
      `'${stored.field}' names what was stored before, which no conversation can take in. Send the item itself instead, and reasoning without its id.`,
    )
}

const utf8 = new TextDecoder()
const createdReader: AnswerReader = {
  kind: 'whole',
  read(answer, headers) {
    const reading = unmetered.read(answer, headers)
    const made = madeIn(JSON.parse(utf8.decode(answer)))
    return made === null ? reading : { ...reading, made: [made] }
  },
}

function madeIn(conversation: unknown): Made | null {
  const { id, created_at: at } = isMembers(conversation) ? conversation : {}
  if (typeof id !== 'string' || id === '') return null
  return { kind: 'conversation', id, parent: null, labels: {}, createdAt: createdMs(at), expiresAt: null, object: null }
}

export const retrieveConversation: Operation = keptOperation({
  ...ofOne,
  name: 'conversations.retrieve',
  method: 'GET',
  path: '/v1/conversations/{id}',
  upstreamPath: ({ id }) => `/conversations/${id}`,
})

export const updateConversation: Operation = keptOperation({
  ...ofOne,
  name: 'conversations.update',
  method: 'POST',
  path: '/v1/conversations/{id}',
  upstreamPath: ({ id }) => `/conversations/${id}`,
  body,
})

export const deleteConversation: Operation = keptOperation({
  ...ofOne,
  name: 'conversations.delete',
  method: 'DELETE',
  path: '/v1/conversations/{id}',
  upstreamPath: ({ id }) => `/conversations/${id}`,
  effects: 'acts',
  answer: () => deletedReader,
})

export const listConversationItems: Operation = keptOperation({
  ...ofOne,
  name: 'conversations.items',
  method: 'GET',
  path: '/v1/conversations/{id}/items',
  upstreamPath: ({ id }) => `/conversations/${id}/items`,
})

export const addConversationItems: Operation = keptOperation({
  ...ofOne,
  name: 'conversations.items.create',
  method: 'POST',
  path: '/v1/conversations/{id}/items',
  upstreamPath: ({ id }) => `/conversations/${id}/items`,
  body,
  effects: 'acts',
  check: refuseStored,
})

export const retrieveConversationItem: Operation = keptOperation({
  ...ofOne,
  name: 'conversations.items.retrieve',
  method: 'GET',
  path: '/v1/conversations/{id}/items/{item}',
  upstreamPath: ({ id, item }) => `/conversations/${id}/items/${item}`,
})

export const deleteConversationItem: Operation = keptOperation({
  ...ofOne,
  name: 'conversations.items.delete',
  method: 'DELETE',
  path: '/v1/conversations/{id}/items/{item}',
  upstreamPath: ({ id, item }) => `/conversations/${id}/items/${item}`,
  effects: 'acts',
})
