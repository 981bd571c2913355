/** A response as the chat completion that is asked of an upstream without responses. */
import type { JsonBody, UpstreamChange } from '../../../../dialect.ts'
import type { Creation } from '../creation.ts'
import { isFields, type Fields } from '../items.ts'
import { said } from '../parts.ts'
import { messagesOf } from './messages.ts'
import { chatTools } from './tools.ts'

/** `limitName`: what the upstream calls a limit of output. */
export function chatBody(
  creation: Creation,
  { json, strings }: JsonBody,
  { outputTokensPerAnswer, upstreamModel, reportsStreamUsage, rewrite }: UpstreamChange,
  limitName: string,
): Uint8Array {
  const limit = outputTokensPerAnswer ?? creation.maxOutputTokens
  const chat = {
    ...passedOn(json),
    model: upstreamModel ?? creation.model,
    messages: messagesOf(creation.instructions, creation.items),
    ...chatTools(json),
    ...formatOf(json['text']),
    ...reasoningOf(json['reasoning']),
    ...logprobsOf(json),
    ...(limit !== null && { [limitName]: limit }),
    ...(creation.stream && { stream: true }),
    ...(creation.stream && reportsStreamUsage && { stream_options: { include_usage: true } }),
  }
  const text = JSON.stringify(chat)
  // What was left out of long strings is put back in, wherever they stand now.
  return strings.expand(rewrite ? rewrite(text, { dialect: 'openai', operation: 'chat.completions' }) : text)
}

/** Fields of a response that are said otherwise in a chat, or that no chat has. */
const ownFields: ReadonlySet<string> = new Set([
  'access_programs',
  'background',
  'context_management',
  'conversation',
  'image',
  'include',
  'input',
  'instructions',
  'max_output_tokens',
  'max_tool_calls',
  'metadata',
  'model',
  'moderation',
  'parallel_tool_calls',
  'previous_response_id',
  'prompt',
  'reasoning',
  'store',
  'stream',
  'stream_options',
  'text',
  'tool_choice',
  'tools',
  'top_logprobs',
  'truncation',
])

/** Those that a chat has alike, and whatever is not known: it may be an upstream's own. */
const passedOn = (json: Fields): Fields =>
  Object.fromEntries(Object.entries(json).filter(([name, value]) => value !== null && !ownFields.has(name)))

function formatOf(text: unknown): Fields {
  if (!isFields(text)) return {}
  const { format, verbosity } = text
  return { ...responseFormatOf(format), ...(typeof verbosity === 'string' && { verbosity }) }
}

function responseFormatOf(format: unknown): Fields {
  if (!isFields(format) || format['type'] === 'text') return {}
  if (format['type'] !== 'json_schema') return { response_format: format }
  const schema = said(format, ['name', 'description', 'schema', 'strict'])
  return { response_format: { type: 'json_schema', json_schema: schema } }
}

const reasoningOf = (reasoning: unknown): Fields =>
  isFields(reasoning) && typeof reasoning['effort'] === 'string' ? { reasoning_effort: reasoning['effort'] } : {}

function logprobsOf({ include, top_logprobs: top }: Fields): Fields {
  const isAsked = Array.isArray(include) && include.includes('message.output_text.logprobs')
  if (!isAsked && !(typeof top === 'number' && top > 0)) return {}
  return { logprobs: true, ...(typeof top === 'number' && top > 0 && { top_logprobs: top }) }
}
