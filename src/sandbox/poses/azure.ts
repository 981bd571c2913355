/**
 * Posing as Azure OpenAI: `/as/azure/{account}/openai/…`, in the v1 style, where `model` is the name of a
 * deployment, and in the older one, where the path names it and an API version is needed
 * (https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle).
 */
import { standingOf } from '../accounts.ts'
import { createChatCompletion } from '../openai/chat.ts'
import { createEmbeddings } from '../openai/embeddings.ts'
import { createImages, editImages } from '../openai/images/images.ts'
import { keptRoutes } from '../openai/kept-routes.ts'
import { listModels, retrieveModel, snapshotOf } from '../openai/models.ts'
import { fileRoutes } from '../openai/files/files.ts'
import { videoRoutes } from '../openai/videos/routes.ts'
import { createVideo } from '../openai/videos/videos.ts'
import { compactResponse } from '../openai/responses/compact.ts'
import { createResponse } from '../openai/responses/create.ts'
import { isKnownModel } from '../exchange.ts'
import { Refusal } from '../refusal.ts'
import { freeJson, type Headers, type Reply } from '../reply.ts'
import { filterDress, filteredParts, refusedByFilter } from './azure-filter.ts'
import { bearerOf, behind, type Door, type Pose, type Posed, type PoseRoute } from './pose.ts'

const door: Door = {
  admit(exchange) {
    const { account, rest, headers, url } = exchange
    const bearer = rest.startsWith('/openai/v1/') ? bearerOf(exchange) : undefined
    if ((headers['api-key'] ?? bearer) !== `key-${account.name}`)
      throw new Refusal(
        401,
        'Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource.',
      )
    if (!rest.startsWith('/openai/v1/') && !url.searchParams.get('api-version')) throw noResource()
  },
  whose: ({ account }) => ` at resource ${account.name}`,
  rate: (exchange, detail) => tooMany(exchange, 'call rate limit', { retryAfterSeconds: 1, ...detail }),
  // A day is what Azure says when no quota is left at all (github.com/alex-wolf-ps/dbchatprov2/issues/2).
  quota: (exchange, detail) => tooMany(exchange, 'call volume quota', { retryAfterSeconds: 86_400, ...detail }),
  refusal: (exchange, refusal) =>
    freeJson(envelopeOf(refusal), refusal.status, {
      ...ourHeaders(exchange),
      ...retryHeaders(refusal.detail.retryAfterSeconds),
    }),
  headers: (exchange, given) => ({ ...given, ...ourHeaders(exchange) }),
}

type Wait = { readonly code?: string | null; readonly retryAfterSeconds: number }

const tooMany = ({ url, account }: Posed, what: string, detail: Wait): Refusal =>
  new Refusal(
    429,
    `Requests to the ChatCompletions_Create Operation under Azure OpenAI API version ${url.searchParams.get('api-version') ?? 'v1'} have exceeded ${what} of your current OpenAI S0 pricing tier (resource ${account.name}). Please retry after ${Math.ceil(detail.retryAfterSeconds)} seconds. Please go here: https://aka.ms/oai/quotaincrease if you would like to further increase the default rate limit.`,
    detail,
  )

const noResource = (): Refusal => new Refusal(404, 'Resource not found')
const noDeployment = (): Refusal =>
  new Refusal(
    404,
    'The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again.',
    { code: 'DeploymentNotFound' },
  )

/** Azure's errors have neither type nor param; a status without a name of its own is its own code. */
function envelopeOf({ status, message, detail }: Refusal): object {
  if (detail.code === 'content_policy_violation') return refusedByFilter
  return { error: { code: detail.code ?? String(status), message } }
}

/** Both headers, because Azure sends both (https://learn.microsoft.com/azure/ai-foundry/openai/how-to/quota). */
const retryHeaders = (seconds: number | undefined): Headers =>
  seconds === undefined
    ? {}
    : { 'retry-after': String(Math.ceil(seconds)), 'retry-after-ms': String(Math.round(seconds * 1_000)) }

function ourHeaders({ account, at, id }: Posed): Headers {
  const { limit, left } = standingOf(account, at)
  return {
    'x-request-id': id,
    'apim-request-id': id.slice(4),
    'x-ms-region': 'Sweden Central',
    'x-ms-deployment-name': account.name,
    'azureml-model-session': `session-${account.name}`,
    'x-ratelimit-limit-requests': String(limit),
    'x-ratelimit-remaining-requests': String(left),
    'x-ratelimit-limit-tokens': '2000000',
    'x-ratelimit-remaining-tokens': String(Math.max(0, 2_000_000 - account.minute.calls * 1_000)),
  }
}

/** What Azure calls the snapshot that is deployed under a model's name; ours where we do not know it. */
const snapshots: Readonly<Record<string, string>> = {
  'gpt-5': 'gpt-5-2025-08-07',
  'gpt-5-mini': 'gpt-5-mini-2025-08-07',
  'gpt-5-nano': 'gpt-5-nano-2025-08-07',
  'gpt-5.1': 'gpt-5.1-2025-11-13',
  'gpt-5.2': 'gpt-5.2-2025-12-11',
  'gpt-4.1': 'gpt-4.1-2025-04-14',
  'gpt-4.1-mini': 'gpt-4.1-mini-2025-04-14',
  'gpt-4.1-nano': 'gpt-4.1-nano-2025-04-14',
  'gpt-4o': 'gpt-4o-2024-11-20',
  'gpt-4o-mini': 'gpt-4o-mini-2024-07-18',
}

/** Deployments are called like their model, or `dep-` and their model. */
const modelOf = (deployment: string): string => deployment.replace(/^dep-/, '')

type Endpoint = { readonly families: readonly string[]; readonly serve: (exchange: Posed) => Reply | Promise<Reply> }

const endpoints: Readonly<Record<string, Endpoint>> = {
  'chat/completions': { families: ['gpt-'], serve: (exchange) => withFilter(exchange, createChatCompletion(exchange)) },
  embeddings: { families: ['text-embedding-'], serve: createEmbeddings },
  'images/generations': { families: ['gpt-image-'], serve: createImages },
  'images/edits': { families: ['gpt-image-'], serve: editImages },
  videos: { families: ['sora-'], serve: createVideo },
  responses: { families: ['gpt-'], serve: createResponse },
  'responses/compact': { families: ['gpt-'], serve: compactResponse },
}

function withFilter({ directives }: Posed, reply: Reply): Reply {
  if (reply.kind !== 'stream') return reply
  return { ...reply, parts: filteredParts(reply.parts, directives.async_filter ?? false) }
}

function serveDeployment(exchange: Posed, deployment: unknown, path: string): Promise<Reply> {
  const upstreamModel = typeof deployment === 'string' ? deployment : ''
  const answer = (): Reply | Promise<Reply> => {
    const endpoint = endpoints[path]!
    // A call without a model is refused by the endpoint, which says so.
    if (typeof deployment !== 'string') return endpoint.serve(exchange)
    const model = modelOf(deployment)
    if (!isKnownModel(model, ['gpt-', 'text-embedding-', 'sora-'])) throw noDeployment()
    if (!isKnownModel(model, endpoint.families))
      throw new Refusal(400, `The ${path} operation does not work with the specified model, ${model}.`, {
        code: 'OperationNotSupported',
      })
    return endpoint.serve(deployed(exchange, model))
  }
  return behind(door, exchange, { upstreamModel, answer })
}

/** The call as the model behind the deployment gets it. */
const deployed = (exchange: Posed, model: string): Posed => ({
  ...exchange,
  ...withModel(exchange, model),
  directives: { served: snapshots[model] ?? snapshotOf(model), ...exchange.directives },
  dress: filterDress(exchange.directives.async_filter ?? false),
})

function withModel({ form, fields }: Posed, model: string): Pick<Posed, 'body' | 'form'> {
  if (!form) return { form, body: JSON.stringify({ ...fields, model }) }
  const others = form.fields.filter(([name]) => name !== 'model')
  return { body: '', form: { ...form, fields: [...others, ['model', model]] } }
}

export const azurePose: Pose = {
  door,
  missing: noResource,
  routes: [
    [
      'POST',
      /^\/openai\/(responses|responses\/compact)$/,
      (exchange, path = '') => serveDeployment(exchange, exchange.fields['model'], path),
    ],
    [
      'POST',
      /^\/openai\/v1\/(chat\/completions|embeddings|images\/generations|images\/edits|videos|responses|responses\/compact)$/,
      (exchange, path = '') => serveDeployment(exchange, exchange.fields['model'], path),
    ],
    [
      'POST',
      /^\/openai\/deployments\/([^/]+)\/(chat\/completions|embeddings|images\/generations|images\/edits)$/,
      (exchange, deployment = '', path = '') => serveDeployment(exchange, deployment, path),
    ],
    ...[...fileRoutes, ...videoRoutes].map(([method, path, endpoint]): PoseRoute => [
      method,
      new RegExp(`^/openai/v1${path}$`),
      (exchange, ...captured) => behind(door, exchange, { answer: () => endpoint(exchange, ...captured) }),
    ]),
    ...keptRoutes.map(([method, path, endpoint]): PoseRoute => [
      method,
      new RegExp(`^/openai(?:/v1)?${path}$`),
      (exchange, ...captured) => behind(door, exchange, { answer: () => endpoint(exchange, ...captured) }),
    ]),
    ['GET', /^\/openai\/v1\/models$/, (exchange) => behind(door, exchange, { answer: listModels })],
    [
      'GET',
      /^\/openai\/v1\/models\/([^:]+)$/,
      (exchange, id = '') => behind(door, exchange, { answer: () => retrieveModel(exchange, id) }),
    ],
  ],
}
