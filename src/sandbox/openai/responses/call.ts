/** A call for a response: what is refused of it, as OpenAI refuses it, and what its answer repeats of it. */
import { Refusal } from '../../refusal.ts'
import { refuseMetadata } from '../chat-fields.ts'
import { parseOpenai } from '../errors.ts'
import { ruleOf, unsupportedParameter } from '../model-rules.ts'
import { requireOpenaiChatModel } from '../models.ts'
import { refuseSchema } from '../strict-schema.ts'
import type { Context } from './context.ts'
import type { Item } from './item-fields.ts'
import { prefixes } from './kept-item.ts'
import { ResponseCall } from './response-fields.ts'
import type { Asked } from './run.ts'
import { refuseResponseTools, toolsAsKept } from './tools.ts'

/** Reads a call, or refuses it with 400 or 404. */
export function parseResponseCall(body: string): ResponseCall {
  const call = parseOpenai(ResponseCall, body)
  requireOpenaiChatModel(call.model)
  if (call.prompt) throw new Refusal(404, `Prompt with id '${call.prompt.id}' not found.`, { param: 'prompt' })
  if (call.stream_options && !call.stream)
    throw invalid("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options')
  if (!isSet(call.input) && !call.previous_response_id && !call.conversation)
    throw new Refusal(400, 'One of "input" or "previous_response_id" or "prompt" or "conversation" must be provided.', {
      param: 'input',
      code: 'missing_required_parameter',
    })
  refuseMetadata(call.metadata)
  return call
}

/** Refuses with 400 what the model does not take, and tools, schemas and conversations that do not hold together. */
export function refuseResponseCall(call: ResponseCall, { items, input }: Pick<Context, 'items' | 'input'>): void {
  refuseForModel(call)
  refuseResponseTools(call)
  refuseItems(input)
  refuseUnpaired(items)
  const format = call.text?.format
  if (format?.type === 'json_object' && !items.some((item) => /json/i.test(JSON.stringify(item))))
    throw invalid(
      "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.",
      'input',
    )
  if (format?.type !== 'json_schema') return
  const param = 'text.format.schema'
  if (format.schema === undefined)
    throw new Refusal(400, `Missing required parameter: '${param}'.`, { param, code: 'missing_required_parameter' })
  const place = { owner: `response_format '${format.name}'`, param, code: 'invalid_json_schema' }
  refuseSchema(format.schema, format.strict === true, place)
}

const invalid = (message: string, param: string): Refusal => new Refusal(400, message, { param })
const isSet = (value: unknown): boolean => value !== undefined && value !== null

function refuseForModel(call: ResponseCall): void {
  const { model, reasoning, include } = call
  const efforts = ruleOf(model)?.efforts ?? []
  const effort = reasoning?.effort
  if (efforts.length === 0) {
    if (effort) throw unsupportedParameter('reasoning.effort')
    if (summaryOf(call)) throw unsupportedParameter('reasoning.summary')
    if (include?.includes('reasoning.encrypted_content'))
      throw new Refusal(400, 'Encrypted content is not supported with this model.', { param: 'include' })
    return
  }
  if (effort && !efforts.includes(effort)) {
    const all = efforts.map((each) => `'${each}'`)
    const listed = `${all.slice(0, -1).join(', ')}, and ${all.at(-1)}`
    throw new Refusal(
      400,
      `Unsupported value: '${effort}' is not supported with the '${model}' model. Supported values are: ${listed}.`,
      { param: 'reasoning.effort', code: 'unsupported_value' },
    )
  }
  if (effort !== 'none') refuseSampling(call)
}

/** What a model that reasons does not take. */
function refuseSampling({ temperature, top_p, top_logprobs, include }: ResponseCall): void {
  if (isSet(temperature) && temperature !== 1) throw unsupportedParameter('temperature')
  if (isSet(top_p) && top_p !== 1) throw unsupportedParameter('top_p')
  if (top_logprobs) throw unsupportedParameter('top_logprobs')
  if (include?.includes('message.output_text.logprobs'))
    throw new Refusal(400, 'logprobs are not supported with reasoning models.', {
      param: 'include',
      code: 'unsupported_parameter',
    })
}

/** What may stand in a message, by who says it. */
const said: readonly string[] = ['output_text', 'refusal']
const shown: readonly string[] = ['input_text', 'input_image', 'input_file', 'input_audio']

function refuseItems(items: readonly Item[]): void {
  for (const [at, item] of items.entries()) {
    refuseForeignId(item, at)
    if (item.type !== 'message' || typeof item.content === 'string') continue
    const allowed = item.role === 'assistant' ? said : shown
    const wrong = item.content.findIndex(({ type }) => !allowed.includes(type))
    if (wrong < 0) continue
    const listed = allowed.map((type) => `'${type}'`)
    throw new Refusal(
      400,
      `Invalid value: '${item.content[wrong]!.type}'. Supported values are: ${listed.slice(0, -1).join(', ')} and ${listed.at(-1)}.`,
      { param: `input[${at}].content[${wrong}]`, code: 'invalid_value' },
    )
  }
}

/** Ids are the vendor's own: one that a client, or another vendor, made up is refused. */
function refuseForeignId({ type, id }: Item, at: number): void {
  const prefix = prefixes[type]
  if (!id || prefix === undefined || id.startsWith(`${prefix}_`) || type.endsWith('_output')) return
  throw new Refusal(400, `Invalid 'input[${at}].id': '${id}'. Expected an ID that begins with '${prefix}'.`, {
    param: `input[${at}].id`,
    code: 'invalid_value',
  })
}

/** Every output follows its call, and every call has its output. */
function refuseUnpaired(items: readonly Item[]): void {
  const open = new Map<string, string>()
  const called = new Set<string>()
  for (const item of items) {
    if (item.type === 'function_call' || item.type === 'custom_tool_call') {
      open.set(item.call_id, item.type === 'function_call' ? 'function call' : 'custom tool call')
      called.add(item.call_id)
    }
    if (item.type !== 'function_call_output' && item.type !== 'custom_tool_call_output') continue
    const what = item.type === 'function_call_output' ? 'function call' : 'custom tool call'
    if (!called.has(item.call_id))
      throw invalid(`No tool call found for ${what} output with call_id ${item.call_id}.`, 'input')
    open.delete(item.call_id)
  }
  const [unanswered] = open
  if (unanswered) throw invalid(`No tool output found for ${unanswered[1]} ${unanswered[0]}.`, 'input')
}

/** Which summary of the reasoning was asked for. */
export const summaryOf = ({ reasoning }: ResponseCall) => reasoning?.summary ?? reasoning?.generate_summary ?? null

/** The members of a response that repeat its call, with what holds where it said nothing. */
export function askedOf(call: ResponseCall, conversationId: string | null): Asked {
  const { text, reasoning } = call
  const reasons = (ruleOf(call.model)?.efforts.length ?? 0) > 0
  return {
    background: call.background ?? false,
    ...(conversationId !== null && { conversation: { id: conversationId } }),
    instructions: call.instructions ?? null,
    max_output_tokens: call.max_output_tokens ?? null,
    max_tool_calls: call.max_tool_calls ?? null,
    metadata: call.metadata ?? {},
    parallel_tool_calls: call.parallel_tool_calls ?? true,
    previous_response_id: call.previous_response_id ?? null,
    prompt_cache_key: call.prompt_cache_key ?? null,
    prompt_cache_retention: call.prompt_cache_retention ?? null,
    reasoning: { effort: reasons ? (reasoning?.effort ?? 'medium') : null, summary: summaryOf(call) },
    safety_identifier: call.safety_identifier ?? null,
    store: call.store ?? true,
    temperature: call.temperature ?? 1,
    text: { format: formatOf(text?.format), verbosity: text?.verbosity ?? 'medium' },
    tool_choice: call.tool_choice ?? 'auto',
    tools: toolsAsKept(call.tools ?? []),
    top_logprobs: call.top_logprobs ?? 0,
    top_p: call.top_p ?? 1,
    truncation: call.truncation ?? 'disabled',
    user: call.user ?? null,
  }
}

type Format = NonNullable<ResponseCall['text']>['format']
const formatOf = (format: Format): object =>
  format?.type === 'json_schema'
    ? {
        type: format.type,
        description: format.description ?? null,
        name: format.name,
        schema: format.schema,
        strict: format.strict ?? true,
      }
    : (format ?? { type: 'text' })
