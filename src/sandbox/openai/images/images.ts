/** POST /images/generations, plain and streamed: real pictures, and the tokens that the vendor documents for them. */
import { withoutDirectives } from '../../directives.ts'
import type { Exchange } from '../../exchange.ts'
import { drawImage, type ImageWish } from '../../image.ts'
import { Refusal } from '../../refusal.ts'
import { generatedEvents, generatedJson, type Generation, type Part, type Reply } from '../../reply.ts'
import { countTokens } from '../../tokens.ts'
import { addUsage, noUsage, type Usage } from '../../usage.ts'
import { reportedUsage } from '../../wrong-usage.ts'
import { readEditCall, type EditedFrom } from './edit-call.ts'
import { parseImagesCall, type ImagesCall } from './images-call.ts'

/** POST /images/generations; refuses with the vendor's 400 or 404. */
export const createImages = async (exchange: Exchange): Promise<Reply> =>
  answer(exchange, {
    name: 'generation',
    endpoint: 'images/generations',
    call: parseImagesCall(exchange.body),
    from: null,
  })

/** POST /images/edits: pictures that show the first of those they are made from. */
export async function editImages(exchange: Exchange): Promise<Reply> {
  const { call, from } = await readEditCall(exchange)
  return answer(exchange, { name: 'edit', endpoint: 'images/edits', call, from })
}

/** POST /images/variations, which went with DALL-E 2. */
export function varyImages(): never {
  throw new Refusal(404, 'The model `dall-e-2` does not exist or you do not have access to it.', {
    code: 'model_not_found',
    param: 'model',
  })
}

type Asked = {
  readonly name: 'generation' | 'edit'
  readonly endpoint: string
  readonly call: ImagesCall
  readonly from: EditedFrom | null
}

async function answer(exchange: Exchange, asked: Asked): Promise<Reply> {
  const { directives } = exchange
  const { call, from, endpoint } = asked
  if (directives.blocked) throw blocked()
  const imageTokens = from?.tokens ?? 0
  const usages = Array.from({ length: call.n }, (_, at) =>
    usageOf(call, { at, text: directives.tokens ?? 0, imageTokens }),
  )
  const generation: Generation = {
    dialect: 'openai',
    endpoint,
    model: call.model,
    servedModel: directives.served ?? call.model,
    status: 200,
    usage: usages.reduce(addUsage, noUsage),
  }
  const pictures = await Promise.all(usages.map((_, at) => drawImage(wishOf(asked, at, false))))
  if (!call.stream) {
    const usage = reportedUsage(wireUsageOf(call, generation.usage, imageTokens), directives.usage)
    const data = pictures.map((b64_json) => ({ b64_json }))
    const body = { created: seconds(exchange), ...aboutOf(call), data, ...(usage && { usage }) }
    return generatedJson(body, generation)
  }
  const partials = await Promise.all(Array.from({ length: call.partials }, () => drawImage(wishOf(asked, 0, true))))
  return generatedEvents(partsOf(asked, { pictures, partials, usages }, exchange), generation)
}

const blocked = (): Refusal =>
  new Refusal(
    400,
    'Your request was rejected by the safety system. If you believe this is an error, contact us at help.openai.com.',
    { code: 'moderation_blocked', type: 'image_generation_user_error' },
  )

const seconds = ({ at }: Exchange): number => Math.floor(at / 1_000)

/** A picture of a call; `step`: of a partial one, the complete one has none. */
export const draw = (call: ImagesCall, at: number, step?: number): Promise<string> =>
  drawImage(wishOf({ call, from: null }, at, step !== undefined))

const wishOf = ({ call, from }: Pick<Asked, 'call' | 'from'>, at: number, isPartial: boolean): ImageWish => ({
  prompt: `${withoutDirectives(call.prompt)}${at === 0 ? '' : ` (${at + 1})`}`,
  width: call.width,
  height: call.height,
  mimeType: `image/${call.format}`,
  quality: call.format === 'png' ? undefined : call.compression,
  isTransparent: call.background === 'transparent',
  isPartial,
  ...(from?.ground && { ground: from.ground }),
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
function* partsOf(
  { call, name, from }: Asked,
  { pictures, partials, usages }: Made,
  exchange: Exchange,
): Generator<Part> {
  const part = (event: 'partial_image' | 'completed', data: object, sent: Usage): Part => {
    const type = `image_${name}.${event}`
    return { wire: `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`, sent }
  }
  const about = { created_at: seconds(exchange), ...aboutOf(call) }
  let done: Usage = noUsage
  for (const [at, b64_json] of pictures.entries()) {
    const { input } = usages[at]!
    for (const [index, partial] of partials.entries()) {
      const sent = addUsage(done, { ...noUsage, input, imageOutput: (index + 1) * partialTokens })
      yield part('partial_image', { b64_json: partial, partial_image_index: index, ...about }, sent)
    }
    done = addUsage(done, usages[at]!)
    const usage = reportedUsage(
      wireUsageOf(call, usages[at]!, at === 0 ? (from?.tokens ?? 0) : 0),
      exchange.directives.usage,
    )
    yield part('completed', { b64_json, ...about, ...(usage && { usage }) }, done)
  }
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

type Counted = {
  readonly at: number
  /** What gpt-image-1.5 writes beside it. */
  readonly text: number
  readonly imageTokens: number
}

/** Of one picture; the prompt, and what it is made from, are counted with the first. */
const usageOf = (call: ImagesCall, { at, text, imageTokens }: Counted): Usage => ({
  ...noUsage,
  input: at === 0 ? countTokens(call.prompt) + imageTokens : 0,
  output: hasText(call) && at === 0 ? text : 0,
  imageOutput: pictureTokens(call) + call.partials * partialTokens,
})

const hasText = ({ model }: ImagesCall): boolean => model.startsWith('gpt-image-1.5')

/** Only a model that writes says how its output divides. */
const wireUsageOf = (call: ImagesCall, { input, output, imageOutput }: Usage, imageTokens: number) => ({
  input_tokens: input,
  input_tokens_details: { image_tokens: imageTokens, text_tokens: input - imageTokens },
  output_tokens: output + imageOutput,
  ...(hasText(call) && { output_tokens_details: { image_tokens: imageOutput, text_tokens: output } }),
  total_tokens: input + output + imageOutput,
})
