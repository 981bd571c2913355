/** POST /embeddings: unit vectors that depend on the text alone, in floats or base64. */
import { z } from 'zod'
import { withoutDirectives } from '../directives.ts'
import type { Exchange } from '../exchange.ts'
import { hashOf, randomFrom } from '../hash.ts'
import { Refusal } from '../refusal.ts'
import { generatedJson, type Reply } from '../reply.ts'
import { countTokens } from '../tokens.ts'
import { noUsage } from '../usage.ts'
import { reportedUsage } from '../wrong-usage.ts'
import { parseOpenai } from './errors.ts'
import { requireEmbeddingModel } from './models.ts'

const itemsMax = 2_048
const itemTokensMax = 8_192
const requestTokensMax = 300_000

const TokenIds = z.array(z.int().min(0)).min(1)
const Input = z.union([z.string(), z.array(z.string()).min(1), TokenIds, z.array(TokenIds).min(1)])
const EmbeddingCall = z.strictObject({
  model: z.string(),
  input: z.unknown().refine((given) => given !== undefined && given !== null),
  dimensions: z.int().min(1).nullish(),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  user: z.string().nullish(),
})

/** Answers an embeddings call; refuses with the vendor's 400 or 404. */
export function createEmbeddings(exchange: Exchange): Reply {
  const call = parseOpenai(EmbeddingCall, exchange.body)
  requireEmbeddingModel(call.model)
  const items = itemsOf(inputOf(call.input))
  const tokens = tokensWithinLimits(items)
  const dimensions = dimensionsOf(call.model, call.dimensions)
  const data = items.map((item, index) => {
    const vector = vectorOf(typeof item === 'string' ? item : item.join(' '), call.model, dimensions)
    return {
      object: 'embedding',
      index,
      embedding: call.encoding_format === 'base64' ? base64Of(vector) : Array.from(vector),
    }
  })
  const { directives } = exchange
  const usage = reportedUsage({ prompt_tokens: tokens, total_tokens: tokens }, directives.usage)
  const servedModel = directives.served ?? call.model
  const body = { object: 'list', data, model: servedModel, ...(usage ? { usage } : {}) }
  const generation = {
    dialect: 'openai',
    endpoint: 'embeddings',
    model: call.model,
    servedModel,
    status: 200,
    usage: { ...noUsage, input: tokens },
  } as const
  return generatedJson(body, generation)
}

/** OpenAI says of an input only that it is none. */
function inputOf(given: unknown): z.output<typeof Input> {
  const parsed = Input.safeParse(given)
  if (parsed.success) return parsed.data
  if (Array.isArray(given) && given.length === 0)
    throw invalid(
      "Invalid 'input': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      'empty_array',
    )
  throw new Refusal(
    400,
    "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.",
  )
}

type Item = string | readonly number[]

function itemsOf(input: z.output<typeof Input>): readonly Item[] {
  if (typeof input === 'string') return [input]
  return typeof input[0] === 'number' ? [input as number[]] : (input as readonly Item[])
}

function tokensWithinLimits(items: readonly Item[]): number {
  if (items.length > itemsMax)
    throw invalid(
      `Invalid 'input': array too long. Expected an array with maximum length ${itemsMax}, but got an array with length ${items.length} instead.`,
      'array_above_max_length',
    )
  const tokens = items.map((item) => (typeof item === 'string' ? countTokens(item) : item.length))
  if (tokens.includes(0)) throw invalid("Invalid 'input': input cannot be an empty string.", 'invalid_value')
  const longest = Math.max(...tokens)
  if (longest > itemTokensMax)
    throw invalid(
      `This model's maximum context length is ${itemTokensMax} tokens, however you requested ${longest} tokens (${longest} in your prompt; 0 for the completion). Please reduce your prompt; or completion length.`,
      'context_length_exceeded',
    )
  const total = tokens.reduce((sum, count) => sum + count, 0)
  if (total > requestTokensMax)
    throw invalid(`Requested ${total} tokens, max ${requestTokensMax} tokens per request`, 'max_tokens_per_request')
  return total
}

const invalid = (message: string, code: string, param = 'input'): Refusal => new Refusal(400, message, { param, code })

function dimensionsOf(model: string, asked: number | null | undefined): number {
  const most = model.includes('-3-small') || model.includes('ada') ? 1_536 : 3_072
  if (asked && model.includes('ada'))
    throw invalid('This model does not support specifying dimensions.', 'unsupported_parameter', 'dimensions')
  if (asked && asked > most)
    throw invalid(
      `Invalid value for 'dimensions' = ${asked}. Must be less than or equal to ${most}.`,
      'invalid_value',
      'dimensions',
    )
  return asked ?? most
}

/** Fewer dimensions are the beginning of more, made unit length again, as with the vendor's. */
function vectorOf(text: string, model: string, dimensions: number): Float32Array {
  const random = randomFrom(hashOf(withoutDirectives(text), hashOf(model)))
  const raw = Array.from({ length: dimensions }, () => random() - 0.5)
  const length = Math.hypot(...raw)
  return Float32Array.from(raw, (value) => value / length)
}

/** Little-endian float32, whatever the machine. */
function base64Of(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4)
  for (const [at, value] of vector.entries()) bytes.writeFloatLE(value, at * 4)
  return bytes.toString('base64')
}
