/**
 * Streamed answers: pulled by the client, metered as they pass, settled in one place for every ending.
 * A client that leaves is charged for what the upstream made of its request: the rest is drained for its
 * real usage, within bounds; past those it is estimated.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { HttpAnswer } from '../lib/http-server/contract.ts'
import { inBackground } from '../lib/log.ts'
import { TooLongError } from '../lib/record-buffer.ts'
import type { Keeping } from '../money/kept-answers.ts'
import type { Attempt, Ending } from '../store/store.ts'
import { alert } from './alert.ts'
import { okStatus, type Answered } from './answered.ts'
import type { GatewayDeps } from './deps.ts'
import type { Reading, StreamReader, StreamState } from './dialect.ts'
import { end } from './end.ts'
import { estimateUsage } from './estimate.ts'
import { keepStream } from './keep-answer.ts'
import { madeIn } from './keep-resources.ts'
import { isClients, refusalWithin } from './read-upstream.ts'
import { headersOf } from './response-headers.ts'
import { rateCounted } from './settle.ts'
import { failureOf } from './trouble.ts'

export type Streamed = Extract<Answered, { kind: 'stream' }>

/** Passes a stream on to the client. Settled when its last billed byte has come, before that byte is passed on. */
export function stream(relayed: Streamed, deps: GatewayDeps): HttpAnswer {
  const { admitted, exchange, framing } = relayed
  const headers = headersOf(relayed, deps)
  headers['cache-control'] = 'no-cache'
  headers['x-accel-buffering'] = 'no'
  const keeping = keepStream(admitted, headers, deps)
  const ended = endOnce(relayed, keeping, deps)
  exchange.onProgress = () => noteProgress(relayed, keeping, deps)
  let hasLeft = false
  let given = relayed.given

  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        if (framing !== 'sse') return
        const heartbeat = new TextEncoder().encode(admitted.call.operation.dialect.heartbeat)
        exchange.onQuiet = () => {
          if (!hasLeft) controller.enqueue(heartbeat.slice())
        }
      },
      async pull(controller) {
        const taken = given
        given = noBytes
        const { bytes, end } = await next(relayed, taken, deps)
        if (keeping) await keeping.add(bytes)
        if (hasLeft) return
        if (!end) return controller.enqueue(bytes)
        const words = end.ending === 'completed' ? noBytes : lastWords(relayed, end)
        if (keeping && words) await keeping.add(words)
        await ended(end, words !== null).finally(() => leave(relayed, deps))
        if (!hasLeft) finish(controller, bytes, words)
      },
      cancel() {
        hasLeft = true
        inBackground(deps.log, 'drain', async () => {
          await drain(relayed, { taken: given, keeping }, deps)
          await ended({ ending: 'client-left', error: null }, false).finally(() => leave(relayed, deps))
        })
      },
    },
    { highWaterMark: 0 },
  )
  return { status: okStatus, headers, body }
}

const noBytes = new Uint8Array(0)

/** Gives the last bytes and words; null where only a broken connection can tell what happened. */
function finish(
  controller: ReadableStreamDefaultController<Uint8Array>,
  bytes: Uint8Array,
  words: Uint8Array | null,
): void {
  if (bytes.length > 0) controller.enqueue(bytes)
  if (words === null) return controller.error(new Error('the upstream broke off its answer'))
  if (words.length > 0) controller.enqueue(words)
  controller.close()
}

/** How a stream ended; `error`: in a few words, for the receipt. */
type End = { readonly ending: Ending; readonly error: string | null; readonly cause?: unknown }
/** What comes next for the client. */
type Next = { readonly bytes: Uint8Array; readonly end: End | null }

/** The next bytes for the client, beginning with those that were taken already, and its end with the last of them. Never rejects. */
async function next(relayed: Streamed, taken: Uint8Array, deps: GatewayDeps): Promise<Next> {
  const { source, follow, exchange } = relayed
  exchange.waitingSince = deps.clock.monotonic()
  try {
    for (let bytes = taken; ;) {
      const end = endAt(relayed)
      if (end || bytes.length > 0) return { bytes, end }
      linger(relayed, deps)
      const piece = await source.read()
      if (piece.done) return closed(relayed)
      exchange.heard(deps.clock.monotonic())
      bytes = follow.take(piece.value)
    }
  } catch (cause) {
    return broken(relayed, cause)
  } finally {
    // From here on it is the client that is waited for.
    exchange.waitingSince = null
  }
}

const completed: End = { ending: 'completed', error: null }
const failed = (error: string, cause?: unknown): End => ({ ending: 'upstream-failed', error, cause })

/** The end that the answer has come to by its own word; null when it goes on. */
function endAt(relayed: Streamed): End | null {
  const state = relayed.follow.state()
  if (state === 'over') return completed
  if (state !== 'failed') return null
  const refusal = reportedBy(relayed)
  return failed(refusal?.fault ?? 'the stream ended before it said anything')
}

/** An answer whose choices have all said why they end is complete, however its connection ends. */
const isComplete = (state: StreamState): boolean => state === 'finished' || state === 'whole' || state === 'over'

/** An upstream that closes before its answer's own end has failed, however politely it closed. */
function closed(relayed: Streamed): Next {
  const bytes = relayed.follow.close()
  const end = isComplete(relayed.follow.state()) ? completed : endAt(relayed)
  return { bytes, end: end ?? failed('the stream broke off') }
}

function broken({ follow, exchange }: Streamed, cause: unknown): Next {
  // The upstream may have said more than it ended.
  if (isComplete(follow.state())) return { bytes: follow.close(), end: completed }
  const isTooLong = cause instanceof TooLongError
  return { bytes: noBytes, end: failed(exchange.cutBy ?? (isTooLong ? cause.message : 'the stream broke off'), cause) }
}

/** Behind a finished answer whose usage has come, an upstream may still say that it is over; without usage that may follow. */
const lingerMs: Partial<Record<StreamState, number>> = { finished: 10_000, whole: 1_500 }

function linger({ follow, exchange }: Streamed, deps: GatewayDeps): void {
  const ms = lingerMs[follow.state()]
  if (ms !== undefined) exchange.linger(follow.ends(), ms, deps.clock.monotonic())
}

/** Lets go of the upstream. One that said its answer is over gets a moment to end it, because its connection is good for another call then. */
function leave({ source, follow, exchange }: Streamed, deps: GatewayDeps): void {
  if (follow.state() !== 'over') return exchange.drop()
  exchange.waitingSince = deps.clock.monotonic()
  exchange.linger(follow.ends(), lingerMs.whole!, exchange.waitingSince)
  const drop = (): void => exchange.drop()
  source.read().then(({ done }) => (done ? exchange.end() : drop()), drop)
}

const reportedBy = (relayed: Streamed) => {
  const error = relayed.follow.error()
  return error && refusalWithin(error, relayed, relayed.upstream.headers)
}

/** The error that ends the client's stream, in its dialect; null when only a broken connection can tell it. */
function lastWords(relayed: Streamed, { error, cause }: End): Uint8Array | null {
  const { admitted, exchange, framing } = relayed
  if (framing !== 'sse') return null
  const refusal = reportedBy(relayed)
  const { dialect } = admitted.call.operation
  const record =
    refusal && isClients(refusal)
      ? `data: ${new TextDecoder().decode(refusal.body)}\n\n`
      : dialect.streamError(failureOf(exchange, cause ?? error))
  // What was given last may lack its blank line.
  return new TextEncoder().encode(`\n\n${relayed.follow.lastWords?.(record) ?? record}`)
}

/** `isTold`: what was given for the client tells how it ended. */
type EndStream = (end: End, isTold: boolean) => Promise<void>

function endOnce(relayed: Streamed, keeping: Keeping | null, deps: GatewayDeps): EndStream {
  let ended: Promise<void> | undefined
  return (end, isTold) => (ended ??= settleEnd(relayed, end, { keeping, isTold }, deps))
}

/** Running totals of an answer that did not end may count what was never sent, so what was received is counted instead. */
const readingOf = (follow: StreamReader): Reading =>
  isComplete(follow.state()) ? follow.reading() : { ...follow.reading(), usage: null }

async function settleEnd(
  relayed: Streamed,
  { ending, error }: End,
  { keeping, isTold }: { readonly keeping: Keeping | null; readonly isTold: boolean },
  deps: GatewayDeps,
): Promise<void> {
  const { admitted, candidate, intent, attempts } = relayed
  candidate.health.ended()
  noteRefusal(relayed, deps)
  const { reading, estimate } = await readEnd(relayed, deps)
  const made = reading?.made && madeIn(reading, candidate.deployment)
  const outcome = {
    intent,
    ending,
    status: okStatus,
    reading,
    estimate,
    attempts: lastEnding(attempts, error),
    ...(made && { made }),
  }
  if (keeping) await keeping.end(isTold || isComplete(relayed.follow.state()))
  await end(admitted, candidate.deployment, outcome, deps)
}

/** What an error in a stream says of the deployment, for the choices to come, and of our account there. */
function noteRefusal(relayed: Streamed, deps: GatewayDeps): void {
  const refusal = reportedBy(relayed)
  if (!refusal || isClients(refusal)) return
  const { deployment, health } = relayed.candidate
  const status = relayed.follow.error()?.status ?? null
  alert(refusal.fault, status, deployment, deps)
  if (deployment.isTracked) health.failed(refusal.fault, refusal.retryAfterMs, deps.clock.monotonic(), status)
}

/** The attempt that gave the answer, with how it went wrong after all. */
const lastEnding = (attempts: readonly Attempt[], error: string | null): readonly Attempt[] =>
  error === null ? attempts : [...attempts.slice(0, -1), { ...attempts.at(-1)!, error }]

/** What a stream said of itself. Whatever is wrong with it, the request is settled: then at nothing. */
async function readEnd({ admitted, follow }: Streamed, deps: GatewayDeps) {
  try {
    const reading = readingOf(follow)
    return { reading, estimate: admitted.paid && (await estimateUsage(admitted.paid, reading, deps)) }
  } catch (error) {
    deps.log.error({ event: 'stream-not-read', requestId: admitted.requestId, error })
    return { reading: null, estimate: null }
  }
}

/** Records that come one by one cost ten times as much as in one piece; 64 KiB in each are 3 MB a second. */
const drainPauseMs = 20

/** Reads on for the usage that the upstream will report, within bounds. */
async function drain(
  relayed: Streamed,
  { taken, keeping }: { readonly taken: Uint8Array; readonly keeping: Keeping | null },
  deps: GatewayDeps,
): Promise<void> {
  const { exchange, candidate } = relayed
  if (candidate.deployment.onAbort === 'cut') exchange.cut('client-left')
  else if (!deps.watch.drain(exchange)) exchange.cut('drain')
  // Cut off by us or by the upstream, what was read until then is all there is to charge.
  for (let first = taken; ; first = noBytes) {
    const { bytes, end } = await next(relayed, first, deps)
    if (keeping) await keeping.add(bytes)
    if (end) return
    // Nobody waits for it: what comes meanwhile is read in one piece, when nobody else has anything to do.
    await sleep(drainPauseMs)
    await new Promise<void>((resolve) => deps.turns.add(resolve))
  }
}

const charsPerToken = 4
function noteProgress({ admitted, candidate, follow }: Streamed, keeping: Keeping | null, deps: GatewayDeps): void {
  const { requestId, paid } = admitted
  if (!paid) return
  const outputTokens = Math.floor(follow.reading().output().text.length / charsPerToken)
  const inputTokens = paid.demand.input.guess
  const { lines } = rateCounted(paid, candidate.deployment, { input: inputTokens, output: outputTokens })
  const progress = { requestId, inputTokens, outputTokens, lines }
  inBackground(deps.log, 'note-progress', async () => {
    // What a crash would charge for must be there to be given again.
    if (keeping) await keeping.flush()
    await deps.journal.progress(progress)
  })
}
