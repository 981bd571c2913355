/** Every URL of the product. */
import { Hono } from 'hono'
import { readUrl, type AskedUrl } from './gateway/asked-url.ts'
import { openToBrowsers, preflight, type Cors } from './gateway/cors.ts'
import type { GatewayDeps } from './gateway/deps.ts'
import { openai } from './gateway/dialects/openai/envelope.ts'
import { GatewayError } from './gateway/errors.ts'
import type { Inbound, Operation, Params, Route } from './gateway/operation.ts'
import { createRouter } from './gateway/router.ts'
import { routes } from './gateway/routes.ts'
import { serveKnown } from './gateway/serve-known.ts'
import { serve } from './gateway/serve.ts'
import { meantDialect, unservedUrl, wrongMethod, wrongUrl } from './gateway/wrong-url.ts'
import { againSeconds, startingPage, startingPolicy } from './control/welcome/starting-page.ts'
import {
  htmlAnswer,
  jsonAnswer,
  problemAnswer,
  type HttpAnswer,
  type HttpHandler,
  type HttpRequest,
} from './lib/http-server/contract.ts'
import { throughWeb } from './lib/http-server/through-web.ts'
import { newRequestId } from './lib/ids.ts'
import type { PublicPages } from './public-pages.ts'
import { isPagePath } from './web/page-paths.ts'
import { isForReading, type WebApp } from './web/web-app.ts'

export type AppDeps = {
  /** With the offer as it is now. A request keeps the one that it came under. */
  readonly gateway: () => GatewayDeps
  readonly admin: Hono
  /** Whatever else is under `/api/`: the pages' own API, in a thread of its own. */
  readonly control: HttpHandler
  readonly pages: PublicPages
  readonly web: WebApp
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
  const other = createOther(deps)
  return (request) => {
    const inbound = request.method === 'POST' ? usual.get(request.target) : undefined
    return inbound ? openToBrowsers(request, serve(request, inbound, deps.gateway()), deps.cors) : other(request)
  }
}

/** Whatever is not usual. By itself, so that what is makes nothing of what only this needs. */
function createOther(deps: AppDeps): HttpHandler {
  const pages = createPages(deps)
  return (request) => {
    const asked = { request, ...readUrl(request) }
    const found = find(asked, request.method)
    if (found?.route)
      return openToBrowsers(request, serveRoute(asked, found.route, found.params, deps.gateway()), deps.cors)
    // A page's address is nobody's deployment, as Azure's clients would mean it.
    const dialect = isPagePath(asked.path) ? null : meantDialect(request, asked)
    if (!found && dialect === null) return pages(request)
    const wrong = (): HttpAnswer =>
      found
        ? wrongMethod(request, found.routes, deps.baseUrl(request))
        : (unservedUrl(request, asked, deps.baseUrl(request)) ?? wrongUrl(dialect!, asked, deps.baseUrl(request)))
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
  const dialect = isPagePath(asked.path) ? null : meantDialect(request, asked)
  if (dialect === null && isForReading(request)) return startingPageAnswer()
  const words = 'This gateway is starting. Try again shortly.'
  const failure = new GatewayError('starting', words, { retryAfterMs: startingMs })
  return (dialect ?? openai).errorAnswer(failure)
}

/** What most requests are for: found by what was sent, because all else that they say is in the body. */
const usual: ReadonlyMap<string, Inbound> = new Map(
  routes
    .filter(isUsual)
    .map((operation) => [operation.path, { operation, params: {}, query: new URLSearchParams(), region: null }]),
)

function isUsual(route: Route): route is Operation {
  return 'read' in route && route.method === 'POST' && !route.path.includes('{')
}

function startingPageAnswer(): HttpAnswer {
  const { headers, body } = htmlAnswer(startingPage, startingPolicy)
  return { status: 503, headers: { ...headers, refresh: againSeconds }, body }
}

const find = createRouter(routes)

function serveRoute(asked: Asked, route: Route, params: Params, gateway: GatewayDeps): Answering {
  const { request, query, region } = asked
  // Who asks, and how Azure's clients ask, is no matter of what is asked, nor of its upstream.
  for (const name of ['key', 'api-version']) query.delete(name)
  const inbound = { params, query, region }
  if ('answer' in route) return serveKnown(request, route, inbound, gateway)
  return serve(request, { operation: route, ...inbound }, gateway)
}

// ---- Pages -----------------------------------------------------------------------------------------

/** More than the admin API takes, which says so in its own words. */
const pageBodyBytesMax = 128 * 1024

/** What a reader of URLs would take for another path than a proxy in front does. */
const elsewhere = /\/(?:\.|%2e){1,2}(?:\/|$)|\\/i

const isGet = ({ method }: HttpRequest): boolean => method === 'GET' || method === 'HEAD'

function createPages(deps: AppDeps): HttpHandler {
  const admin = atOwnAddress(createAdmin(deps.admin), deps)
  const control = atOwnAddress(withRequestId(deps.control), deps)
  return (request) => {
    const [path] = request.target.split('?') as [string]
    // By what stands there: its router would decode it, and resolve its dots.
    if (path === '/openapi.json') return control(request)
    if (path.startsWith('/api/') && !elsewhere.test(path))
      return path.startsWith('/api/admin/') ? admin(request) : control(request)
    const page = isGet(request) ? (pageAt(path, request, deps) ?? deps.web(request, path)) : null
    return page === null ? problemAnswer(404, 'There is nothing at this address.') : identified(page)
  }
}

async function identified(page: HttpAnswer | Promise<HttpAnswer>): Promise<HttpAnswer> {
  const answer = await page
  answer.headers['x-request-id'] = newRequestId()
  return answer
}

/** For what acts for an operator, or for whoever a browser's session belongs to: it answers at this server's own names alone (decision 0012). */
const atOwnAddress =
  (handle: HttpHandler, { isAtOwnAddress }: AppDeps): HttpHandler =>
  (request) =>
    isAtOwnAddress(request) ? handle(request) : misdirected()

const misdirected = (): HttpAnswer =>
  problemAnswer(
    421,
    'This API does not answer at this host. Allowed: IP addresses, localhost, HOST, the host of PUBLIC_URL, and server.hosts of mart.yaml.',
  )

const createAdmin = (admin: Hono): HttpHandler =>
  withRequestId(throughWeb(new Hono().route('/api/admin', admin).fetch, pageBodyBytesMax))

/** Every response has an id that people can quote. */
const withRequestId =
  (handle: HttpHandler): HttpHandler =>
  async (request) => {
    const answer = await handle(request)
    answer.headers['x-request-id'] = newRequestId()
    return answer
  }

/** Whether a browser has a session, which may have ended: enough to say where a link leads, and never to show anything. */
const hasSession = ({ headers }: HttpRequest): boolean =>
  /(?:^|[;\s])(?:__Host-)?mart\.session_token=/.test(headers.get('cookie') ?? '')

function pageAt(path: string, request: HttpRequest, deps: AppDeps): HttpAnswer | null {
  const { pages, unready, down, baseUrl } = deps
  switch (path) {
    case '/healthz': {
      const reason = down()
      return reason === null ? jsonAnswer({ status: 'up' }) : jsonAnswer({ status: 'down', reason }, 503)
    }
    case '/readyz': {
      const reason = unready()
      return reason === null ? jsonAnswer({ status: 'ready' }) : jsonAnswer({ status: 'unready', reason }, 503)
    }
    default:
      return pages(path, { baseUrl: baseUrl(request), hasSession: hasSession(request) })
  }
}
