/** `POST /v1/chat/completions`: what we read of a request and of its plain answer. */
import { withMember } from '../../../lib/json-text.ts'
import type { Asked, Endpoint, Reading, RequestBody, UpstreamChange } from '../../dialect.ts'
import { errorInAnswer } from '../../../upstreams/refusals/error-in-answer.ts'
import { promptPrefix } from '../prompt-prefix.ts'
import { notAllowed, optional, optionalWhole, refuseDuplicates } from '../read-fields.ts'
import { followChat } from './chat-stream.ts'
import { openai } from './envelope.ts'
import { mediaOf } from './media.ts'
import { choicesText } from './message-text.ts'
import { promptOf } from './prompt.ts'
import { toolTokensMax } from './tools.ts'
import { usageIn, type Told } from './told.ts'
import { askedTiers, servedTier, usageOf } from './usage.ts'

const utf8 = new TextDecoder()

type Message = Readonly<Record<string, unknown>>
type Chat = {
  readonly model: string
  readonly messages: readonly Message[]
  readonly stream: boolean
  readonly includeUsage: boolean
  readonly n: number
  readonly maxTokens: number | null
  readonly maxCompletionTokens: number | null
  readonly serviceTier: string | null
}

const outputTokensMax = 10_000_000
const isObject = (value: unknown): value is Message => typeof value === 'object' && value !== null
const isOptions = (value: unknown): value is Message => isObject(value) && !Array.isArray(value)
const isFlag = (value: unknown): value is boolean => typeof value === 'boolean'
const isText = (value: unknown): value is string => typeof value === 'string'

/** In the order in which problems are told. By hand, because most calls pass here: a schema takes several times as long. */
function chatOf(json: RequestBody['json']): Chat {
  const model = json['model']
  if (!isText(model) || model === '') throw notAllowed('model', 'expected the id of a model')
  const messages = messagesOf(json['messages'])
  const stream = optional(json['stream'], 'stream', isFlag, 'expected true or false') ?? false
  const options = optional(json['stream_options'], 'stream_options', isOptions, 'expected an object')
  return {
    model,
    messages,
    stream,
    includeUsage:
      optional(options?.['include_usage'], 'stream_options.include_usage', isFlag, 'expected true or false') ?? false,
    n: optionalWhole(json['n'], 'n', 1, 128) ?? 1,
    maxTokens: optionalWhole(json['max_tokens'], 'max_tokens', 1, outputTokensMax),
    maxCompletionTokens: optionalWhole(json['max_completion_tokens'], 'max_completion_tokens', 1, outputTokensMax),
    serviceTier: optional(json['service_tier'], 'service_tier', isText, 'expected a service tier'),
  }
}

function messagesOf(value: unknown): readonly Message[] {
  if (!Array.isArray(value)) throw notAllowed('messages', 'expected a list of messages')
  if (value.length === 0) throw notAllowed('messages', 'expected at least one message')
  const bad = value.findIndex((message) => !isObject(message))
  if (bad !== -1) throw notAllowed(`messages.${bad}`, 'expected a message object')
  return value as readonly Message[]
}

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
    const chat = chatOf(body.json)
    refuseDuplicates(body.text, billedKeys, ['stream_options'])
    return asked(chat, body)
  },
}

/** A chat's scaffolding around the messages is shorter than the JSON around them, but for a few tokens. */
const scaffoldTokensMax = 64
const charsPerToken = 4

function asked(chat: Chat, body: RequestBody): Asked {
  // Upstreams differ in which of the two they know, so where both stand the larger one binds.
  const limit = Math.max(chat.maxCompletionTokens ?? 0, chat.maxTokens ?? 0)
  const media = mediaOf(chat.messages, chat.model, body.strings)
  const toolTokens = toolTokensMax(body.json)
  // A token is at least one byte of text, and JSON never makes text shorter.
  const textBytes = body.bytes.length - media.bytes
  return {
    modelName: chat.model,
    streamed: chat.stream,
    inputTokensMax: textBytes + media.tokensMax + toolTokens + scaffoldTokensMax,
    isInputAssumed: media.isAssumed || toolTokens > 0,
    inputTokensGuess: Math.ceil(textBytes / charsPerToken),
    outputTokensMax: limit === 0 ? null : limit * chat.n,
    answers: chat.n,
    hasOutput: true,
    outputTokensFloor: 16,
    pieces: {},
    tiers: askedTiers(chat.serviceTier),
    hasEffects: body.json['store'] === true,
    affinity: () => affinityOf(body),
    upstreamPath: () => '/chat/completions',
    upstreamBody: (change) => upstreamBody(chat, body, change),
    prompt: () => promptOf(body, chat.messages),
    readAnswer: (answer) => readCompletion(JSON.parse(utf8.decode(answer)) as Told),
    framing: 'sse',
    followStream: (_headers, ways) => followChat(chat.includeUsage, ways, chat.n),
  }
}

function upstreamBody(chat: Chat, body: RequestBody, change: UpstreamChange): Uint8Array {
  let { text } = body
  if (change.upstreamModel !== null) text = withMember(text, ['model'], change.upstreamModel)
  if (change.outputTokensPerAnswer !== null)
    for (const key of limitKeys(chat)) text = withMember(text, [key], change.outputTokensPerAnswer)
  if (chat.stream && change.reportsStreamUsage && !chat.includeUsage)
    text = withMember(text, ['stream_options', 'include_usage'], true)
  if (change.rewrite) text = change.rewrite(text, { dialect: 'openai', endpoint: 'generate' })
  return text === body.text ? body.bytes : body.strings.expand(text)
}

/** The client's own key, or how the messages begin: what upstreams keep their prompt caches by. */
function affinityOf({ json, text }: RequestBody): string | null {
  const key = json['prompt_cache_key']
  return typeof key === 'string' && key !== '' ? key : promptPrefix(text, ['"messages"'])
}

/** The limit is written where the client wrote it; reasoning models refuse the older name. */
function limitKeys({ maxTokens, maxCompletionTokens }: Chat): readonly string[] {
  if (maxTokens === null) return ['max_completion_tokens']
  return maxCompletionTokens === null ? ['max_tokens'] : ['max_completion_tokens', 'max_tokens']
}

function readCompletion(completion: Told): Reading {
  const { model, choices, service_tier: tier } = completion
  if (!Array.isArray(choices) || choices.length === 0) throw new Error('a chat completion has choices')
  if (errorInAnswer(completion, true) || choices.some((choice) => errorInAnswer(choice, true)))
    throw new Error('a chat completion has no error')
  const vendorUsage = usageIn(completion)
  return {
    ...usageOf(vendorUsage),
    servedModel: typeof model === 'string' ? model : null,
    tier: servedTier(tier),
    vendorUsage,
    output: () => ({ text: choicesText(choices), other: {} }),
  }
}
