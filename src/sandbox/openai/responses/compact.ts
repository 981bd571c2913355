/** POST /responses/compact: what was said so far in few tokens, that only the account can read again. */
import { z } from 'zod'
import { naturalAnswer, topicsOf } from '../../answer-text.ts'
import { seedOf, textOf } from '../../choice.ts'
import type { Exchange } from '../../exchange.ts'
import { generatedJson, type Reply } from '../../reply.ts'
import { noUsage, type Usage } from '../../usage.ts'
import { reportedUsage } from '../../wrong-usage.ts'
import { parseOpenai } from '../errors.ts'
import { requireOpenaiChatModel, snapshotOf } from '../models.ts'
import { contextOf } from './context.ts'
import { wireUsageOf } from './generate.ts'
import { itemId, sealed } from './kept-item.ts'
import { cacheFields, promptFields } from './response-fields.ts'
import { responsePrompt } from './response-prompt.ts'

const CompactCall = z.strictObject({
  model: z.string(),
  ...cacheFields,
  image: z.looseObject({}).nullish(),
  input: promptFields.input,
  instructions: promptFields.instructions,
  previous_response_id: promptFields.previous_response_id,
  service_tier: z.enum(['auto', 'default', 'flex', 'priority', 'fast']).nullish(),
})

/** Answers with what the user said, as it is, and the rest in one sealed item; refuses with the vendor's 400 or 404. */
export function compactResponse(exchange: Exchange): Reply {
  const { directives, cacheOwner, promptCache } = exchange
  const call = parseOpenai(CompactCall, exchange.body)
  requireOpenaiChatModel(call.model)
  const id = `resp_${exchange.id.slice(4)}`
  const { items } = contextOf(call, exchange, id)
  const { question, tokens, texts } = responsePrompt(call, items)
  const seed = seedOf(question, call.model, 'compact', 0)
  const summary = naturalAnswer(question, { topics: topicsOf(question), seed, unicode: directives.unicode ?? false })
  const cached = directives.cached ?? promptCache.cachedTokens(`${cacheOwner} openai ${call.model}`, texts)
  const cachedInput = Math.min(tokens, cached)
  const output = summary.reduce((sum, piece) => sum + piece.tokens, 0)
  const usage: Usage = { ...noUsage, input: tokens - cachedInput, cachedInput, output }
  const compaction = {
    id: itemId('cmp', id, 0),
    type: 'compaction',
    encrypted_content: sealed(textOf(summary), cacheOwner),
  }
  const body = {
    id,
    object: 'response.compaction',
    created_at: Math.floor(exchange.at / 1_000),
    output: [...items.filter((item) => item.type === 'message' && item.role === 'user'), compaction],
    usage: reportedUsage(wireUsageOf(usage), directives.usage) ?? null,
  }
  return generatedJson(body, {
    dialect: 'openai',
    endpoint: 'responses/compact',
    model: call.model,
    servedModel: directives.served ?? snapshotOf(call.model),
    status: 200,
    usage,
  })
}
