/** A generateContent request: what the sandbox reads of it, in camelCase or snake_case, refused where Google would. */
import { z } from 'zod'
import type { Form } from '../choice.ts'
import { withoutDirectives } from '../directives.ts'
import { modalityOf, promptOf, type Prompt } from '../prompt.ts'
import { Refusal } from '../refusal.ts'

const camelCase = (key: string): string => key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** An object whose own keys may be in either case; deeper ones are the business of the schemas inside. */
const message = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.preprocess(
    (given) =>
      typeof given === 'object' && given !== null && !Array.isArray(given)
        ? Object.fromEntries(Object.entries(given).map(([key, value]) => [camelCase(key), value]))
        : given,
    z.looseObject(shape),
  )

const Blob = message({ mimeType: z.string().optional(), data: z.string().optional(), fileUri: z.string().optional() })
const Part = message({
  text: z.string().optional(),
  inlineData: Blob.optional(),
  fileData: Blob.optional(),
  functionCall: z.looseObject({}).optional(),
  functionResponse: z.looseObject({}).optional(),
})
const oneOrMore = <Item extends z.ZodType>(item: Item) =>
  z.preprocess((given) => (given === undefined || Array.isArray(given) ? given : [given]), z.array(item).optional())
const Content = message({ role: z.string().optional(), parts: oneOrMore(Part) })
const FunctionDeclaration = message({
  name: z.string(),
  parameters: z.looseObject({}).optional(),
  parametersJsonSchema: z.unknown().optional(),
})
const Tool = message({ functionDeclarations: oneOrMore(FunctionDeclaration) })
/** Google's JSON takes numbers as strings as well. */
const whole = z.coerce.number().int()

const ImageConfig = message({
  aspectRatio: z.string().optional(),
  imageSize: z.string().optional(),
  mimeType: z.string().optional(),
  outputMimeType: z.string().optional(),
  imageOutputOptions: message({ mimeType: z.string().optional() }).optional(),
})
const GenerationConfig = message({
  maxOutputTokens: whole.min(1).optional(),
  candidateCount: whole.min(1).max(8).optional(),
  stopSequences: z.array(z.string()).max(5).optional(),
  seed: z.unknown().optional(),
  responseMimeType: z.string().optional(),
  responseSchema: z.looseObject({}).optional(),
  responseJsonSchema: z.unknown().optional(),
  responseModalities: z.array(z.string()).optional(),
  imageConfig: ImageConfig.optional(),
  outputOptions: message({ mimeType: z.string().optional() }).optional(),
  thinkingConfig: message({
    thinkingBudget: whole.optional(),
    thinkingLevel: z.string().optional(),
    includeThoughts: z.boolean().optional(),
  }).optional(),
})
const GenerateCall = message({
  contents: oneOrMore(Content),
  systemInstruction: Content.optional(),
  tools: oneOrMore(Tool),
  toolConfig: message({
    functionCallingConfig: message({
      mode: z.string().optional(),
      allowedFunctionNames: z.array(z.string()).optional(),
    }).optional(),
  }).optional(),
  serviceTier: z.string().optional(),
  generationConfig: GenerationConfig.optional(),
})
export type GenerateCall = z.output<typeof GenerateCall>
export type GenerationConfig = z.output<typeof GenerationConfig>

/** Reads a call, or refuses it with 400. */
export function parseGenerateCall(body: string): GenerateCall {
  const parsed = GenerateCall.safeParse(jsonOf(body))
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    const field = issue.path.join('.')
    throw new Refusal(400, `Invalid value at '${field}': ${issue.message}`, { param: field })
  }
  const call = parsed.data
  if (!call.contents?.length) throw new Refusal(400, '* GenerateContentRequest.contents: contents is not specified\n')
  if (call.contents.some(({ parts }) => !parts?.length))
    throw new Refusal(400, '* GenerateContentRequest.contents: contents.parts must not be empty.\n')
  const { thinkingBudget, thinkingLevel } = call.generationConfig?.thinkingConfig ?? {}
  if (thinkingBudget !== undefined && thinkingLevel !== undefined)
    throw new Refusal(400, 'You can only set only one of thinking budget and thinking level.')
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
  const Wrapped = message({ generateContentRequest: z.looseObject({}).optional() })
  const inner = Wrapped.safeParse(jsonOf(body)).data?.generateContentRequest
  return parseGenerateCall(inner ? JSON.stringify(inner) : body)
}

type CallContent = NonNullable<GenerateCall['contents']>[number]

/** What the call's prompt costs and asks. */
export function generatePrompt(call: GenerateCall): Prompt {
  const contents = [...(call.systemInstruction ? [call.systemInstruction] : []), ...(call.contents ?? [])]
  const { responseSchema, responseJsonSchema } = call.generationConfig ?? {}
  const definitions = [call.tools, responseSchema ?? responseJsonSchema]
    .filter((given) => given !== undefined)
    .map((given) => JSON.stringify(given))
  const last = call.contents?.findLast(({ role }) => role !== 'model') ?? call.contents?.at(-1)
  return promptOf({
    texts: [...definitions, ...contents.flatMap(textsOf)],
    messages: contents.length,
    attachments: contents.flatMap((content) =>
      (content.parts ?? []).flatMap(({ inlineData, fileData }) =>
        [inlineData, fileData].filter((blob) => blob !== undefined).map((blob) => modalityOf(blob.mimeType ?? '')),
      ),
    ),
    question: withoutDirectives(last ? textsOf(last).join(' ') : ''),
  })
}

const textsOf = ({ parts }: CallContent): readonly string[] =>
  (parts ?? []).flatMap((part) =>
    [
      part.text,
      part.functionCall && JSON.stringify(part.functionCall),
      part.functionResponse && JSON.stringify(part.functionResponse),
    ].filter((text) => text !== undefined),
  )

/** Whether to answer with text, JSON or a function call. */
export function generateForm(call: GenerateCall, isToolWanted: boolean): Form {
  const { mode, allowedFunctionNames } = call.toolConfig?.functionCallingConfig ?? {}
  const functions = (call.tools ?? []).flatMap((tool) => tool.functionDeclarations ?? [])
  const tool = allowedFunctionNames?.length
    ? functions.find(({ name }) => allowedFunctionNames.includes(name))
    : functions[0]
  if (mode === 'ANY' && !tool) throw new Refusal(400, 'Function calling config is set without function_declarations.')
  const isCalled = mode === 'ANY' || (isToolWanted && mode !== 'NONE')
  if (!tool || !isCalled) return formatOf(call.generationConfig)
  return { kind: 'tool', name: tool.name, schema: tool.parametersJsonSchema ?? tool.parameters ?? { type: 'object' } }
}

function formatOf(config: GenerateCall['generationConfig']): Form {
  if (config?.responseMimeType !== 'application/json') return { kind: 'text' }
  return { kind: 'json', schema: config.responseSchema ?? config.responseJsonSchema ?? anyObject }
}

const anyObject = { type: 'object', properties: { answer: { type: 'string' }, simulated: { const: true } } }
