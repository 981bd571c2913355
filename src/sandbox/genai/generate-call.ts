/** A generateContent request: what the sandbox reads of it, refused where Google would. */
import type { Form } from '../choice.ts'
import { withoutDirectives, type Directives } from '../directives.ts'
import { modalityOf, promptOf, type Prompt } from '../prompt.ts'
import { Refusal } from '../refusal.ts'
import { wordsIn, type Content, type GenerateCall } from './call.ts'
import { functionCalls, saidOfResponses } from './functions.ts'
import { countRequest, generateRequest } from './messages.ts'
import { readMessage } from './read-message.ts'
import { refuseConversation } from './rules.ts'
import { useServerTools, type Grounded } from './server-tools.ts'

/** Reads a call, or refuses it with 400. */
export function parseGenerateCall(body: string): GenerateCall {
  const call = readMessage(jsonOf(body), generateRequest) as GenerateCall
  refuseConversation(call)
  return call
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    throw new Refusal(400, 'Invalid JSON payload received. Parser could not read the request body.')
  }
}

/** For countTokens, whose contents may stand inside `generateContentRequest`. */
export function parseCountCall(body: string): GenerateCall {
  const counted = readMessage(jsonOf(body), countRequest) as GenerateCall & {
    readonly generateContentRequest?: GenerateCall
  }
  const call = counted.generateContentRequest ?? counted
  refuseConversation(call)
  return call
}

/** What the call's prompt costs and asks. */
export function generatePrompt(call: GenerateCall): Prompt {
  const contents = [...(call.systemInstruction ? [call.systemInstruction] : []), ...(call.contents ?? [])]
  const { responseSchema, responseJsonSchema } = call.generationConfig ?? {}
  const definitions = [call.tools, responseSchema ?? responseJsonSchema]
    .filter((given) => given !== undefined)
    .map((given) => JSON.stringify(given))
  const asking = (content: Content): boolean => content.role !== 'model' && textIn(content) !== ''
  const last = call.contents?.findLast(asking) ?? call.contents?.at(-1)
  return promptOf({
    texts: [...definitions, ...contents.flatMap(textsOf)],
    messages: contents.length,
    attachments: contents.flatMap((content) =>
      (content.parts ?? []).flatMap(({ inlineData, fileData }) =>
        [inlineData, fileData].filter((blob) => blob !== undefined).map((blob) => modalityOf(blob.mimeType ?? '')),
      ),
    ),
    question: withoutDirectives(last ? textIn(last) : ''),
  })
}

const textIn = ({ parts }: Content): string => (parts ?? []).flatMap(({ text }) => text ?? []).join(' ')

const textsOf = ({ parts }: Content): readonly string[] =>
  (parts ?? []).flatMap((part) => {
    const { text, functionCall, functionResponse, executableCode, codeExecutionResult } = part
    const others = [functionCall, functionResponse, executableCode, codeExecutionResult]
    return [
      ...(text === undefined ? [] : [text]),
      ...others.filter((other) => other !== undefined).map((other) => JSON.stringify(other)),
    ]
  })

/** What to answer with, and what Google's own tools found for it. */
type Answer = { readonly form: Form; readonly grounded: Grounded | null }

/** Whether to answer with text, JSON, one of some words, nothing for safety's sake, or function calls. */
export function generateForm(call: GenerateCall, question: string, directives: Directives): Answer {
  if (directives.refusal) return { form: { kind: 'refusal' }, grounded: null }
  const calls = functionCalls(call, question, directives.tool ?? false)
  if (calls) return { form: calls, grounded: null }
  const grounded = useServerTools(call, question)
  return { form: formatOf(call, grounded), grounded }
}

function formatOf(call: GenerateCall, grounded: Grounded | null): Form {
  const { responseMimeType, responseSchema, responseJsonSchema } = call.generationConfig ?? {}
  const schema = responseSchema ?? responseJsonSchema
  if (responseMimeType === 'text/x.enum') return { kind: 'word', words: wordsIn(schema) }
  if (responseMimeType === 'application/json') return { kind: 'json', schema: schema ?? anyObject }
  return { kind: 'text', said: saidOfResponses(call) || grounded?.said || '' }
}

const anyObject = {
  type: 'object',
  properties: { answer: { const: 'This is a simulated answer.' }, simulated: { const: true } },
}
