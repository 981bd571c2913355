/** POST /images/generations, plain and streamed: real pictures, and the tokens that the vendor documents for them. */
import { withoutDirectives } from '../directives.ts'
import type { Exchange } from '../exchange.ts'
import { drawImage } from '../image.ts'
import { Refusal } from '../refusal.ts'
import type { Generation, Part, Reply } from '../reply.ts'
import { countTokens } from '../tokens.ts'
import { addUsage, noUsage, type Usage } from '../usage.ts'
import { reportedUsage } from '../wrong-usage.ts'
import { parseImagesCall, type ImagesCall } from './images-call.ts'

/** Answers a call for pictures; refuses with the vendor's 400 or 404. */
export async function createImages(exchange: Exchange): Promise<Reply> {
  const { directives } = exchange
  const call = parseImagesCall(exchange.body)
  if (directives.blocked) throw blocked()
  const usages = Array.from({ length: call.n }, (_, at) => usageOf(call, at, directives.tokens ?? 0))
  const generation: Generation = {
    dialect: 'openai',
    endpoint: 'images/generations',
    model: call.model,
    servedModel: directives.served ?? call.model,
    status: 200,
    usage: usages.reduce(addUsage, noUsage),
  }
  const pictures = await Promise.all(usages.map((_, at) => draw(call, at)))
  if (!call.stream) {
    const usage = reportedUsage(wireUsageOf(call, generation.usage), directives.usage)
    const data = pictures.map((b64_json) => ({ b64_json }))
    const body = { created: seconds(exchange), ...aboutOf(call), data, ...(usage && { usage }) }
    return {
      kind: 'plain',
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      generation,
    }
  }
  const partials = await Promise.all(Array.from({ length: call.partials }, (_, at) => draw(call, 0, at + 1)))
  const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' }
  return { kind: 'stream', headers, parts: partsOf(call, { pictures, partials, usages }, exchange), generation }
}

const blocked = (): Refusal =>
  new Refusal(
    400,
    'Your request was rejected by the safety system. If you believe this is an error, contact us at help.openai.com.',
    { code: 'moderation_blocked', type: 'image_generation_user_error' },
  )

const seconds = ({ at }: Exchange): number => Math.floor(at / 1_000)

/** `step`: of a partial picture; the complete one has none. */
export const draw = (call: ImagesCall, at: number, step?: number): Promise<string> =>
  drawImage({
    prompt: `${withoutDirectives(call.prompt)}${at === 0 ? '' : ` (${at + 1})`}`,
    width: call.width,
    height: call.height,
    mimeType: `image/${call.format}`,
    quality: call.format === 'png' ? undefined : call.compression,
    isTransparent: call.background === 'transparent',
    isPartial: step !== undefined,
  })

export const aboutOf = ({ width, height, quality, background, format }: ImagesCall) => ({
  background,
  output_format: format,
  quality,
  size: `${width}x${height}`,
})

type Made = {
  readonly pictures: readonly string[]
  readonly partials: readonly string[]
  readonly usages: readonly Usage[]
}

/** A picture after the other, each with its partial ones before it and its usage at the end. */
function* partsOf(call: ImagesCall, { pictures, partials, usages }: Made, exchange: Exchange): Generator<Part> {
  const about = { created_at: seconds(exchange), ...aboutOf(call) }
  let done: Usage = noUsage
  for (const [at, b64_json] of pictures.entries()) {
    const { input } = usages[at]!
    for (const [index, partial] of partials.entries()) {
      const sent = addUsage(done, { ...noUsage, input, imageOutput: (index + 1) * partialTokens })
      yield part('partial_image', { b64_json: partial, partial_image_index: index, ...about }, sent)
    }
    done = addUsage(done, usages[at]!)
    const usage = reportedUsage(wireUsageOf(call, usages[at]!), exchange.directives.usage)
    yield part('completed', { b64_json, ...about, ...(usage && { usage }) }, done)
  }
}

function part(event: 'partial_image' | 'completed', data: object, sent: Usage): Part {
  const type = `image_generation.${event}`
  return { wire: `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`, sent }
}

/** https://developers.openai.com/api/docs/guides/image-generation#calculating-costs */
export const partialTokens = 100
const portrait = { low: 408, medium: 1_584, high: 6_240 }
const landscape = { low: 400, medium: 1_568, high: 6_208 }
const square = { low: 272, medium: 1_056, high: 4_160 }
const edgeCells = { low: 16, medium: 48, high: 96 }

export function pictureTokens({ model, width, height, quality }: ImagesCall): number {
  if (!model.startsWith('gpt-image-2')) {
    const shape = width === height ? square : width < height ? portrait : landscape
    return shape[quality]
  }
  const short = Math.round((edgeCells[quality] * Math.min(width, height)) / Math.max(width, height))
  return Math.ceil(edgeCells[quality] * short * (0.5 + (width * height) / 4_000_000))
}

/** Of one picture; the prompt is counted with the first. `text`: what gpt-image-1.5 writes beside it. */
const usageOf = (call: ImagesCall, at: number, text: number): Usage => ({
  ...noUsage,
  input: at === 0 ? countTokens(call.prompt) : 0,
  output: hasText(call) && at === 0 ? text : 0,
  imageOutput: pictureTokens(call) + call.partials * partialTokens,
})

const hasText = ({ model }: ImagesCall): boolean => model.startsWith('gpt-image-1.5')

/** Only a model that writes says how its output divides. */
const wireUsageOf = (call: ImagesCall, { input, output, imageOutput }: Usage) => ({
  input_tokens: input,
  input_tokens_details: { image_tokens: 0, text_tokens: input },
  output_tokens: output + imageOutput,
  ...(hasText(call) && { output_tokens_details: { image_tokens: imageOutput, text_tokens: output } }),
  total_tokens: input + output + imageOutput,
})
