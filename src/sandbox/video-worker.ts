/** Runs in a worker: encoding keeps a core busy for a second or more. */
import { createH264MP4Encoder } from 'h264-mp4-encoder'
import { discAt } from './video-disc.ts'

/** The picture behind everything, three bytes a pixel, and how many frames to make of it. */
export type Encoding = {
  readonly rgb: Uint8Array
  readonly width: number
  readonly height: number
  readonly frames: number
  readonly framesPerSecond: number
}

declare const self: Worker
self.onmessage = ({ data }: MessageEvent<Encoding>) => void encode(data).then((bytes) => self.postMessage(bytes))

/** The quickest search and coarse steps: half the time of a frame that the encoder's own 33 takes, and a fifth of its bytes. */
const cheapest = { speed: 10, quantizationParameter: 42 }
const secondsBetweenKeyFrames = 2

async function encode(encoding: Encoding): Promise<Uint8Array> {
  const { width, height, frames, framesPerSecond } = encoding
  const encoder = await createH264MP4Encoder()
  const groupOfPictures = framesPerSecond * secondsBetweenKeyFrames
  Object.assign(encoder, { width, height, frameRate: framesPerSecond, groupOfPictures, ...cheapest })
  encoder.initialize()
  const still = yuvOf(encoding)
  for (let at = 0; at < frames; at += 1) encoder.addFrameYuv(withDisc(still, encoding, at / frames))
  encoder.finalize()
  const bytes = encoder.FS.readFile(encoder.outputFilename)
  encoder.delete()
  return bytes
}

/** A plane of brightness and two of colour, at half the width and height (BT.601, as the encoder's own conversion). */
function yuvOf({ rgb, width, height }: Encoding): Uint8Array {
  const pixels = width * height
  const yuv = new Uint8Array((pixels * 3) / 2)
  for (let at = 0; at < pixels; at += 1) {
    const [red, green, blue] = [rgb[at * 3]!, rgb[at * 3 + 1]!, rgb[at * 3 + 2]!]
    yuv[at] = (66 * red + 129 * green + 25 * blue + 4_224) >> 8
    const [x, y] = [at % width, Math.floor(at / width)]
    if (x % 2 === 1 || y % 2 === 1) continue
    const colour = pixels + ((y / 2) * width) / 2 + x / 2
    yuv[colour] = (-38 * red - 74 * green + 112 * blue + 32_896) >> 8
    yuv[colour + pixels / 4] = (112 * red - 94 * green - 18 * blue + 32_896) >> 8
  }
  return yuv
}

const white = 235

function withDisc(still: Uint8Array, { width, height }: Encoding, progress: number): Uint8Array {
  const frame = still.slice()
  const { x, y, radius } = discAt(width, height, progress)
  for (let row = -radius; row <= radius; row += 1) {
    const half = Math.floor(Math.sqrt(radius * radius - row * row))
    frame.fill(white, (y + row) * width + x - half, (y + row) * width + x + half)
  }
  return frame
}
