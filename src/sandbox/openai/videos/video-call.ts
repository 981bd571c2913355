/** What the calls for videos may have (openai-openapi 2.3.0, CreateVideoBody and its neighbours), and what is refused of them. */
import { z } from 'zod'
import type { Exchange } from '../../exchange.ts'
import { isFormFile, type FormFile } from '../../form.ts'
import { readImage } from '../../image.ts'
import { Refusal } from '../../refusal.ts'
import { bytesAt, parseCall } from '../call.ts'
import { notFound } from '../models.ts'

const prompt = z.string().min(1).max(32_000)
const file = z.custom<FormFile>(isFormFile)
const seconds = z.enum(['4', '8', '12'])
const longerSeconds = z.enum(['4', '8', '12', '16', '20'])

const CreateCall = z.strictObject({
  prompt,
  model: z.string().default('sora-2'),
  seconds: seconds.default('4'),
  size: z.string().default('720x1280'),
  input_reference: z
    .union([file, z.strictObject({ file_id: z.string().nullish(), image_url: z.string().nullish() })])
    .nullish(),
})
const source = z.union([file, z.strictObject({ id: z.string() })])
const EditCall = z.strictObject({ prompt, video: source })
const ExtendCall = z.strictObject({ prompt, video: source, seconds: longerSeconds })
const RemixCall = z.strictObject({ prompt })
const CharacterCall = z.strictObject({ name: z.string().min(1).max(200), video: file })

export type CreateCall = {
  readonly model: string
  readonly prompt: string
  readonly seconds: number
  readonly width: number
  readonly height: number
}

/** POST /videos; refuses with the vendor's 400 or 404. */
export async function readCreateCall(exchange: Exchange): Promise<CreateCall> {
  const call = parseVideoCall(CreateCall, exchange)
  const sizes = sizesOf(call.model)
  if (!sizes.includes(call.size)) throw invalidSize(call.size, sizes)
  const [width, height] = call.size.split('x').map(Number) as [number, number]
  const reference = await referenceOf(exchange, call.input_reference)
  if (reference) await refuseOtherSize(reference, width, height)
  return { model: call.model, prompt: call.prompt, seconds: Number(call.seconds), width, height }
}

/** POST /videos/edits; `source` is the id of a video, or null for an uploaded one. */
export const readEditCall = (exchange: Exchange) => sourced(parseVideoCall(EditCall, exchange))
/** POST /videos/extensions */
export const readExtendCall = (exchange: Exchange) => sourced(parseVideoCall(ExtendCall, exchange))
/** POST /videos/{id}/remix */
export const readRemixCall = (exchange: Exchange) => parseVideoCall(RemixCall, exchange)
/** POST /videos/characters */
export const readCharacterCall = (exchange: Exchange) => parseVideoCall(CharacterCall, exchange)

const sourced = <Call extends { readonly video: z.output<typeof source> }>({ video, ...call }: Call) => ({
  ...call,
  source: isFormFile(video) ? null : video.id,
})

/** A number where text of digits belongs is refused in words of its own (seen at THU-MAIC/OpenMAIC#98). */
function parseVideoCall<Schema extends z.ZodType>(schema: Schema, exchange: Exchange): z.output<Schema> {
  try {
    return parseCall(schema, exchange)
  } catch (error) {
    if (!(error instanceof Refusal) || error.detail.param !== 'seconds') throw error
    const message = error.message.replace('expected a string', "expected one of '4', '8', or '12'")
    throw new Refusal(error.status, message, error.detail)
  }
}

/** The larger sizes are sora-2-pro's alone. */
const sizes = ['720x1280', '1280x720']
const sizesOfPro = [...sizes, '1024x1792', '1792x1024', '1080x1920', '1920x1080']

function sizesOf(model: string): readonly string[] {
  if (!/^sora-2\b/.test(model) || model.includes('does-not-exist')) throw notFound(model)
  return model.startsWith('sora-2-pro') ? sizesOfPro : sizes
}

function invalidSize(size: string, supported: readonly string[]): Refusal {
  const listed = supported.map((each) => `'${each}'`)
  const words = `${listed.slice(0, -1).join(', ')}${listed.length > 2 ? ',' : ''} and ${listed.at(-1)}`
  return new Refusal(400, `Invalid value: '${size}'. Supported values are: ${words}.`, {
    code: 'invalid_value',
    param: 'size',
  })
}

/** The picture a video is to begin with; null where there is none, or where it is at an address the sandbox does not fetch. */
async function referenceOf(
  exchange: Exchange,
  reference: z.output<typeof CreateCall>['input_reference'],
): Promise<Uint8Array | null> {
  if (!reference) return null
  if (isFormFile(reference)) return reference.bytes()
  const [fileId, url] = [reference.file_id ?? null, reference.image_url ?? null]
  if ((fileId === null) === (url === null))
    throw new Refusal(400, "Exactly one of 'file_id' and 'image_url' must be given.", {
      code: 'invalid_value',
      param: 'input_reference',
    })
  return bytesAt(exchange, { fileId, url, param: 'input_reference' })
}

/** In OpenAI's words: MicrosoftLearning/mslearn-ai-vision#78. */
async function refuseOtherSize(reference: Uint8Array, width: number, height: number): Promise<void> {
  const image = await readImage(reference)
  if (!image) throw new Refusal(400, 'Invalid image file or mode for image.', { code: null, param: 'input_reference' })
  if (image.width !== width || image.height !== height)
    throw new Refusal(400, 'Inpaint image must match the requested width and height', { code: null })
}
