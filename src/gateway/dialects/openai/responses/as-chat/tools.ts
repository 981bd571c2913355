/** Tools of a response as a chat has them. A custom tool takes a text of any kind: here it is a function of one text. */
import { isFields, listOf, textOf, type Fields } from '../items.ts'
import { said } from '../parts.ts'

/** `tools`, `tool_choice` and `parallel_tool_calls` of a chat, as far as any are asked for. */
export function chatTools({ tools, tool_choice: choice, parallel_tool_calls: parallel }: Fields): Fields {
  const allowed = allowedNames(choice)
  const list = listOf(tools).filter(({ name }) => allowed === null || allowed.has(name))
  if (list.length === 0) return {}
  const chosen = chosenOf(choice)
  return {
    tools: list.map(toolOf),
    ...(chosen !== null && { tool_choice: chosen }),
    ...(typeof parallel === 'boolean' && { parallel_tool_calls: parallel }),
  }
}

/** Names of tools whose calls are a text, and not JSON. */
export const customNames = (tools: unknown): ReadonlySet<unknown> =>
  new Set(listOf(tools).flatMap(({ type, name }) => (type === 'custom' ? [name] : [])))

const toolOf = (tool: Fields): Fields => ({
  type: 'function',
  function:
    tool['type'] === 'custom' ? functionOfText(tool) : said(tool, ['name', 'description', 'parameters', 'strict']),
})

function functionOfText({ name, description, format }: Fields): Fields {
  const grammar = isFields(format) && format['type'] === 'grammar' ? grammarWords(format) : ''
  const words = [textOf(description), grammar].filter((each) => each !== '').join('\n\n')
  return {
    name,
    ...(words !== '' && { description: words }),
    parameters: {
      type: 'object',
      properties: { input: { type: 'string' } },
      required: ['input'],
      additionalProperties: false,
    },
  }
}

const grammarWords = ({ syntax, definition }: Fields): string =>
  `The input must follow this grammar (${textOf(syntax)}):\n${textOf(definition)}`

/** A custom tool's text as the arguments of the function that stands for it. */
export const customArguments = (input: string): string => JSON.stringify({ input })

/** And back; arguments that are something else are the text themselves. */
export function customInput(given: string): string {
  try {
    const { input } = JSON.parse(given) as { readonly input?: unknown }
    return typeof input === 'string' ? input : given
  } catch {
    return given
  }
}

/** null for all. */
function allowedNames(choice: unknown): ReadonlySet<unknown> | null {
  if (!isFields(choice) || choice['type'] !== 'allowed_tools') return null
  return new Set(listOf(choice['tools']).map(({ name }) => name))
}

function chosenOf(choice: unknown): unknown {
  if (!isFields(choice)) return choice ?? null
  return choice['type'] === 'allowed_tools'
    ? (choice['mode'] ?? null)
    : { type: 'function', function: { name: choice['name'] } }
}
