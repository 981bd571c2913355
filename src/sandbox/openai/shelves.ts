/** What OpenAI keeps for an account. */
import { createShelf, type Shelf } from '../shelf.ts'
import type { Conversation } from './conversations/conversation.ts'
import type { StoredCompletion } from './stored-completion.ts'
import type { StoredResponse } from './responses/stored-response.ts'

export type Shelves = {
  readonly responses: Shelf<StoredResponse>
  readonly conversations: Shelf<Conversation>
  readonly completions: Shelf<StoredCompletion>
}

/** Empty ones. */
export const createShelves = (): Shelves => ({
  responses: createShelf(),
  conversations: createShelf(),
  completions: createShelf(),
})
