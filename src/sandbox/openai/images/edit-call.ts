/** What a call for edited pictures may have (openai-openapi 2.3.0, CreateImageEditRequest and EditImageBodyJsonParam), and what is refused of it. */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Exchange } from '../../exchange.ts'
import { isFormFile, type FormFile } from '../../form.ts'
import { readImage, type Ground } from '../../image.ts'
import { Refusal } from '../../refusal.ts'
import { bytesAt, parseCall } from '../call.ts'
import { decided, imageFields, isAnySize, type ImagesCall } from './images-call.ts'

/** What pictures are made from. */
export type EditedFrom = {
  /** The first of them, which is shown; null where it is at an address that the sandbox does not fetch. */
  readonly ground: Ground | null
  /** What they count as input. */
  readonly tokens: number
}

const file = z.custom<FormFile>(isFormFile)
const named = z.strictObject({ image_url: z.string().nullish(), file_id: z.string().nullish() })
const edited = { ...imageFields, input_fidelity: z.enum(['low', 'high']).nullish() }
const FormCall = z.strictObject({ ...edited, image: z.array(file).min(1).max(16), mask: file.nullish() })
const JsonCall = z.strictObject({
  ...edited,
  images: z.array(named).min(1).max(16),
  mask: named.nullish(),
  moderation: z.enum(['low', 'auto']).nullish(),
})

/** Reads a call, as a form or as JSON; refuses with the vendor's 400 or 404. */
export async function readEditCall(exchange: Exchange): Promise<{ call: ImagesCall; from: EditedFrom }> {
  const { images, mask, input_fidelity: fidelity, ...fields } = exchange.form ? formCall(exchange) : jsonCall(exchange)
  const call = decided(fields)
  if (fidelity && isAnySize(call.model))
    throw invalid(`input_fidelity is not supported for ${call.model}.`, 'input_fidelity')
  if (fidelity === 'high' && call.model.startsWith('gpt-image-1-mini'))
    throw invalid(`input_fidelity 'high' is not supported for ${call.model}.`, 'input_fidelity')
  const read: Input[] = []
  // One after the other, because sixteen at once are hundreds of megabytes.
  for (const [at, image] of images.entries()) read.push(await readInput(exchange, image, at))
  if (mask) await refuseOtherMask(exchange, mask, read[0]!)
  const isHigh = fidelity === 'high' || isAnySize(call.model)
  return {
    call,
    from: { ground: read[0]!.ground, tokens: read.reduce((sum, each) => sum + tokensOf(each, isHigh), 0) },
  }
}

const formKinds = {
  image: 'list',
  n: 'integer',
  output_compression: 'integer',
  partial_images: 'integer',
  stream: 'boolean',
} as const

function formCall(exchange: Exchange) {
  const { image, ...call } = parseCall(FormCall, exchange, formKinds)
  return { ...call, images: image }
}

const jsonCall = (exchange: Exchange) => parseCall(JsonCall, exchange)

type Sent = FormFile | z.output<typeof named>
type Input = {
  readonly width: number
  readonly height: number
  readonly format: string
  readonly ground: Ground | null
}

const imageBytesMax = 50 * 1024 * 1024
/** What says how large a picture is stands at its beginning. */
const headBytes = 512 * 1024
const formats: readonly (string | undefined)[] = ['png', 'jpeg', 'webp']

async function readInput(exchange: Exchange, sent: Sent, at: number): Promise<Input> {
  const bytes = await bytesOf(exchange, sent, { param: 'image', bytesMax: at === 0 ? imageBytesMax : headBytes })
  // What is elsewhere is taken for a square.
  if (!bytes) return { width: 1_024, height: 1_024, format: 'png', ground: null }
  const image = await readImage(bytes)
  if (!image || !formats.includes(image.format))
    throw new Refusal(400, `Invalid image file or mode for image ${at + 1}, please check your image file.`, {
      code: 'invalid_image_file',
      param: null,
    })
  const ground = at === 0 ? { digest: createHash('sha256').update(bytes).digest('hex'), bytes } : null
  return { width: image.width, height: image.height, format: image.format, ground }
}

type Wanted = { readonly param: string; readonly bytesMax: number }

async function bytesOf(exchange: Exchange, sent: Sent, { param, bytesMax }: Wanted): Promise<Uint8Array | null> {
  const [fileId, url] = isFormFile(sent) ? [null, null] : [sent.file_id ?? null, sent.image_url ?? null]
  if (!isFormFile(sent) && (fileId === null) === (url === null))
    throw invalid("Exactly one of 'image_url' and 'file_id' must be given.", param)
  if (isFormFile(sent)) {
    if (sent.length > imageBytesMax) throw tooLarge(param)
    return sent.bytes(bytesMax)
  }
  const bytes = await bytesAt(exchange, { fileId, url, param })
  if (bytes && bytes.length > imageBytesMax) throw tooLarge(param)
  return bytes
}

const tooLarge = (param: string): Refusal =>
  new Refusal(400, 'Invalid image: image file too large. Maximum size is 50MB.', { code: null, param })

/** A mask is a PNG as large as the first picture. */
async function refuseOtherMask(exchange: Exchange, sent: Sent, first: Input): Promise<void> {
  const bytes = await bytesOf(exchange, sent, { param: 'mask', bytesMax: headBytes })
  if (!bytes) return
  const mask = await readImage(bytes)
  if (mask?.format !== 'png')
    throw new Refusal(400, 'Invalid mask image format - must be in png format.', { code: 'invalid_image_format' })
  if (mask.width !== first.width || mask.height !== first.height)
    throw new Refusal(400, 'Invalid mask image format - mask size does not match image size', {
      code: 'invalid_mask_image_format',
    })
}

/**
 * https://developers.openai.com/api/docs/guides/images-vision#calculating-costs: the shorter side is brought to 512
 * pixels, and a tile of 512 by 512 counts 129 beside 65 for the whole. High fidelity, which gpt-image-2 always has, adds
 * 4,160 for a square and 6,240 for any other shape.
 */
function tokensOf({ width, height }: Input, isHigh: boolean): number {
  const scale = Math.min(1, 512 / Math.min(width, height))
  const tiles = Math.ceil(Math.floor(width * scale) / 512) * Math.ceil(Math.floor(height * scale) / 512)
  const isSquare = width === height
  return 65 + 129 * tiles + (isHigh ? (isSquare ? 4_160 : 6_240) : 0)
}

const invalid = (message: string, param: string): Refusal => new Refusal(400, message, { code: 'invalid_value', param })
