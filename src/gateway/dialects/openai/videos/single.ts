/** One video by its id: as it is now, its content, and its end. All of it is free. */
import type { AnswerReader } from '../../../dialect.ts'
import type { GatewayDeps } from '../../../deps.ts'
import { GatewayError, invalid } from '../../../errors.ts'
import type { Call, Operation } from '../../../operation.ts'
import { deletedReader, keptOperation, keptReader } from '../kept-operation.ts'
import { unknownCharacter, unknownVideo } from '../unknown.ts'
import { askVideo } from './ask-video.ts'

const ofOne = { kind: 'video', unknown: unknownVideo } as const

export const retrieveVideo: Operation = keptOperation({
  ...ofOne,
  name: 'videos.retrieve',
  method: 'GET',
  path: '/v1/videos/{id}',
  upstreamPath: ({ id }) => `/videos/${id}`,
  answer: () => retrievedReader,
})

/** Lists tell what it said last. */
const retrievedReader: AnswerReader = {
  kind: 'whole',
  read: (answer, headers) => ({
    ...keptReader.read(answer, headers),
    become: { object: new TextDecoder().decode(answer) },
  }),
}

export const deleteVideo: Operation = {
  ...keptOperation({
    ...ofOne,
    name: 'videos.delete',
    method: 'DELETE',
    path: '/v1/videos/{id}',
    upstreamPath: ({ id }) => `/videos/${id}`,
    effects: 'acts',
    answer: () => deletedReader,
  }),
  before: settleFirst,
}

const askMsMax = 20_000
const retryAfterMs = 2_000

/** Once it is deleted nobody can say any more what is owed for it. Like its vendor, nobody deletes what is still being made. */
async function settleFirst({ resources: [video] }: Call, deps: GatewayDeps): Promise<void> {
  if (!video?.requestId) return
  const state = await askVideo(video, AbortSignal.timeout(askMsMax), deps).catch((cause: unknown) => {
    throw new GatewayError('upstream_failed', 'What has become of the video is not known at the moment. Try again.', {
      retryAfterMs,
      cause,
    })
  })
  if (state.state === 'done' || state.state === 'void') return deps.tellJob(video.requestId, video, state)
  throw invalid('id', `Video ${video.id.slice(0, 80)} is still being made. Delete it when it is completed or failed.`)
}

/** What of a file is wanted, and how. */
const contentHeaders = ['range', 'if-range', 'if-none-match', 'if-modified-since', 'accept'] as const
const content = keptOperation({
  ...ofOne,
  name: 'videos.content',
  method: 'GET',
  path: '/v1/videos/{id}/content',
  upstreamPath: ({ id }) => `/videos/${id}/content`,
  answer: () => ({ kind: 'bytes' }),
})

export const downloadVideo: Operation = { ...content, passes: [...content.passes, ...contentHeaders] }

export const retrieveCharacter: Operation = keptOperation({
  kind: 'character',
  unknown: unknownCharacter,
  name: 'videos.characters.retrieve',
  method: 'GET',
  path: '/v1/videos/characters/{id}',
  upstreamPath: ({ id }) => `/videos/characters/${id}`,
})
