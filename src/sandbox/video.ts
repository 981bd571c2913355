/** Real videos of the asked size and length (H.264 in MP4), with a still and a sheet of stills: a picture of the prompt with a disc that crosses it. */
import sharp from 'sharp'
import { drawImage, drawPixels } from './image.ts'
import { createLru } from '../lib/lru.ts'
import { discAt } from './video-disc.ts'
import type { Encoding } from './video-worker.ts'

export type VideoWish = {
  readonly prompt: string
  readonly width: number
  readonly height: number
  readonly seconds: number
}

/** Enough to see that something moves; each costs 6 ms of a core at 1280x720. */
const framesPerSecond = 8

/** Videos are dear to make and are fetched more than once; weighed in bytes. */
const recent = createLru<Uint8Array>(64, 64_000_000)
const underWay = new Map<string, Promise<Uint8Array>>()
/** One at a time: a video takes a core for a second or more. */
let last: Promise<unknown> = Promise.resolve()

/** The video, the same for the same wish. It is encoded when it is first asked for, in a worker. */
export async function drawVideo(wish: VideoWish): Promise<Uint8Array> {
  const key = JSON.stringify(wish)
  const known = recent.get(key) ?? underWay.get(key)
  if (known) return known
  const making = last.then(() => encode(wish))
  last = making.catch(() => undefined)
  underWay.set(key, making)
  try {
    const bytes = await making
    recent.set(key, bytes, bytes.length)
    return bytes
  } finally {
    underWay.delete(key)
  }
}

/** Its first frame, as WebP. */
export const drawThumbnail = async (wish: VideoWish): Promise<Uint8Array> =>
  Buffer.from(await drawImage({ ...wish, mimeType: 'image/webp' }), 'base64')

const sheetColumns = 4
const sheetRows = 2

/** Eight frames in rows of four, a quarter as wide and high, as JPEG. */
export async function drawSpritesheet(wish: VideoWish): Promise<Uint8Array> {
  const width = Math.round(wish.width / sheetColumns)
  const height = Math.round(wish.height / sheetColumns)
  const still = await drawPixels({ ...wish, width, height })
  const cells = Array.from({ length: sheetColumns * sheetRows }, (_, at) => ({
    input: still,
    raw: { width, height, channels: 3 as const },
    left: (at % sheetColumns) * width,
    top: Math.floor(at / sheetColumns) * height,
  }))
  const discs = cells.map(({ left, top }, at) => disc({ width, height, left, top }, at / cells.length))
  const sheet = { width: width * sheetColumns, height: height * sheetRows }
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${sheet.width}" height="${sheet.height}">${discs.join('')}</svg>`
  return sharp({ create: { ...sheet, channels: 3, background: '#000' } })
    .composite([...cells, { input: Buffer.from(svg), left: 0, top: 0 }])
    .jpeg({ quality: 80 })
    .toBuffer()
}

type Cell = { readonly width: number; readonly height: number; readonly left: number; readonly top: number }

function disc({ width, height, left, top }: Cell, progress: number): string {
  const { x, y, radius } = discAt(width, height, progress)
  return `<circle cx="${left + x}" cy="${top + y}" r="${radius}" fill="#fff"/>`
}

async function encode(wish: VideoWish): Promise<Uint8Array> {
  const rgb = await drawPixels(wish)
  const { width, height, seconds } = wish
  return inWorker({ rgb, width, height, frames: seconds * framesPerSecond, framesPerSecond })
}

/** A worker for each: what the encoder took is given back when it ends. */
function inWorker(encoding: Encoding): Promise<Uint8Array> {
  const worker = new Worker(new URL('video-worker.ts', import.meta.url))
  worker.unref()
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
  worker.onmessage = ({ data }: MessageEvent<Uint8Array>) => resolve(data)
  worker.onerror = ({ message }) => reject(new Error(`the video could not be encoded: ${message}`))
  worker.postMessage(encoding)
  return promise.finally(() => worker.terminate())
}
