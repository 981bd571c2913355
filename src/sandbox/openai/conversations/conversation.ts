/** A conversation as it is kept. */
import type { Exchange } from '../../exchange.ts'
import { Refusal } from '../../refusal.ts'
import type { KeptItem } from '../responses/stored-response.ts'

export type Conversation = {
  readonly id: string
  /** Seconds since the epoch. */
  readonly createdAt: number
  readonly metadata: object
  /** The oldest first. */
  readonly items: readonly KeptItem[]
  /** How many it has ever had, so that no two have one id. */
  readonly itemsMade: number
  /** Its characters, or about that. */
  readonly weight: number
}

/** The conversation of the account; refuses with 404 what it does not have. */
export function conversationOf({ shelves, cacheOwner }: Exchange, id: string): Conversation {
  const conversation = shelves.conversations.get(cacheOwner, id)
  if (conversation) return conversation
  throw new Refusal(404, `Conversation with id '${id}' not found.`)
}

/** Keeps a conversation, in the place of what it was. */
export function keepConversation({ shelves, cacheOwner }: Exchange, conversation: Conversation): void {
  shelves.conversations.put(cacheOwner, conversation.id, conversation, conversation.weight)
}

/** The conversation with more items at its end. */
export const withItems = (conversation: Conversation, items: readonly KeptItem[]): Conversation => ({
  ...conversation,
  items: [...conversation.items, ...items],
  itemsMade: conversation.itemsMade + items.length,
  weight: conversation.weight + JSON.stringify(items).length,
})
