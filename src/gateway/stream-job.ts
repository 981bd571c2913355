/**
 * The stream of something that goes on without its client, such as a response of the background: it is reserved before
 * anything of it is given, and whoever reads it to its end has settled it. Who leaves early leaves it to the poller.
 */
import type { HttpAnswer } from '../lib/http-server/contract.ts'
import { inBackground } from '../lib/log.ts'
import { isBilled } from './admit.ts'
import { okStatus } from './answered.ts'
import type { GatewayDeps } from './deps.ts'
import { end } from './end.ts'
import { doneBy } from './job-end.ts'
import { madeIn } from './keep-resources.ts'
import { headersOf } from './response-headers.ts'
import { isDeferred } from './settle.ts'
import { stream, type Streamed } from './stream.ts'
import { failureOf } from './trouble.ts'

/** Whether a stream is to tell of what goes on without its client. */
export const isOfJob = ({ admitted }: Streamed): boolean => isBilled(admitted) && isDeferred(admitted)

/** Waits until it has said what it tells of. One that goes on with its answer instead, because its upstream overlooked what was asked, is a stream as any other. */
export async function streamJob(relayed: Streamed, deps: GatewayDeps): Promise<HttpAnswer> {
  const taken = [relayed.given]
  const isNamed = (): boolean => (relayed.follow.reading().made ?? []).length > 0
  while (!isNamed() && relayed.follow.state() === 'silent') {
    const bytes = await read(relayed, deps)
    if (bytes === null) break
    taken.push(bytes)
  }
  if (!isNamed() && relayed.follow.state() === 'silent') warnOfDoubt(relayed, deps)
  const known = { ...relayed, given: taken.length === 1 ? taken[0]! : Buffer.concat(taken) }
  return isNamed() ? followJob(known, deps) : stream(known, deps)
}

/** It was sent what was to be begun, and broke off before it said what that is called. */
const warnOfDoubt = ({ admitted: { requestId }, candidate }: Streamed, { log }: GatewayDeps): void =>
  log.error({ event: 'create-in-doubt', requestId, upstream: candidate.deployment.id })

function followJob(relayed: Streamed, deps: GatewayDeps): HttpAnswer {
  const { admitted, exchange } = relayed
  const headers = headersOf(relayed, deps)
  headers['cache-control'] = 'no-cache'
  headers['x-accel-buffering'] = 'no'
  let begun: Promise<unknown> | null = null
  const reserved = (): Promise<unknown> => (begun ??= begin(relayed, deps))
  let given = relayed.given
  let hasLeft = false
  const leaveOnce = (): void => {
    if (!hasLeft) leave(relayed)
    hasLeft = true
  }
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const heartbeat = new TextEncoder().encode(admitted.call.operation.dialect.heartbeat)
        exchange.onQuiet = () => controller.enqueue(heartbeat.slice())
      },
      async pull(controller) {
        try {
          const { bytes, isLast } = await next(relayed, given, deps)
          given = noBytes
          // Nothing may be known of it before it is reserved.
          await reserved()
          if (hasLeft) return
          if (bytes.length > 0) controller.enqueue(bytes)
          if (!isLast) return
          await tellEnd(relayed, controller, deps)
          leaveOnce()
          controller.close()
        } catch (error) {
          leaveOnce()
          throw error
        }
      },
      cancel() {
        leaveOnce()
        inBackground(deps.log, 'reserve-job', async () => void (await reserved()))
      },
    },
    { highWaterMark: 0 },
  )
  return { status: okStatus, headers, body }
}

const noBytes = new Uint8Array(0)

/** The next bytes for the client, beginning with those that were taken already; `isLast`: behind them comes nothing. */
async function next(relayed: Streamed, taken: Uint8Array, deps: GatewayDeps) {
  for (let bytes: Uint8Array | null = taken; ; bytes = await read(relayed, deps)) {
    const state = relayed.follow.state()
    const isLast = bytes === null || state === 'over' || state === 'failed'
    if (isLast || (bytes !== null && bytes.length > 0)) return { bytes: bytes ?? noBytes, isLast }
  }
}

/** What comes next for the client; null when nothing does. */
async function read({ source, follow, exchange }: Streamed, deps: GatewayDeps): Promise<Uint8Array | null> {
  exchange.waitingSince = deps.clock.monotonic()
  try {
    const piece = await source.read()
    exchange.heard(deps.clock.monotonic())
    return piece.done ? null : follow.take(piece.value)
  } catch {
    return null
  } finally {
    exchange.waitingSince = null
  }
}

/** Reserves it, by what it has told of itself: its id above all. One that has told none is settled by what came of it. */
function begin({ admitted, candidate, intent, attempts, follow }: Streamed, deps: GatewayDeps): Promise<unknown> {
  const made = madeIn(follow.reading(), candidate.deployment)
  const outcome = {
    intent,
    ending: 'completed',
    status: okStatus,
    reading: null,
    estimate: null,
    attempts,
    made,
  } as const
  return end(admitted, candidate.deployment, outcome, deps)
}

/** Settles what has ended, as the poller would a moment later; a stream that has broken off says so. */
async function tellEnd(
  relayed: Streamed,
  controller: ReadableStreamDefaultController<Uint8Array>,
  deps: GatewayDeps,
): Promise<void> {
  const { admitted, candidate, follow } = relayed
  if (follow.state() !== 'over') return controller.enqueue(brokenWords(relayed))
  const reading = follow.reading()
  // What its stream does not tell its object may: it is asked for in a moment.
  if (reading.usage === null) return
  const { input } = admitted.call.asked.demand!
  const of = { model: admitted.call.model?.id ?? null, kind: candidate.deployment.kind, isAssumed: input.isAssumed }
  const done = await doneBy(reading, of, deps)
  if (done === null) return
  await deps.tellJob(admitted.requestId, admitted.key, done).catch((error: unknown) => {
    deps.log.error({ event: 'job-not-told', requestId: admitted.requestId, error })
  })
}

/** The stream has broken off, and what it tells of goes on: it can be asked for by its id. */
const brokenWords = ({ admitted, exchange }: Streamed): Uint8Array =>
  new TextEncoder().encode(`\n\n${admitted.call.operation.dialect.streamError(failureOf(exchange, null))}`)

function leave({ candidate, exchange }: Streamed): void {
  candidate.health.ended()
  exchange.drop()
}
