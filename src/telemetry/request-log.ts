/**
 * The request log: one line for each request when it has ended, and one for each trouble that only
 * an operator can end. Names and figures, never what was asked or answered.
 */
import type { Observer, RequestEnded } from '../gateway/observe.ts'
import type { Clock } from '../lib/clock.ts'
import type { LineWriter } from '../lib/line-writer.ts'
import { lineOfStyle, type LogStyle } from '../lib/log.ts'
import type { Settlement } from '../store/store.ts'
import { requestText } from './request-text.ts'
import { safeName } from './safe-name.ts'
import { createThrottle } from './throttle.ts'

export type RequestLogOptions = {
  readonly lines: Pick<LineWriter, 'add'>
  readonly style: LogStyle
  readonly clock: Clock
  /** Whether requests have lines; troubles always do. */
  readonly requests: boolean
  /** Whether these name the client's address. */
  readonly addresses: boolean
}

const alertQuietMs = 60_000

/** In JSON, lines have the shape of `lib/log.ts`. */
export function createRequestLog({ lines, style, clock, requests, addresses }: RequestLogOptions): Observer {
  const at = createStamp(clock)
  const lineOf = lineOfStyle(style)
  const throttle = createThrottle(alertQuietMs, clock)
  const requestLine =
    style === 'json'
      ? (ended: RequestEnded) => JSON.stringify(requestEvent(ended, addresses, at()))
      : (ended: RequestEnded) => requestText(ended, clock.now(), { addresses, coloured: style === 'coloured' })
  return {
    requestEnded: (ended) => {
      // Who tries keys has a line for many of them: see refusals.ts.
      if (requests && ended.failure !== 'too_many_wrong_keys') lines.add(requestLine(ended))
    },
    attemptEnded: () => undefined,
    reservationEnded: (settlement) => {
      if (requests) lines.add(lineOf(clock.now(), 'info', reservationEvent(settlement)))
    },
    alert({ event, ...about }) {
      const often = throttle(`${event} ${'deployment' in about ? about.deployment : about.model}`)
      if (often !== null) lines.add(lineOf(clock.now(), 'error', { event, ...about, ...often }))
    },
  }
}

const reservationEvent = (settlement: Settlement) => ({
  event: 'reservation-ended',
  requestId: settlement.requestId,
  organizationId: settlement.organizationId,
  keyId: settlement.keyId,
  mode: settlement.mode,
  endpoint: settlement.endpoint,
  model: settlement.model,
  deployment: settlement.upstream,
  region: settlement.region,
  ending: settlement.ending,
  reservedNano: settlement.holdNano,
  chargeNano: settlement.chargeNano,
  flags: settlement.flags,
})

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
function requestEvent(ended: RequestEnded, addresses: boolean, at: string): object {
  const { settlement, relayed } = ended
  return {
    at,
    level: 'info',
    event: 'request',
    requestId: ended.requestId,
    address: addresses ? ended.address : null,
    organizationId: ended.organizationId,
    keyId: ended.keyId,
    mode: ended.mode,
    endpoint: ended.endpoint,
    dialect: ended.dialect,
    model: safeName(ended.model),
    servedModel: safeName(settlement?.servedModel ?? null),
    deployment: relayed?.upstream ?? null,
    region: relayed?.region ?? null,
    status: ended.status,
    failure: ended.failure,
    error: relayed?.attempts.at(-1)?.error ?? null,
    ending: relayed?.ending ?? null,
    replayOf: ended.replayOf ?? null,
    streamed: relayed?.streamed ?? null,
    attempts: relayed?.attempts.length ?? 0,
    inputTokens: settlement?.tokens.input ?? 0,
    cachedInputTokens: settlement?.tokens.cachedInput ?? 0,
    outputTokens: settlement?.tokens.output ?? 0,
    reasoningTokens: settlement?.tokens.reasoning ?? 0,
    chargeNano: settlement?.chargeNano ?? '0',
    firstByteMs: rounded(relayed?.firstByteMs ?? null),
    durationMs: rounded(ended.durationMs),
    flags: settlement?.flags ?? [],
  }
}

const rounded = (ms: number | null): number | null => (ms === null ? null : Math.round(ms * 10) / 10)
