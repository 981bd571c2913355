/** A conversation as it is kept. */
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

/** The conversation with more items at its end. */
export const withItems = (conversation: Conversation, items: readonly KeptItem[]): Conversation => ({
  ...conversation,
  items: [...conversation.items, ...items],
  itemsMade: conversation.itemsMade + items.length,
  weight: conversation.weight + JSON.stringify(items).length,
})
