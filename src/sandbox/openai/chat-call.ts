/** A chat completion request: what the sandbox reads of it, refused where OpenAI would. */
import type { Form } from '../choice.ts'
import { withoutDirectives, type Directives } from '../directives.ts'
import { promptOf, type Modality, type Prompt } from '../prompt.ts'
import { Refusal } from '../refusal.ts'
import { ChatCall, refuseMetadata, type ChatMessage } from './chat-fields.ts'
import { chatCalls, refuseTools, saidOfResults } from './chat-tools.ts'
import { parseOpenai } from './errors.ts'
import { refuseMessages } from './message-rules.ts'
import { refuseForModel } from './model-rules.ts'
import { refuseSchema } from './strict-schema.ts'
import { searchAnswer } from './web-search.ts'

export type { ChatCall }

/** Reads a chat call, or refuses it with 400. */
export function parseChatCall(body: string): ChatCall {
  const call = parseOpenai(ChatCall, body)
  if (!call.model) throw new Refusal(400, 'you must provide a model parameter')
  if (call.stream_options && !call.stream)
    throw new Refusal(400, "The 'stream_options' parameter is only allowed when 'stream' is enabled.", {
      param: 'stream_options',
    })
  refuseMetadata(call.metadata)
  if (call.top_logprobs !== undefined && call.top_logprobs !== null && !call.logprobs)
    throw new Refusal(
      400,
      "Invalid value for 'top_logprobs': 'top_logprobs' is only allowed when 'logprobs' is enabled.",
      { param: 'top_logprobs' },
    )
  return call
}

/** Refuses with 400 what a model that exists does not take: its fields, the conversation, tools and schemas. */
export function refuseChatCall(call: ChatCall, isPosing: boolean): void {
  refuseForModel(call, isPosing)
  refuseMessages(call)
  refuseTools(call)
  const format = call.response_format
  if (format?.type !== 'json_schema') return
  const { name, schema, strict } = format.json_schema
  if (schema === undefined) {
    const param = 'response_format.json_schema.schema'
    throw new Refusal(400, `Missing required parameter: '${param}'.`, { param, code: 'missing_required_parameter' })
  }
  refuseSchema(schema, strict === true, { owner: `response_format '${name}'`, param: 'response_format', code: null })
}

/** What the call's prompt costs and asks. Tools come first, as they do in the vendor's own prompt. */
export function chatPrompt(call: ChatCall): Prompt {
  const format = call.response_format
  const definitions = [call.tools, call.functions, format?.type === 'json_schema' ? format.json_schema : undefined]
    .filter((given) => given !== undefined && given !== null)
    .map((given) => JSON.stringify(given))
  const lastUser = call.messages.findLast(({ role }) => role === 'user') ?? call.messages.at(-1)
  return promptOf({
    texts: [...definitions, ...call.messages.flatMap(textsOf)],
    messages: call.messages.length,
    attachments: call.messages.flatMap(attachmentsOf),
    question: withoutDirectives(lastUser ? textsOf(lastUser).join(' ') : ''),
  })
}

function textsOf({ content, refusal, tool_calls, function_call }: ChatMessage): readonly string[] {
  const said = typeof content === 'string' ? [content] : (content ?? []).flatMap(textsIn)
  if (!refusal && !tool_calls && !function_call) return said
  return [
    ...said,
    ...(refusal ? [refusal] : []),
    ...(function_call ? [function_call.name, function_call.arguments] : []),
    ...(tool_calls ?? []).flatMap((call) =>
      call.type === 'custom' ? [call.custom.name, call.custom.input] : [call.function.name, call.function.arguments],
    ),
  ]
}

type Part = Exclude<NonNullable<ChatMessage['content']>, string>[number]

const textsIn = (part: Part): readonly string[] =>
  part.type === 'text' ? [part.text] : part.type === 'refusal' ? [part.refusal] : []

const attachmentKinds: Readonly<Record<string, Exclude<Modality, 'TEXT'>>> = {
  image_url: 'IMAGE',
  input_audio: 'AUDIO',
  file: 'DOCUMENT',
}
const attachmentsOf = ({ content }: ChatMessage): readonly Exclude<Modality, 'TEXT'>[] =>
  typeof content === 'string' ? [] : (content ?? []).flatMap((part) => attachmentKinds[part.type] ?? [])

/** Whether to answer with text, JSON, a refusal or tool calls. */
export function chatForm(call: ChatCall, question: string, directives: Directives): Form {
  if (directives.refusal) return { kind: 'refusal' }
  return chatCalls(call, question, directives.tool ?? false) ?? formatOf(call, question)
}

function formatOf(call: ChatCall, question: string): Form {
  const format = call.response_format
  switch (format?.type) {
    case 'json_schema':
      return { kind: 'json', schema: format.json_schema.schema ?? { type: 'object' } }
    case 'json_object':
      return { kind: 'json', schema: anyObject }
    case 'text':
    case undefined:
      return { kind: 'text', said: saidOfResults(call) || searchAnswer(call, question)?.text || '' }
  }
}

const anyObject = {
  type: 'object',
  properties: { answer: { const: 'This is a simulated answer.' }, simulated: { const: true } },
}

/** Bound of visible and reasoning tokens together, per choice. */
export const outputTokensMax = (call: ChatCall): number => call.max_completion_tokens ?? call.max_tokens ?? 128_000
