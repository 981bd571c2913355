/**
 * Every field that a chat completion may have, with its type and bounds (openai-openapi 2.3.0,
 * CreateChatCompletionRequest). What is not here is refused, at every level but inside JSON schemas.
 */
import { z } from 'zod'
import { Refusal } from '../refusal.ts'

const text = z.string()
const object = z.looseObject({})

const CacheControl = z.looseObject({}).optional()
const TextPart = z.strictObject({ type: z.literal('text'), text, prompt_cache_breakpoint: CacheControl })
const RefusalPart = z.strictObject({ type: z.literal('refusal'), refusal: text })
const ImagePart = z.strictObject({
  type: z.literal('image_url'),
  image_url: z.strictObject({ url: text, detail: z.enum(['auto', 'low', 'high', 'original']).nullish() }),
  prompt_cache_breakpoint: CacheControl,
})
const AudioPart = z.strictObject({
  type: z.literal('input_audio'),
  input_audio: z.strictObject({ data: text, format: z.enum(['wav', 'mp3']) }),
  prompt_cache_breakpoint: CacheControl,
})
const FilePart = z.strictObject({
  type: z.literal('file'),
  file: z.strictObject({ file_data: text.optional(), file_id: text.optional(), filename: text.optional() }),
  prompt_cache_breakpoint: CacheControl,
})
const ContentPart = z.discriminatedUnion('type', [TextPart, ImagePart, AudioPart, FilePart, RefusalPart])
export type ContentPart = z.output<typeof ContentPart>

const FunctionCall = z.strictObject({ name: text, arguments: text })
const ToolCall = z.discriminatedUnion('type', [
  z.strictObject({ id: text, type: z.literal('function'), function: FunctionCall }),
  z.strictObject({ id: text, type: z.literal('custom'), custom: z.strictObject({ name: text, input: text }) }),
])

/** One shape for all roles: which field belongs to which is the business of the message rules. */
const Message = z.strictObject({
  role: z.enum(['system', 'assistant', 'user', 'function', 'tool', 'developer']),
  content: z.union([text, z.array(ContentPart)]).nullish(),
  name: text.nullish(),
  refusal: text.nullish(),
  tool_calls: z.array(ToolCall).nullish(),
  tool_call_id: text.nullish(),
  function_call: FunctionCall.nullish(),
  audio: z.looseObject({ id: text }).nullish(),
  // Members of an answer that SDKs send back as they got them.
  annotations: z.array(object).nullish(),
})
export type ChatMessage = z.output<typeof Message>

/** What a tool or a schema may be called. */
export const ToolName = text
  .min(1)
  .max(64)
  .regex(/^[a-zA-Z0-9_-]+$/)
const FunctionTool = z.strictObject({
  name: ToolName,
  description: text.nullish(),
  parameters: object.nullish(),
  strict: z.boolean().nullish(),
})
/** What a custom tool is called with. */
export const CustomFormat = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text') }),
  z.strictObject({
    type: z.literal('grammar'),
    grammar: z.strictObject({ definition: text, syntax: z.enum(['lark', 'regex']) }),
  }),
])
const CustomTool = z.strictObject({ name: ToolName, description: text.nullish(), format: CustomFormat.nullish() })
export type CustomTool = z.output<typeof CustomTool>
const Tool = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('function'), function: FunctionTool }),
  z.strictObject({ type: z.literal('custom'), custom: CustomTool }),
])
const Named = z.strictObject({ name: text })
const ToolChoice = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('function'), function: Named }),
  z.strictObject({ type: z.literal('custom'), custom: Named }),
  z.strictObject({
    type: z.literal('allowed_tools'),
    allowed_tools: z.strictObject({ mode: z.enum(['auto', 'required']), tools: z.array(object) }),
  }),
])

export const JsonSchemaFields = {
  name: ToolName,
  description: text.nullish(),
  schema: object.optional(),
  strict: z.boolean().nullish(),
}
const ResponseFormat = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text') }),
  z.strictObject({ type: z.literal('json_object') }),
  z.strictObject({ type: z.literal('json_schema'), json_schema: z.strictObject(JsonSchemaFields) }),
])

const WebSearchOptions = z.strictObject({
  search_context_size: z.enum(['low', 'medium', 'high']).nullish(),
  user_location: z
    .strictObject({
      type: z.literal('approximate'),
      approximate: z.strictObject({
        city: text.nullish(),
        country: text.nullish(),
        region: text.nullish(),
        timezone: text.nullish(),
      }),
    })
    .nullish(),
})

export const Metadata = z.record(text.max(64), text.max(512))

const metadataKeysMax = 16

/** Refuses with 400 more of it than an object may have. */
export function refuseMetadata(metadata: object | null | undefined): void {
  const keys = Object.keys(metadata ?? {}).length
  if (keys <= metadataKeysMax) return
  throw new Refusal(
    400,
    `Invalid 'metadata': too many properties. Expected an object with at most ${metadataKeysMax} properties, but got an object with ${keys} properties instead.`,
    { param: 'metadata', code: 'object_above_max_properties' },
  )
}

const positive = z.int().min(1).nullish()
const penalty = z.number().min(-2).max(2).nullish()

export const ChatCall = z.strictObject({
  model: text,
  messages: z.array(Message).min(1),
  audio: object.nullish(),
  frequency_penalty: penalty,
  function_call: z.union([z.enum(['none', 'auto']), Named]).nullish(),
  functions: z
    .array(z.strictObject({ name: ToolName, description: text.nullish(), parameters: object.nullish() }))
    .min(1)
    .max(128)
    .nullish(),
  logit_bias: z.record(text, z.number().min(-100).max(100)).nullish(),
  logprobs: z.boolean().nullish(),
  max_completion_tokens: positive,
  max_tokens: positive,
  metadata: Metadata.nullish(),
  modalities: z.array(z.enum(['text', 'audio'])).nullish(),
  moderation: object.nullish(),
  n: z.int().min(1).max(128).nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  prediction: object.nullish(),
  presence_penalty: penalty,
  prompt_cache_key: text.nullish(),
  prompt_cache_options: object.nullish(),
  prompt_cache_retention: z.enum(['in_memory', 'in-memory', '24h']).nullish(),
  reasoning_effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).nullish(),
  response_format: ResponseFormat.nullish(),
  safety_identifier: text.nullish(),
  seed: z.int().nullish(),
  service_tier: z.enum(['auto', 'default', 'flex', 'scale', 'priority', 'fast']).nullish(),
  stop: z.union([text, z.array(text).max(4)]).nullish(),
  store: z.boolean().nullish(),
  stream: z.boolean().nullish(),
  stream_options: z
    .strictObject({ include_usage: z.boolean().nullish(), include_obfuscation: z.boolean().nullish() })
    .nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  tool_choice: z.union([z.enum(['none', 'auto', 'required']), ToolChoice]).nullish(),
  tools: z.array(Tool).min(1).max(128).nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  user: text.nullish(),
  verbosity: z.enum(['low', 'medium', 'high']).nullish(),
  web_search_options: WebSearchOptions.nullish(),
  // Google's own, at its endpoint for clients of OpenAI.
  extra_body: object.nullish(),
})
export type ChatCall = z.output<typeof ChatCall>
