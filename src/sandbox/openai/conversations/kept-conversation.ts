import type { Exchange } from '../../exchange.ts'
import { Refusal } from '../../refusal.ts'
import type { Conversation } from './conversation.ts'

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
