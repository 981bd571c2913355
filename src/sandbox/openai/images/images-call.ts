/** What a call for pictures may have (openai-openapi 2.3.0, CreateImageRequest, less what only DALL-E knew), and what is refused of it. */
import { z } from 'zod'
import { Refusal } from '../../refusal.ts'
import { parseOpenai } from '../errors.ts'
import { notFound } from '../models.ts'

const promptCharsMax = 32_000

/** The fields that calls for new pictures and for edited ones have alike. */
export const imageFields = {
  model: z.string(),
  prompt: z.string().min(1).max(promptCharsMax),
  n: z.int().min(1).max(10).nullish(),
  size: z.string().nullish(),
  quality: z.enum(['low', 'medium', 'high', 'auto']).nullish(),
  background: z.enum(['transparent', 'opaque', 'auto']).nullish(),
  output_format: z.enum(['png', 'jpeg', 'webp']).nullish(),
  output_compression: z.int().min(0).max(100).nullish(),
  stream: z.boolean().nullish(),
  partial_images: z.int().min(0).max(3).nullish(),
  user: z.string().nullish(),
  safety_identifier: z.string().nullish(),
}
const ImagesCall = z.strictObject({ ...imageFields, moderation: z.enum(['low', 'auto']).nullish() })

/** A call with everything that was left to the model decided. */
export type ImagesCall = {
  readonly model: string
  readonly prompt: string
  readonly n: number
  readonly width: number
  readonly height: number
  readonly quality: 'low' | 'medium' | 'high'
  readonly background: 'transparent' | 'opaque'
  readonly format: 'png' | 'jpeg' | 'webp'
  readonly compression: number
  readonly stream: boolean
  readonly partials: number
}

/** Reads a call for new pictures; refuses with the vendor's 400 or 404. */
export const parseImagesCall = (body: string): ImagesCall => decided(parseOpenai(ImagesCall, body))

type Fields = z.output<z.ZodObject<typeof imageFields>>

/** Decides what was left to the model; refuses what it does not make. */
export function decided(call: Fields): ImagesCall {
  if (!call.model.startsWith('gpt-image-') || call.model.includes('does-not-exist')) throw notFound(call.model)
  const [width, height] = edgesOf(call.model, call.size ?? 'auto')
  const format = call.output_format ?? 'png'
  const compression = call.output_compression ?? 100
  if (call.background === 'transparent') refuseTransparent(call.model, format)
  if (format === 'png' && compression < 100)
    throw invalid(
      'Compression less than 100 is not supported for PNG output format',
      'output_compression',
      'invalid_png_output_compression',
    )
  return {
    model: call.model,
    prompt: call.prompt,
    n: call.n ?? 1,
    width,
    height,
    quality: call.quality === 'low' || call.quality === 'high' ? call.quality : 'medium',
    background: call.background === 'transparent' ? 'transparent' : 'opaque',
    format,
    compression,
    stream: call.stream ?? false,
    partials: call.stream ? (call.partial_images ?? 0) : 0,
  }
}

const sizes = ['1024x1024', '1024x1536', '1536x1024']

function edgesOf(model: string, size: string): readonly [number, number] {
  if (size === 'auto') return [1_024, 1_024]
  const [, width, height] = /^(\d+)x(\d+)$/.exec(size) ?? []
  const edges = [Number(width), Number(height)] as const
  if (!isAnySize(model)) {
    if (sizes.includes(size)) return edges
    throw invalid(
      `Invalid value: '${size}'. Supported values are: '1024x1024', '1024x1536', '1536x1024', and 'auto'.`,
      'size',
    )
  }
  const wrong = width === undefined ? 'It must be WIDTHxHEIGHT, or auto.' : wrongWith(edges)
  if (wrong !== null) throw invalid(`Invalid size '${size}'. ${wrong}`, 'size')
  return edges
}

/** gpt-image-2 and later make any size within these bounds. */
export const isAnySize = (model: string): boolean => /^gpt-image-(?:[2-9])/.test(model)

function wrongWith([width, height]: readonly [number, number]): string | null {
  if (width % 16 !== 0 || height % 16 !== 0) return 'Width and height must both be divisible by 16.'
  if (Math.max(width, height) > 3_840) return 'The longest edge must be at most 3840 pixels.'
  if (Math.max(width, height) > 3 * Math.min(width, height)) return 'The aspect ratio must be at most 3:1.'
  if (width * height < 655_360) return 'The number of pixels must be at least 655360.'
  return width * height > 8_294_400 ? 'The number of pixels must be at most 8294400.' : null
}

/** The first in OpenAI's words: Wei-Shaw/sub2api#7150, gaoren002/GPT2Image-Pro#2. */
function refuseTransparent(model: string, format: string): void {
  if (isAnySize(model))
    throw new Refusal(400, 'Transparent background is not supported for this model.', {
      code: 'invalid_value',
      type: 'image_generation_user_error',
      param: 'background',
    })
  if (format === 'jpeg') throw invalid('Transparent background is not supported for JPEG output format', 'background')
}

const invalid = (message: string, param: string, code = 'invalid_value'): Refusal =>
  new Refusal(400, message, { code, param })
