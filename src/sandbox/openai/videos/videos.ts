/** `/v1/videos`: jobs that take a few seconds and end in a real MP4, or fail as they were told to. */
import { withoutDirectives } from '../../directives.ts'
import type { Exchange } from '../../exchange.ts'
import { Refusal } from '../../refusal.ts'
import { freeJson, type Reply } from '../../reply.ts'
import { drawSpritesheet, drawThumbnail, drawVideo, type VideoWish } from '../../video.ts'
import { contentOf, contentReply } from '../content.ts'
import { pageOf } from '../page.ts'
import { standingOf, type Ending, type Video, type VideoOrder } from './jobs.ts'
import { readCharacterCall, readCreateCall, readEditCall, readExtendCall, readRemixCall } from './video-call.ts'

/** POST /videos */
export async function createVideo(exchange: Exchange): Promise<Reply> {
  const { seconds, ...call } = await readCreateCall(exchange)
  return start(exchange, { ...call, secondsMade: seconds, seconds, remixedFrom: null })
}

/** POST /videos/{id}/remix: of the length and size of the one it is made from. */
export function remixVideo(exchange: Exchange, id = ''): Reply {
  const { prompt } = readRemixCall(exchange)
  const from = completed(exchange, id)
  return start(exchange, { ...from, prompt, secondsMade: from.seconds, remixedFrom: id })
}

/** POST /videos/edits; an uploaded video is taken for one of four seconds. */
export function editVideo(exchange: Exchange): Reply {
  const { prompt, source } = readEditCall(exchange)
  const from = source === null ? uploaded : completed(exchange, source)
  return start(exchange, { ...from, prompt, secondsMade: from.seconds, remixedFrom: source })
}

/** POST /videos/extensions: the whole lasts as long as both. */
export function extendVideo(exchange: Exchange): Reply {
  const { prompt, source, seconds } = readExtendCall(exchange)
  const from = source === null ? uploaded : completed(exchange, source)
  const secondsMade = Number(seconds)
  return start(exchange, { ...from, prompt, secondsMade, seconds: from.seconds + secondsMade, remixedFrom: source })
}

/** GET /videos/{id} */
export function retrieveVideo(exchange: Exchange, id = ''): Reply {
  const video = required(exchange, id)
  return freeJson(describe(video), 200, video.endedAt === null ? pollAfter : {})
}

/** GET /videos */
export const listVideos = ({ videos, cacheOwner, url }: Exchange): Reply =>
  freeJson(pageOf(videos.list(cacheOwner), url, { limit: 20, limitMax: 100 }, describe))

/** DELETE /videos/{id}: of one that has ended. */
export function deleteVideo(exchange: Exchange, id = ''): Reply {
  const video = required(exchange, id)
  if (video.endedAt === null)
    throw new Refusal(400, `Video ${id} is still being generated and cannot be deleted.`, { code: null })
  exchange.videos.remove(video)
  return freeJson({ id, object: 'video.deleted', deleted: true })
}

/** GET /videos/{id}/content */
export async function downloadVideo(exchange: Exchange, id = ''): Promise<Reply> {
  const video = completed(exchange, id)
  if (hasExpired(video)) throw new Refusal(404, `The content of video ${id} has expired.`, { code: null })
  const variant = exchange.url.searchParams.get('variant') ?? 'video'
  const known = Object.hasOwn(variants, variant) ? variants[variant as keyof typeof variants] : null
  if (!known)
    throw new Refusal(
      400,
      `Invalid value: '${variant}'. Supported values are: 'video', 'thumbnail', and 'spritesheet'.`,
      { code: 'invalid_value', param: 'variant' },
    )
  const wish = { prompt: video.prompt, width: video.width, height: video.height, seconds: video.seconds }
  return contentReply(
    exchange,
    contentOf(await known.draw(wish), { type: known.type, filename: `${id}.${known.ending}` }),
  )
}

/** POST /videos/characters */
export function createCharacter(exchange: Exchange): Reply {
  const { name } = readCharacterCall(exchange)
  return freeJson(characterOf(exchange.videos.addCharacter(exchange.cacheOwner, name)))
}

/** GET /videos/characters/{id} */
export function retrieveCharacter({ videos, cacheOwner }: Exchange, id = ''): Reply {
  const character = videos.character(cacheOwner, id)
  if (!character) throw new Refusal(404, `Character with id '${id}' not found.`, { code: null })
  return freeJson(characterOf(character))
}

const characterOf = ({ id, name, createdAt }: { id: string; name: string; createdAt: number }) => ({
  id,
  object: 'character',
  name,
  created_at: Math.floor(createdAt / 1_000),
})

const variants = {
  video: { type: 'video/mp4', ending: 'mp4', draw: drawVideo },
  thumbnail: { type: 'image/webp', ending: 'webp', draw: drawThumbnail },
  spritesheet: { type: 'image/jpeg', ending: 'jpg', draw: drawSpritesheet },
} as const satisfies Record<string, { type: string; ending: string; draw: (wish: VideoWish) => Promise<Uint8Array> }>

/** What an uploaded video is taken for: the sandbox does not look into it. */
const uploaded = { model: 'sora-2', width: 1_280, height: 720, seconds: 4 }

const pollAfter = { 'openai-poll-after-ms': '1000' }

/** A few seconds, as no real one is that quick. */
const takesMsUsual = 4_000

type Made = Pick<VideoOrder, 'model' | 'prompt' | 'width' | 'height' | 'secondsMade' | 'seconds' | 'remixedFrom'>

function start(exchange: Exchange, made: Made): Reply {
  const { directives, headers, videos, cacheOwner, origin } = exchange
  const clientRequestId = headers['x-client-request-id']
  const seconds = directives.job_seconds
  const video = videos.start({
    ...made,
    ...(seconds !== undefined && { seconds, secondsMade: seconds }),
    prompt: withoutDirectives(made.prompt),
    servedModel: directives.served ?? made.model,
    owner: cacheOwner,
    takesMs: directives.job_ms ?? takesMsUsual,
    ending: endingOf(exchange),
    clientRequestId: typeof clientRequestId === 'string' ? clientRequestId : null,
    origin,
  })
  return freeJson(describe(video), 200, pollAfter)
}

/** Content can be fetched for an hour (developers.openai.com/api/docs/guides/video-generation). */
const availableMsUsual = 3_600_000

function endingOf({ directives: { job, blocked, code, expires_ms } }: Exchange): Ending {
  if (blocked) return failedAs('moderation_blocked', 'Your request was blocked by our moderation system.')
  if (job === 'failed')
    return failedAs(code ?? 'video_generation_failed', 'An error occurred while generating the video.')
  if (job === 'stuck' || job === 'lost') return { kind: job }
  return { kind: 'completed', availableMs: expires_ms ?? availableMsUsual }
}

const failedAs = (code: string, message: string): Ending => ({ kind: 'failed', code, message })

function required({ videos, cacheOwner }: Exchange, id: string): Video {
  const video = videos.get(cacheOwner, id)
  if (!video) throw new Refusal(404, `Video with id '${id}' not found.`, { code: null })
  return video
}

function completed(exchange: Exchange, id: string): Video {
  const video = required(exchange, id)
  if (standingOf(video, Date.now()).status !== 'completed')
    throw new Refusal(404, 'Video is not ready yet, use GET /v1/videos/{video_id} to check status.', { code: null })
  return video
}

const expiresAtOf = ({ ending, endedAt }: Video): number | null =>
  ending.kind === 'completed' && endedAt !== null ? endedAt + ending.availableMs : null

const hasExpired = (video: Video): boolean => (expiresAtOf(video) ?? Infinity) <= Date.now()

const inSeconds = (milliseconds: number | null): number | null =>
  milliseconds === null ? null : Math.floor(milliseconds / 1_000)

/** As the vendor tells it: while it is made its length is what was asked for. */
function describe(video: Video) {
  const { ending, endedAt } = video
  const { status, progress } = standingOf(video, Date.now())
  return {
    id: video.id,
    object: 'video',
    completed_at: status === 'completed' ? inSeconds(endedAt) : null,
    created_at: inSeconds(video.createdAt),
    error: status === 'failed' && ending.kind === 'failed' ? { code: ending.code, message: ending.message } : null,
    expires_at: inSeconds(expiresAtOf(video)),
    model: video.servedModel,
    progress,
    prompt: video.prompt,
    remixed_from_video_id: video.remixedFrom,
    seconds: String(video.seconds),
    size: `${video.width}x${video.height}`,
    status,
  }
}
