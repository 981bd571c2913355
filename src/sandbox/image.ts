/** Real pictures of the asked size: a soft gradient that depends on the prompt, labelled as simulated. */
import sharp, { type Metadata, type Sharp } from 'sharp'
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
  /** The picture it is made from, which it shows; `digest` tells it from others. */
  readonly ground?: Ground
}
export type Ground = { readonly digest: string; readonly bytes: Uint8Array }
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
  const key = JSON.stringify({ ...wish, ground: wish.ground?.digest })
  const known = recent.get(key)
  if (known) return known
  const encoded = (await encodedAs(pictureOf(wish), wish).toBuffer()).toString('base64')
  recent.set(key, encoded, encoded.length)
  return encoded
}

/** The picture as it is before it is encoded: three bytes a pixel, row by row. */
export const drawPixels = (wish: Scene): Promise<Buffer> => pictureOf(wish).removeAlpha().raw().toBuffer()

function pictureOf(wish: Scene): Sharp {
  const scene = wish.ground ? shown(wish.ground, wish) : gradient(wish)
  return scene.composite([{ input: Buffer.from(label(wish)), top: 0, left: 0 }])
}

function gradient({ prompt, width, height, isTransparent, isPartial }: Scene): Sharp {
  const channels = isTransparent ? 4 : 3
  return sharp(palette(prompt, channels), { raw: { width: paletteEdge, height: paletteEdge, channels } }).resize(
    width,
    height,
    { fit: 'fill', kernel: isPartial ? 'nearest' : 'cubic' },
  )
}

/** As much of another picture as fits; a partial one is blurred. */
function shown({ bytes }: Ground, { width, height, isTransparent, isPartial }: Scene): Sharp {
  const picture = sharp(bytes, reading).autoOrient().resize(width, height, { fit: 'cover' }).removeAlpha()
  const seen = isPartial ? picture.blur(width / 64) : picture
  return isTransparent ? seen.ensureAlpha(0.6) : seen
}

/** A photograph of 48 million pixels is read; what is said to be larger is refused, because it would be held whole. */
const reading = { limitInputPixels: 50_000_000 }

/** The format and the pixels of a picture; null for what is no picture, or is too large. */
export const readImage = (bytes: Uint8Array): Promise<Pick<Metadata, 'format' | 'width' | 'height'> | null> =>
  sharp(bytes, reading)
    .metadata()
    .catch(() => null)

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
