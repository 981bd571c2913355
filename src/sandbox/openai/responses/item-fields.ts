/**
 * The items that a response or a conversation is made of, as they are sent (openai-openapi 2.3.0, InputItem). An item
 * without `type` is a message where it has a role, and a reference where it has none.
 */
import { z } from 'zod'

const text = z.string()
const object = z.looseObject({})
const breakpoint = object.nullish()
const status = z.enum(['in_progress', 'completed', 'incomplete', 'searching', 'generating', 'failed']).nullish()

const InputText = z.strictObject({ type: z.literal('input_text'), text, prompt_cache_breakpoint: breakpoint })
const InputImage = z.strictObject({
  type: z.literal('input_image'),
  detail: z.enum(['auto', 'low', 'high', 'original']).nullish(),
  file_id: text.nullish(),
  image_url: text.nullish(),
  prompt_cache_breakpoint: breakpoint,
})
const InputFile = z.strictObject({
  type: z.literal('input_file'),
  detail: z.enum(['auto', 'low', 'high']).nullish(),
  file_data: text.nullish(),
  file_id: text.nullish(),
  file_url: text.nullish(),
  filename: text.nullish(),
  prompt_cache_breakpoint: breakpoint,
})
const InputAudio = z.strictObject({
  type: z.literal('input_audio'),
  input_audio: z.strictObject({ data: text, format: z.enum(['wav', 'mp3']) }),
})
const OutputText = z.strictObject({
  type: z.literal('output_text'),
  text,
  annotations: z.array(object).nullish(),
  logprobs: z.array(object).nullish(),
})
const OutputRefusal = z.strictObject({ type: z.literal('refusal'), refusal: text })
const ContentPart = z.discriminatedUnion('type', [
  InputText,
  InputImage,
  OutputText,
  OutputRefusal,
  InputFile,
  InputAudio,
])
export type ContentPart = z.output<typeof ContentPart>

const Message = z.strictObject({
  type: z.literal('message'),
  id: text.nullish(),
  role: z.enum(['assistant', 'system', 'developer', 'user']),
  content: z.union([text, z.array(ContentPart)]),
  status,
  phase: z.enum(['commentary', 'final_answer']).nullish(),
})
export type MessageItem = z.output<typeof Message>

const ofCall = { id: text.nullish(), call_id: text, status, caller: object.nullish(), namespace: text.nullish() }
const FunctionCall = z.strictObject({
  type: z.literal('function_call'),
  ...ofCall,
  name: text,
  arguments: text,
  async: z.boolean().nullish(),
})
const CustomCall = z.strictObject({
  type: z.literal('custom_tool_call'),
  ...ofCall,
  name: text,
  input: text,
  async: z.boolean().nullish(),
})
const CallOutput = z.strictObject({
  type: z.enum(['function_call_output', 'custom_tool_call_output']),
  ...ofCall,
  name: text.nullish(),
  output: z.union([text, z.array(ContentPart)]),
})
const Reasoning = z.strictObject({
  type: z.literal('reasoning'),
  id: text.nullish(),
  summary: z.array(z.strictObject({ type: z.literal('summary_text'), text })),
  content: z.array(z.strictObject({ type: z.literal('reasoning_text'), text })).nullish(),
  encrypted_content: text.nullish(),
  status,
})
const Reference = z.strictObject({ type: z.literal('item_reference'), id: text })
const Compaction = z.strictObject({ type: z.literal('compaction'), id: text.nullish(), encrypted_content: text })
const Search = z.strictObject({ type: z.literal('web_search_call'), id: text.nullish(), status, action: object })
const Image = z.looseObject({ type: z.literal('image_generation_call'), id: text, result: text.nullish(), status })

/** Of tools that the sandbox never calls: they cost what they say, as JSON. */
const others = [
  'file_search_call',
  'computer_call',
  'computer_call_output',
  'tool_search_call',
  'tool_search_output',
  'additional_tools',
  'configuration_update',
  'code_interpreter_call',
  'local_shell_call',
  'local_shell_call_output',
  'shell_call',
  'shell_call_output',
  'apply_patch_call',
  'apply_patch_call_output',
  'mcp_list_tools',
  'mcp_approval_request',
  'mcp_approval_response',
  'mcp_call',
  'compaction_trigger',
  'program',
  'program_output',
] as const
const Other = z.looseObject({ type: z.enum(others), id: text.nullish() })

const Known = z.discriminatedUnion('type', [
  Message,
  FunctionCall,
  CustomCall,
  CallOutput,
  Reasoning,
  Reference,
  Compaction,
  Search,
  Image,
  Other,
])
export const Item = z.preprocess(withType, Known)
export type Item = z.output<typeof Known>

function withType(given: unknown): unknown {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return given
  const { type } = given as { readonly type?: unknown }
  if (type !== undefined && type !== null) return given
  return { ...given, type: 'role' in given ? 'message' : 'item_reference' }
}
