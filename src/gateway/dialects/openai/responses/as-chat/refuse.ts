/** What of a response no chat completion can say: it is refused by the name of its field, never left out. */
import { invalid, type GatewayError } from '../../../../errors.ts'
import type { Creation } from '../creation.ts'
import { isFields, partsOf, textOf, type Fields } from '../items.ts'

/** The first field that keeps a request from an upstream without responses; null when it can be asked as a chat completion. */
export function untranslatable({ items, tools }: Creation, json: Fields): GatewayError | null {
  const field = fieldIn(json) ?? itemIn(items) ?? toolIn(tools) ?? choiceIn(json['tool_choice'])
  return field === null ? null : refused(field)
}

const refused = ({ path, what }: Refused): GatewayError =>
  invalid(
    path,
    `${what} cannot be used with this model: its provider has no Responses API, so that the call is made as a chat completion.`,
  )

type Refused = { readonly path: string; readonly what: string }

/** What a chat completion has no like of, and would answer differently without. */
const fields = ['background', 'previous_response_id', 'conversation', 'prompt', 'context_management'] as const
const isSaid = (value: unknown): boolean =>
  value !== undefined && value !== null && value !== false && !(Array.isArray(value) && value.length === 0)

function fieldIn(json: Fields): Refused | null {
  const field = fields.find((each) => isSaid(json[each]))
  return field === undefined ? null : { path: field, what: `'${field}'` }
}

/** Items that the client itself made, or was given by its tools. */
const itemTypes: ReadonlySet<string> = new Set([
  'message',
  'function_call',
  'function_call_output',
  'custom_tool_call',
  'custom_tool_call_output',
  'reasoning',
])

function itemIn(items: readonly Fields[]): Refused | null {
  for (const [at, item] of items.entries()) {
    const type = textOf(item['type']) || 'message'
    if (!itemTypes.has(type)) return { path: `input[${at}].type`, what: `An item of type '${type}'` }
    if (partsOf(item).some((part) => isSaid(part['file_id'])))
      return { path: `input[${at}].file_id`, what: 'A file that was uploaded' }
    if (type === 'reasoning' && isSaid(item['encrypted_content']))
      return { path: `input[${at}].encrypted_content`, what: 'Encrypted reasoning of another provider' }
  }
  return null
}

function toolIn(tools: readonly Fields[]): Refused | null {
  const at = tools.findIndex(({ type }) => type !== 'function' && type !== 'custom')
  return at === -1 ? null : { path: `tools[${at}].type`, what: `The tool '${textOf(tools[at]!['type'])}'` }
}

const choiceTypes: ReadonlySet<unknown> = new Set(['function', 'custom', 'allowed_tools'])

function choiceIn(choice: unknown): Refused | null {
  if (!isFields(choice) || choiceTypes.has(choice['type'])) return null
  return { path: 'tool_choice', what: `The tool choice '${textOf(choice['type'])}'` }
}
