/** `:generateContent` and `:streamGenerateContent`: what we read of a request and of its plain answer. */
import { z } from 'zod'
import type { ResponseHeaders } from '../../../lib/http-client/contract.ts'
import { wholeText } from '../../../lib/json-skeleton.ts'
import { isListOfObjects, valuesOf, wholeObject, withMember } from '../../../lib/json-text.ts'
import type { OperationName } from '../../../upstreams/deployment.ts'
import type { Asked, Demand, JsonBody, Reading, RecordsReader, UpstreamChange, Written } from '../../dialect.ts'
import { errorInAnswer } from '../../../upstreams/refusals/error-in-answer.ts'
import type { Operation } from '../../operation.ts'
import { promptPrefix } from '../prompt-prefix.ts'
import { readFields, refuseDuplicates } from '../read-fields.ts'
import { genai, genaiHeaders } from './envelope.ts'
import { isWithin, optionalWhole, outOfRange, quoted, type Range, type Whole } from './fields.ts'
import { followGenerate } from './generate-stream.ts'
import { mediaOf } from './media.ts'
import { createGrounding } from './grounding.ts'
import { answerWritten, promptWritten } from './parts.ts'
import { picturesIn } from './pictures.ts'
import { refuseReferences } from './references.ts'
import { camelCase, camelFields, spelling } from './spelling.ts'
import { toolsOf } from './tools.ts'
import { askedTiers, servedTier, usageOf, withPieces } from './usage.ts'

const utf8 = new TextDecoder()

/** More would keep everybody else waiting. */
const contentsMax = 10_000
const GenerateBody = z.looseObject({
  contents: z.union(
    [z.array(z.unknown()).min(1).max(contentsMax), z.looseObject({})],
    `expected a list of at most ${contentsMax} contents`,
  ),
  serviceTier: z.string('expected a service tier').nullish(),
  tools: z.array(z.unknown(), 'expected a list of tools').nullish(),
  // One that names something is refused: see `references.ts`.
  cachedContent: z.string('expected the name of a cached content').nullish(),
})
const modalitiesMax = 16
const isModalities = (value: unknown): boolean =>
  Array.isArray(value) && value.length <= modalitiesMax && value.every((item) => typeof item === 'string')
/** What a limit of output is: more is no model's, and the upstream's to judge, as is nothing or less. */
const limitRange = { min: 1, max: 10_000_000 }
/** Google's. Others may serve more, so that more is held for. */
const candidatesRange = { min: 1, max: 8 }
const candidatesHeldMax = 1_024

const GenerationConfig = z.looseObject({
  responseModalities: z.custom<readonly string[]>(isModalities, 'expected a list of modalities').nullish(),
})
type GenerateBody = z.infer<typeof GenerateBody> & {
  readonly config: z.infer<typeof GenerationConfig>
  readonly maxOutputTokens: Whole | null
  readonly candidateCount: Whole | null
  readonly configKey: string
}

const billedKeys = new Set([
  'contents',
  'generationConfig',
  'serviceTier',
  'tools',
  'cachedContent',
  'modelArmorConfig',
  'generationOutputConfig',
  'maxOutputTokens',
  'candidateCount',
  'responseModalities',
])
/** Google raised the inline limit to 100 MB in January 2026. */
export const bodyBytesMax = 100 * 1024 * 1024

export const generateContent: Operation = {
  name: 'generateContent',
  dialect: genai,
  method: 'POST',
  path: '/genai/v1beta/models/{model}:generateContent',
  kinds: ['text', 'image'],
  body: { kind: 'json', bytesMax: bodyBytesMax },
  passes: genaiHeaders,
  due: 'at-end',
  effects: 'none',
  read: (body, { model = '' }) => asked(readGenerate(body), body, { model, streamed: false, sse: false }),
}

export const streamGenerateContent: Operation = {
  ...generateContent,
  name: 'streamGenerateContent',
  path: '/genai/v1beta/models/{model}:streamGenerateContent',
  read: (body, { model = '' }, query) =>
    asked(readGenerate(body), body, { model, streamed: true, sse: query.get('alt') === 'sse' }),
}

function readGenerate(body: JsonBody): GenerateBody {
  refuseDuplicates(body, billedKeys, ['generationConfig', 'generation_config'], camelCase)
  refuseReferences(body)
  const configKey = spelling(body.json, 'generationConfig')
  const fields = camelFields(body.json[configKey])
  const config = readFields(GenerationConfig, fields, configKey)
  const maxOutputTokens = optionalWhole(fields['maxOutputTokens'], 'maxOutputTokens')
  const candidateCount = candidatesOf(fields['candidateCount'])
  return { ...readFields(GenerateBody, camelFields(body.json)), config, maxOutputTokens, candidateCount, configKey }
}

function candidatesOf(value: unknown): Whole | null {
  const count = optionalWhole(value, 'candidateCount')
  if (count && count.value > candidatesHeldMax) throw outOfRange('candidateCount', count, candidatesRange)
  return count
}

const charsPerToken = 4
const scaffoldTokensMax = 64
const textTokensFloor = 16

function asked(
  generate: GenerateBody,
  body: JsonBody,
  path: { model: string; streamed: boolean; sse: boolean },
): Asked {
  const answers = Math.max(1, generate.candidateCount?.value ?? 1)
  const judged = judgedIn(generate)
  const limit = judged === null ? (generate.maxOutputTokens?.value ?? null) : null
  const media = mediaOf(body.json, body.strings)
  const textBytes = body.bytes.length - media.bytes
  const tools = toolsOf(generate.tools ?? [])
  const verb = path.streamed ? 'streamGenerateContent' : 'generateContent'
  return {
    target: { kind: 'model', name: path.model },
    demand: {
      input: {
        max: textBytes + media.tokensMax + tools.tokensMax + scaffoldTokensMax,
        isAssumed: media.isAssumed || tools.tokensMax > 0,
        guess: Math.ceil(textBytes / charsPerToken),
      },
      output: { max: limit === null ? null : limit * answers, answers, floor: textTokensFloor },
      judged,
      pieces: tools.pieces,
      tiers: askedTiers(generate.serviceTier),
      prompt: () => promptOf(generate, body),
    },
    wire: {
      path: (upstreamModel) => `/models/${encodeURIComponent(upstreamModel)}:${verb}${path.sse ? '?alt=sse' : ''}`,
      body: (change) => upstreamBody(generate, body, verb, change),
      answer: path.streamed ? (path.sse ? eventStream : arrayStream) : { kind: 'whole', read: readAnswer },
    },
    effects: body.json['store'] === true ? 'leaves-record' : 'none',
    affinity: () => affinityOf(body),
  }
}

const judgedIn = ({ maxOutputTokens, candidateCount }: GenerateBody): Demand['judged'] =>
  judgedOf('maxOutputTokens', maxOutputTokens, limitRange) ??
  judgedOf('candidateCount', candidateCount, candidatesRange)

function judgedOf(field: string, whole: Whole | null, range: Range): Demand['judged'] {
  if (whole === null) return null
  if (!isWithin(whole, range)) return outOfRange(field, whole, range)
  return whole.isQuoted ? quoted(field) : null
}

/** Contents and system instruction; tools and the schema that the answer must fit are text to the model. */
function promptOf(generate: GenerateBody, { json, strings }: JsonBody): Written {
  const { text, other } = promptWritten([generate.contents, json[spelling(json, 'systemInstruction')]], strings)
  const { responseSchema, responseJsonSchema } = generate.config
  const schemas = [generate.tools, responseSchema, responseJsonSchema].filter(Boolean)
  return { text: wholeText(text + schemas.map((schema) => JSON.stringify(schema)).join(''), strings), other }
}

/** The model is in the path; an output limit and the provider's own ways change the body. */
function upstreamBody(
  generate: GenerateBody,
  body: JsonBody,
  operation: OperationName,
  change: UpstreamChange,
): Uint8Array {
  let { text } = body
  if (change.outputTokensPerAnswer !== null) {
    const config = (body.json[generate.configKey] ?? {}) as Record<string, unknown>
    const path = [generate.configKey, spelling(config, 'maxOutputTokens')]
    text = withMember(text, path, change.outputTokensPerAnswer)
  }
  if (change.rewrite) text = change.rewrite(text, { dialect: 'genai', operation })
  return text === body.text ? body.bytes : body.strings.expand(text)
}

/** How the prompt begins. */
const affinityOf = ({ json, text }: JsonBody): string | null =>
  promptPrefix(text, [`"${spelling(json, 'systemInstruction')}"`, '"contents"'])

/** JSON has line ends between its members alone. */
const asEvent = (answer: Uint8Array): Uint8Array =>
  new TextEncoder().encode(`data: ${utf8.decode(answer).replaceAll(/[\r\n]+/g, '')}\r\n\r\n`)

const asArray = (answer: Uint8Array): Uint8Array => new TextEncoder().encode(`[${utf8.decode(answer)}]`)

const arrayStream: RecordsReader = {
  kind: 'records',
  framing: 'array',
  follow: (headers, ways) => followGenerate(ways, headers),
  read: readAnswer,
  asStream: asArray,
}
const eventStream: RecordsReader = {
  ...arrayStream,
  framing: 'sse',
  retellsArrays: true,
  follow: (headers, ways) => followGenerate(ways, headers, true),
  asStream: asEvent,
}

const beside = ['usageMetadata', 'modelVersion', 'promptFeedback', 'error', 'errors']
/** Reads the few members beside the candidates; images of many megabytes are skipped, not parsed. */
function readAnswer(answer: Uint8Array, headers: ResponseHeaders): Reading {
  const text = utf8.decode(answer)
  const members = wholeObject(text)
  const { usageMetadata, modelVersion, promptFeedback, error, errors } = valuesOf(text, members, beside)
  if (errorInAnswer({ error, errors }, true)) throw new Error('an answer has no error')
  if (!isListOfObjects(text, members, 'candidates') && !promptFeedback) throw new Error('an answer has candidates')
  const counted = usageOf(usageMetadata)
  const grounding = createGrounding()
  if (text.includes('"groundingMetadata"')) grounding.add(text)
  return {
    ...counted,
    usage: withPieces(counted.usage, grounding.usage(usageMetadata)),
    servedModel: typeof modelVersion === 'string' ? modelVersion : null,
    tier: servedTier(headers, usageMetadata),
    vendorUsage: usageMetadata ?? null,
    output: () => answerWritten(text),
    images: picturesIn(text),
  }
}
