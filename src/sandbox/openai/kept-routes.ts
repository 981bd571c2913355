/** The URLs behind `/v1` of what OpenAI keeps, at the plain paths and at the poses. */
import {
  addItems,
  createConversation,
  deleteConversation,
  deleteItem,
  listItems,
  retrieveConversation,
  retrieveItem,
  updateConversation,
} from './conversations/conversations.ts'
import type { EndpointRoute } from './endpoint.ts'
import { compactResponse } from './responses/compact.ts'
import { createResponse } from './responses/create.ts'
import { countInputTokens } from './responses/input-tokens.ts'
import { cancelResponse, deleteResponse, listInputItems, retrieveResponse } from './responses/stored.ts'
import {
  deleteCompletion,
  listCompletions,
  listMessages,
  retrieveCompletion,
  updateCompletion,
} from './stored-completions.ts'

const id = '([^/]+)'

export const keptRoutes: readonly EndpointRoute[] = [
  ['POST', '/responses', createResponse],
  ['POST', '/responses/input_tokens', countInputTokens],
  ['POST', '/responses/compact', compactResponse],
  ['GET', `/responses/${id}`, retrieveResponse],
  ['DELETE', `/responses/${id}`, deleteResponse],
  ['POST', `/responses/${id}/cancel`, cancelResponse],
  ['GET', `/responses/${id}/input_items`, listInputItems],
  ['POST', '/conversations', createConversation],
  ['GET', `/conversations/${id}`, retrieveConversation],
  ['POST', `/conversations/${id}`, updateConversation],
  ['DELETE', `/conversations/${id}`, deleteConversation],
  ['POST', `/conversations/${id}/items`, addItems],
  ['GET', `/conversations/${id}/items`, listItems],
  ['GET', `/conversations/${id}/items/${id}`, retrieveItem],
  ['DELETE', `/conversations/${id}/items/${id}`, deleteItem],
  ['GET', '/chat/completions', listCompletions],
  ['GET', `/chat/completions/${id}`, retrieveCompletion],
  ['POST', `/chat/completions/${id}`, updateCompletion],
  ['DELETE', `/chat/completions/${id}`, deleteCompletion],
  ['GET', `/chat/completions/${id}/messages`, listMessages],
]
