import { canBeSent } from '../lib/http/header-lines.ts'
import type { HttpResponse } from '../lib/http-client/contract.ts'
import type { AnswerHeaders } from '../lib/http-server/contract.ts'
import type { Deployment } from '../upstreams/deployment.ts'
import { outputLimit } from './admit.ts'
import type { Answered } from './answered.ts'
import type { GatewayDeps } from './deps.ts'
import { setRateLimits } from './rate-limit-headers.ts'

/**
 * Headers of an upstream that mean something to its SDKs and nothing about our account there. OpenAI lists its own
 * (https://platform.openai.com/docs/api-reference/debugging-requests), its SDKs read `x-should-retry`, Google's send
 * `x-gemini-service-tier` and `server-timing`, and both say `nosniff`. Ours instead are `x-request-id`, `x-ratelimit-…` and
 * `retry-after`. What else they send names an account (`openai-organization`, `openai-project`, `x-ms-…`, `apim-request-id`),
 * or is about their own host and connection (`alt-svc`, `strict-transport-security`, `set-cookie`, `cf-…`, `via`, `server`).
 */
const passed = [
  'openai-version',
  'openai-processing-ms',
  'x-gemini-service-tier',
  'server-timing',
  'x-content-type-options',
  'x-should-retry',
] as const

/** A header of an upstream; null also for one that it should not have sent, which must not keep its answer from the client. */
export function sendable({ headers }: Pick<HttpResponse, 'headers'>, name: string): string | null {
  const value = headers.get(name)
  return value !== null && canBeSent(value) ? value : null
}

const json = 'application/json'
const events = 'text/event-stream'

/** What an answer in JSON is labelled: as its upstream did where that is true, with its charset. SDKs parse nothing else. */
const jsonType = (upstream: Pick<HttpResponse, 'headers'>): string => labelled(upstream, json)

function labelled(upstream: Pick<HttpResponse, 'headers'>, wanted: typeof json | typeof events): string {
  const type = sendable(upstream, 'content-type')
  if (type === null || type === wanted) return wanted
  return type.toLowerCase().startsWith(`${wanted};`) ? type : wanted
}

/** Where an answer was made, and whether it is simulated. */
function setOrigin(headers: AnswerHeaders, { region, simulated }: Pick<Deployment, 'region' | 'simulated'>): void {
  headers['x-mart-region'] = region
  if (simulated) headers['x-mart-sandbox'] = 'true'
}

/** The headers of an answer: the upstream's that are the client's business, and ours. */
export function headersOf(answered: Answered, deps: GatewayDeps): AnswerHeaders {
  const { admitted, candidate, upstream } = answered
  // All that is read whole is JSON, unless it was made a stream.
  const isEvents =
    answered.kind === 'stream' ? answered.framing === 'sse' : answered.kind === 'plain' && answered.isEvents
  const headers: AnswerHeaders = {
    'x-request-id': admitted.requestId,
    'content-type': isEvents ? labelled(upstream, events) : jsonType(upstream),
  }
  setOrigin(headers, candidate.deployment)
  setRateLimits(headers, deps.limits.standings(admitted.key))
  const limit = outputLimit(admitted, candidate.deployment)
  if (limit !== null) headers['x-mart-output-limit'] = String(limit)
  passHeaders(headers, upstream)
  return headers
}

/** Sets those of an upstream's headers that are the client's business. */
function passHeaders(headers: AnswerHeaders, upstream: Pick<HttpResponse, 'headers'>): void {
  for (const name of passed) {
    const value = sendable(upstream, name)
    if (value !== null) headers[name] = value
  }
}
