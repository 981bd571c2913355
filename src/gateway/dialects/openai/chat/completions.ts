/** `POST /v1/chat/completions`: what we read of a request and of its plain answer. */
import { withMember } from '../../../../lib/json-text.ts'
import type {
  AnswerReader,
  Asked,
  Demand,
  JsonBody,
  Reading,
  RecordsReader,
  UpstreamChange,
  WholeReader,
} from '../../../dialect.ts'
import { errorInAnswer } from '../../../../upstreams/refusals/error-in-answer.ts'
import type { Operation } from '../../../operation.ts'
import { ReportedError } from '../../../trouble.ts'
import { promptPrefix } from '../../prompt-prefix.ts'
import { refuseDuplicates } from '../../read-fields.ts'
import { fileReferences } from './references.ts'
import { followChat } from './stream.ts'
import { choicesOf, errorAmong } from './choices.ts'
import { completionAsStream } from './completion-as-stream.ts'
import { openai, openaiHeaders } from '../envelope.ts'
import { refuseRepeatedFiles } from '../repeated-ids.ts'
import {
  emptyArray,
  isWithin,
  missing,
  optional,
  optionalInteger,
  outOfRange,
  refuseLong,
  required,
  wrongType,
} from '../fields.ts'
import { mediaOf } from './media.ts'
import { choicesText } from './message-text.ts'
import { promptOf } from './prompt.ts'
import { storing } from './stored.ts'
import { toolTokensMax } from './tools.ts'
import { usageIn, type Told } from './told.ts'
import { askedTiers, servedTier, usageOf } from '../usage.ts'

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

/** What a limit of output is: more is no model's, and the upstream's to judge, as is nothing or less. */
const limitRange = { min: 1, max: 10_000_000 }
/** OpenAI's. Others may serve more, so that more is held for. */
const answersRange = { min: 1, max: 128 }
const answersHeldMax = 1_024
const isObject = (value: unknown): value is Message => typeof value === 'object' && value !== null
const isNoObject = (value: unknown): boolean => !isObject(value)
const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value)
const isOptions = (value: unknown): value is Message => isObject(value) && !Array.isArray(value)
const isFlag = (value: unknown): value is boolean => typeof value === 'boolean'
const isText = (value: unknown): value is string => typeof value === 'string'

/** In the order in which problems are told. By hand, because most calls pass here: a schema takes several times as long. */
function chatOf(json: JsonBody['json']): Chat {
  const model = required(json['model'], 'model', isText, 'a string')
  if (model === '') throw missing('model')
  const messages = messagesOf(json['messages'])
  const stream = optional(json['stream'], 'stream', isFlag, 'a boolean') ?? false
  const options = optional(json['stream_options'], 'stream_options', isOptions, 'an object')
  return {
    model,
    messages,
    stream,
    includeUsage: optional(options?.['include_usage'], 'stream_options.include_usage', isFlag, 'a boolean') ?? false,
    n: answersOf(json['n']),
    maxTokens: optionalInteger(json['max_tokens'], 'max_tokens', limitRange),
    maxCompletionTokens: optionalInteger(json['max_completion_tokens'], 'max_completion_tokens', limitRange),
    serviceTier: optional(json['service_tier'], 'service_tier', isText, 'a string'),
  }
}

function messagesOf(value: unknown): readonly Message[] {
  const messages = required(value, 'messages', isList, 'an array of objects')
  if (messages.length === 0) throw emptyArray('messages')
  refuseLong('messages', messages)
  const bad = messages.findIndex(isNoObject)
  if (bad !== -1) throw wrongType(`messages[${bad}]`, 'an object', messages[bad])
  return messages as readonly Message[]
}

function answersOf(value: unknown): number {
  const n = optionalInteger(value, 'n', answersRange) ?? 1
  if (n > answersHeldMax) throw outOfRange('n', n, answersRange)
  return n
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

export const chatCompletions: Operation = {
  name: 'chat.completions',
  dialect: openai,
  method: 'POST',
  path: '/v1/chat/completions',
  kinds: ['text'],
  body: { kind: 'json', bytesMax: 32 * 1024 * 1024 },
  passes: openaiHeaders,
  due: 'at-end',
  effects: 'none',
  read(body) {
    const chat = chatOf(body.json)
    refuseDuplicates(body, billedKeys, ['stream_options'])
    refuseRepeatedFiles(body)
    return asked(chat, body)
  },
}

/** A chat's scaffolding around the messages is shorter than the JSON around them, but for a few tokens. */
const scaffoldTokensMax = 64
const charsPerToken = 4
/** Fewer are no answer. */
const outputTokensFloor = 16
const noPieces: Demand['pieces'] = {}
const upstreamPath = (): string => '/chat/completions'

function asked(chat: Chat, body: JsonBody): Asked {
  const judged = judgedIn(chat)
  // Upstreams differ in which of the two they know, so where both stand the larger one binds.
  const limit = Math.max(chat.maxCompletionTokens ?? 0, chat.maxTokens ?? 0)
  const answers = Math.max(1, chat.n)
  const media = mediaOf(chat.messages, chat.model, body.strings)
  const toolTokens = toolTokensMax(body.json)
  // A token is at least one byte of text, and JSON never makes text shorter.
  const textBytes = body.bytes.length - media.bytes
  return {
    target: { kind: 'model', name: chat.model, references: fileReferences(chat.messages) },
    demand: {
      input: {
        max: textBytes + media.tokensMax + toolTokens + scaffoldTokensMax,
        isAssumed: media.isAssumed || toolTokens > 0,
        guess: Math.ceil(textBytes / charsPerToken),
      },
      output: { max: limit === 0 || judged !== null ? null : limit * answers, answers, floor: outputTokensFloor },
      judged,
      pieces: noPieces,
      tiers: askedTiers(chat.serviceTier),
      prompt: () => promptOf(body, chat.messages),
    },
    wire: {
      path: upstreamPath,
      body: (change) => upstreamBody(chat, body, change),
      answer: answerOf(chat, answers, body.json),
    },
    effects: body.json['store'] === true ? 'leaves-record' : 'none',
    affinity: () => affinityOf(body),
  }
}

const readAnswer = (answer: Uint8Array): Reading => readCompletion(JSON.parse(utf8.decode(answer)) as Told)
const plain: WholeReader = { kind: 'whole', read: readAnswer }

function answerOf(chat: Chat, answers: number, { store, metadata }: JsonBody['json']): AnswerReader {
  const reader = chat.stream ? streamOf(chat, answers) : plain
  return store === true ? storing(reader, metadata) : reader
}

const streamOf = ({ includeUsage }: Chat, answers: number): RecordsReader => ({
  kind: 'records',
  framing: 'sse',
  follow: (_headers, ways) => followChat(includeUsage, ways, answers),
  read: readAnswer,
  asStream: (answer) => completionAsStream(answer, includeUsage),
})

/** A number that means nothing to OpenAI, and may mean something to another upstream: `max_tokens: -1` is no limit to some. */
function judgedIn({ n, maxTokens, maxCompletionTokens }: Chat): Demand['judged'] {
  if (!isWithin(n, answersRange)) return outOfRange('n', n, answersRange)
  if (maxTokens !== null && !isWithin(maxTokens, limitRange)) return outOfRange('max_tokens', maxTokens, limitRange)
  return maxCompletionTokens !== null && !isWithin(maxCompletionTokens, limitRange)
    ? outOfRange('max_completion_tokens', maxCompletionTokens, limitRange)
    : null
}

function upstreamBody(chat: Chat, body: JsonBody, change: UpstreamChange): Uint8Array {
  let { text } = body
  if (change.upstreamModel !== null) text = withMember(text, ['model'], change.upstreamModel)
  if (change.outputTokensPerAnswer !== null)
    for (const key of limitKeys(chat)) text = withMember(text, [key], change.outputTokensPerAnswer)
  if (chat.stream && change.reportsStreamUsage && !chat.includeUsage)
    text = withMember(text, ['stream_options', 'include_usage'], true)
  if (change.rewrite) text = change.rewrite(text, { dialect: 'openai', operation: 'chat.completions' })
  return text === body.text ? body.bytes : body.strings.expand(text)
}

/** The client's own key, or how the messages begin: what upstreams keep their prompt caches by. */
function affinityOf({ json, text }: JsonBody): string | null {
  const key = json['prompt_cache_key']
  return typeof key === 'string' && key !== '' ? key : promptPrefix(text, ['"messages"'])
}

/** The limit is written where the client wrote it; reasoning models refuse the older name. */
function limitKeys({ maxTokens, maxCompletionTokens }: Chat): readonly string[] {
  if (maxTokens === null) return ['max_completion_tokens']
  return maxCompletionTokens === null ? ['max_tokens'] : ['max_completion_tokens', 'max_tokens']
}

/** Reads what a whole completion says of itself; throws when it has no choices, or an error. */
export function readCompletion(completion: Told): Reading {
  const { model, choices, service_tier: tier } = completion
  const said = choicesOf(choices)
  if (said.length === 0) throw new Error('a chat completion has choices')
  const error = errorInAnswer(completion, true) ?? errorAmong(said, completion.x_groq)
  if (error) throw new ReportedError(error)
  const vendorUsage = usageIn(completion)
  return {
    ...usageOf(vendorUsage),
    servedModel: typeof model === 'string' ? model : null,
    tier: servedTier(tier),
    vendorUsage,
    output: () => ({ text: choicesText(said), other: {} }),
  }
}
