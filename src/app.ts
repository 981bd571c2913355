/** Every URL of the product. */
import { Hono } from 'hono'
import { decoded, readUrl, type AskedUrl } from './gateway/asked-url.ts'
import { openToBrowsers, preflight, type Cors } from './gateway/cors.ts'
import type { GatewayDeps } from './gateway/deps.ts'
import type { Dialect, Endpoint } from './gateway/dialect.ts'
import { countTokens } from './gateway/dialects/genai/count-tokens.ts'
import { genai } from './gateway/dialects/genai/envelope.ts'
import * as genaiModels from './gateway/dialects/genai/models.ts'
import { openai } from './gateway/dialects/openai/envelope.ts'
import * as openaiModels from './gateway/dialects/openai/models.ts'
import { genaiEndpoints, openaiEndpoints } from './gateway/endpoints.ts'
import { GatewayError } from './gateway/errors.ts'
import { offeredTo, type Offered } from './gateway/offered.ts'
import type { Target } from './gateway/parse.ts'
import { serveReceipt, type ReceiptDeps } from './gateway/receipts.ts'
import { policyOf } from './gateway/route.ts'
import { serveFree, serveKnown } from './gateway/serve-free.ts'
import { serve } from './gateway/serve.ts'
import { meantDialect, unservedUrl, wrongUrl } from './gateway/wrong-url.ts'
import {
  jsonAnswer,
  problemAnswer,
  type HttpAnswer,
  type HttpHandler,
  type HttpRequest,
} from './lib/http-server/contract.ts'
import { throughWeb } from './lib/http-server/through-web.ts'
import { newRequestId } from './lib/ids.ts'
import type { KeyRow } from './store/store.ts'

export type AppDeps = {
  readonly gateway: GatewayDeps
  readonly receipts: ReceiptDeps
  readonly admin: Hono
  /** The page at `/` for who reached this server at an address, and the content security policy it is served under. */
  readonly welcome: { readonly page: (baseUrl: string) => string; readonly policy: string }
  readonly cors: () => Cors
  /** Where the client reached this server, without a slash at the end. */
  readonly baseUrl: (request: HttpRequest) => string
  /** Whether it was sent to an address of the operator's, where the admin API may be. */
  readonly isAtOwnAddress: (request: HttpRequest) => boolean
  /** Why the product cannot serve and bill right now; null when it can. */
  readonly unready: () => string | null
  /** Why it never will before it is started again; null when it may. */
  readonly down: () => string | null
}

/** What a URL of a dialect asks for. */
type Asked = AskedUrl & { readonly request: HttpRequest }
type Answering = HttpAnswer | Promise<HttpAnswer>

/** The dialects are found by their paths alone; everything else by a router. */
export function createApp(deps: AppDeps): HttpHandler {
  const pages = createPages(deps)
  return (request) => {
    // The paid endpoints that most requests are for: all they say is in the body.
    const paid = request.method === 'POST' ? paidTargets.get(request.target) : undefined
    if (paid) return openToBrowsers(request, serve(request, paid, deps.gateway), deps.cors)
    const asked = { request, ...readUrl(request) }
    const answering = serveDialect(asked, deps)
    if (answering) return openToBrowsers(request, answering, deps.cors)
    const dialect = meantDialect(request, asked)
    if (dialect === null) return pages(request)
    const wrong = (): HttpAnswer => wrongUrl(dialect, asked, deps.baseUrl(request))
    return preflight(request, deps.cors) ?? openToBrowsers(request, wrong(), deps.cors)
  }
}

const startingMs = 1_000

/** Answers until there is something to serve: the process is up, not ready, and whoever asks for more is asked to try again. */
export const startingApp: HttpHandler = (request) => {
  const answer = startingAnswer(request)
  answer.headers['x-request-id'] = newRequestId()
  return answer
}

function startingAnswer(request: HttpRequest): HttpAnswer {
  const asked = readUrl(request)
  if (asked.path === '/healthz') return jsonAnswer({ status: 'up' })
  if (asked.path === '/readyz') return jsonAnswer({ status: 'unready', reason: 'starting' }, 503)
  const words = 'This gateway is starting. Try again shortly.'
  const failure = new GatewayError('starting', words, { retryAfterMs: startingMs })
  return (meantDialect(request, asked) ?? openai).errorAnswer(failure)
}

const targetOf = (endpoint: Endpoint): Target => ({ endpoint, path: {}, query: new URLSearchParams(), region: null })
const paidTargets: ReadonlyMap<string, Target> = new Map(
  [...openaiEndpoints].map(([path, endpoint]) => [path, targetOf(endpoint)]),
)

/** null for what is not served. */
function serveDialect(asked: Asked, deps: AppDeps): Answering | null {
  switch (asked.root) {
    case 'v1':
      return serveDeployment(asked, deps) ?? serveOpenai(asked, deps)
    case 'openai':
      return serveDeployment(asked, deps) ?? serveOpenaiModels(asked, deps)
    case 'genai':
      return serveGenai(asked, deps.gateway)
    case null:
      return null
  }
}

const isGet = ({ method }: HttpRequest): boolean => method === 'GET' || method === 'HEAD'
const inList = (path: string, list: string): string | null =>
  path.length > list.length && path.slice(0, list.length).toLowerCase() === list
    ? decoded(path.slice(list.length))
    : null

function serveOpenai(asked: Asked, deps: AppDeps): Answering | null {
  const { request, path, region } = asked
  const paid = request.method === 'POST' ? paidTargets.get(`/v1${path.toLowerCase()}`) : undefined
  if (paid) return serve(request, { ...paid, region }, deps.gateway)
  const receipt = isGet(request) && region === null ? inList(path, '/receipts/') : null
  if (receipt !== null) return serveReceipt(request, receipt, deps.gateway, deps.receipts)
  return unservedUrl(request, path) ?? serveOpenaiModels(asked, deps)
}

/** Azure's way: the model is in the path, slashes and all. Clients are given this server as their endpoint, or its `/v1`. */
const deploymentPath = /^(?:\/openai)?\/deployments\/(.+)$/i

function serveDeployment({ request, path, region }: Asked, { gateway }: AppDeps): Answering | null {
  const [, named] = deploymentPath.exec(path) ?? []
  if (named === undefined || request.method !== 'POST') return null
  for (const [paidPath, paid] of paidTargets) {
    const verb = paidPath.slice('/v1'.length)
    const deployment = decoded(named.slice(0, -verb.length))
    if (named.toLowerCase().endsWith(verb)) return serve(request, { ...paid, path: { deployment }, region }, gateway)
  }
  return null
}

/** The model that a path names; empty for the list of them, and null for anything else. */
const modelIn = (path: string): string | null => (path.toLowerCase() === '/models' ? '' : inList(path, '/models/'))

function serveOpenaiModels({ request, path, region }: Asked, { gateway }: AppDeps): Answering | null {
  const model = modelIn(path)
  if (model === null || !isGet(request)) return null
  return serveKnown(request, openaiModels.endpoint, gateway, (key) => {
    const offered = offeredAt(openai, region, key, gateway)
    return model === '' ? openaiModels.listModels(offered) : openaiModels.retrieveModel(model, offered)
  })
}

const offeredAt = ({ name }: Dialect, region: string | null, key: KeyRow, gateway: GatewayDeps): Offered =>
  offeredTo(key, name, policyOf(region, key, gateway.fleet), gateway)

function serveGenai(asked: Asked, gateway: GatewayDeps): Answering | null {
  const { request, path, query, region } = asked
  const named = namedIn(path)
  if (named === null) return null
  const { model, verb } = named
  if (verb === null) return isGet(request) ? serveGenaiModels(asked, model, gateway) : null
  if (request.method !== 'POST') return null
  if (verb === countTokens.name) return serveFree(request, { endpoint: countTokens, modelName: model, region }, gateway)
  return serve(request, { endpoint: genaiEndpoints.get(verb)!, path: { model }, query, region }, gateway)
}

/** Base URLs may lack the version. */
const genaiPath = /^(?:\/v1(?:(?:alpha|beta)1?)?)?\/(?:publishers\/google\/)?models(?:\/(.+))?$/i
const genaiVerbs: ReadonlyMap<string, string> = new Map(
  [...genaiEndpoints.keys(), countTokens.name].map((verb) => [verb.toLowerCase(), verb]),
)

/** `/{version}/models/{model}:{verb}`. A colon with no verb of ours behind it is part of the name: `llama3.1:latest`. */
function namedIn(path: string): { readonly model: string; readonly verb: string | null } | null {
  const [matches, encoded = ''] = genaiPath.exec(path) ?? []
  if (matches === undefined) return null
  const colon = encoded.lastIndexOf(':')
  const verb = genaiVerbs.get(encoded.slice(colon + 1).toLowerCase())
  if (colon < 1 || verb === undefined) return { model: decoded(encoded), verb: null }
  return { model: decoded(encoded.slice(0, colon)), verb }
}

const serveGenaiModels = ({ request, query, region }: Asked, model: string, gateway: GatewayDeps): Answering =>
  serveKnown(request, genaiModels.endpoint, gateway, (key) => {
    const offered = offeredAt(genai, region, key, gateway)
    return model === '' ? genaiModels.listModels(query, offered) : genaiModels.getModel(model, offered)
  })

// ---- Pages -----------------------------------------------------------------------------------------

/** More than the admin API takes, which says so in its own words. */
const pageBodyBytesMax = 128 * 1024

/** What a reader of URLs would take for another path than a proxy in front does. */
const elsewhere = /\/(?:\.|%2e){1,2}(?:\/|$)|\\/i

function createPages(deps: AppDeps): HttpHandler {
  const admin = atOwnAddress(createAdmin(deps.admin), deps)
  return (request) => {
    const [path] = request.target.split('?') as [string]
    // By what stands there: its router would decode it, and resolve its dots.
    if (path.startsWith('/api/admin/') && !elsewhere.test(path)) return admin(request)
    const page = isGet(request) ? pageAt(path, request, deps) : null
    if (page === null) return problemAnswer(404, 'There is nothing at this address.')
    page.headers['x-request-id'] = newRequestId()
    return page
  }
}

/** For what acts for an operator, or for whoever a browser's session belongs to: it answers at this server's own names alone (decision 0012). */
const atOwnAddress =
  (handle: HttpHandler, { isAtOwnAddress }: AppDeps): HttpHandler =>
  (request) =>
    isAtOwnAddress(request) ? handle(request) : misdirected()

const misdirected = (): HttpAnswer =>
  problemAnswer(
    421,
    'The admin API does not answer at this host. Allowed: IP addresses, localhost, HOST, the host of PUBLIC_URL, and server.hosts of mart.yaml.',
  )

/** Every response has an id that people can quote. */
function createAdmin(admin: Hono): HttpHandler {
  const pages = new Hono()
  pages.use(async (c, next) => {
    await next()
    c.res.headers.set('x-request-id', newRequestId())
  })
  return throughWeb(pages.route('/api/admin', admin).fetch, pageBodyBytesMax)
}

function pageAt(path: string, request: HttpRequest, { welcome, unready, down, baseUrl }: AppDeps): HttpAnswer | null {
  switch (path) {
    case '/':
      return {
        status: 200,
        headers: {
          'content-type': 'text/html; charset=UTF-8',
          'content-security-policy': welcome.policy,
          // It shows the address that one client asked for.
          'cache-control': 'no-store',
        },
        body: welcome.page(baseUrl(request)),
      }
    case '/healthz': {
      const reason = down()
      return reason === null ? jsonAnswer({ status: 'up' }) : jsonAnswer({ status: 'down', reason }, 503)
    }
    case '/readyz': {
      const reason = unready()
      return reason === null ? jsonAnswer({ status: 'ready' }) : jsonAnswer({ status: 'unready', reason }, 503)
    }
    default:
      return null
  }
}
