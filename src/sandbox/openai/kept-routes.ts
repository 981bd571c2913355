/** The URLs behind `/v1` of what OpenAI keeps, at the plain paths and at the poses. */
import type { EndpointRoute } from './endpoint.ts'
import { compactResponse } from './responses/compact.ts'
import { createResponse } from './responses/create.ts'
import { countInputTokens } from './responses/input-tokens.ts'
import { cancelResponse, deleteResponse, listInputItems, retrieveResponse } from './responses/stored.ts'

const id = '([^/]+)'

export const keptRoutes: readonly EndpointRoute[] = [
  ['POST', '/responses', createResponse],
  ['POST', '/responses/input_tokens', countInputTokens],
  ['POST', '/responses/compact', compactResponse],
  ['GET', `/responses/${id}`, retrieveResponse],
  ['DELETE', `/responses/${id}`, deleteResponse],
  ['POST', `/responses/${id}/cancel`, cancelResponse],
  ['GET', `/responses/${id}/input_items`, listInputItems],
]
