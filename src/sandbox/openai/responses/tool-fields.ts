/**
 * The tools that a response may be given and how one is chosen (openai-openapi 2.3.0, Tool and ToolChoiceParam).
 * Functions, custom tools, web search and pictures have all their fields; what else the vendor hosts is taken as it
 * comes, and never called.
 */
import { z } from 'zod'
import { CustomFormat, ToolName } from '../chat-fields.ts'

const text = z.string()
const object = z.looseObject({})
const callers = z.array(z.enum(['direct', 'programmatic'])).nullish()

const FunctionTool = z.strictObject({
  type: z.literal('function'),
  name: ToolName,
  description: text.nullish(),
  parameters: object.nullish(),
  strict: z.boolean().nullish(),
  allowed_callers: callers,
  async: z.boolean().nullish(),
  defer_loading: z.boolean().nullish(),
  output_schema: object.nullish(),
})
export type FunctionTool = z.output<typeof FunctionTool>

const CustomTool = z.strictObject({
  type: z.literal('custom'),
  name: ToolName,
  description: text.nullish(),
  format: CustomFormat.nullish(),
  allowed_callers: callers,
  async: z.boolean().nullish(),
  defer_loading: z.boolean().nullish(),
})

const place = { city: text.nullish(), country: text.nullish(), region: text.nullish(), timezone: text.nullish() }
const WebSearchTool = z.strictObject({
  type: z.enum(['web_search', 'web_search_2025_08_26', 'web_search_preview', 'web_search_preview_2025_03_11']),
  external_web_access: z.boolean().nullish(),
  filters: z.strictObject({ allowed_domains: z.array(text).max(100).nullish() }).nullish(),
  search_content_types: z.array(z.enum(['text', 'image'])).nullish(),
  search_context_size: z.enum(['low', 'medium', 'high']).nullish(),
  user_location: z.strictObject({ type: z.literal('approximate').nullish(), ...place }).nullish(),
})

/** What it says of the picture is read as a call for pictures is. */
const ImageTool = z.strictObject({
  type: z.literal('image_generation'),
  action: z.enum(['generate', 'edit', 'auto']).nullish(),
  background: text.nullish(),
  input_fidelity: z.enum(['high', 'low']).nullish(),
  input_image_mask: z.strictObject({ file_id: text.nullish(), image_url: text.nullish() }).nullish(),
  model: text.nullish(),
  moderation: text.nullish(),
  output_compression: z.number().nullish(),
  output_format: text.nullish(),
  partial_images: z.int().min(0).max(3).nullish(),
  quality: text.nullish(),
  size: text.nullish(),
})
export type ImageTool = z.output<typeof ImageTool>

const neverCalled = [
  'file_search',
  'computer',
  'computer_use_preview',
  'mcp',
  'code_interpreter',
  'programmatic_tool_calling',
  'local_shell',
  'shell',
  'namespace',
  'tool_search',
  'apply_patch',
] as const

export const ResponseTool = z.discriminatedUnion('type', [
  FunctionTool,
  CustomTool,
  WebSearchTool,
  ImageTool,
  z.looseObject({ type: z.enum(neverCalled) }),
])
export type ResponseTool = z.output<typeof ResponseTool>

const hosted = [
  'web_search',
  'web_search_2025_08_26',
  'web_search_preview',
  'web_search_preview_2025_03_11',
  'image_generation',
  ...neverCalled,
] as const

const ChosenTool = z.discriminatedUnion('type', [
  z.strictObject({ type: z.enum(['function', 'custom']), name: text }),
  z.strictObject({
    type: z.literal('allowed_tools'),
    mode: z.enum(['auto', 'required']),
    tools: z.array(z.looseObject({ type: text })),
  }),
  z.looseObject({ type: z.enum(hosted) }),
])

export const ResponseToolChoice = z.union([z.enum(['none', 'auto', 'required']), ChosenTool])
export type ResponseToolChoice = z.output<typeof ResponseToolChoice>
