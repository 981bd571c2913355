/** Every field that a call for a response may have, with its type and bounds (openai-openapi 2.3.0, CreateResponse). */
import { z } from 'zod'
import { JsonSchemaFields, Metadata } from '../chat-fields.ts'
import { Item } from './item-fields.ts'
import { ResponseTool, ResponseToolChoice } from './tool-fields.ts'

const text = z.string()
const object = z.looseObject({})

const TextFormat = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text') }),
  z.strictObject({ type: z.literal('json_object') }),
  z.strictObject({ type: z.literal('json_schema'), ...JsonSchemaFields }),
])

const includable = [
  'file_search_call.results',
  'web_search_call.results',
  'web_search_call.action.sources',
  'message.input_image.image_url',
  'computer_call_output.output.image_url',
  'code_interpreter_call.outputs',
  'reasoning.encrypted_content',
  'message.output_text.logprobs',
] as const

const Summary = z.enum(['auto', 'concise', 'detailed']).nullish()

/** What the input tokens are counted of. */
export const promptFields = {
  conversation: z.union([text, z.strictObject({ id: text })]).nullish(),
  input: z.union([text, z.array(Item)]).nullish(),
  instructions: text.nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  previous_response_id: text.nullish(),
  reasoning: z
    .strictObject({
      context: z.enum(['auto', 'current_turn', 'all_turns']).nullish(),
      effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).nullish(),
      generate_summary: Summary,
      mode: text.nullish(),
      summary: Summary,
    })
    .nullish(),
  text: z
    .strictObject({ format: TextFormat.nullish(), verbosity: z.enum(['low', 'medium', 'high']).nullish() })
    .nullish(),
  tool_choice: ResponseToolChoice.nullish(),
  tools: z.array(ResponseTool).max(128).nullish(),
  truncation: z.enum(['auto', 'disabled']).nullish(),
}

export const cacheFields = {
  prompt_cache_key: text.nullish(),
  prompt_cache_options: object.nullish(),
  prompt_cache_retention: z.enum(['in_memory', 'in-memory', '24h']).nullish(),
}

const outputTokensMin = 16

export const ResponseCall = z.strictObject({
  model: text,
  ...promptFields,
  ...cacheFields,
  access_programs: object.nullish(),
  background: z.boolean().nullish(),
  background_options: object.nullish(),
  // Of no specification, and sent by Codex (0.171).
  client_metadata: object.nullish(),
  context_management: z.array(object).nullish(),
  image: object.nullish(),
  include: z.array(z.enum(includable)).nullish(),
  max_output_tokens: z.int().min(outputTokensMin).nullish(),
  max_tool_calls: z.int().min(1).nullish(),
  metadata: Metadata.nullish(),
  moderation: object.nullish(),
  prompt: z.looseObject({ id: text }).nullish(),
  safety_identifier: text.nullish(),
  service_tier: z.enum(['auto', 'default', 'flex', 'scale', 'priority', 'fast']).nullish(),
  store: z.boolean().nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.strictObject({ include_obfuscation: z.boolean().nullish() }).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  user: text.nullish(),
})
export type ResponseCall = z.output<typeof ResponseCall>
