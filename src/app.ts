/** Every URL of the product. */
import { Hono } from 'hono'
import type { GatewayDeps } from './gateway/deps.ts'
import type { Endpoint } from './gateway/dialect.ts'
import { countTokens } from './gateway/dialects/genai/count-tokens.ts'
import { genai } from './gateway/dialects/genai/envelope.ts'
import { generateContent, streamGenerateContent } from './gateway/dialects/genai/generate.ts'
import * as genaiModels from './gateway/dialects/genai/models.ts'
import { chatCompletions } from './gateway/dialects/openai/chat.ts'
import { embeddings } from './gateway/dialects/openai/embeddings.ts'
import { openai } from './gateway/dialects/openai/envelope.ts'
import * as openaiModels from './gateway/dialects/openai/models.ts'
import { GatewayError } from './gateway/errors.ts'
import { withRequestId } from './gateway/fail.ts'
import { offeredUnder, type Offered } from './gateway/offered.ts'
import type { Target } from './gateway/parse.ts'
import { serveReceipt, type ReceiptDeps } from './gateway/receipts.ts'
import { policyOf } from './gateway/route.ts'
import { serveFree, serveKnown } from './gateway/serve-free.ts'
import { serve } from './gateway/serve.ts'
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

export type App = { readonly fetch: (request: Request) => Response | Promise<Response> }

/** The paid endpoints that most requests are for are found by their path alone; everything else by the router. */
export function createApp(deps: AppDeps): App {
  const router = createRouter(deps)
  return {
    fetch(request) {
      const target = request.method === 'POST' ? paidTargets.get(pathOf(request.url)) : undefined
      return target ? serve(request, target, deps.gateway) : router.fetch(request)
    },
  }
}

/** What these say is all in the body. */
const targetOf = (endpoint: Endpoint): Target => ({ endpoint, path: {}, query: new URLSearchParams(), region: null })
const paidTargets: ReadonlyMap<string, Target> = new Map([
  ['/v1/chat/completions', targetOf(chatCompletions)],
  ['/v1/embeddings', targetOf(embeddings)],
])

/** The path of an absolute URL, as it stands there. */
function pathOf(url: string): string {
  const start = url.indexOf('/', url.indexOf('//') + 2)
  const query = url.indexOf('?', start)
  return url.slice(start, query === -1 ? undefined : query)
}

function createRouter({ gateway, receipts, admin, welcome, unready }: AppDeps): Hono {
  const app = new Hono()

  addOpenai(app, '', gateway)
  app.get('/v1/receipts/:id', (c) => serveReceipt(c.req.raw, c.req.param('id'), gateway, receipts))
  app.all('/v1/*', (c) => unknownUrl(openai, c.req.raw))
  app.all('/genai/*', (c) => serveGenai(c.req.raw, null, gateway))
  // The same URLs behind the name of a region policy, for clients that choose it for each request.
  addOpenai(app, '/:region', gateway)
  app.all('/:region/v1/*', (c) => unknownUrl(openai, c.req.raw))
  app.all('/:region/genai/*', (c) => serveGenai(c.req.raw, c.req.param('region'), gateway))

  // Every response has an id that people can quote; those of the dialects bring their own.
  const pages = new Hono()
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
  app.route('/', pages)
  return app
}

function addOpenai(app: Hono, prefix: string, gateway: GatewayDeps): void {
  for (const [path, target] of paidTargets)
    app.post(prefix + path, (c) => serve(c.req.raw, { ...target, region: c.req.param('region') ?? null }, gateway))
  app.get(`${prefix}/v1/models`, (c) =>
    serveKnown(c.req.raw, openaiModels.endpoint, gateway, (key) =>
      openaiModels.listModels(key, offeredTo(key, c.req.param('region') ?? null, gateway)),
    ),
  )
  app.get(`${prefix}/v1/models/:id{.+}`, (c) =>
    serveKnown(c.req.raw, openaiModels.endpoint, gateway, (key) =>
      openaiModels.retrieveModel(c.req.param('id'), key, offeredTo(key, c.req.param('region') ?? null, gateway)),
    ),
  )
}

const offeredTo = (key: KeyRow, region: string | null, gateway: GatewayDeps): Offered =>
  offeredUnder(policyOf(region, key, gateway.fleet), gateway)

/** `/genai/{version}/models/{model}:{verb}`; the verb stands behind the last colon, which routers take for a parameter. */
const genaiPath =
  /^(?:\/[^/]+)?\/genai\/(?:v1|v1beta|v1alpha|v1beta1)\/(?:publishers\/google\/)?models(?:\/(.+?))?(?::([A-Za-z]+))?\/?$/

function serveGenai(request: Request, region: string | null, gateway: GatewayDeps): Response | Promise<Response> {
  const url = new URL(request.url)
  const [matches, encoded, verb] = genaiPath.exec(url.pathname) ?? []
  if (matches === undefined) return unknownUrl(genai, request)
  const model = encoded === undefined ? '' : decoded(encoded)
  switch (`${request.method} ${verb ?? ''}`) {
    case 'POST generateContent':
      return serve(request, { endpoint: generateContent, path: { model }, query: url.searchParams, region }, gateway)
    case 'POST streamGenerateContent':
      return serve(
        request,
        { endpoint: streamGenerateContent, path: { model }, query: url.searchParams, region },
        gateway,
      )
    case 'POST countTokens':
      return serveFree(request, { endpoint: countTokens, modelName: model, region }, gateway)
    case 'GET ':
      return serveKnown(request, genaiModels.endpoint, gateway, (key) => {
        const offered = offeredTo(key, region, gateway)
        return model === ''
          ? genaiModels.listModels(key, url.searchParams, offered)
          : genaiModels.getModel(model, key, offered)
      })
    default:
      return unknownUrl(genai, request)
  }
}

/** A path that is not valid percent-encoding names no model. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function unknownUrl(dialect: typeof openai, request: Request): Response {
  const { pathname } = new URL(request.url)
  const message = `Unknown request URL: ${request.method} ${pathname.slice(0, 200)}. The API reference lists what is served.`
  return withRequestId(dialect, new GatewayError('not_found', message), newRequestId())
}
