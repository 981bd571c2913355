/** What we route and bill on of the body of `POST /v1/responses`, and what of it is refused by us. */
import type { JsonBody, Reference } from '../../../dialect.ts'
import { invalid } from '../../../errors.ts'
import { missing, optional, optionalInteger, required, wrongType } from '../fields.ts'
import { referencesIn } from './references.ts'
import { itemsOf, type Fields } from './items.ts'
import { refuseTools, type Tool } from './tools.ts'

export type Creation = {
  readonly model: string
  /** A bare text is an item as well. */
  readonly items: readonly Fields[]
  readonly instructions: string
  readonly stream: boolean
  readonly maxOutputTokens: number | null
  readonly maxToolCalls: number | null
  readonly serviceTier: string | null
  readonly tools: readonly Tool[]
  readonly store: boolean
  readonly background: boolean
  /** What it names that was made before. */
  readonly references: readonly Reference[]
  /** Places of items that are sent without their ids. */
  readonly nameless: readonly number[]
}

/** OpenAI's; other numbers are the upstream's to judge. */
export const limitRange = { min: 16, max: 10_000_000 }
const callsRange = { min: 1, max: 10_000_000 }

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value)
const isText = (value: unknown): value is string => typeof value === 'string'
const isFlag = (value: unknown): value is boolean => typeof value === 'boolean'
const isInput = (value: unknown): value is string | readonly unknown[] => isText(value) || isList(value)

export const billedKeys = new Set([
  'model',
  'input',
  'instructions',
  'stream',
  'max_output_tokens',
  'max_tool_calls',
  'service_tier',
  'tools',
  'store',
  'background',
  'previous_response_id',
  'conversation',
  'id',
  'prompt',
])

/** In the order in which problems are told. Throws `invalid_request`. */
export function creationOf(json: JsonBody['json']): Creation {
  const model = required(json['model'], 'model', isText, 'a string')
  if (model === '') throw missing('model')
  const input = optional(json['input'], 'input', isInput, 'a string or an array of objects') ?? []
  const items = itemsOf(input)
  const tools = toolsIn(json['tools'])
  const creation = {
    model,
    items,
    instructions: optional(json['instructions'], 'instructions', isText, 'a string') ?? '',
    stream: optional(json['stream'], 'stream', isFlag, 'a boolean') ?? false,
    maxOutputTokens: optionalInteger(json['max_output_tokens'], 'max_output_tokens', limitRange),
    maxToolCalls: optionalInteger(json['max_tool_calls'], 'max_tool_calls', callsRange),
    serviceTier: optional(json['service_tier'], 'service_tier', isText, 'a string'),
    tools,
    store: optional(json['store'], 'store', isFlag, 'a boolean') ?? true,
    background: optional(json['background'], 'background', isFlag, 'a boolean') ?? false,
    references: referencesIn(json, items, tools),
    nameless: [],
  }
  refuseTools(creation.tools)
  refuseUnserved(json)
  return creation
}

function toolsIn(value: unknown): readonly Tool[] {
  const tools = optional(value, 'tools', isList, 'an array of objects') ?? []
  const bad = tools.findIndex((tool) => !isObject(tool))
  if (bad !== -1) throw wrongType(`tools[${bad}]`, 'an object', tools[bad])
  return tools as readonly Tool[]
}

/** A prompt lies in an account's own settings, and belongs to nobody who asks here. */
function refuseUnserved(json: JsonBody['json']): void {
  optional(json['previous_response_id'], 'previous_response_id', isText, 'a string')
  optional(json['conversation'], 'conversation', isNamed, 'a string or an object with an id')
  if (json['prompt'] !== undefined && json['prompt'] !== null)
    throw invalid(
      'prompt',
      "'prompt' names a prompt of an account, which is not served. Send its text as instructions.",
    )
}

const isNamed = (value: unknown): value is string | Fields => isText(value) || (isObject(value) && isText(value['id']))
