/** One attempt: a paid call at one deployment, until there is an answer to give or a reason to try another. */
import type { HttpResponse } from '../lib/http-client/contract.ts'
import { BodyError } from '../lib/http-server/contract.ts'
import type { Source } from '../lib/source.ts'
import type { Attempt } from '../store/store.ts'
import type { Address } from '../upstreams/deployment.ts'
import { isBilled, outputLimit } from './admit.ts'
import { alert } from './alert.ts'
import type { Answered, Trying, Turn } from './answered.ts'
import { deadlinesOf } from './deadlines-of.ts'
import { refused } from './body.ts'
import type { GatewayDeps } from './deps.ts'
import type { GatewayError } from './errors.ts'
import type { Tried } from './failover.ts'
import { askedName, attemptOf, readUpstream, upstreamName } from './read-upstream.ts'
import { intentOf, isDeferred } from './settle.ts'
import { billingUnavailable } from './no-money.ts'
import {
  failureOf,
  isBlameless,
  isNotSent,
  NoTokenError,
  RefusedError,
  refusedFailure,
  troubleOf,
  UnreadableError,
  wordsOf,
} from './trouble.ts'
import type { Exchange } from './watch.ts'
import { wireOf } from './wire-of.ts'

/** Sends an admitted call to one deployment; whatever goes wrong there is a trouble with a name. Throws only `billing_unavailable`, and what is wrong with a body that was to be passed on. */
export async function attempt(turn: Turn, deps: GatewayDeps): Promise<Tried<Answered>> {
  const { request, admitted, candidate, failed } = turn
  const { deployment, health } = candidate
  const intent = isBilled(admitted) ? intentOf(admitted, deployment) : null
  const exchange = deps.watch.begin(deadlinesOf(admitted.call, deps), admitted.startedAt)
  const wire = wireOf(admitted.call, deployment)
  const trying = { request, admitted, candidate, failed, wire, intent, exchange }
  health.begin(deployment, admitted.call.asked.demand?.input.guess ?? 0, exchange.startedAt)
  try {
    // Written before the call goes out, and again where it goes elsewhere, so that recovery names the right one.
    if (intent) await deps.journal.intend(intent)
  } catch (cause) {
    health.ended()
    exchange.drop()
    throw billingUnavailable('the intent could not be written', cause)
  }
  let tried: Tried<Answered>
  try {
    const address = addressOf(trying)
    const upstream = await send(trying, address instanceof Promise ? await address : address, deps)
    const answer = readUpstream(upstream, trying, deps)
    tried = { answer: answer instanceof Promise ? await answer : answer }
  } catch (error) {
    // Whatever of a failed answer is still on its way is of no use to anybody.
    exchange.drop()
    const sent = bodyTrouble(error, trying)
    if (sent) {
      health.ended()
      throw sent
    }
    tried = troubled(error, trying, deps)
  }
  note(tried, trying, deps)
  if (!('answer' in tried && isUnderWay(tried.answer))) health.ended()
  return tried
}

/** A body that was to be passed on and did not come is its client's doing, and no trouble of the upstream's. */
function bodyTrouble(error: unknown, { admitted, exchange }: Trying): GatewayError | null {
  const { body } = admitted.call.operation
  if (!(error instanceof BodyError) || exchange.cutBy === 'client-left' || body.kind !== 'form') return null
  return refused(error, body.formBytesMax)
}

/** Whether it is still being given when the attempt is over. */
const isUnderWay = ({ kind }: Answered): boolean => kind === 'stream' || kind === 'bytes'

/** Where the call goes and with which credential, at once unless a token must be fetched first. Throws a `NoTokenError`. */
function addressOf({ admitted, candidate, wire }: Trying): Address | Promise<Address> {
  const { adapter } = candidate.deployment
  const { operation, asked } = admitted.call
  const model = upstreamName(admitted, candidate.deployment)
  const tier = asked.demand?.tiers.at(-1) ?? null
  const address = adapter.address({ dialect: operation.dialect.name, path: wire.path(model), model, tier })
  if (!(address instanceof Promise)) return address
  return address.catch((error: unknown) => {
    throw new NoTokenError(error)
  })
}

/** Sends the call; it is cut off when its client leaves before the answer begins, unless what it begins goes on without anybody. */
function send(trying: Trying, address: Address, deps: GatewayDeps): Promise<HttpResponse> {
  const { request, admitted, candidate, wire, exchange } = trying
  const { adapter } = candidate.deployment
  const { operation, asked } = admitted.call
  const upstreamModel = upstreamName(admitted, candidate.deployment)
  const body = wire.body({
    outputTokensPerAnswer: outputLimit(admitted, candidate.deployment),
    upstreamModel: upstreamModel === askedName(admitted.call) ? null : upstreamModel,
    reportsStreamUsage: adapter.reportsStreamUsage,
    rewrite: adapter.rewriteBody,
  })
  const call = deps.http.send({
    method: operation.method,
    url: address.url,
    headers: headersFor(trying, address),
    body: body instanceof Uint8Array ? body : followed(body, exchange, deps),
    connectMs: deadlinesOf(admitted.call, deps).connectMs,
    isRepeatable: asked.effects !== 'acts',
  })
  exchange.carriedBy(call)
  const leave = (): void => {
    if (!exchange.isAnswered) exchange.cut('client-left')
  }
  if (!isBilled(admitted) || !isDeferred(admitted)) request.onLeave(leave)
  return call.response
}

/** A body that is pulled takes its time: the upstream's to answer runs from its last piece. */
const followed = (body: Source, exchange: Exchange, { clock }: GatewayDeps): Source => ({
  length: body.length,
  read() {
    exchange.sent(clock.monotonic())
    return body.read()
  },
  cancel: () => body.cancel(),
})

function headersFor({ request, admitted, wire }: Trying, address: Address): Readonly<Record<string, string>> {
  // Usage is read out of the bytes, so they must not come compressed.
  const headers: Record<string, string> = { 'accept-encoding': 'identity' }
  const { body, passes } = admitted.call.operation
  if (body.kind !== 'none') headers['content-type'] = wire.contentType ?? 'application/json'
  for (const name of passes) {
    const value = request.headers.get(name)
    if (value !== null) headers[name] = value
  }
  for (const name in address.headers) headers[name] = address.headers[name]!
  headers['x-client-request-id'] = admitted.requestId
  return headers
}

/** What went wrong, and whether the call may be made elsewhere: never when it may have had an effect that lasts. */
function troubled(error: unknown, trying: Trying, deps: GatewayDeps): Tried<Answered> & { trouble: unknown } {
  const { exchange, admitted, candidate, wire } = trying
  const isSafe = admitted.call.asked.effects !== 'acts'
  const isGone = wire.isSpent?.() ?? false
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
      isRepeatable: !isGone && (isDefinite || isSafe),
      isRenewed: error.status === 401 && candidate.deployment.adapter.renewCredential(),
    }
  }
  const { cutBy } = exchange
  const trouble = troubleOf(exchange, error)
  if (isBilled(admitted) && isDeferred(admitted) && mayHaveBegun(trouble))
    deps.log.error({ event: 'create-in-doubt', requestId: admitted.requestId, upstream: candidate.deployment.id })
  return {
    trouble,
    retryAfterMs: null,
    attempt: told(error instanceof UnreadableError ? 200 : null, wordsOf(exchange, error)),
    failure: failureOf(exchange, error),
    isRepeatable: !isGone && cutBy !== 'client-left' && cutBy !== 'total' && (isSafe || isNotSent(error)),
    isRenewed: false,
  }
}

/** Whether a call that brought no answer may have been taken all the same. */
const mayHaveBegun = (trouble: ReturnType<typeof troubleOf>): boolean => trouble === 'upstream' || trouble === 'timeout'

/** What the attempt says of the deployment, for the choices to come. */
function note(tried: Tried<Answered>, { admitted, candidate }: Trying, deps: GatewayDeps): void {
  const { deployment, health } = candidate
  const attempt = 'answer' in tried ? tried.answer.attempts.at(-1)! : tried.attempt
  deps.observer.attemptEnded(admitted.requestId, attempt)
  if (!('answer' in tried)) alert(tried.trouble, attempt.status, deployment, deps)
  const now = deps.clock.monotonic()
  if ('answer' in tried) health.lastHour.answered(attempt.firstByteMs ?? 0, now)
  else if (!isBlameless(tried.trouble)) health.lastHour.failed(tried.trouble, now)
  if (!deployment.isTracked) return
  if ('answer' in tried) {
    health.succeeded(attempt.firstByteMs ?? 0, now)
    const standing = deployment.adapter.standing(tried.answer.upstream.headers, admitted.call.operation.dialect.name)
    if (standing) health.learn(standing, now)
  } else if (!isBlameless(tried.trouble)) health.failed(tried.trouble, tried.retryAfterMs, now, attempt.status)
}
