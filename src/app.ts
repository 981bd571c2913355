/** Every URL of the product. */
import { Hono } from 'hono'
import type { GatewayDeps } from './gateway/deps.ts'
import type { Dialect, Endpoint } from './gateway/dialect.ts'
import { countTokens } from './gateway/dialects/genai/count-tokens.ts'
import { genai } from './gateway/dialects/genai/envelope.ts'
import * as genaiModels from './gateway/dialects/genai/models.ts'
import { openai } from './gateway/dialects/openai/envelope.ts'
import * as openaiModels from './gateway/dialects/openai/models.ts'
import { genaiEndpoints, openaiEndpoints } from './gateway/endpoints.ts'
import { GatewayError } from './gateway/errors.ts'
import { withRequestId } from './gateway/fail.ts'
import { offeredTo, type Offered } from './gateway/offered.ts'
import type { Target } from './gateway/parse.ts'
import { serveReceipt, type ReceiptDeps } from './gateway/receipts.ts'
import { policyOf } from './gateway/route.ts'
import { serveFree, serveKnown } from './gateway/serve-free.ts'
import { serve } from './gateway/serve.ts'
import { jsonAnswer, type HttpAnswer, type HttpHandler, type HttpRequest } from './lib/http-server/contract.ts'
import { throughWeb } from './lib/http-server/through-web.ts'
import { newRequestId } from './lib/ids.ts'
import type { KeyRow } from './store/store.ts'

export type AppDeps = {
  readonly gateway: GatewayDeps
  readonly receipts: ReceiptDeps
  readonly admin: Hono
  /** The page at `/`, and the content security policy it is served under. */
  readonly welcome: { readonly page: () => string; readonly policy: string }
  /** Why the product cannot serve and bill right now; null when it can. */
  readonly unready: () => string | null
}

/** What a URL of a dialect asks for. */
type Asked = {
  readonly request: HttpRequest
  /** Without the name of a region policy in front, and without the query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly region: string | null
}
type Answering = HttpAnswer | Promise<HttpAnswer>

/** More than the admin API takes, which says so in its own words. */
const pageBodyBytesMax = 128 * 1024

/** The dialects are found by their paths alone; everything else by a router. */
export function createApp(deps: AppDeps): HttpHandler {
  const pages = throughWeb(createPages(deps).fetch, pageBodyBytesMax)
  return (request) => {
    // The paid endpoints that most requests are for: all they say is in the body.
    const paid = request.method === 'POST' ? paidTargets.get(request.target) : undefined
    if (paid) return serve(request, paid, deps.gateway)
    const asked = askedOf(request)
    if (isUnder('/v1', asked.path)) return serveOpenai(asked, deps)
    if (isUnder('/genai', asked.path)) return serveGenai(asked, deps.gateway)
    return pages(request)
  }
}

const startingMs = 1_000

/** Answers until there is something to serve: the process is up, not ready, and whoever asks for more is asked to try again. */
export const startingApp: HttpHandler = ({ target }) => {
  const answer = startingAnswer(target.split('?')[0]!)
  answer.headers['x-request-id'] = newRequestId()
  return answer
}

function startingAnswer(path: string): HttpAnswer {
  if (path === '/healthz') return jsonAnswer({ status: 'up' })
  if (path === '/readyz') return jsonAnswer({ status: 'unready', reason: 'starting' }, 503)
  const words = 'This gateway is starting. Try again shortly.'
  const failure = new GatewayError('starting', words, { retryAfterMs: startingMs })
  return (/^(?:\/[^/]+)?\/genai(?:\/|$)/.test(path) ? genai : openai).errorAnswer(failure)
}

const isUnder = (root: string, path: string): boolean => path === root || path.startsWith(`${root}/`)

const targetOf = (endpoint: Endpoint): Target => ({ endpoint, path: {}, query: new URLSearchParams(), region: null })
const paidTargets: ReadonlyMap<string, Target> = new Map(
  [...openaiEndpoints].map(([path, endpoint]) => [path, targetOf(endpoint)]),
)

/** The URLs of both dialects may stand behind the name of a region policy, for clients that choose it for each request. */
const regional = /^\/(?!(?:v1|genai)(?:\/|$))([^/]+)(\/(?:v1|genai)(?:\/.*)?)$/

function askedOf(request: HttpRequest): Asked {
  const { target } = request
  const end = target.indexOf('?')
  const whole = end === -1 ? target : target.slice(0, end)
  const query = new URLSearchParams(end === -1 ? '' : target.slice(end))
  const [, region, path] = regional.exec(whole) ?? []
  return path === undefined
    ? { request, path: whole, query, region: null }
    : { request, path, query, region: decoded(region!) }
}

const isGet = ({ method }: HttpRequest): boolean => method === 'GET' || method === 'HEAD'
const inList = (path: string, list: string): string | null =>
  path.startsWith(list) && path.length > list.length ? decoded(path.slice(list.length)) : null

function serveOpenai({ request, path, region }: Asked, { gateway, receipts }: AppDeps): Answering {
  const paid = request.method === 'POST' ? paidTargets.get(path) : undefined
  if (paid) return serve(request, { ...paid, region }, gateway)
  if (!isGet(request)) return unknownUrl(openai, request)
  const receipt = inList(path, '/v1/receipts/')
  if (receipt !== null && region === null) return serveReceipt(request, receipt, gateway, receipts)
  const model = inList(path, '/v1/models/')
  if (model === null && path !== '/v1/models') return unknownUrl(openai, request)
  return serveKnown(request, openaiModels.endpoint, gateway, (key) => {
    const offered = offeredAt(openai, region, key, gateway)
    return model === null ? openaiModels.listModels(offered) : openaiModels.retrieveModel(model, offered)
  })
}

const offeredAt = ({ name }: Dialect, region: string | null, key: KeyRow, gateway: GatewayDeps): Offered =>
  offeredTo(key, name, policyOf(region, key, gateway.fleet), gateway)

function serveGenai({ request, path, query, region }: Asked, gateway: GatewayDeps): Answering {
  const named = namedIn(path)
  if (named === null) return unknownUrl(genai, request)
  const { model, verb } = named
  if (verb === null && isGet(request)) return serveGenaiModels({ request, query, region }, model, gateway)
  if (verb === null || request.method !== 'POST') return unknownUrl(genai, request)
  if (verb === countTokens.name) return serveFree(request, { endpoint: countTokens, modelName: model, region }, gateway)
  return serve(request, { endpoint: genaiEndpoints.get(verb)!, path: { model }, query, region }, gateway)
}

const genaiPath = /^\/genai\/(?:v1|v1beta|v1alpha|v1beta1)\/(?:publishers\/google\/)?models(?:\/(.+?))?\/?$/
const genaiVerbs: ReadonlySet<string> = new Set([...genaiEndpoints.keys(), countTokens.name])

/** `/genai/{version}/models/{model}:{verb}`. A colon with no verb of ours behind it is part of the name: `llama3.1:latest`. */
function namedIn(path: string): { readonly model: string; readonly verb: string | null } | null {
  const [matches, encoded = ''] = genaiPath.exec(path) ?? []
  if (matches === undefined) return null
  const colon = encoded.lastIndexOf(':')
  const verb = encoded.slice(colon + 1)
  if (colon < 1 || !genaiVerbs.has(verb)) return { model: decoded(encoded), verb: null }
  return { model: decoded(encoded.slice(0, colon)), verb }
}

const serveGenaiModels = (
  { request, query, region }: Omit<Asked, 'path'>,
  model: string,
  gateway: GatewayDeps,
): Answering =>
  serveKnown(request, genaiModels.endpoint, gateway, (key) => {
    const offered = offeredAt(genai, region, key, gateway)
    return model === '' ? genaiModels.listModels(query, offered) : genaiModels.getModel(model, offered)
  })

/** A path that is not valid percent-encoding names no model. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function unknownUrl(dialect: typeof openai, { method, target }: HttpRequest): HttpAnswer {
  const [path] = target.split('?')
  const message = `Unknown request URL: ${method} ${path!.slice(0, 200)}. The API reference lists what is served.`
  return withRequestId(dialect, new GatewayError('not_found', message), newRequestId())
}

function createPages({ admin, welcome, unready }: AppDeps): Hono {
  const pages = new Hono()
  // Every response has an id that people can quote; those of the dialects bring their own.
  pages.use(async (c, next) => {
    await next()
    c.res.headers.set('x-request-id', newRequestId())
  })
  pages.get('/healthz', (c) => c.json({ status: 'up' }))
  pages.get('/readyz', (c) => {
    const reason = unready()
    return reason === null ? c.json({ status: 'ready' }) : c.json({ status: 'unready', reason }, 503)
  })
  pages.route('/api/admin', admin)
  pages.get('/', (c) => c.html(welcome.page(), 200, { 'content-security-policy': welcome.policy }))
  pages.all('*', (c) => c.json({ error: { code: 'not_found', message: 'There is nothing at this address.' } }, 404))
  return pages
}
