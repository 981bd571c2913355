/** Asking what has become of a video, for whoever has to know: the poller, and whoever is about to delete it. */
import type { JobState } from '../../../../money/reservations.ts'
import type { Reservation } from '../../../../store/reservations.ts'
import type { Resource } from '../../../../store/resources.ts'
import { askUpstream, type Question } from '../../../ask-upstream.ts'
import type { GatewayDeps } from '../../../deps.ts'
import { otherModel } from '../../../job-end.ts'
import { openai } from '../envelope.ts'
import { readVideoEnd, type VideoAsked } from './video-end.ts'

const question: Question = {
  operation: { name: 'videos.retrieve', dialect: openai },
  path: (id) => `/videos/${id}`,
}

/** What a reservation was made for, as its provider tells it. Rejects where it cannot be asked. */
export async function askReservedVideo(
  { settlement, resourceId }: Reservation,
  signal: AbortSignal,
  deps: GatewayDeps,
): Promise<JobState> {
  const { organizationId, mode } = settlement
  const video = await deps.resources.find({ organizationId, mode, kind: 'video', id: resourceId })
  // Nobody has it any more, and what was made of it was told before it was deleted; or its provider has given its id to another.
  if (video?.requestId !== settlement.requestId) return gone
  return askVideo(video, signal, deps, settlement.endedAt)
}

/** Its provider knows of it no more. */
const gone: JobState = { state: 'void', why: 'expired' }
const pending: JobState = { state: 'pending', nextCheckAt: null }

/** A provider may learn of what it has just created a moment later. */
const forgottenMs = 5 * 60_000

/** What becomes of a video, and what it is now, for lists. `since`: when it was created, by our clock where that is known. */
export async function askVideo(
  video: Resource,
  signal: AbortSignal,
  deps: GatewayDeps,
  since = video.createdAt,
): Promise<JobState> {
  const { status, bytes } = await askUpstream(question, video, signal, deps)
  if (status === 404) return deps.clock.now() - since > forgottenMs ? gone : pending
  if (status !== 200) throw new Error(`its provider answers with status ${status}`)
  const end = readVideoEnd(bytes, askedOf(video))
  await deps.resources.update(video, { object: new TextDecoder().decode(bytes) })
  if (end?.state !== 'done') return end ?? pending
  const [candidate] = deps.fleet.at(video, { model: null, operation: question.operation }, video.mode)?.list ?? []
  const of = { model: video.model, kind: candidate?.deployment.kind ?? null }
  return { ...end, flags: otherModel(end.servedModel, of, deps) }
}

/** What a video was to be, for what its end does not say. */
export const askedOf = ({ labels }: Resource): VideoAsked => ({
  seconds: Number(labels['billed'] ?? labels['seconds']),
  size: labels['size'] ?? '',
  isExtension: labels['billed'] !== undefined,
})
