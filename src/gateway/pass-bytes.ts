/** Answers that are bytes, of whatever kind: passed on as they come, with their length, and never held whole. */
import type { AnswerHeaders, HttpAnswer } from '../lib/http-server/contract.ts'
import { inBackground } from '../lib/log.ts'
import type { Source } from '../lib/source.ts'
import type { Ending } from '../store/store.ts'
import type { Answered } from './answered.ts'
import type { GatewayDeps } from './deps.ts'
import { end } from './end.ts'
import { headersOf, sendable } from './response-headers.ts'

export type Passing = Extract<Answered, { kind: 'bytes' }>

/** What bytes are, and which of them. */
const contentHeaders = [
  'content-type',
  'content-disposition',
  'content-range',
  'accept-ranges',
  'etag',
  'last-modified',
] as const

const notModified = 304

/** Passes bytes on to the client, as fast as it takes them. The request has ended with the last of them, or when its client has left. */
export function passBytes(passing: Passing, deps: GatewayDeps): HttpAnswer {
  const headers: AnswerHeaders = headersOf(passing, deps)
  headers['content-type'] = 'application/octet-stream'
  for (const name of contentHeaders) {
    const value = sendable(passing.upstream, name)
    if (value !== null) headers[name] = value
  }
  // Nothing of one customer's may be given to another out of a cache.
  headers['cache-control'] = 'private, no-store'
  // A browser that is led here by a link with a key must not run a customer's page as one of this server's.
  headers['content-security-policy'] = 'sandbox'
  headers['x-content-type-options'] = 'nosniff'
  return { status: passing.status, headers, body: sourceOf(passing, deps) }
}

function sourceOf({ upstream, exchange, ...passing }: Passing, deps: GatewayDeps): Source {
  const endAs = endOnce({ upstream, exchange, ...passing }, deps)
  // Whoever asked for the head alone has all of it.
  if (passing.request.method === 'HEAD' || passing.status === notModified) endAs('completed', null)
  return {
    length: upstream.length,
    async read() {
      exchange.waitingSince = deps.clock.monotonic()
      try {
        const piece = await upstream.read()
        exchange.heard(deps.clock.monotonic())
        if (piece.done) endAs('completed', null)
        return piece
      } catch (error) {
        endAs('upstream-failed', exchange.cutBy ?? 'the answer broke off')
        throw error
      } finally {
        // From here on it is the client that is waited for.
        exchange.waitingSince = null
      }
    },
    async cancel() {
      exchange.cut('client-left')
      endAs('client-left', null)
      await upstream.cancel()
    },
  }
}

/** The attempt's last word, once. */
function endOnce(passing: Passing, deps: GatewayDeps): (ending: Ending, error: string | null) => void {
  let hasEnded = false
  return (ending, error) => {
    if (hasEnded) return
    hasEnded = true
    const { admitted, candidate, exchange, intent, attempts: tried, status } = passing
    candidate.health.ended()
    exchange.end()
    const attempts = error === null ? tried : [...tried.slice(0, -1), { ...tried.at(-1)!, error }]
    const outcome = { intent, ending, status, reading: null, estimate: null, attempts }
    inBackground(deps.log, 'end-bytes', () => end(admitted, candidate.deployment, outcome, deps))
  }
}
