/**
 * The request log: one JSON line for each request when it has ended, and one for each trouble that only
 * an operator can end. Names and figures, never what was asked or answered.
 */
import type { Observer, RequestEnded } from '../gateway/observe.ts'
import type { Clock } from '../lib/clock.ts'
import { createLineWriter, type Write } from './line-writer.ts'
import { safeName } from './safe-name.ts'
import { createThrottle } from './throttle.ts'

export type RequestLog = Observer & {
  /** Writes what is still kept; resolves when it is gone, or after `msMax` (1,000). For the end of the process. */
  readonly flush: (msMax?: number) => Promise<void>
}

export type RequestLogOptions = {
  /** stderr by default. */
  readonly write?: Write
  readonly clock: Clock
}

const flushMsMax = 1_000
const alertQuietMs = 60_000

/** Lines have the shape of `lib/log.ts`. A stderr that nobody reads costs lines, which are counted, and never a request's time. */
export function createRequestLog({ write = writeToStderr, clock }: RequestLogOptions): RequestLog {
  const at = createStamp(clock)
  const lines = createLineWriter(write, (count) =>
    JSON.stringify({ at: at(), level: 'error', event: 'request-log-dropped', count }),
  )
  const throttle = createThrottle(alertQuietMs, clock)
  return {
    requestEnded: (ended) => lines.add(JSON.stringify(requestEvent(ended, at()))),
    attemptEnded: () => undefined,
    alert({ event, deployment }) {
      const heldBack = throttle(`${event} ${deployment}`)
      if (heldBack !== null) lines.add(JSON.stringify({ at: at(), level: 'error', event, deployment, heldBack }))
    },
    flush: (msMax = flushMsMax) => lines.flush(msMax),
  }
}

const writeToStderr: Write = (bytes, written) => void process.stderr.write(bytes, () => written())

/** The time as text. Requests end together, those of one block of the journal, and share it. */
function createStamp(clock: Clock): () => string {
  let at = Number.NaN
  let text = ''
  return () => {
    const now = clock.now()
    if (now !== at) {
      at = now
      text = new Date(now).toISOString()
    }
    return text
  }
}

/** Always the same fields; null is what the request did not get to. */
function requestEvent(ended: RequestEnded, at: string): object {
  const { settlement } = ended
  return {
    at,
    level: 'info',
    event: 'request',
    requestId: ended.requestId,
    organizationId: ended.organizationId,
    keyId: ended.keyId,
    endpoint: ended.endpoint,
    dialect: ended.dialect,
    model: safeName(ended.model),
    servedModel: safeName(settlement?.servedModel ?? null),
    deployment: settlement?.upstream ?? null,
    region: settlement?.region ?? null,
    status: ended.status,
    failure: ended.failure,
    ending: settlement?.ending ?? null,
    streamed: settlement?.streamed ?? null,
    attempts: settlement?.attempts.length ?? 0,
    inputTokens: settlement?.tokens.input ?? 0,
    cachedInputTokens: settlement?.tokens.cachedInput ?? 0,
    outputTokens: settlement?.tokens.output ?? 0,
    reasoningTokens: settlement?.tokens.reasoning ?? 0,
    chargeNano: settlement?.chargeNano ?? '0',
    firstByteMs: rounded(settlement?.firstByteMs ?? null),
    durationMs: rounded(ended.durationMs),
    flags: settlement?.flags ?? [],
  }
}

const rounded = (ms: number | null): number | null => (ms === null ? null : Math.round(ms * 10) / 10)
