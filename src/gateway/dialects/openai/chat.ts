/** `POST /v1/chat/completions`: what we read of a request and of its plain answer. */
import { z } from 'zod'
import { withMember } from '../../../lib/json-text.ts'
import type { Asked, Endpoint, Reading, RequestBody, UpstreamChange } from '../../dialect.ts'
import { promptPrefix } from '../prompt-prefix.ts'
import { readFields, refuseDuplicates, wholeNumber } from '../read-fields.ts'
import { followChat, messageText } from './chat-stream.ts'
import { openai } from './envelope.ts'
import { mediaOf } from './media.ts'
import { askedTiers, servedTier, usageOf } from './usage.ts'

const utf8 = new TextDecoder()

const outputLimit = wholeNumber(1, 10_000_000).nullish()
type Message = Readonly<Record<string, unknown>>
const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null
/** Checked by hand, up to the first bad one: a schema would collect a problem for each of millions. */
function messagesOf(value: unknown, context: z.RefinementCtx): readonly Message[] {
  if (!Array.isArray(value)) context.addIssue('expected a list of messages')
  else if (value.length === 0) context.addIssue('expected at least one message')
  else {
    const bad = value.findIndex((message) => !isObject(message))
    if (bad !== -1) context.addIssue({ code: 'custom', message: 'expected a message object', path: [bad] })
  }
  return value as readonly Message[]
}
const ChatBody = z.object({
  model: z.string('expected the id of a model').min(1, 'expected the id of a model'),
  messages: z.unknown().transform(messagesOf),
  stream: z.boolean('expected true or false').nullish(),
  stream_options: z
    .object({ include_usage: z.boolean('expected true or false').nullish() }, 'expected an object')
    .nullish(),
  n: wholeNumber(1, 128).nullish(),
  max_tokens: outputLimit,
  max_completion_tokens: outputLimit,
  service_tier: z.string('expected a service tier').nullish(),
})
type ChatBody = z.infer<typeof ChatBody>

const billedKeys = new Set([
  'model',
  'messages',
  'stream',
  'stream_options',
  'include_usage',
  'n',
  'max_tokens',
  'max_completion_tokens',
  'service_tier',
])

export const chatCompletions: Endpoint = {
  name: 'chat.completions',
  dialect: openai,
  bodyBytesMax: 32 * 1024 * 1024,
  kinds: ['text'],
  read(body) {
    const chat = readFields(ChatBody, body.json)
    refuseDuplicates(body.text, billedKeys, ['stream_options'])
    return asked(chat, body)
  },
}

/** A chat's scaffolding around the messages is shorter than the JSON around them, but for a few tokens. */
const scaffoldTokensMax = 64
const charsPerToken = 4

function asked(chat: ChatBody, body: RequestBody): Asked {
  // Upstreams differ in which of the two they know, so where both stand the larger one binds.
  const given = [chat.max_completion_tokens, chat.max_tokens].filter((limit) => typeof limit === 'number')
  const limit = given.length === 0 ? null : Math.max(...given)
  const answers = chat.n ?? 1
  const media = mediaOf(chat.messages, chat.model)
  // A token is at least one byte of text, and JSON never makes text shorter.
  const textBytes = body.bytes.length - media.bytes
  return {
    modelName: chat.model,
    streamed: chat.stream ?? false,
    inputTokensMax: textBytes + media.tokensMax + scaffoldTokensMax,
    inputTokensGuess: Math.ceil(textBytes / charsPerToken),
    outputTokensMax: limit === null ? null : limit * answers,
    answers,
    hasOutput: true,
    outputTokensFloor: 16,
    pieces: {},
    tiers: askedTiers(chat.service_tier),
    hasEffects: body.json['store'] === true,
    affinity: () => affinityOf(body),
    upstreamPath: () => '/chat/completions',
    upstreamBody: (change) => upstreamBody(chat, body, change),
    promptText: () => chat.messages.map(messageText).join('\n') + JSON.stringify(body.json['tools'] ?? ''),
    readAnswer: (answer) => readCompletion(JSON.parse(utf8.decode(answer)) as Completion),
    followStream: (_headers, ways) => followChat(chat.stream_options?.include_usage ?? false, ways),
  }
}

function upstreamBody(chat: ChatBody, body: RequestBody, change: UpstreamChange): Uint8Array {
  let { text } = body
  if (change.upstreamModel !== null) text = withMember(text, ['model'], change.upstreamModel)
  if (change.outputTokensPerAnswer !== null)
    for (const key of limitKeys(chat)) text = withMember(text, [key], change.outputTokensPerAnswer)
  if (chat.stream && change.reportsStreamUsage && !chat.stream_options?.include_usage)
    text = withMember(text, ['stream_options', 'include_usage'], true)
  if (change.rewrite) text = change.rewrite(text, { dialect: 'openai', endpoint: 'generate' })
  return text === body.text ? body.bytes : new TextEncoder().encode(text)
}

/** The client's own key, or how the messages begin: what upstreams keep their prompt caches by. */
function affinityOf({ json, text }: RequestBody): string | null {
  const key = json['prompt_cache_key']
  return typeof key === 'string' && key !== '' ? key : promptPrefix(text, ['"messages"'])
}

/** The limit is written where the client wrote it; reasoning models refuse the older name. */
const limitKeys = (chat: ChatBody): string[] => {
  const given = (['max_completion_tokens', 'max_tokens'] as const).filter((key) => typeof chat[key] === 'number')
  return given.length > 0 ? given : ['max_completion_tokens']
}

type Completion = {
  readonly model?: unknown
  readonly choices?: unknown
  readonly usage?: unknown
  readonly service_tier?: unknown
}

function readCompletion({ model, choices, usage: vendorUsage, service_tier: tier }: Completion): Reading {
  if (!Array.isArray(choices)) throw new Error('a chat completion has choices')
  return {
    ...usageOf(vendorUsage),
    servedModel: typeof model === 'string' ? model : null,
    tier: servedTier(tier),
    vendorUsage: vendorUsage ?? null,
    outputText: () => choices.map((choice) => messageText((choice as { message?: unknown }).message)).join(''),
  }
}
