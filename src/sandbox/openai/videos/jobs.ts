/**
 * Videos being made: queued, in progress, then finished on a timer, as a real job is. Each is counted when it is
 * completed, whether or not anybody asks for it; what fails is not. An account sees its own alone.
 */
import { randomBytes } from 'node:crypto'
import type { Count, Served } from '../../count.ts'
import type { Origin } from '../../origin.ts'
import { noUsage } from '../../usage.ts'

export type VideoOrder = {
  readonly owner: string
  readonly model: string
  readonly servedModel: string
  readonly prompt: string
  readonly width: number
  readonly height: number
  /** What is made, and what the whole lasts: more where a video was extended. */
  readonly secondsMade: number
  readonly seconds: number
  readonly remixedFrom: string | null
  readonly takesMs: number
  readonly ending: Ending
  readonly clientRequestId: string | null
  readonly origin: Origin | null
}

/** How a video ends; `stuck` never does, and `lost` is forgotten by the vendor. */
export type Ending =
  | { readonly kind: 'completed'; readonly availableMs: number }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
  | { readonly kind: 'stuck' }
  | { readonly kind: 'lost' }

export type Video = VideoOrder & {
  readonly id: string
  /** Epoch milliseconds. */
  readonly createdAt: number
  /** Null until it has ended. */
  endedAt: number | null
}

export type Character = {
  readonly id: string
  readonly owner: string
  readonly name: string
  readonly createdAt: number
}

export type Videos = {
  readonly start: (order: VideoOrder) => Video
  readonly get: (owner: string, id: string) => Video | undefined
  /** The newest first. */
  readonly list: (owner: string) => readonly Video[]
  readonly remove: (video: Video) => void
  readonly addCharacter: (owner: string, name: string) => Character
  readonly character: (owner: string, id: string) => Character | undefined
  readonly stop: () => void
}

/** Keeps the last `videosMax` videos and as many characters, of all accounts together. */
export function createVideos(count: Count, videosMax = 10_000): Videos {
  const videos = new Map<string, Video>()
  const characters = new Map<string, Character>()
  const timers = new Map<string, ReturnType<typeof setTimeout>>()

  const remove = ({ id }: Pick<Video, 'id'>): void => {
    clearTimeout(timers.get(id))
    timers.delete(id)
    videos.delete(id)
  }
  const end = (video: Video): void => {
    timers.delete(video.id)
    if (video.ending.kind === 'lost') return remove(video)
    if (video.ending.kind === 'completed') count.record(servedOf(video))
    video.endedAt = Date.now()
  }
  return {
    start(order) {
      const video: Video = { ...order, id: newId('video'), createdAt: Date.now(), endedAt: null }
      videos.set(video.id, video)
      for (const oldest of videos.values()) {
        if (videos.size <= videosMax) break
        remove(oldest)
      }
      if (order.ending.kind !== 'stuck') timers.set(video.id, setTimeout(end, order.takesMs, video).unref())
      return video
    },
    get: (owner, id) => owned(videos.get(id), owner),
    list: (owner) => [...videos.values()].filter((video) => video.owner === owner).toReversed(),
    remove,
    addCharacter(owner, name) {
      const character = { id: newId('char'), owner, name, createdAt: Date.now() }
      characters.set(character.id, character)
      const [oldest] = characters.keys()
      if (characters.size > videosMax && oldest) characters.delete(oldest)
      return character
    },
    character: (owner, id) => owned(characters.get(id), owner),
    stop: () => [...timers.values()].forEach(clearTimeout),
  }
}

const newId = (kind: string): string => `${kind}_${randomBytes(24).toString('hex')}`

const owned = <Kept extends { readonly owner: string }>(kept: Kept | undefined, owner: string): Kept | undefined =>
  kept?.owner === owner ? kept : undefined

function servedOf({ model, servedModel, secondsMade, width, height, ...video }: Video): Omit<Served, 'sequence'> {
  const usage = { ...noUsage, videoSeconds: secondsMade }
  return {
    clientRequestId: video.clientRequestId,
    at: video.createdAt,
    dialect: 'openai',
    endpoint: 'videos',
    model,
    servedModel,
    status: 200,
    complete: true,
    usage,
    sent: usage,
    video: { id: video.id, size: `${width}x${height}` },
    ...(video.origin && { origin: video.origin }),
  }
}

/** The part of its time that a video waits before it is begun. */
const queuedShare = 0.2

/** The status and the progress in percent that a video has now. */
export function standingOf({ createdAt, takesMs, endedAt, ending }: Video, now: number) {
  if (endedAt !== null && ending.kind === 'completed') return { status: 'completed', progress: 100 } as const
  const passed = (now - createdAt) / Math.max(1, takesMs)
  const progress = Math.max(0, Math.min(99, Math.floor(((passed - queuedShare) / (1 - queuedShare)) * 100)))
  if (endedAt !== null) return { status: 'failed', progress } as const
  return passed < queuedShare
    ? ({ status: 'queued', progress: 0 } as const)
    : ({ status: 'in_progress', progress } as const)
}
