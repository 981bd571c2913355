/** Which functions an answer of Gemini calls, and what it says of those that were called. */
import type { Form, ToolWish } from '../choice.ts'
import { answerFrom, toolsAskedFor, type ToolResult } from '../tool-choice.ts'
import type { FunctionDeclaration, GenerateCall } from './call.ts'

/** The calls to make; null where the answer is no call. `isToolWanted` is a directive's. */
export function functionCalls(call: GenerateCall, question: string, isToolWanted: boolean): Form | null {
  const declared = declarationsIn(call)
  const { mode, allowedFunctionNames } = call.toolConfig?.functionCallingConfig ?? {}
  if (declared.length === 0 || mode === 'NONE') return null
  const tools = declared
    .filter(({ name }) => !allowedFunctionNames?.length || allowedFunctionNames.includes(name ?? ''))
    .map(toolOf)
  const asked = toolsAskedFor(tools, question)
  const isForced = mode === 'ANY' || isToolWanted
  const isAnswering = responsesIn(call).length > 0
  const wanted = isForced ? [...asked, ...tools].slice(0, Math.max(asked.length, 1)) : isAnswering ? [] : asked
  return wanted.length > 0 ? { kind: 'calls', tools: wanted } : null
}

/** All functions that the call declares. */
export const declarationsIn = ({ tools }: GenerateCall): readonly FunctionDeclaration[] =>
  (tools ?? []).flatMap((tool) => tool.functionDeclarations ?? [])

type Tool = ToolWish & { readonly description: string | undefined }

const toolOf = ({ name = '', description, parameters, parametersJsonSchema }: FunctionDeclaration): Tool => ({
  name,
  description,
  schema: parametersJsonSchema ?? parameters ?? { type: 'object' },
})

/** What the answer says of the responses that the conversation ends with; empty where it ends with none. */
export const saidOfResponses = (call: GenerateCall): string => answerFrom(responsesIn(call))

function responsesIn({ contents }: GenerateCall): readonly ToolResult[] {
  return (contents?.at(-1)?.parts ?? []).flatMap(({ functionResponse }) =>
    functionResponse ? [{ name: functionResponse.name, result: JSON.stringify(functionResponse.response ?? {}) }] : [],
  )
}
