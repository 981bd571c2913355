/** Which picture a Gemini image call asks for: pixels, format and tokens. */
import { drawImage, imageMimeTypes, type ImageMimeType } from '../image.ts'
import { Refusal } from '../refusal.ts'
import type { GenerationConfig } from './call.ts'
import { pictureTokensOf } from './models.ts'

export type PictureSize = {
  readonly width: number
  readonly height: number
  readonly tokens: number
  readonly mimeType: ImageMimeType
}
export type Picture = { readonly mimeType: ImageMimeType; readonly data: string; readonly tokens: number }

/** Pixels at 1K; 2K and 4K are twice and four times as wide, 0.5K half. */
const pixelsAt1K: Readonly<Record<string, readonly [number, number]>> = {
  '1:1': [1024, 1024],
  '2:3': [848, 1264],
  '3:2': [1264, 848],
  '3:4': [896, 1200],
  '4:3': [1200, 896],
  '4:5': [928, 1152],
  '5:4': [1152, 928],
  '9:16': [768, 1376],
  '16:9': [1376, 768],
  '21:9': [1584, 672],
  '1:4': [512, 2064],
  '4:1': [2064, 512],
  '1:8': [352, 2928],
  '8:1': [2928, 352],
}
const scales: Readonly<Record<string, number>> = { '0.5K': 0.5, '1K': 1, '2K': 2, '4K': 4 }

/** Reads size, shape and format, or refuses with 400 what the model does not make. Sizes are case-sensitive, as Google's are. */
export function pictureSizeOf(model: string, config: GenerationConfig): PictureSize {
  const given = config.imageConfig ?? {}
  const size = given.imageSize === '512' || given.imageSize === '512px' ? '0.5K' : (given.imageSize ?? '1K')
  const tokens = pictureTokensOf(model, size)
  const scale = scales[size]
  if (tokens === undefined || scale === undefined)
    throw new Refusal(400, `Invalid image size '${given.imageSize}' for ${model}.`, {
      param: 'generation_config.image_config.image_size',
    })
  const pixels = pixelsAt1K[given.aspectRatio ?? '1:1']
  if (!pixels)
    throw new Refusal(
      400,
      `Invalid aspect ratio '${given.aspectRatio}'. Supported are ${Object.keys(pixelsAt1K).join(', ')}.`,
      { param: 'generation_config.image_config.aspect_ratio' },
    )
  return { width: pixels[0] * scale, height: pixels[1] * scale, tokens, mimeType: mimeTypeOf(config) }
}

/** Draws it. */
export const drawPicture = async (
  prompt: string,
  { width, height, tokens, mimeType }: PictureSize,
): Promise<Picture> => ({
  mimeType,
  tokens,
  data: await drawImage({ prompt, width, height, mimeType }),
})

function mimeTypeOf({ imageConfig, outputOptions }: GenerationConfig): ImageMimeType {
  const asked =
    imageConfig?.imageOutputOptions?.mimeType ??
    imageConfig?.mimeType ??
    imageConfig?.outputMimeType ??
    outputOptions?.mimeType ??
    'image/png'
  const mimeType = imageMimeTypes.find((candidate) => candidate === asked)
  if (!mimeType)
    throw new Refusal(400, `Invalid image MIME type '${asked}'.`, {
      param: 'generation_config.image_config.image_output_options.mime_type',
    })
  return mimeType
}
