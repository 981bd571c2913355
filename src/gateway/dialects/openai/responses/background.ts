/** Responses that are made in the background: asked about by the poller, and by whoever is about to delete one. */
import type { JobState } from '../../../../money/reservations.ts'
import type { Reservation } from '../../../../store/reservations.ts'
import type { Resource } from '../../../../store/resources.ts'
import { askUpstream, type Question } from '../../../ask-upstream.ts'
import type { GatewayDeps } from '../../../deps.ts'
import { GatewayError } from '../../../errors.ts'
import { doneBy, type JobOf } from '../../../job-end.ts'
import type { Call } from '../../../operation.ts'
import { openai } from '../envelope.ts'
import { readResponseEnd } from './ended.ts'

/** With a picture or two. */
const answerBytesMax = 64 * 1024 * 1024
const question: Question = {
  operation: { name: 'responses.retrieve', dialect: openai },
  path: (id) => `/responses/${id}`,
  bytesMax: answerBytesMax,
}

/** Its provider knows of it no more. */
const gone: JobState = { state: 'void', why: 'expired' }
const pending: JobState = { state: 'pending', nextCheckAt: null }
/** A provider may learn of what it has just begun a moment later. */
const forgottenMs = 5 * 60_000

/** What has become of the response that a reservation was made for. Rejects where it cannot be asked. */
export async function askReserved(
  { settlement, resourceId }: Reservation,
  signal: AbortSignal,
  deps: GatewayDeps,
): Promise<JobState> {
  const { organizationId, mode } = settlement
  const response = await deps.resources.find({ organizationId, mode, kind: 'response', id: resourceId })
  // Nobody has it any more, and what it used was told before it was deleted.
  return response ? ask(response, signal, deps, settlement.endedAt) : gone
}

/** `since`: when it was begun, by our clock where that is known. */
async function ask(
  response: Resource,
  signal: AbortSignal,
  deps: GatewayDeps,
  since = response.createdAt,
): Promise<JobState> {
  const { status, bytes } = await askUpstream(question, response, signal, deps)
  if (status === 404) return deps.clock.now() - since > forgottenMs ? gone : pending
  if (status !== 200) throw new Error(`its provider answers with status ${status}`)
  const ended = readResponseEnd(bytes)
  if (ended === null) return pending
  if (!('reading' in ended)) return ended
  const of = { model: response.model, kind: kindAt(response, deps), isAssumed: ended.isAssumed }
  return (await doneBy(ended.reading, of, deps)) ?? ended.otherwise
}

const kindAt = (response: Resource, { fleet }: GatewayDeps): JobOf['kind'] =>
  fleet.at(response, { model: null, operation: question.operation }, response.mode)?.list[0]?.deployment.kind ?? null

const askMsMax = 20_000
const retryAfterMs = 2_000

/** Once it is deleted nobody can say any more what is owed for it; one that is still being made is cancelled first by whoever wants that. */
export async function settleFirst({ resources: [response] }: Call, deps: GatewayDeps): Promise<void> {
  if (!response?.requestId || response.labels['background'] === undefined) return
  const state = await ask(response, AbortSignal.timeout(askMsMax), deps).catch((cause: unknown) => {
    throw new GatewayError(
      'upstream_failed',
      'What has become of the response is not known at the moment. Try again.',
      {
        retryAfterMs,
        cause,
      },
    )
  })
  if (state.state === 'done' || state.state === 'void') return deps.tellJob(response.requestId, response, state)
  throw new GatewayError(
    'invalid_request',
    `Response '${response.id.slice(0, 80)}' is still being made. Cancel it, or delete it when it is completed.`,
    { param: 'response_id' },
  )
}
