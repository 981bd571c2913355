/** A chat completion request: what the sandbox reads of it, refused where OpenAI would. */
import { z } from 'zod'
import { promptOf, type Modality, type Prompt } from '../prompt.ts'
import { Refusal } from '../refusal.ts'
import { withoutDirectives } from '../directives.ts'
import type { Form } from '../choice.ts'
import { parseOpenai } from './errors.ts'

const Tool = z.looseObject({
  type: z.string(),
  function: z.looseObject({ name: z.string().min(1), parameters: z.looseObject({}).nullish() }).optional(),
})
const ContentPart = z.looseObject({ type: z.string(), text: z.string().optional(), refusal: z.string().optional() })
const ToolCall = z.looseObject({ function: z.looseObject({ name: z.string(), arguments: z.string() }).optional() })
const Message = z.looseObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']),
  content: z.union([z.string(), z.array(ContentPart)]).nullish(),
  tool_calls: z.array(ToolCall).nullish(),
})
const positive = z.int().min(1).nullish()

const ChatCall = z.looseObject({
  model: z.string(),
  messages: z.array(Message).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  n: z.int().min(1).max(128).nullish(),
  max_completion_tokens: positive,
  max_tokens: positive,
  stop: z.union([z.string(), z.array(z.string()).max(4)]).nullish(),
  tools: z.array(Tool).nullish(),
  tool_choice: z
    .union([
      z.enum(['none', 'auto', 'required']),
      z.looseObject({ type: z.string(), function: z.looseObject({ name: z.string() }).optional() }),
    ])
    .nullish(),
  response_format: z
    .looseObject({
      type: z.enum(['text', 'json_object', 'json_schema']),
      json_schema: z.looseObject({ name: z.string(), schema: z.looseObject({}).optional() }).optional(),
    })
    .nullish(),
  reasoning_effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).nullish(),
  service_tier: z.enum(['auto', 'default', 'flex', 'scale', 'priority', 'fast']).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  seed: z.int().nullish(),
})
export type ChatCall = z.output<typeof ChatCall>

/** Reads a chat call, or refuses it with 400. */
export function parseChatCall(body: string): ChatCall {
  const call = parseOpenai(ChatCall, body)
  if (!call.model) throw new Refusal(400, 'you must provide a model parameter')
  if (call.stream_options && !call.stream)
    throw new Refusal(400, "The 'stream_options' parameter is only allowed when 'stream' is enabled.", {
      param: 'stream_options',
    })
  if (call.response_format?.type === 'json_schema' && !call.response_format.json_schema) {
    throw new Refusal(400, "Missing required parameter: 'response_format.json_schema'.", {
      param: 'response_format.json_schema',
      code: 'missing_required_parameter',
    })
  }
  return call
}

/** What the call's prompt costs and asks. Tools come first, as they do in the vendor's own prompt. */
export function chatPrompt(call: ChatCall): Prompt {
  const definitions = [call.tools, call.response_format?.json_schema]
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

type ChatMessage = ChatCall['messages'][number]

function textsOf({ content, tool_calls }: ChatMessage): readonly string[] {
  const parts =
    typeof content === 'string' ? [content] : (content ?? []).flatMap((part) => part.text ?? part.refusal ?? [])
  return [
    ...parts,
    ...(tool_calls ?? []).flatMap((call) => (call.function ? [call.function.name, call.function.arguments] : [])),
  ]
}

const attachmentKinds: Readonly<Record<string, Exclude<Modality, 'TEXT'>>> = {
  image_url: 'IMAGE',
  input_audio: 'AUDIO',
  file: 'DOCUMENT',
}
const attachmentsOf = ({ content }: ChatMessage): readonly Exclude<Modality, 'TEXT'>[] =>
  typeof content === 'string' ? [] : (content ?? []).flatMap((part) => attachmentKinds[part.type] ?? [])

/** Whether to answer with text, JSON or a tool call. */
export function chatForm(call: ChatCall, isToolWanted: boolean): Form {
  const named = typeof call.tool_choice === 'object' ? call.tool_choice?.function?.name : undefined
  const tool = toolOf(call, named)
  const isCalled =
    named !== undefined || call.tool_choice === 'required' || (isToolWanted && call.tool_choice !== 'none')
  return tool && isCalled
    ? { kind: 'tool', name: tool.name, schema: tool.parameters ?? { type: 'object' } }
    : formatOf(call.response_format)
}

/** The tool that a call would go to: the one named, else the first. Refuses a choice that cannot be made. */
function toolOf({ tools, tool_choice }: ChatCall, named: string | undefined) {
  const functions = (tools ?? []).flatMap((tool) => tool.function ?? [])
  const tool = named === undefined ? functions[0] : functions.find(({ name }) => name === named)
  if (tool) return tool
  const param = 'tool_choice'
  if (named !== undefined) throw new Refusal(400, `Tool choice '${named}' was not found in 'tools'.`, { param })
  if (tool_choice === 'required')
    throw new Refusal(
      400,
      "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
      { param },
    )
  return undefined
}

function formatOf(format: ChatCall['response_format']): Form {
  switch (format?.type) {
    case 'json_schema':
      return { kind: 'json', schema: format.json_schema?.schema ?? { type: 'object' } }
    case 'json_object':
      return { kind: 'json', schema: anyObject }
    case 'text':
    case undefined:
      return { kind: 'text' }
  }
}

const anyObject = { type: 'object', properties: { answer: { type: 'string' }, simulated: { const: true } } }

/** Bound of visible and reasoning tokens together, per choice. */
export const outputTokensMax = (call: ChatCall): number => call.max_completion_tokens ?? call.max_tokens ?? 128_000
