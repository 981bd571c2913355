/**
 * One attempt: a paid call at one deployment, until there is an answer to give or a reason to try another.
 * A plain answer is read whole and a stream to its first piece, because until then nothing was begun.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { roundedMs } from '../lib/clock.ts'
import type { HttpResponse } from '../lib/http-client/contract.ts'
import type { HttpRequest } from '../lib/http-server/contract.ts'
import type { Intent } from '../money/journal.ts'
import type { Attempt } from '../store/store.ts'
import { upstreamModelOf, type Address, type Deployment, type Refusal } from '../upstreams/deployment.ts'
import type { Candidate } from '../upstreams/fleet.ts'
import { outputLimit, type Admitted } from './admit.ts'
import type { GatewayDeps } from './deps.ts'
import type { Reading } from './dialect.ts'
import type { Tried } from './failover.ts'
import { intentOf } from './settle.ts'
import { billingUnavailable } from './no-money.ts'
import {
  failureOf,
  isNotSent,
  NoTokenError,
  RefusedError,
  refusedFailure,
  troubleOf,
  UnreadableError,
  wordsOf,
} from './trouble.ts'
import type { Exchange } from './watch.ts'

/** A candidate's turn: the call that is to go to it. */
export type Turn = {
  readonly request: HttpRequest
  readonly admitted: Admitted
  readonly candidate: Candidate
  /** Attempts at others before. */
  readonly failed: readonly Attempt[]
}

/** A call on its way there. */
type Trying = Turn & { readonly intent: Intent; readonly exchange: Exchange }

export type Answered = Trying & {
  readonly upstream: HttpResponse
  /** All attempts, the one that gave the answer last. */
  readonly attempts: readonly Attempt[]
} & (
    | { readonly kind: 'plain'; readonly bytes: Uint8Array; readonly reading: Reading }
    | { readonly kind: 'stream'; readonly source: Source; readonly first: FirstPiece }
    | { readonly kind: 'refused'; readonly refusal: Refusal }
  )

export type Source = Pick<HttpResponse, 'read' | 'cancel'>
/** The stream's first piece, as it was asked for; it may still be on its way. */
export type FirstPiece = ReturnType<Source['read']>

/** Sends an admitted call to one deployment; whatever goes wrong there is a trouble with a name. Throws only `billing_unavailable`. */
export async function attempt(turn: Turn, deps: GatewayDeps): Promise<Tried<Answered>> {
  const { request, admitted, candidate, failed } = turn
  const { deployment, health } = candidate
  const intent = intentOf(admitted, deployment)
  const exchange = deps.watch.begin(deps.deadlinesFor(admitted.call.model.kind), admitted.startedAt)
  const trying = { request, admitted, candidate, failed, intent, exchange }
  health.begin(deployment, admitted.call.asked.inputTokensGuess, exchange.startedAt)
  try {
    // Written before the call goes out, and again where it goes elsewhere, so that recovery names the right one.
    await deps.journal.intend(intent)
  } catch (cause) {
    health.ended()
    exchange.drop()
    throw billingUnavailable('the intent could not be written', cause)
  }
  let tried: Tried<Answered>
  try {
    const address = addressOf(trying)
    const upstream = await send(trying, address instanceof Promise ? await address : address, deps)
    const answer = answered(upstream, trying, deps)
    tried = { answer: answer instanceof Promise ? await answer : answer }
  } catch (error) {
    // Whatever of a failed answer is still on its way is of no use to anybody.
    exchange.drop()
    tried = troubled(error, trying, deps)
  }
  note(tried, trying, deps)
  if (!('answer' in tried && tried.answer.kind === 'stream')) health.ended()
  return tried
}

/** What came of it, once its status and headers have come. */
function answered(upstream: HttpResponse, trying: Trying, deps: GatewayDeps): Answered | Promise<Answered> {
  const { admitted, exchange, failed } = trying
  const now = deps.clock.monotonic()
  exchange.answered(now)
  const firstByteMs = roundedMs(now - exchange.startedAt)
  const attempt = attemptOf(trying, { status: upstream.status, error: null, firstByteMs }, now)
  const answer = { ...trying, upstream, attempts: [...failed, attempt] }
  const { asked, endpoint } = admitted.call
  if (upstream.status !== ok)
    return refusalOf(upstream, trying, deps).then((refusal) => ({ ...answer, kind: 'refused', refusal }))
  // An upstream that answers a streamed call in one piece is metered as one piece. Gemini streams may be JSON arrays.
  if (asked.streamed && (endpoint.dialect.name === 'genai' || isEventStream(upstream)))
    return begun(upstream).then((first) => ({ ...answer, kind: 'stream', ...first }))
  const plain = (bytes: Uint8Array): Answered => {
    const reading = readingOf(bytes, upstream, admitted)
    return { ...answer, kind: 'plain', bytes, reading }
  }
  const bytes = upstream.bytes(answerBytesMax, () => exchange.heard(deps.clock.monotonic()))
  return bytes instanceof Promise ? bytes.then(plain) : plain(bytes)
}

const ok = 200
/** Beyond this an upstream's answer is taken for broken: four 4K images are about 100 MB. */
const answerBytesMax = 256 * 1024 * 1024

export const isEventStream = ({ headers }: Pick<HttpResponse, 'headers'>): boolean =>
  headers.get('content-type')?.startsWith('text/event-stream') ?? false

/** A client waits for headers no longer than it must: SDKs give up when none come, while a model may think for minutes. */
const firstPieceMs = 2_000

/** Waits a moment for the first piece, so that a stream which breaks before it can begin elsewhere. */
async function begun(source: HttpResponse): Promise<{ source: Source; first: FirstPiece }> {
  const first = source.read()
  const early = new AbortController()
  const patience = sleep(firstPieceMs, null, { signal: early.signal }).catch(() => null)
  // Waiting ends here for this piece, but it may still fail later: then whoever reads on is told.
  first.catch(() => undefined)
  try {
    const piece = await Promise.race([first, patience])
    if (piece?.done) throw new Error('the stream ended before it began')
  } finally {
    early.abort()
  }
  return { source, first }
}

/** More of a refusal is not read. */
const refusalBytesMax = 4 * 1024 * 1024

/** What the upstream said when it refused. Whatever is not the client's own doing is thrown, as a trouble. */
async function refusalOf(upstream: HttpResponse, { admitted, candidate }: Trying, deps: GatewayDeps): Promise<Refusal> {
  const { deployment } = candidate
  const { asked, endpoint } = admitted.call
  const refusal = deployment.adapter.refusal({
    dialect: endpoint.dialect.name,
    status: upstream.status,
    headers: upstream.headers,
    body: await upstream.bytes(refusalBytesMax),
    upstreamModel: upstreamName(admitted, deployment),
    askedModel: asked.modelName,
  })
  if (refusal.fault === 'client' || refusal.fault === 'policy') return refusal
  alert(refusal, deployment, deps)
  throw new RefusedError(upstream.status, refusal)
}

function readingOf(bytes: Uint8Array, upstream: HttpResponse, { call }: Admitted): Reading {
  try {
    return call.asked.readAnswer(bytes, upstream.headers)
  } catch {
    throw new UnreadableError()
  }
}

const operatorEvents = {
  quota: 'upstream-out-of-quota',
  credential: 'upstream-credential-refused',
  missing: 'upstream-model-missing',
} as const

function alert({ fault }: Refusal, { id }: Deployment, deps: GatewayDeps): void {
  if (fault === 'quota' || fault === 'credential' || fault === 'missing')
    deps.observer.alert({ event: operatorEvents[fault], deployment: id })
}

/** Where the call goes and with which credential, at once unless a token must be fetched first. Throws a `NoTokenError`. */
function addressOf({ admitted, candidate }: Trying): Address | Promise<Address> {
  const { adapter } = candidate.deployment
  const { endpoint, asked } = admitted.call
  const model = upstreamName(admitted, candidate.deployment)
  const tier = asked.tiers.at(-1) ?? null
  const address = adapter.address({ dialect: endpoint.dialect.name, path: asked.upstreamPath(model), model, tier })
  if (!(address instanceof Promise)) return address
  return address.catch((error: unknown) => {
    throw new NoTokenError(error)
  })
}

const upstreamName = ({ call }: Admitted, deployment: Deployment): string =>
  upstreamModelOf(deployment, call.model, call.sentName)

/** Sends the call; it is cut off when its client leaves before the answer begins. */
function send(trying: Trying, address: Address, deps: GatewayDeps): Promise<HttpResponse> {
  const { request, admitted, candidate, exchange } = trying
  const { adapter } = candidate.deployment
  const { asked, model } = admitted.call
  const upstreamModel = upstreamName(admitted, candidate.deployment)
  const call = deps.http.send({
    method: 'POST',
    url: address.url,
    headers: headersFor(trying, address),
    body: asked.upstreamBody({
      outputTokensPerAnswer: outputLimit(admitted, candidate.deployment),
      upstreamModel: upstreamModel === asked.modelName ? null : upstreamModel,
      reportsStreamUsage: adapter.reportsStreamUsage,
      rewrite: adapter.rewriteBody,
    }),
    connectMs: deps.deadlinesFor(model.kind).connectMs,
    isRepeatable: !asked.hasEffects,
  })
  exchange.carriedBy(call)
  const leave = (): void => {
    if (!exchange.isAnswered) exchange.cut('client-left')
  }
  request.onLeave(leave)
  return call.response
}

/** The client's headers that mean something to an upstream. Never its credential, and nothing we do not know. */
const forwardedHeaders = ['openai-beta', 'x-sandbox'] as const
function headersFor({ request, admitted }: Trying, address: Address): Readonly<Record<string, string>> {
  // Usage is read out of the bytes, so they must not come compressed.
  const headers: Record<string, string> = { 'content-type': 'application/json', 'accept-encoding': 'identity' }
  for (const name of forwardedHeaders) {
    const value = request.headers.get(name)
    if (value !== null) headers[name] = value
  }
  for (const name in address.headers) headers[name] = address.headers[name]!
  headers['x-client-request-id'] = admitted.requestId
  return headers
}

function attemptOf(
  { admitted, candidate, exchange }: Trying,
  { status, error, firstByteMs }: Pick<Attempt, 'status' | 'error' | 'firstByteMs'>,
  now: number,
): Attempt {
  const { id, region } = candidate.deployment
  return {
    deployment: id,
    region,
    status,
    error,
    firstByteMs,
    startedMs: roundedMs(exchange.startedAt - admitted.startedAt),
    endedMs: roundedMs(now - admitted.startedAt),
  }
}

/** What went wrong, and whether the call may be made elsewhere: never when it may have had an effect that lasts. */
function troubled(error: unknown, trying: Trying, deps: GatewayDeps): Tried<Answered> & { trouble: unknown } {
  const { exchange, admitted, candidate } = trying
  const isSafe = !admitted.call.asked.hasEffects
  const told = (status: number | null, text: string): Attempt =>
    attemptOf(trying, { status, error: text, firstByteMs: null }, deps.clock.monotonic())
  if (error instanceof RefusedError) {
    const { fault, retryAfterMs } = error.refusal
    const isDefinite = fault === 'rate' || fault === 'quota' || fault === 'credential' || fault === 'missing'
    return {
      trouble: fault,
      retryAfterMs,
      attempt: told(error.status, fault),
      failure: refusedFailure(error),
      isRepeatable: isDefinite || isSafe,
      isRenewed: error.status === 401 && candidate.deployment.adapter.renewCredential(),
    }
  }
  const { cutBy } = exchange
  return {
    trouble: troubleOf(exchange, error),
    retryAfterMs: null,
    attempt: told(error instanceof UnreadableError ? ok : null, wordsOf(exchange, error)),
    failure: failureOf(exchange, error),
    isRepeatable: cutBy !== 'client-left' && cutBy !== 'total' && (isSafe || isNotSent(error)),
    isRenewed: false,
  }
}

/** What the attempt says of the deployment, for the choices to come. */
function note(tried: Tried<Answered>, { admitted, candidate }: Trying, deps: GatewayDeps): void {
  const { deployment, health } = candidate
  const attempt = 'answer' in tried ? tried.answer.attempts.at(-1)! : tried.attempt
  deps.observer.attemptEnded(admitted.requestId, attempt)
  if (!deployment.isTracked) return
  const now = deps.clock.monotonic()
  if ('answer' in tried) {
    health.succeeded(attempt.firstByteMs ?? 0, now)
    const standing = deployment.adapter.standing(tried.answer.upstream.headers, admitted.call.endpoint.dialect.name)
    if (standing) health.learn(standing, now)
  } else if (tried.trouble !== 'client-left') health.failed(tried.trouble, tried.retryAfterMs, now)
}
