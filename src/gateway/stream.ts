/**
 * Streamed answers: pulled by the client, metered as they pass, settled in one place for every ending.
 * A client that leaves is charged for what the upstream made of its request: the rest is drained for its
 * real usage, within bounds; past those it is estimated.
 */
import type { HttpAnswer } from '../lib/http-server/contract.ts'
import { inBackground } from '../lib/log.ts'
import type { Attempt, Ending } from '../store/store.ts'
import type { GatewayDeps } from './deps.ts'
import type { Reading, StreamReader } from './dialect.ts'
import { estimateUsage } from './estimate.ts'
import { isEventStream, type Answered, type FirstPiece, type Source } from './attempt.ts'
import { headersOf } from './response-headers.ts'
import { rateCounted, settle } from './settle.ts'
import { failureOf } from './trouble.ts'

export type Streamed = Extract<Answered, { kind: 'stream' }>

/** Passes a stream on to the client. Settled when its last billed byte has come, before that byte is passed on. */
export function stream(relayed: Streamed, deps: GatewayDeps): HttpAnswer {
  const { admitted, upstream, exchange, candidate } = relayed
  const follow = admitted.call.asked.followStream(upstream.headers, candidate.deployment.adapter)
  const source = withFirst(relayed.source, relayed.first)
  const ended = endOnce(relayed, follow, deps)
  exchange.onProgress = () => noteProgress(relayed, follow, deps)
  let hasLeft = false
  let isBetweenRecords = true

  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        if (!isEventStream(upstream)) return
        const heartbeat = new TextEncoder().encode(admitted.call.endpoint.dialect.heartbeat)
        exchange.onQuiet = () => {
          if (isBetweenRecords && !hasLeft) controller.enqueue(heartbeat.slice())
        }
      },
      async pull(controller) {
        const next = await nextBytes(source, follow, relayed, deps).catch(asBroken)
        if (hasLeft) return
        if (next instanceof Uint8Array) {
          if (follow.isFinal()) await ended('completed')
          if (hasLeft) return
          isBetweenRecords = endsRecord(next)
          controller.enqueue(next)
          return
        }
        const ending = endingOf(next, follow)
        await ended(ending).finally(() => exchange.end())
        const last = lastWords(ending, next, follow, relayed)
        if (!hasLeft) finish(controller, last)
      },
      cancel() {
        hasLeft = true
        inBackground(deps.log, 'drain', async () => {
          await drain(source, follow, relayed, deps)
          await ended('client-left').finally(() => exchange.end())
        })
      },
    },
    { highWaterMark: 0 },
  )
  const headers = headersOf(relayed, deps)
  headers['cache-control'] = 'no-cache'
  headers['x-accel-buffering'] = 'no'
  return { status: upstream.status, headers, body }
}

const [newline, carriageReturn] = [10, 13]
/** A record ends with a blank line, of whichever line ends. */
const endsRecord = (bytes: Uint8Array): boolean =>
  bytes.at(-1) === newline &&
  (bytes.at(-2) === newline || (bytes.at(-2) === carriageReturn && bytes.at(-3) === newline))

function finish(controller: ReadableStreamDefaultController<Uint8Array>, last: Uint8Array | null): void {
  if (last === null) return controller.error(new Error('the upstream broke off its answer'))
  if (last.length > 0) controller.enqueue(last)
  controller.close()
}

/** The connection ended by itself, or broke. */
type StreamEnd = { readonly end: 'closed' } | { readonly end: 'broken'; readonly error: unknown }
const asBroken = (error: unknown): StreamEnd => ({ end: 'broken', error })

/** The source with its first piece, which was asked for already, in front. */
function withFirst(source: Source, first: FirstPiece): Source {
  let asked: FirstPiece | null = first
  return {
    read() {
      const next = asked ?? source.read()
      asked = null
      return next
    },
    cancel: () => source.cancel(),
  }
}

async function nextBytes(
  source: Source,
  follow: StreamReader,
  { exchange }: Streamed,
  deps: GatewayDeps,
): Promise<Uint8Array | StreamEnd> {
  exchange.waitingSince = deps.clock.monotonic()
  for (;;) {
    const { done, value } = await source.read()
    if (done) return { end: 'closed' }
    exchange.heard(deps.clock.monotonic())
    const bytes = follow.take(value)
    if (bytes.length === 0) continue
    // From here on it is the client that is waited for.
    exchange.waitingSince = null
    return bytes
  }
}

/** An upstream that closes before its answer's own end has failed, however politely it closed. */
const endingOf = (next: StreamEnd, follow: StreamReader): Ending =>
  next.end === 'closed' && follow.state() === 'complete' ? 'completed' : 'upstream-failed'

/** What ends the client's stream: what was held back, or an error it can read; null when only a broken connection can tell it. */
function lastWords(
  ending: Ending,
  next: StreamEnd,
  follow: StreamReader,
  { admitted, exchange, upstream }: Streamed,
): Uint8Array | null {
  if (ending === 'completed') return follow.rest()
  if (follow.state() !== 'open') return new Uint8Array(0)
  if (!isEventStream(upstream)) return null
  const error = failureOf(exchange, next.end === 'broken' ? next.error : 'the upstream closed before the end')
  return new TextEncoder().encode(`\n\n${admitted.call.endpoint.dialect.streamError(error)}`)
}

function endOnce(relayed: Streamed, follow: StreamReader, deps: GatewayDeps): (ending: Ending) => Promise<void> {
  let ended: Promise<void> | undefined
  return (ending) => (ended ??= end(relayed, follow, ending, deps))
}

/** Running totals of an answer that did not end may count what was never sent, so what was received is counted instead. */
const readingOf = (follow: StreamReader): Reading =>
  follow.state() === 'complete' ? follow.reading() : { ...follow.reading(), usage: null }

async function end(relayed: Streamed, follow: StreamReader, ending: Ending, deps: GatewayDeps): Promise<void> {
  const { admitted, candidate, intent, exchange, upstream, attempts } = relayed
  candidate.health.ended()
  const { reading, estimate } = await readEnd(relayed, follow, deps)
  const error = ending === 'upstream-failed' ? (exchange.cutBy ?? 'the stream broke off') : null
  const outcome = { intent, ending, status: upstream.status, reading, estimate, attempts: lastEnding(attempts, error) }
  await settle(admitted, candidate.deployment, outcome, deps)
}

/** The attempt that gave the answer, with how it went wrong after all. */
const lastEnding = (attempts: readonly Attempt[], error: string | null): readonly Attempt[] =>
  error === null ? attempts : [...attempts.slice(0, -1), { ...attempts.at(-1)!, error }]

/** What a stream said of itself. Whatever is wrong with it, the request is settled: then at nothing. */
async function readEnd({ admitted }: Streamed, follow: StreamReader, deps: GatewayDeps) {
  try {
    const reading = readingOf(follow)
    return { reading, estimate: await estimateUsage(admitted.call.asked, reading, deps) }
  } catch (error) {
    deps.log.error({ event: 'stream-not-read', requestId: admitted.requestId, error })
    return { reading: null, estimate: null }
  }
}

/** Reads on for the usage that the upstream will report, within bounds. */
async function drain(source: Source, follow: StreamReader, relayed: Streamed, deps: GatewayDeps): Promise<void> {
  const { exchange, candidate } = relayed
  if (candidate.deployment.onAbort === 'cut') exchange.cut('client-left')
  else if (!deps.watch.drain(exchange)) exchange.cut('drain')
  try {
    while (!follow.isFinal() && (await nextBytes(source, follow, relayed, deps)) instanceof Uint8Array);
  } catch {
    // Cut off by us or by the upstream: what was read until then is all there is to charge.
  }
  await source.cancel().catch(() => undefined)
}

const charsPerToken = 4
function noteProgress({ admitted, candidate }: Streamed, follow: StreamReader, deps: GatewayDeps): void {
  const outputTokens = Math.floor(follow.reading().output().text.length / charsPerToken)
  const inputTokens = admitted.call.asked.inputTokensGuess
  const { lines } = rateCounted(admitted, candidate.deployment, { input: inputTokens, output: outputTokens })
  const progress = { requestId: admitted.requestId, inputTokens, outputTokens, lines }
  inBackground(deps.log, 'note-progress', () => deps.journal.progress(progress))
}
