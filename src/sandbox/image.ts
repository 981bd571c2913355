/** Real pictures of the asked size: a soft gradient that depends on the prompt, labelled as simulated. */
import sharp, { type Sharp } from 'sharp'
import { hashOf, randomFrom } from './hash.ts'
import { createLru } from '../lib/lru.ts'

/** What is on a picture. */
type Scene = {
  readonly prompt: string
  readonly width: number
  readonly height: number
  readonly isTransparent?: boolean
  /** Whether it is on its way only: the same in large blocks. */
  readonly isPartial?: boolean
}
export type ImageWish = Scene & {
  readonly mimeType: ImageMimeType
  /** How well it is kept, 0 to 100; what is usual unless said. A PNG loses nothing. */
  readonly quality?: number | undefined
}
export const imageMimeTypes = ['image/png', 'image/jpeg', 'image/webp'] as const
export type ImageMimeType = (typeof imageMimeTypes)[number]

/** Pictures are dear to make and load tests repeat them; weighed in characters of base64. */
const recent = createLru<string>(256, 64_000_000)

/** The encoded picture as base64; the same for the same wish. Pixels are exactly `width` × `height`. */
export async function drawImage(wish: ImageWish): Promise<string> {
  const key = JSON.stringify(wish)
  const known = recent.get(key)
  if (known) return known
  const encoded = (await encodedAs(pictureOf(wish), wish).toBuffer()).toString('base64')
  recent.set(key, encoded, encoded.length)
  return encoded
}

/** The picture as it is before it is encoded: three bytes a pixel, row by row. */
export const drawPixels = (wish: Scene): Promise<Buffer> => pictureOf(wish).removeAlpha().raw().toBuffer()

function pictureOf(wish: Scene): Sharp {
  const channels = wish.isTransparent ? 4 : 3
  return sharp(palette(wish.prompt, channels), { raw: { width: paletteEdge, height: paletteEdge, channels } })
    .resize(wish.width, wish.height, { fit: 'fill', kernel: wish.isPartial ? 'nearest' : 'cubic' })
    .composite([{ input: Buffer.from(label(wish)), top: 0, left: 0 }])
}

/** The pixels a picture has; null for what is no picture. */
export async function readImage(
  bytes: Uint8Array,
): Promise<{ readonly width: number; readonly height: number } | null> {
  return sharp(bytes)
    .metadata()
    .catch(() => null)
}

function encodedAs(picture: Sharp, { mimeType, quality }: ImageWish): Sharp {
  switch (mimeType) {
    case 'image/png':
      return picture.png({ compressionLevel: 3 })
    case 'image/jpeg':
      return picture.jpeg({ quality: Math.max(1, quality ?? 85) })
    case 'image/webp':
      return picture.webp({ quality: Math.max(1, quality ?? 80), effort: 0 })
  }
}

/** A few random colours, some of them seen through where there is a fourth channel; enlarging them smoothly is what makes the gradient. */
const paletteEdge = 6
function palette(prompt: string, channels: 3 | 4): Uint8Array {
  const random = randomFrom(hashOf(prompt))
  return Uint8Array.from({ length: paletteEdge * paletteEdge * channels }, () => 60 + Math.floor(random() * 180))
}

function label({ prompt, width, height }: Scene): string {
  const size = Math.max(10, Math.round(Math.min(width, height) / 32))
  const words = prompt
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, 60)
    .replaceAll(/[<>&"\p{C}]/gu, ' ')
  const band = size * 4
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${band}">
    <rect width="100%" height="100%" fill="#000" fill-opacity="0.45"/>
    <g font-family="sans-serif" fill="#fff"><text x="${size}" y="${size * 1.7}" font-size="${size}" font-weight="bold">SIMULATED · ${width} × ${height}</text>
    <text x="${size}" y="${size * 3.2}" font-size="${size * 0.9}">${words}</text></g></svg>`
}
