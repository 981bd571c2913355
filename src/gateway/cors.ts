/**
 * Letting web pages of other origins call the dialects (https://fetch.spec.whatwg.org/#http-cors-protocol). A page can
 * do nothing that whoever holds the key could not: keys are sent by hand, and no cookie means anything here.
 */
import type { AnswerHeaders, HttpAnswer, HttpRequest } from '../lib/http-server/contract.ts'
import { newRequestId } from '../lib/ids.ts'

export type Cors = {
  /** As browsers send them; `*` for every one. */
  readonly origins: readonly string[]
}

type Answering = HttpAnswer | Promise<HttpAnswer>

/** The answer, readable by the page that asked, where it may. What no page asked for is left as it is. */
export function openToBrowsers(request: HttpRequest, answering: Answering, cors: () => Cors): Answering {
  const origin = request.headers.get('origin')
  return origin === null ? answering : openTo(origin, answering, cors)
}

function openTo(origin: string, answering: Answering, cors: () => Cors): Answering {
  const opened = (answer: HttpAnswer): HttpAnswer => withCors(answer, allowedOrigin(origin, cors()))
  return answering instanceof Promise ? answering.then(opened) : opened(answering)
}

/** The answer to a browser that asks first, which it does without a key; null for every other request, and where its page may not. */
export function preflight({ method, headers }: HttpRequest, cors: () => Cors): HttpAnswer | null {
  const origin = headers.get('origin')
  if (method !== 'OPTIONS' || origin === null || headers.get('access-control-request-method') === null) return null
  const allowed = allowedOrigin(origin, cors())
  if (!('access-control-allow-origin' in allowed)) return null
  return {
    status: 204,
    headers: {
      ...allowed,
      'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
      'access-control-allow-headers': askedHeaders(headers.get('access-control-request-headers')),
      'access-control-max-age': String(preflightSeconds),
      // Asked by a page of the Internet for a server on this machine or in the network of the reader.
      ...(headers.get('access-control-request-private-network') === 'true' && {
        'access-control-allow-private-network': 'true',
      }),
      vary: 'origin, access-control-request-headers',
      'x-request-id': newRequestId(),
    },
    body: null,
  }
}

/** Browsers remember it no longer than two hours. */
const preflightSeconds = 7200
/** SDKs ask for a dozen headers. */
const askedCharsMax = 4096
const usualHeaders = 'authorization, content-type, x-goog-api-key, api-key'

/** Whatever was asked for: headers that we do not know mean nothing here. */
const askedHeaders = (asked: string | null): string =>
  asked !== null && asked.length <= askedCharsMax && /^[\w!#$%&'*+.^`|~, -]+$/.test(asked) ? asked : usualHeaders

function allowedOrigin(origin: string, { origins }: Cors): AnswerHeaders {
  if (origins.includes('*')) return { 'access-control-allow-origin': '*' }
  if (origins.length === 0) return {}
  return origins.includes(origin) ? { 'access-control-allow-origin': origin, vary: 'origin' } : { vary: 'origin' }
}

function withCors(answer: HttpAnswer, allowed: AnswerHeaders): HttpAnswer {
  const headers = { ...answer.headers, ...allowed }
  if ('access-control-allow-origin' in allowed) {
    const names = new Set([...exposedAlways, ...Object.keys(answer.headers)])
    headers['access-control-expose-headers'] = [...names].join(', ')
  }
  return { ...answer, headers }
}

/** What SDKs look for, whether this answer has it or not; everything else that an answer has can be read as well. */
const exposedAlways = [
  'x-request-id',
  'x-mart-charge-usd',
  'x-mart-reserved-usd',
  'x-mart-output-limit',
  'x-mart-region',
  'x-mart-sandbox',
  'idempotent-replayed',
  'original-request',
  'retry-after',
  'retry-after-ms',
  'x-should-retry',
  'x-ratelimit-limit-requests',
  'x-ratelimit-limit-tokens',
  'x-ratelimit-remaining-requests',
  'x-ratelimit-remaining-tokens',
  'x-ratelimit-reset-requests',
  'x-ratelimit-reset-tokens',
  'openai-processing-ms',
  'openai-version',
]
