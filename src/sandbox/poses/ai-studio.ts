/** Posing as Google AI Studio: `/as/ai-studio/{account}/v1beta/…`, with Google's own OpenAI-compatible endpoint beside it. */
import { standingOf } from '../accounts.ts'
import { aiStudio, genaiRefusal, timing } from '../genai/errors.ts'
import { countTokensOfContent, generateContent, streamGenerateContent, type ModelPath } from '../genai/generate.ts'
import { getGeminiModel, listGeminiModels, requireGeminiModel } from '../genai/models.ts'
import { createChatCompletion } from '../openai/chat.ts'
import { createEmbeddings } from '../openai/embeddings.ts'
import { listModels } from '../openai/models.ts'
import { Refusal, type RefusalDetail } from '../refusal.ts'
import type { Headers, Reply } from '../reply.ts'
import { memberOf, membersOf, refuseAllBut, refuseUnknown } from './google.ts'
import { bearerOf, behind, projectOf, type Asked, type Door, type Pose, type Posed } from './pose.ts'

const door: Door = {
  admit(exchange) {
    const { headers, url, account } = exchange
    const key = headers['x-goog-api-key'] ?? url.searchParams.get('key')
    const given = key ?? (isCompatible(exchange) ? bearerOf(exchange) : undefined)
    if (given === `key-${account.name}`) return
    if (given) throw wrongKey()
    throw headers.authorization === undefined ? noKey() : keyIsNoToken()
  },
  whose: (exchange) => ` in ${projectOf(exchange)}`,
  rate(exchange, detail) {
    const { limit } = standingOf(exchange.account, exchange.at)
    return exceeded(exchange, { id: 'GenerateRequestsPerMinutePerProjectPerModel', limit }, detail)
  },
  // A spent day comes with a delay of seconds all the same: the quota's id tells, the delay misleads.
  quota: (exchange, detail) =>
    exceeded(exchange, { id: 'GenerateRequestsPerDayPerProjectPerModel', limit: 1_500 }, detail, [
      { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '27s' },
    ]),
  refusal: (exchange, refusal) => genaiRefusal(exchange, refusal, { ...aiStudio, isWrapped: isCompatible(exchange) }),
  headers: (exchange, given) => ({ ...given, ...ourHeaders(exchange) }),
}

/** The endpoint for OpenAI's clients takes the key as theirs send it, and puts its errors into arrays. */
const isCompatible = ({ rest }: Posed): boolean => rest.startsWith('/v1beta/openai/')

const wrongKey = (): Refusal => {
  const message = 'API key not valid. Please pass a valid API key.'
  const localized = { '@type': 'type.googleapis.com/google.rpc.LocalizedMessage', locale: 'en-US', message }
  return new Refusal(400, message, { code: 'API_KEY_INVALID', details: [localized] })
}
const noKey = (): Refusal =>
  new Refusal(
    403,
    "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
  )
const keyIsNoToken = (): Refusal =>
  new Refusal(
    401,
    'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.',
    { code: 'ACCESS_TOKEN_TYPE_UNSUPPORTED' },
  )

type Quota = { readonly id: string; readonly limit: number }

function exceeded(exchange: Posed, { id, limit }: Quota, detail: RefusalDetail, more: readonly object[] = []): Refusal {
  const quotaMetric = 'generativelanguage.googleapis.com/generate_requests_per_model'
  const model = /\/models\/([^/]+):/.exec(exchange.rest)?.[1] ?? String(exchange.fields['model'])
  const failure = {
    '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
    violations: [
      { quotaMetric, quotaId: id, quotaDimensions: { location: 'global', model }, quotaValue: String(limit) },
    ],
  }
  const url = `https://console.cloud.google.com/iam-admin/quotas?project=${projectOf(exchange)}`
  const help = {
    '@type': 'type.googleapis.com/google.rpc.Help',
    links: [{ description: 'Learn more about Gemini API quotas', url }],
  }
  return new Refusal(
    429,
    `You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits.\n* Quota exceeded for metric: ${quotaMetric}, limit: ${limit}, model: ${model} (${projectOf(exchange)})`,
    { ...detail, details: [failure, help, ...more] },
  )
}

const ourHeaders = ({ at }: Posed): Headers => ({
  ...timing(at),
  'alt-svc': 'h3=":443"; ma=2592000',
  server: 'scaffolding on HTTPServer2',
  vary: 'Origin, X-Origin, Referer',
})

/** Fields that Vertex alone has, in the body and in its `generationConfig`. */
const vertexOnly = ['modelArmorConfig', 'audioTimestamp', 'routingConfig', 'generationOutputConfig']

function refuseVertexFields({ fields }: Posed): void {
  refuseUnknown(fields, vertexOnly)
  refuseUnknown(membersOf(memberOf(fields, 'generationConfig')), vertexOnly, 'generation_config')
}

type Endpoint = (exchange: Posed, path: ModelPath) => Reply | Promise<Reply>

const gemini =
  (endpoint: Endpoint) =>
  (exchange: Posed, version = '', model = ''): Promise<Reply> =>
    asked(exchange, { upstreamModel: model, answer: () => endpoint(exchange, { version, model }) })

const generating =
  (endpoint: Endpoint): Endpoint =>
  (exchange, path) => {
    refuseVertexFields(exchange)
    return endpoint(exchange, path)
  }

/** countTokens has three fields only; the rest of a call goes into `generateContentRequest`. */
const counting: Endpoint = (exchange, path) => {
  refuseAllBut(exchange.fields, ['model', 'contents', 'generateContentRequest'])
  return countTokensOfContent(exchange, path)
}

const compatible =
  (endpoint: (exchange: Posed) => Reply) =>
  (exchange: Posed): Promise<Reply> =>
    asked(exchange, {
      answer() {
        const { model } = exchange.fields
        if (typeof model === 'string') requireGeminiModel(model, 'v1main', 'generateContent')
        return endpoint(exchange)
      },
    })

const asked = (exchange: Posed, what: Asked): Promise<Reply> => behind(door, exchange, what)
const modelPath = '^/(v1|v1beta|v1alpha)/models/(.+)'

export const aiStudioPose: Pose = {
  door,
  missing: (url) => new Refusal(404, `The requested URL was not found on this server: ${url}.`),
  routes: [
    ['POST', new RegExp(`${modelPath}:generateContent$`), gemini(generating(generateContent))],
    ['POST', new RegExp(`${modelPath}:streamGenerateContent$`), gemini(generating(streamGenerateContent))],
    ['POST', new RegExp(`${modelPath}:countTokens$`), gemini(counting)],
    ['POST', /^\/v1beta\/openai\/chat\/completions$/, compatible(createChatCompletion)],
    ['POST', /^\/v1beta\/openai\/embeddings$/, compatible(createEmbeddings)],
    ['GET', /^\/v1beta\/openai\/models$/, (exchange) => asked(exchange, { answer: listModels })],
    ['GET', /^\/(?:v1|v1beta|v1alpha)\/models$/, (exchange) => asked(exchange, { answer: listGeminiModels })],
    [
      'GET',
      /^\/(v1|v1beta|v1alpha)\/models\/([^:]+)$/,
      (exchange, version = '', model = '') =>
        asked(exchange, { answer: () => getGeminiModel(exchange, version, model) }),
    ],
  ],
}
