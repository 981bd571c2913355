/** POST /responses/input_tokens: what a response would read, counted and not charged. */
import { z } from 'zod'
import type { Exchange } from '../../exchange.ts'
import { freeJson, type Reply } from '../../reply.ts'
import { parseOpenai } from '../errors.ts'
import { requireOpenaiChatModel } from '../models.ts'
import { contextOf } from './context.ts'
import { promptFields } from './response-fields.ts'
import { responsePrompt } from './response-prompt.ts'

const InputTokensCall = z.strictObject({
  model: z.string().nullish(),
  personality: z.string().nullish(),
  ...promptFields,
})

/** Answers with the number of tokens; refuses with the vendor's 400 or 404. */
export function countInputTokens(exchange: Exchange): Reply {
  const call = parseOpenai(InputTokensCall, exchange.body || '{}')
  if (call.model) requireOpenaiChatModel(call.model)
  const { items } = contextOf(call, exchange, `resp_${exchange.id.slice(4)}`)
  return freeJson({ object: 'response.input_tokens', input_tokens: responsePrompt(call, items).tokens })
}
