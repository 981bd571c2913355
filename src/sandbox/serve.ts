/**
 * The sandbox: a simulated OpenAI and Gemini on one local port, with its own count of what it
 * served. Every URL is on this page, but for those of the poses (poses/*.ts). node:http, because it can
 * reset a connection half-way.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { stderrLog } from '../lib/log.ts'
import { aboutPage } from './about.ts'
import { directAccount, listAccounts, registerPublicKey, restoreAccount, showAccount } from './account-control.ts'
import { arrive, type Shared } from './arrive.ts'
import { createAccounts } from './accounts.ts'
import { createCount, type Served } from './count.ts'
import { deliver } from './deliver.ts'
import { decoded, type Exchange } from './exchange.ts'
import { createForms } from './form.ts'
import { genaiRefusal, serveGenai } from './genai/errors.ts'
import { countTokensOfContent, generateContent, streamGenerateContent } from './genai/generate.ts'
import { getGeminiModel, listGeminiModels } from './genai/models.ts'
import { createJobs } from './jobs.ts'
import { createChatCompletion } from './openai/chat.ts'
import { createEmbeddings } from './openai/embeddings.ts'
import { openaiRefusal, serveOpenai } from './openai/errors.ts'
import { createImages, editImages, varyImages } from './openai/images/images.ts'
import { keptRoutes } from './openai/kept-routes.ts'
import { listModels, retrieveModel } from './openai/models.ts'
import { fileRoutes } from './openai/files/files.ts'
import { createStoredFiles } from './openai/files/stored-files.ts'
import { createVideos } from './openai/videos/jobs.ts'
import { videoRoutes } from './openai/videos/routes.ts'
import { createShelves } from './openai/shelves.ts'
import { atAccount, servePosed } from './poses/serve.ts'
import { createPromptCache } from './prompt-cache.ts'
import { Refusal } from './refusal.ts'
import { freeJson, type Reply } from './reply.ts'

export type Sandbox = { readonly url: string; readonly stop: () => Promise<void> }

/** Listens on 127.0.0.1; port 0 takes any. `stop` cuts every connection. Rejects when the port is taken. */
export async function startSandbox({ port }: { readonly port: number }): Promise<Sandbox> {
  const count = createCount()
  const videos = createVideos(count)
  const forms = createForms()
  const shared: Shared = {
    count,
    files: createStoredFiles(),
    videos,
    forms,
    accounts: createAccounts(),
    promptCache: createPromptCache(),
    shelves: createShelves(),
    jobs: createJobs(),
  }
  const server = createServer(
    (request, response) => void answer(request, response, shared).catch((error: unknown) => crash(response, error)),
  )
  server.keepAliveTimeout = 600_000
  server.requestTimeout = 0
  server.timeout = 0
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      videos.stop()
      forms.stop()
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop }
}

type Handler = (exchange: Exchange, ...captured: string[]) => Reply | Promise<Reply>
type Route = readonly [method: string, path: RegExp, handler: Handler]

const openai =
  (endpoint: Handler): Handler =>
  (exchange, ...captured) =>
    serveOpenai(exchange, () => endpoint(exchange, ...captured))
const genai =
  (endpoint: Handler): Handler =>
  (exchange, ...captured) =>
    serveGenai(exchange, () => endpoint(exchange, ...captured))
/** `/v1/models` is a URL of both vendors; the credential header tells whose client is asking. */
const either =
  (ofGenai: Handler, ofOpenai: Handler): Handler =>
  (exchange, ...captured) =>
    (speaksGenai(exchange) ? genai(ofGenai) : openai(ofOpenai))(exchange, ...captured)

/** The model id is everything up to the last colon, slashes included. */
const modelPath = '/(v1|v1beta|v1alpha)/models/(.+)'
const accountPath = /^\/sandbox\/accounts\/([a-z-]+)\/([\w-]{1,64})$/
const routes: readonly Route[] = [
  ['POST', /^\/(?:v1|v1beta\/openai)\/chat\/completions$/, openai(createChatCompletion)],
  [
    'POST',
    new RegExp(`^${modelPath}:generateContent$`),
    genai((exchange, version = '', model = '') => generateContent(exchange, { version, model })),
  ],
  [
    'POST',
    new RegExp(`^${modelPath}:streamGenerateContent$`),
    genai((exchange, version = '', model = '') => streamGenerateContent(exchange, { version, model })),
  ],
  ['POST', /^\/(?:v1|v1beta\/openai)\/embeddings$/, openai(createEmbeddings)],
  ['POST', /^\/v1\/images\/generations$/, openai(createImages)],
  ['POST', /^\/v1\/images\/edits$/, openai(editImages)],
  ['POST', /^\/v1\/images\/variations$/, openai(varyImages)],
  [
    'POST',
    new RegExp(`^${modelPath}:countTokens$`),
    genai((exchange, version = '', model = '') => countTokensOfContent(exchange, { version, model })),
  ],
  ['GET', /^\/(?:v1|v1beta\/openai)\/models$/, either(listGeminiModels, listModels)],
  ['GET', /^\/(?:v1beta|v1alpha)\/models$/, genai(listGeminiModels)],
  [
    'GET',
    /^\/v1\/models\/([^:]+)$/,
    either(
      (exchange, model = '') => getGeminiModel(exchange, 'v1', model),
      (exchange, model = '') => retrieveModel(exchange, model),
    ),
  ],
  ['GET', /^\/v1beta\/openai\/models\/([^:]+)$/, openai((exchange, model = '') => retrieveModel(exchange, model))],
  [
    'GET',
    /^\/(v1beta|v1alpha)\/models\/([^:]+)$/,
    genai((exchange, version = '', model = '') => getGeminiModel(exchange, version, model)),
  ],
  ...[...fileRoutes, ...keptRoutes, ...videoRoutes].map(([method, path, endpoint]): Route => [
    method,
    new RegExp(`^/v1${path}$`),
    openai(endpoint),
  ]),
  ['GET', /^\/$/, aboutPage],
  ['GET', /^\/sandbox\/count$/, ({ count }) => freeJson(count.totals())],
  ['GET', /^\/sandbox\/requests$/, listServed],
  [
    'GET',
    /^\/sandbox\/requests\/(.+)$/,
    ({ count }, id = '') => freeJson({ data: count.byClientRequestId(id).map(lineOf) }),
  ],
  ['POST', /^\/sandbox\/reset$/, resetCounts],
  ['GET', /^\/sandbox\/accounts$/, listAccounts],
  ['PUT', /^\/sandbox\/accounts\/vertex\/([\w-]{1,64})\/public-key$/, registerPublicKey],
  ['GET', accountPath, showAccount],
  ['PUT', accountPath, directAccount],
  ['DELETE', accountPath, restoreAccount],
]

function listServed({ url, count }: Exchange): Reply {
  const numberOf = (name: string, otherwise: number): number => Number(url.searchParams.get(name) ?? otherwise) || 0
  const data = count.list(numberOf('after', 0), Math.min(numberOf('limit', 1_000), 10_000))
  return freeJson({ data: data.map(lineOf), next: data.at(-1)?.sequence ?? numberOf('after', 0) })
}

/** A served request as it is listed: what a pose knows of it stands beside. What came with it stands in `sent` too. */
function lineOf({ origin, ...served }: Served): object {
  if (!origin) return { ...served, pose: null, account: null, region: null, upstreamModel: served.model }
  const { request, ...place } = origin
  return { ...served, ...place, ...request, sent: { ...served.sent, ...request } }
}

function resetCounts({ count, accounts }: Exchange): Reply {
  count.reset()
  accounts.resetCounts()
  return freeJson({ ok: true })
}

const speaksGenai = ({ url, headers }: Pick<Exchange, 'url' | 'headers'>): boolean =>
  headers['x-goog-api-key'] !== undefined || url.searchParams.has('key')

async function answer(request: IncomingMessage, response: ServerResponse, shared: Shared): Promise<void> {
  const { exchange, refused } = await arrive(request, shared)
  try {
    const posed = exchange.url.pathname.startsWith('/as/') ? atAccount(exchange) : null
    const method = request.method ?? 'GET'
    const served = (): Promise<Reply> => (posed ? servePosed(method, posed) : routed(method, exchange))
    const reply = refused ? refusalOf(exchange, refused) : await served()
    const clientRequestId = request.headers['x-client-request-id']
    await deliver({
      response,
      reply,
      directives: (posed ?? exchange).directives,
      count: shared.count,
      clientRequestId: typeof clientRequestId === 'string' ? clientRequestId : null,
      at: exchange.at,
    })
  } finally {
    exchange.form?.release()
  }
}

async function routed(method: string, exchange: Exchange): Promise<Reply> {
  for (const [routeMethod, path, handler] of routes) {
    const match = method === routeMethod ? path.exec(exchange.url.pathname) : null
    if (match) return handler(exchange, ...match.slice(1).map(decoded))
  }
  return refusalOf(
    exchange,
    new Refusal(404, `Invalid URL (${method} ${exchange.url.pathname}). GET / lists what the sandbox serves.`),
  )
}

const refusalOf = (exchange: Exchange, refusal: Refusal): Reply =>
  (speaksGenai(exchange) || exchange.url.pathname.includes(':') ? genaiRefusal : openaiRefusal)(exchange, refusal)

/** A client that leaves while it still sends is nobody's fault; anything else is a bug of ours and is said aloud. */
function crash(response: ServerResponse, error: unknown): void {
  if (response.destroyed || response.socket?.destroyed) return
  stderrLog.error({ event: 'sandbox-request-failed', error })
  response.socket?.destroy()
}
