/** URLs that are not served: whoever sent one is told what is, or the right base URL where that is what is wrong, in words that its SDK can read. */
import type { HttpAnswer, HttpRequest } from '../lib/http-server/contract.ts'
import { newRequestId } from '../lib/ids.ts'
import type { AskedUrl } from './asked-url.ts'
import type { Dialect } from './dialect.ts'
import { genai } from './dialects/genai/envelope.ts'
import { openai } from './dialects/openai/envelope.ts'
import { GatewayError } from './errors.ts'
import { withRequestId } from './fail.ts'
import type { Route } from './operation.ts'
import { isRightBase, otherMethodText, unservedText } from './served-urls.ts'

/** Where this server says what it serves. */
const referencePath = '/'

/** `POST …/models/MODEL:verb`: nobody else writes this. */
const genaiVerb = /\/[^/:]+:[a-z]+$/i
/** First parts of the paths of OpenAI's API which Google's has not. */
const openaiWords =
  /\/(?:openai|chat|completions|embeddings|responses|images|audio|moderations|fine_tuning|vector_stores|assistants|threads|realtime|deployments|engines)(?:\/|$)/i
const genaiVersion = /^\/v1(?:alpha|beta)1?(?:\/|$)/i
/** Both have these, under whatever base URL. */
const eithersWords = /^(?:\/api)?(?:\/v1)?\/(?:models|files|batches|videos)(?:\/|$)|^\/api\/v1(?:\/|$)/i

/** Where the product has its own pages. Other gateways have `/api/v1`. */
const ours = /^\/(?:api(?!\/v1(?:\/|$))|docs|playground)(?:\/|$)/

/** Whose client sent this URL: by its path, and where that says nothing by how it sends its key. null: none of the two dialects'. */
export function meantDialect(request: HttpRequest, { root, path }: AskedUrl): Dialect | null {
  if (ours.test(path)) return null
  if (request.method === 'POST' && genaiVerb.test(path)) return genai
  if (openaiWords.test(path)) return openai
  if (root === 'genai' || genaiVersion.test(path)) return genai
  if (root !== null) return openai
  const byKey = dialectByKey(request)
  if (eithersWords.test(path)) return byKey ?? openai
  // A page is only ever looked at.
  return request.method === 'GET' || request.method === 'HEAD' ? null : byKey
}

function dialectByKey({ headers, target }: HttpRequest): Dialect | null {
  if (headers.get('x-goog-api-key') !== null || /[?&]key=/.test(target)) return genai
  return headers.get('authorization') !== null || headers.get('api-key') !== null ? openai : null
}

/** A 404 in a dialect that says what is wrong. `baseUrl`: where the client reached this server, without a slash at the end. */
export function wrongUrl(
  dialect: Dialect,
  asked: AskedUrl & { readonly request: HttpRequest },
  baseUrl: string,
): HttpAnswer {
  const { method } = asked.request
  const sent = sentUrl(asked.request)
  const wrong = isRightBase(dialect, asked)
    ? unservedText(dialect, asked, method, sent)
    : `Unknown request URL: ${method} ${sent}. ${advice[dialect.name](baseUrl)}`
  const message = `${wrong} What is served: ${baseUrl}${referencePath}`
  const failure = new GatewayError('not_found', message, { headers: unkept })
  return withRequestId(dialect, failure, newRequestId(), baseUrl)
}

/** What it says is for this client's address; caches may keep any 404 and 405. */
const unkept = { 'cache-control': 'no-store' }

const sentUrl = ({ target }: HttpRequest): string => target.split('?')[0]!.slice(0, 200)

/** A 405 for a URL that is served, and not by the method that was sent. `atUrl`: what has that URL. */
export function wrongMethod(request: HttpRequest, atUrl: readonly Route[], baseUrl: string): HttpAnswer {
  const allow = atUrl.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ')
  const message = otherMethodText(atUrl, request.method, sentUrl(request))
  const failure = new GatewayError('method_not_allowed', message, { headers: { allow, ...unkept } })
  return withRequestId(atUrl[0]!.dialect, failure, newRequestId(), baseUrl)
}

/** URLs of OpenAI's that nothing stands behind here, and why. */
const unserved: ReadonlyMap<string, GatewayError> = new Map([
  [
    '/images/variations',
    // What OpenAI says to whoever names no model, since the one that made variations is gone (2026-05-12).
    new GatewayError(
      'model_not_found',
      "The model 'dall-e-2' does not exist or you do not have access to it. It was the only one that made variations; POST /v1/images/edits makes pictures of pictures.",
      { param: 'model' },
    ),
  ],
])

/** A 404 that says why a URL of OpenAI's is not served, in words of its own; null for any other. */
export function unservedUrl({ method }: HttpRequest, { root, path }: AskedUrl, baseUrl: string): HttpAnswer | null {
  const failure = root === 'v1' && method === 'POST' ? unserved.get(path.toLowerCase()) : undefined
  return failure ? withRequestId(openai, failure, newRequestId(), baseUrl) : null
}

const advice: Readonly<Record<Dialect['name'], (baseUrl: string) => string>> = {
  openai: (baseUrl) => `The base URL for the OpenAI SDK is ${baseUrl}/v1/ and for AzureOpenAI clients ${baseUrl}.`,
  genai: (baseUrl) => `The base URL for the Google GenAI SDK is ${baseUrl}/genai.`,
}
