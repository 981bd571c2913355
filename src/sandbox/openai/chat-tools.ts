/** Which tools a chat completion calls: what `tool_choice` and the prompt ask for, legacy functions included. */
import type { Form, ToolWish } from '../choice.ts'
import { Refusal } from '../refusal.ts'
import { stringMatching } from '../schema-pattern.ts'
import { answerFrom, toolsAskedFor, type ToolResult } from '../tool-choice.ts'
import type { ChatCall, ChatMessage, CustomTool } from './chat-fields.ts'
import { refuseSchema } from './strict-schema.ts'

/** How a tool call is written down: as a function's, a custom tool's, or as the one `function_call` of old. */
export type ToolKind = 'function' | 'custom' | 'legacy'

type Tool = ToolWish & { readonly kind: ToolKind; readonly description: string | null | undefined }

/** What kind of tool a name is of, for whoever writes the call down. */
export function kindOfTool({ tools, functions }: ChatCall, name: string): ToolKind {
  if (functions?.length && !tools) return 'legacy'
  return tools?.some((tool) => tool.type === 'custom' && tool.custom.name === name) ? 'custom' : 'function'
}

/** Refuses with 400 tools whose schemas or choice OpenAI would not take. */
export function refuseTools(call: ChatCall): void {
  const { tools, functions, tool_choice, function_call, parallel_tool_calls } = call
  if (!tools && isSet(tool_choice)) throw onlyWith('tool_choice', 'tools')
  if (!tools && isSet(parallel_tool_calls)) throw onlyWith('parallel_tool_calls', 'tools')
  if (!functions && isSet(function_call)) throw onlyWith('function_call', 'functions')
  if (tools && functions)
    throw new Refusal(400, "'functions' and 'tools' cannot both be specified.", { param: 'functions' })
  for (const [at, tool] of (tools ?? []).entries())
    if (tool.type === 'function') refuseParameters(tool.function, `tools[${at}].function.parameters`)
  for (const [at, given] of (functions ?? []).entries()) refuseParameters(given, `functions[${at}].parameters`)
  const named = namesChosen(call)
  const missing = named?.find((name) => !toolsOf(call).some((tool) => tool.name === name))
  if (missing === undefined) return
  const what = functions ? 'functions' : 'tools'
  throw new Refusal(
    400,
    functions
      ? `Function call '${missing}' was not found in 'functions'.`
      : `Tool choice '${missing}' was not found in '${what}' parameter.`,
    { param: functions ? 'function_call' : 'tool_choice' },
  )
}

const isSet = (value: unknown): boolean => value !== undefined && value !== null

const onlyWith = (param: string, other: string): Refusal =>
  new Refusal(400, `Invalid value for '${param}': '${param}' is only allowed when '${other}' are specified.`, { param })

type Parameters = {
  readonly name: string
  readonly parameters?: object | null | undefined
  readonly strict?: boolean | null | undefined
}

function refuseParameters({ name, parameters, strict }: Parameters, param: string): void {
  if (isSet(parameters))
    refuseSchema(parameters, strict === true, {
      owner: `function '${name}'`,
      param,
      code: 'invalid_function_parameters',
    })
}

/** The tools that may be called, in order. */
function toolsOf({ tools, functions }: ChatCall): readonly Tool[] {
  return [
    ...(functions ?? []).map(({ name, description, parameters }): Tool => ({
      kind: 'legacy',
      name,
      description,
      schema: parameters,
    })),
    ...(tools ?? []).map((tool): Tool =>
      tool.type === 'custom'
        ? {
            kind: 'custom',
            ...tool.custom,
            description: tool.custom.description,
            schema: null,
            text: customInput(tool.custom),
          }
        : {
            kind: 'function',
            ...tool.function,
            description: tool.function.description,
            schema: tool.function.parameters,
          },
    ),
  ]
}

/** What a custom tool is called with: a text of its grammar. From Lark's grammars the sandbox makes none. */
export const customInput =
  ({ format, name }: Pick<CustomTool, 'format' | 'name'>) =>
  (seed: number): string => {
    if (format?.type !== 'grammar') return `simulated input of ${name}`
    if (format.grammar.syntax === 'regex')
      return stringMatching(format.grammar.definition, { min: 0, max: Infinity }, seed)
    throw new Refusal(400, `The sandbox makes no text from Lark grammars, and '${name}' would be called with one.`, {
      param: 'tools',
      code: 'unsupported_value',
    })
  }

/** The tools named by the choice; undefined where it names none. */
function namesChosen({ tool_choice, function_call }: ChatCall): readonly string[] | undefined {
  if (typeof function_call === 'object' && function_call) return [function_call.name]
  if (typeof tool_choice !== 'object' || !tool_choice) return undefined
  switch (tool_choice.type) {
    case 'function':
      return [tool_choice.function.name]
    case 'custom':
      return [tool_choice.custom.name]
    case 'allowed_tools':
      return tool_choice.allowed_tools.tools.map((tool) => nameIn(tool))
  }
}

function nameIn(tool: Readonly<Record<string, unknown>>): string {
  const inner = (tool['function'] ?? tool['custom'] ?? tool) as { readonly name?: unknown }
  return String(inner.name)
}

/** The calls to make; null where the answer is no call. `isToolWanted` is a directive's. */
export function chatCalls(call: ChatCall, question: string, isToolWanted: boolean): Form | null {
  const mode = modeOf(call)
  if (mode === 'none' || (!call.tools && !call.functions)) return null
  const names = namesChosen(call)
  const tools = toolsOf(call).filter(({ name }) => names?.includes(name) ?? true)
  const asked = toolsAskedFor(tools, question)
  const isAnswering = resultsIn(call).length > 0
  const wanted =
    mode === 'required' || isToolWanted
      ? [...asked, ...tools].slice(0, Math.max(asked.length, 1))
      : isAnswering
        ? []
        : asked
  if (wanted.length === 0) return null
  const isOne = call.parallel_tool_calls === false || call.functions
  return { kind: 'calls', tools: isOne ? wanted.slice(0, 1) : wanted }
}

function modeOf({ tool_choice, function_call }: ChatCall): 'none' | 'auto' | 'required' {
  if (typeof function_call === 'object' && function_call) return 'required'
  if (typeof function_call === 'string') return function_call
  if (typeof tool_choice !== 'object') return tool_choice ?? 'auto'
  if (tool_choice?.type === 'allowed_tools') return tool_choice.allowed_tools.mode
  return tool_choice ? 'required' : 'auto'
}

/** What the answer says of the results that the conversation ends with; empty where it ends with none. */
export const saidOfResults = (call: ChatCall): string => answerFrom(resultsIn(call))

function resultsIn({ messages }: ChatCall): readonly ToolResult[] {
  const last = messages.findLastIndex(({ role }) => role !== 'tool' && role !== 'function')
  return messages.slice(last + 1).map((message) => ({
    name: message.role === 'function' ? (message.name ?? undefined) : nameOfCall(messages, message),
    result: textOf(message),
  }))
}

const nameOfCall = (messages: readonly ChatMessage[], { tool_call_id }: ChatMessage): string | undefined => {
  const called = messages.flatMap(({ tool_calls }) => tool_calls ?? []).findLast(({ id }) => id === tool_call_id)
  return called?.type === 'custom' ? called.custom.name : called?.function.name
}

const textOf = ({ content }: ChatMessage): string =>
  typeof content === 'string'
    ? content
    : (content ?? []).map((part) => (part.type === 'text' ? part.text : '')).join(' ')
