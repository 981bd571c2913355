/** A video as the vendor describes it (npm openai 7.57.0, resources/videos.ts), as far as money, lists and ownership ask. */
import type { Usage } from '../../../../money/usage.ts'

export type VideoObject = {
  readonly id: string
  readonly state: 'running' | 'completed' | 'failed' | 'cancelled' | 'expired'
  /** Of the whole: for an extension, of what it began with as well. null where it does not say. */
  readonly seconds: number | null
  /** As `1280x720`; null where it does not say. */
  readonly size: string | null
  readonly model: string | null
  /** Epoch ms; null where it does not say. */
  readonly createdAt: number | null
  /** The video that it was made from. */
  readonly parent: string | null
}

/** Reads the object; throws for what is none. */
export function readVideoObject(bytes: Uint8Array): VideoObject {
  const json: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  if (typeof json !== 'object' || json === null) throw new Error('a video is no JSON object')
  const { id, status, seconds, size, model, created_at, remixed_from_video_id } = json as Readonly<
    Record<string, unknown>
  >
  if (typeof id !== 'string' || id === '' || id.length > idCharsMax) throw new Error('a video has no id')
  return {
    id,
    state: stateOf(status),
    seconds: secondsOf(seconds),
    size: textOf(size),
    model: textOf(model),
    createdAt: msOf(created_at),
    parent: textOf(remixed_from_video_id),
  }
}

const idCharsMax = 512

/** A time of the vendor's in whole ms; some servers tell fractions of a second. null for what is none. */
export const msOf = (seconds: unknown): number | null =>
  typeof seconds === 'number' && seconds > 0 && seconds < secondsMax ? Math.round(seconds * 1_000) : null
/** The last that a date can be. */
const secondsMax = 8.64e12

const states: Readonly<Record<string, VideoObject['state']>> = {
  completed: 'completed',
  succeeded: 'completed',
  failed: 'failed',
  cancelled: 'cancelled',
  canceled: 'cancelled',
  expired: 'expired',
}

/** Words that nobody has told us of are those of a job that goes on: its end is awaited, and then it is given up. */
const stateOf = (status: unknown): VideoObject['state'] =>
  typeof status === 'string' && Object.hasOwn(states, status) ? states[status]! : 'running'

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

/** A whole number of seconds, which comes as text, and from some servers as a number; null for anything else. */
export function secondsOf(value: unknown): number | null {
  const text = typeof value === 'number' ? String(value) : value
  return typeof text === 'string' && /^[1-9]\d{0,4}$/.test(text) ? Number(text) : null
}

const pixelsOf1024p = 1_024 * 1_792
const pixelsOf720p = 720 * 1_280

/** So many seconds of a size, in the class they are priced by; a size that is none counts as the largest. */
export function videoUsage(size: string, seconds: number): Usage {
  const [, width, height] = /^(\d{1,5})x(\d{1,5})$/.exec(size) ?? []
  const pixels = width === undefined ? Infinity : Number(width) * Number(height)
  if (pixels <= pixelsOf720p) return { videoSecond: seconds }
  return pixels <= pixelsOf1024p ? { videoSecond1024p: seconds } : { videoSecond1080p: seconds }
}
