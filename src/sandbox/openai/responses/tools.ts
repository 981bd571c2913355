/** Which tools a response calls: what `tool_choice` and the prompt ask for, those that the vendor hosts included. */
import type { Form, ToolWish } from '../../choice.ts'
import { Refusal } from '../../refusal.ts'
import { isSchema, type Schema } from '../../schema-value.ts'
import { answerFrom, toolsAskedFor, type ToolResult } from '../../tool-choice.ts'
import { customInput } from '../chat-tools.ts'
import { refuseSchema } from '../strict-schema.ts'
import { pictureModel } from './image-item.ts'
import type { ContentPart, Item } from './item-fields.ts'
import type { ResponseCall } from './response-fields.ts'
import type { FunctionTool, ImageTool, ResponseTool } from './tool-fields.ts'

/** Refuses with 400 tools whose schemas or choice OpenAI would not take. */
export function refuseResponseTools({ tools, tool_choice }: ResponseCall): void {
  for (const [at, tool] of (tools ?? []).entries())
    if (tool.type === 'function' && tool.parameters)
      refuseSchema(tool.parameters, tool.strict === true, {
        owner: `function '${tool.name}'`,
        param: `tools[${at}].parameters`,
        code: 'invalid_function_parameters',
      })
  if (tool_choice === 'required' && !tools?.length)
    throw new Refusal(400, "Tool choice 'required' must be specified with 'tools' parameter.", { param: 'tool_choice' })
  const missing = chosenOf(tool_choice)?.find((wanted) => !tools?.some((tool) => isMeant(tool, wanted)))
  if (missing)
    throw new Refusal(400, `Tool choice '${missing.name ?? missing.type}' not found in 'tools' parameter.`, {
      param: 'tool_choice',
    })
}

/** A tool by its type, and by its name where it has one. */
type Named = { readonly type: string; readonly name?: string }

const isMeant = (tool: ResponseTool, { type, name }: Named): boolean =>
  tool.type === 'function' || tool.type === 'custom'
    ? tool.type === type && tool.name === name
    : familyOf(tool.type) === familyOf(type)
const familyOf = (type: string): string => (type.startsWith('web_search') ? 'web_search' : type)

/** The tools named by the choice; undefined where it names none. */
function chosenOf(choice: ResponseCall['tool_choice']): readonly Named[] | undefined {
  if (typeof choice !== 'object' || choice === null) return undefined
  if (choice.type === 'allowed_tools')
    return (choice.tools as readonly Named[]).map(({ type, name }) => named(type, name))
  return [named(choice.type, 'name' in choice ? String(choice.name) : undefined)]
}

const named = (type: string, name: string | undefined): Named => (name === undefined ? { type } : { type, name })

/** What is done before an answer, and in its place. */
export type Work = {
  readonly searches: boolean
  /** What draws; null where nothing is drawn. */
  readonly picture: ImageTool | null
  readonly calls: (Form & { readonly kind: 'calls' }) | null
}

/** Decides which tools are called; `isWanted` is a directive's. Where results came back last, none is but by force. */
export function workOf(call: ResponseCall, items: readonly Item[], question: string, isWanted: boolean): Work {
  const isForced = modeOf(call.tool_choice) === 'required'
  const tools = usableTools(call)
  const own = tools.flatMap(ownTool)
  const isAnswering = resultsIn(items).length > 0
  const hosted = isAnswering ? [] : hostedWork(tools, question, isForced && own.length === 0)
  const done = hosted.slice(0, call.max_tool_calls ?? hosted.length)
  const asked = toolsAskedFor(own, question)
  const isDue = (isForced && done.length === 0) || isWanted
  const called = isDue ? (asked.length > 0 ? asked : own.slice(0, 1)) : isAnswering ? [] : asked
  const calls = call.parallel_tool_calls === false ? called.slice(0, 1) : called
  return {
    searches: done.some((tool) => tool.type !== 'image_generation'),
    picture: done.find((tool) => tool.type === 'image_generation') ?? null,
    calls: calls.length > 0 ? { kind: 'calls', tools: calls } : null,
  }
}

/** The tools that the choice leaves. */
function usableTools({ tools, tool_choice }: ResponseCall): readonly ResponseTool[] {
  if (tool_choice === 'none' || !tools) return []
  const chosen = chosenOf(tool_choice)
  return chosen ? tools.filter((tool) => chosen.some((one) => isMeant(tool, one))) : tools
}

/** The search and the picture that a prompt asks for, in this order; with `isForced` one of them in any case. */
function hostedWork(tools: readonly ResponseTool[], question: string, isForced: boolean): readonly ResponseTool[] {
  const search = tools.find(({ type }) => familyOf(type) === 'web_search')
  const draw = tools.find(({ type }) => type === 'image_generation')
  const both = [search, draw].filter((tool) => tool !== undefined)
  const asked = both.filter((tool) => (tool === search ? searchWords : drawWords).test(question))
  return asked.length === 0 && isForced ? both.slice(0, 1) : asked
}

const searchWords = /\b(?:search|web|internet|online|news|latest|today|current|look up)\b/i
const drawWords = /\b(?:draw|paint|sketch|picture|image|illustration|photo|logo)\b/i

function modeOf(choice: ResponseCall['tool_choice']): 'none' | 'auto' | 'required' {
  if (typeof choice !== 'object' || choice === null) return choice ?? 'auto'
  return choice.type === 'allowed_tools' ? choice.mode : 'required'
}

type OwnTool = ToolWish & { readonly description: string | null | undefined }

/** A tool of the client's, as it is called; none of the vendor's. */
function ownTool(tool: ResponseTool): readonly OwnTool[] {
  if (tool.type === 'function')
    return [{ name: tool.name, description: tool.description, schema: parametersOf(tool).parameters }]
  if (tool.type === 'custom')
    return [{ name: tool.name, description: tool.description, schema: null, text: customInput(tool) }]
  return []
}

/** What kind of call a name is of. */
export const kindOfCall = ({ tools }: ResponseCall, name: string): 'function_call' | 'custom_tool_call' =>
  tools?.some((tool) => tool.type === 'custom' && tool.name === name) ? 'custom_tool_call' : 'function_call'

/** The tools as a response repeats them. */
export const toolsAsKept = (tools: readonly ResponseTool[]): readonly object[] =>
  tools.map((tool) => {
    if (tool.type === 'image_generation') return { ...tool, model: pictureModel(tool) }
    if (tool.type !== 'function') return tool
    return { ...tool, ...parametersOf(tool), description: tool.description ?? null }
  })

/** Functions are strict unless they say otherwise: their schemas are made so where they can be. */
function parametersOf({ parameters, strict, name }: FunctionTool): {
  readonly parameters: object | null
  readonly strict: boolean
} {
  if (strict !== undefined && strict !== null) return { parameters: parameters ?? null, strict }
  const made = strictened(parameters ?? { type: 'object', properties: {} }) as Schema
  try {
    refuseSchema(made, true, { owner: name, param: 'tools', code: null })
    return { parameters: made, strict: true }
  } catch (error) {
    if (error instanceof Refusal) return { parameters: parameters ?? null, strict: false }
    throw error
  }
}

/** A schema whose objects have all their properties and no others. */
function strictened(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strictened)
  if (!isSchema(schema)) return schema
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, strictened(value)]))
  if (schema['type'] !== 'object' || !isSchema(schema['properties'])) return inner
  return { ...inner, additionalProperties: false, required: Object.keys(schema['properties']) }
}

/** What the answer says of the results that the conversation ends with; empty where it ends with none. */
export const saidOfItems = (items: readonly Item[]): string => answerFrom(resultsIn(items))

function resultsIn(items: readonly Item[]): readonly ToolResult[] {
  const isOutput = ({ type }: Item): boolean => type === 'function_call_output' || type === 'custom_tool_call_output'
  const last = items.findLastIndex((item) => !isOutput(item))
  return items
    .slice(last + 1)
    .flatMap((item) =>
      item.type === 'function_call_output' || item.type === 'custom_tool_call_output'
        ? [{ name: nameOfCall(items, item.call_id), result: textIn(item.output) }]
        : [],
    )
}

function nameOfCall(items: readonly Item[], id: string): string | undefined {
  const called = items.findLast(
    (item) => (item.type === 'function_call' || item.type === 'custom_tool_call') && item.call_id === id,
  )
  return called && 'name' in called && typeof called.name === 'string' ? called.name : undefined
}

/** The text of a content. */
export const textIn = (content: string | readonly ContentPart[]): string =>
  typeof content === 'string'
    ? content
    : content
        .map((part) => ('text' in part ? part.text : 'refusal' in part ? part.refusal : ''))
        .filter(Boolean)
        .join(' ')
