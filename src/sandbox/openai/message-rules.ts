/** What messages may follow each other and what each role may say, in OpenAI's words. */
import { Refusal } from '../refusal.ts'
import type { ChatCall, ChatMessage, ContentPart } from './chat-fields.ts'

/** Refuses with 400 a conversation that OpenAI would not take. */
export function refuseMessages({ messages, response_format }: ChatCall): void {
  let open: { readonly ids: Set<string>; readonly at: number } | null = null
  for (const [at, message] of messages.entries()) {
    refuseContent(message, at)
    if (message.role === 'tool') {
      const asked = open?.ids ?? new Set<string>()
      asked.delete(answeredCall(message, at, asked))
      continue
    }
    if (open !== null) refuseUnanswered(open)
    open = message.tool_calls?.length ? { ids: new Set(message.tool_calls.map(({ id }) => id)), at } : null
  }
  if (open !== null) refuseUnanswered(open)
  if (response_format?.type === 'json_object' && !messages.some(saysJson))
    throw new Refusal(
      400,
      "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
      { param: 'messages' },
    )
}

const strayTool = (at: number): Refusal =>
  new Refusal(
    400,
    "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
    { param: `messages.[${at}].role` },
  )

/** The id that a tool's message answers; one that nobody called is as stray as a message without call. */
function answeredCall({ tool_call_id }: ChatMessage, at: number, open: ReadonlySet<string>): string {
  if (!tool_call_id)
    throw new Refusal(400, "Missing parameter 'tool_call_id': messages with role 'tool' must have a 'tool_call_id'.", {
      param: `messages.[${at}].tool_call_id`,
    })
  if (!open.has(tool_call_id)) throw strayTool(at)
  return tool_call_id
}

function refuseUnanswered({ ids, at }: { readonly ids: ReadonlySet<string>; readonly at: number }): void {
  if (ids.size === 0) return
  throw new Refusal(
    400,
    `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${[...ids].join(', ')}`,
    { param: `messages.[${at}].role` },
  )
}

const partsOfRole: Readonly<Record<ChatMessage['role'], readonly ContentPart['type'][]>> = {
  system: ['text'],
  developer: ['text'],
  user: ['text', 'image_url', 'input_audio', 'file'],
  assistant: ['text', 'refusal'],
  tool: ['text', 'image_url', 'file'],
  function: ['text'],
}

function refuseContent(message: ChatMessage, at: number): void {
  const { role, content, tool_calls, function_call, refusal, audio } = message
  const saysOtherwise = role === 'assistant' && (tool_calls?.length || function_call || refusal || audio)
  if ((content === null || content === undefined) && !saysOtherwise && role !== 'function')
    throw new Refusal(
      400,
      content === null
        ? "Invalid value for 'content': expected a string, got null."
        : `Missing required parameter: 'messages[${at}].content'.`,
      content === null
        ? { param: `messages.[${at}].content` }
        : { param: `messages[${at}].content`, code: 'missing_required_parameter' },
    )
  if (role === 'function' && !message.name)
    throw new Refusal(400, "Missing parameter 'name': messages with role 'function' must have a 'name'.", {
      param: `messages.[${at}].name`,
    })
  if (tool_calls && role !== 'assistant') throw misplaced('tool_calls', at)
  if (function_call && role !== 'assistant') throw misplaced('function_call', at)
  if (Array.isArray(content)) refuseParts(content, role, at)
}

const misplaced = (field: string, at: number): Refusal =>
  new Refusal(400, `Invalid parameter: only messages with role 'assistant' can have '${field}'.`, {
    param: `messages.[${at}].role`,
  })

function refuseParts(parts: readonly ContentPart[], role: ChatMessage['role'], at: number): void {
  if (parts.length === 0)
    throw new Refusal(
      400,
      `Invalid 'messages[${at}].content': empty array. Expected an array with minimum length 1, but got an empty array instead.`,
      { param: `messages[${at}].content`, code: 'empty_array' },
    )
  const allowed = partsOfRole[role]
  const wrong = parts.findIndex(({ type }) => !allowed.includes(type))
  if (wrong < 0) return
  const listed = allowed.map((type) => `'${type}'`).join(', ')
  throw new Refusal(400, `Invalid value: '${parts[wrong]!.type}'. Supported values are: ${listed}.`, {
    param: `messages[${at}].content[${wrong}].type`,
    code: 'invalid_value',
  })
}

const saysJson = ({ content }: ChatMessage): boolean =>
  /json/i.test(
    typeof content === 'string'
      ? content
      : (content ?? []).map((part) => (part.type === 'text' ? part.text : '')).join(' '),
  )
