/**
 * Posing as Vertex AI: `/as/vertex/{account}/v1/projects/{account}/locations/{l}/publishers/google/models/{m}:…`,
 * with access tokens from `POST /as/vertex/{account}/token`.
 */
import { genaiRefusal, timing } from '../genai/errors.ts'
import type { Dress } from '../dress.ts'
import { isKnownModel } from '../exchange.ts'
import { countTokensOfContent, generateContent, streamGenerateContent, type ModelPath } from '../genai/generate.ts'
import { isImageModel } from '../genai/models.ts'
import { Refusal } from '../refusal.ts'
import type { Headers, Reply } from '../reply.ts'
import { memberOf, membersOf, refuseAllBut, refuseUnknown } from './google.ts'
import { bearerOf, behind, projectOf, type Door, type Pose, type Posed } from './pose.ts'
import { exchangeToken } from './vertex-token.ts'

const service = 'aiplatform.googleapis.com'

const door: Door = {
  admit(exchange) {
    const endsAt = exchange.account.tokens.get(bearerOf(exchange) ?? '')
    if (endsAt === undefined || endsAt <= exchange.at)
      throw new Refusal(
        401,
        'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.',
        { code: endsAt === undefined ? 'ACCESS_TOKEN_TYPE_UNSUPPORTED' : 'ACCESS_TOKEN_EXPIRED' },
      )
  },
  whose: (exchange) => ` in ${projectOf(exchange)}`,
  // Nearly always the shared pool's, which knows no time to come back (…/docs/error-code-429).
  rate: (exchange, detail) =>
    new Refusal(
      429,
      `Resource exhausted. Please try again later. Please refer to https://cloud.google.com/vertex-ai/generative-ai/docs/error-code-429 for more details. (${projectOf(exchange)})`,
      { code: 'RATE_LIMIT_EXCEEDED', ...detail },
    ),
  quota: (exchange, detail) =>
    new Refusal(
      429,
      `Quota exceeded for quota metric 'Generate content requests' and limit 'Generate content requests per day' of service '${service}' for consumer 'project_number:${projectOf(exchange).slice('projects/'.length)}'.`,
      { code: 'RATE_LIMIT_EXCEEDED', ...detail },
    ),
  refusal(exchange, refusal) {
    const backend = { service, consumer: projectOf(exchange), tellsRetryDelay: false }
    return genaiRefusal(exchange, refusal, backend)
  },
  headers: ({ at }, given): Headers => ({
    'content-type': given['content-type'] ?? 'application/json; charset=UTF-8',
    ...timing(at),
    'alt-svc': 'h3=":443"; ma=2592000',
    server: 'scaffolding on HTTPServer2',
    vary: 'Origin, X-Origin, Referer',
  }),
}

/** Where a model is asked for. */
type Place = ModelPath & { readonly project: string; readonly location: string }

const nameOf = (exchange: Posed, { location, model }: Place): string =>
  `${projectOf(exchange)}/locations/${location}/publishers/google/models/${model}`

function refuseOtherProjects(exchange: Posed, place: Place): void {
  if (place.project === exchange.account.name) return
  throw new Refusal(
    403,
    `Permission 'aiplatform.endpoints.predict' denied on resource '//${service}/${nameOf(exchange, place)}' (or it may not exist).`,
    { code: 'IAM_PERMISSION_DENIED' },
  )
}

function refuseMissing(exchange: Posed, place: Place): void {
  const { location, model } = place
  const isLocation = /^(global|us|eu|[a-z]+-[a-z]+\d+)$/.test(location)
  const isThere = isKnownModel(model, ['gemini-']) && !(isMultiRegion(location) && isNowhereBut(model))
  if (isLocation && isThere) return
  throw new Refusal(
    404,
    `Publisher Model \`${nameOf(exchange, place)}\` was not found or your project does not have access to it. Please ensure you are using a valid model version. For more information, see: https://cloud.google.com/vertex-ai/generative-ai/docs/learn/model-versions`,
  )
}

const isMultiRegion = (location: string): boolean => location === 'eu' || location === 'us'

/**
 * Models that the multi-regions do not have: all before Gemini 3, the two previews, and, until Google says
 * otherwise, those that draw (https://docs.cloud.google.com/gemini-enterprise-agent-platform/resources/locations).
 */
const isNowhereBut = (model: string): boolean =>
  /^gemini-[12]\./.test(model) || /^gemini-(3\.1-pro|3-flash)-preview/.test(model) || isImageModel(model)

/** Fields that AI Studio alone has: in the body, its `generationConfig` and the parts of its contents. */
const studioOnly = ['store', 'enableEnhancedCivicAnswers', 'mediaProcessing']

function refuseStudioFields({ fields }: Posed): void {
  refuseUnknown(fields, studioOnly)
  refuseUnknown(membersOf(memberOf(fields, 'generationConfig')), studioOnly, 'generation_config')
  for (const [at, content] of contentsOf(fields).entries())
    for (const part of listOf(memberOf(content, 'parts')))
      refuseUnknown(membersOf(part), studioOnly, `contents[${at}].parts`)
}

/** AI Studio takes contents without a role; Vertex does not. */
function refuseRoles({ fields }: Posed): void {
  const hasRole = contentsOf(fields).every(({ role }) => role === 'user' || role === 'model')
  if (!hasRole) throw new Refusal(400, 'Please use a valid role: user, model.')
}

const listOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value]
const contentsOf = (fields: Posed['fields']) => listOf(memberOf(fields, 'contents')).map(membersOf)

type Endpoint = (exchange: Posed, path: ModelPath) => Reply | Promise<Reply>

const at =
  (endpoint: Endpoint) =>
  (exchange: Posed, ...[version = '', project = '', location = '', model = '']: string[]): Promise<Reply> => {
    const place = { version, project, location, model }
    return behind(door, exchange, {
      upstreamModel: model,
      region: location,
      answer() {
        refuseOtherProjects(exchange, place)
        refuseMissing(exchange, place)
        refuseStudioFields(exchange)
        refuseRoles(exchange)
        return endpoint({ ...exchange, dress: dressOf(exchange) }, place)
      },
    })
  }

const countFields = ['endpoint', 'model', 'instances', 'contents', 'systemInstruction', 'tools', 'generationConfig']

const counting: Endpoint = (exchange, path) => {
  refuseAllBut(exchange.fields, countFields)
  return countTokensOfContent(exchange, path)
}

/** Chunks before the last say of usage only whose traffic it is. */
function dressOf(exchange: Posed): Dress {
  const trafficType = trafficOf(exchange)
  const createTime = new Date(exchange.at).toISOString()
  return (answer, isLast) => {
    const { candidates, usageMetadata } = answer as Answer
    return {
      ...answer,
      ...(candidates && { candidates: candidates.map(withLogprobs) }),
      ...(usageMetadata && { usageMetadata: { ...(isLast && usageMetadata), trafficType } }),
      createTime,
    }
  }
}

type Answer = { readonly candidates?: readonly Candidate[]; readonly usageMetadata?: object }
type Candidate = { readonly finishReason?: string }

const withLogprobs = (candidate: Candidate): object =>
  candidate.finishReason === undefined ? candidate : { avgLogprobs: -0.25, ...candidate }

/** The tier served: what the directive says, else what the header asked for. */
function trafficOf({ headers, directives }: Posed): string {
  const tier = directives.tier ?? headers['x-vertex-ai-llm-shared-request-type']
  return tier === 'flex' || tier === 'priority' ? `ON_DEMAND_${tier.toUpperCase()}` : 'ON_DEMAND'
}

const modelPath = '^/(v1|v1beta1)/projects/([^/]+)/locations/([^/]+)/publishers/google/models/([^/:]+)'

export const vertexPose: Pose = {
  door,
  missing: (url) => new Refusal(404, `The requested URL was not found on this server: ${url}.`),
  routes: [
    ['POST', new RegExp(`${modelPath}:generateContent$`), at(generateContent)],
    ['POST', new RegExp(`${modelPath}:streamGenerateContent$`), at(streamGenerateContent)],
    ['POST', new RegExp(`${modelPath}:countTokens$`), at(counting)],
    ['POST', /^\/token$/, exchangeToken],
  ],
}
