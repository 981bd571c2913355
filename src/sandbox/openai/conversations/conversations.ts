/** POST, GET, DELETE /conversations and their items. */
import { z } from 'zod'
import type { Exchange } from '../../exchange.ts'
import { Refusal } from '../../refusal.ts'
import { freeJson, type Reply } from '../../reply.ts'
import { Metadata, refuseMetadata } from '../chat-fields.ts'
import { parseOpenai } from '../errors.ts'
import { pageOf } from '../page.ts'
import { givenItems } from '../responses/context.ts'
import { Item } from '../responses/item-fields.ts'
import type { KeptItem } from '../responses/stored-response.ts'
import { withItems, type Conversation } from './conversation.ts'
import { conversationOf, keepConversation } from './kept-conversation.ts'

/** https://platform.openai.com/docs/api-reference/conversations/create: "You may add up to 20 items at a time." */
const Items = z.array(Item).max(20)
const CreateCall = z.strictObject({ items: Items.nullish(), metadata: Metadata.nullish() })
const UpdateCall = z.strictObject({ metadata: Metadata.nullable() })
const AddCall = z.strictObject({ items: Items })

/** POST /conversations */
export function createConversation(exchange: Exchange): Reply {
  const call = parseOpenai(CreateCall, exchange.body || '{}')
  refuseMetadata(call.metadata)
  const id = `conv_${exchange.id.slice(4)}`
  const createdAt = Math.floor(exchange.at / 1_000)
  const empty: Conversation = { id, createdAt, metadata: call.metadata ?? {}, items: [], itemsMade: 0, weight: 200 }
  const conversation = withItems(empty, givenItems(call.items ?? [], exchange, { id, from: 0, earlier: [] }))
  keepConversation(exchange, conversation)
  return freeJson(shown(conversation))
}

/** GET /conversations/{id} */
export const retrieveConversation = (exchange: Exchange, id = ''): Reply =>
  freeJson(shown(conversationOf(exchange, id)))

/** POST /conversations/{id}: other metadata. */
export function updateConversation(exchange: Exchange, id = ''): Reply {
  const conversation = conversationOf(exchange, id)
  const { metadata } = parseOpenai(UpdateCall, exchange.body)
  refuseMetadata(metadata)
  const updated = { ...conversation, metadata: metadata ?? {} }
  keepConversation(exchange, updated)
  return freeJson(shown(updated))
}

/** DELETE /conversations/{id} */
export function deleteConversation(exchange: Exchange, id = ''): Reply {
  conversationOf(exchange, id)
  exchange.shelves.conversations.remove(exchange.cacheOwner, id)
  return freeJson({ id, object: 'conversation.deleted', deleted: true })
}

/** POST /conversations/{id}/items */
export function addItems(exchange: Exchange, id = ''): Reply {
  const conversation = conversationOf(exchange, id)
  const { items } = parseOpenai(AddCall, exchange.body)
  const added = givenItems(items, exchange, { id, from: conversation.itemsMade, earlier: conversation.items })
  keepConversation(exchange, withItems(conversation, added))
  return freeJson({
    object: 'list',
    data: added,
    first_id: added[0]?.id ?? null,
    last_id: added.at(-1)?.id ?? null,
    has_more: false,
  })
}

/** GET /conversations/{id}/items */
export function listItems(exchange: Exchange, id = ''): Reply {
  const { items } = conversationOf(exchange, id)
  return freeJson(pageOf(items.toReversed(), exchange.url, { limit: 20, limitMax: 100 }, (item) => item))
}

/** GET /conversations/{id}/items/{item} */
export const retrieveItem = (exchange: Exchange, id = '', itemId = ''): Reply =>
  freeJson(itemIn(conversationOf(exchange, id), itemId))

/** DELETE /conversations/{id}/items/{item}: answers with the conversation. */
export function deleteItem(exchange: Exchange, id = '', itemId = ''): Reply {
  const conversation = conversationOf(exchange, id)
  const item = itemIn(conversation, itemId)
  const left = { ...conversation, items: conversation.items.filter((each) => each !== item) }
  keepConversation(exchange, left)
  return freeJson(shown(left))
}

function itemIn({ id, items }: Conversation, itemId: string): KeptItem {
  const item = items.find((each) => each.id === itemId)
  if (item) return item
  throw new Refusal(404, `Item with id '${itemId}' not found in conversation '${id}'.`)
}

const shown = ({ id, createdAt, metadata }: Conversation): object => ({
  id,
  object: 'conversation',
  created_at: createdAt,
  metadata,
})
