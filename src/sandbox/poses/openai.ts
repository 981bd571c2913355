/** Posing as OpenAI: `/as/openai/{account}/v1/…`. */
import { standingOf } from '../accounts.ts'
import { createChatCompletion } from '../openai/chat.ts'
import { createEmbeddings } from '../openai/embeddings.ts'
import { openaiRefusal } from '../openai/errors.ts'
import { createImages, editImages, varyImages } from '../openai/images/images.ts'
import { keptRoutes } from '../openai/kept-routes.ts'
import { listModels, notFound, retrieveModel } from '../openai/models.ts'
import { fileRoutes } from '../openai/files/files.ts'
import { videoRoutes } from '../openai/videos/routes.ts'
import { Refusal } from '../refusal.ts'
import type { Headers, Reply } from '../reply.ts'
import { bearerOf, behind, type Door, type Pose, type Posed, type PoseRoute } from './pose.ts'

const door: Door = {
  admit(exchange) {
    const { headers, account } = exchange
    const key = bearerOf(exchange)
    if (key === undefined) throw new Refusal(401, noKey, { code: null })
    if (key !== `key-${account.name}`)
      throw new Refusal(
        401,
        `Incorrect API key provided: ${masked(key)}. You can find your API key at https://platform.openai.com/account/api-keys.`,
        { code: 'invalid_api_key' },
      )
    refuseMismatch('organization', headers['openai-organization'], `org-${account.name}`)
    refuseMismatch('project', headers['openai-project'], `proj_${account.name}`)
  },
  whose: ({ account }) => ` in organization org-${account.name}`,
  rate(exchange, detail) {
    const { account, at, fields } = exchange
    const { limit, left } = standingOf(account, at)
    const wait = detail.retryAfterSeconds === undefined ? '' : ` Please try again in ${detail.retryAfterSeconds}s.`
    return new Refusal(
      429,
      `Rate limit reached for ${String(fields['model'])} in organization org-${account.name} on requests per min (RPM): Limit ${limit}, Used ${limit - left}, Requested 1.${wait} Visit https://platform.openai.com/account/rate-limits to learn more.`,
      { code: 'rate_limit_exceeded', ...detail },
    )
  },
  quota: ({ account }, detail) =>
    new Refusal(
      429,
      `You exceeded your current quota, please check your plan and billing details of organization org-${account.name}. For more information on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.`,
      { code: 'insufficient_quota', type: 'insufficient_quota', ...detail },
    ),
  refusal(exchange, refusal) {
    const reply = openaiRefusal(exchange, refusal)
    return { ...reply, headers: { ...reply.headers, ...ourHeaders(exchange) } }
  },
  headers: (exchange, given) => ({ ...given, ...ourHeaders(exchange) }),
}

const noKey =
  "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."

/** The beginning and the end of a key, as OpenAI repeats it. */
const masked = (key: string): string =>
  key.length < 12 ? '*'.repeat(key.length) : `${key.slice(0, 4)}${'*'.repeat(key.length - 8)}${key.slice(-4)}`

function refuseMismatch(what: 'organization' | 'project', sent: string | string[] | undefined, own: string): void {
  if (sent === undefined || sent === own) return
  const header = what === 'project' ? 'OpenAI-Project' : 'OpenAI-Organization'
  throw new Refusal(401, `${header} header should match ${what} for API key`, { code: `mismatched_${what}` })
}

/** Tokens a minute that the headers name; each call is said to take a thousand. */
const tokensNamed = 2_000_000

/** Everything here is of the operator's account, and must not reach a customer. */
function ourHeaders({ account, at, id }: Posed): Headers {
  const { limit, left, resetSeconds } = standingOf(account, at)
  return {
    'x-request-id': id,
    'openai-version': '2020-10-01',
    'openai-processing-ms': String(Date.now() - at),
    'openai-organization': `org-${account.name}`,
    'openai-project': `proj_${account.name}`,
    'x-ratelimit-limit-requests': String(limit),
    'x-ratelimit-remaining-requests': String(left),
    'x-ratelimit-reset-requests': `${resetSeconds}s`,
    'x-ratelimit-limit-tokens': String(tokensNamed),
    'x-ratelimit-remaining-tokens': String(Math.max(0, tokensNamed - account.minute.calls * 1_000)),
    'x-ratelimit-reset-tokens': `${resetSeconds}s`,
    'set-cookie': `__cf_bm=${account.name}; path=/; HttpOnly; Secure; SameSite=None`,
    'cf-ray': `${id.slice(4, 20)}-FRA`,
    'cf-cache-status': 'DYNAMIC',
  }
}

/** A model endpoint; OpenAI has none of Google's models. */
const model =
  (endpoint: (exchange: Posed) => Reply | Promise<Reply>) =>
  (exchange: Posed): Promise<Reply> =>
    behind(door, exchange, {
      answer() {
        const { model } = exchange.fields
        if (typeof model === 'string' && model.startsWith('gemini-')) throw notFound(model)
        return endpoint(exchange)
      },
    })

export const openaiPose: Pose = {
  door,
  missing: (url) => new Refusal(404, `Invalid URL (${url})`),
  routes: [
    ['POST', /^\/v1\/chat\/completions$/, model(createChatCompletion)],
    ['POST', /^\/v1\/embeddings$/, model(createEmbeddings)],
    ['POST', /^\/v1\/images\/generations$/, model(createImages)],
    ['POST', /^\/v1\/images\/edits$/, model(editImages)],
    ['POST', /^\/v1\/images\/variations$/, model(varyImages)],
    ...[...fileRoutes, ...keptRoutes, ...videoRoutes].map(([method, path, endpoint]): PoseRoute => [
      method,
      new RegExp(`^/v1${path}$`),
      (exchange, ...captured) => model((posed) => endpoint(posed, ...captured))(exchange),
    ]),
    ['GET', /^\/v1\/models$/, (exchange) => behind(door, exchange, { answer: listModels })],
    [
      'GET',
      /^\/v1\/models\/([^:]+)$/,
      (exchange, id = '') => behind(door, exchange, { answer: () => retrieveModel(exchange, id) }),
    ],
  ],
}
