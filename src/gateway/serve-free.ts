/** Requests that cost nothing: the same care for keys, regions and upstreams, and no money. */
import type { Model } from '../catalog/catalog.ts'
import { newRequestId } from '../lib/ids.ts'
import { NoRoomError, type HttpResponse } from '../lib/http-client/contract.ts'
import { decoded } from '../lib/http-client/decoded.ts'
import type { AnswerHeaders, HttpAnswer, HttpRequest } from '../lib/http-server/contract.ts'
import type { KeyRow } from '../store/store.ts'
import { upstreamModelOf, type Deployment, type Fault, type Refusal } from '../upstreams/deployment.ts'
import type { Candidate } from '../upstreams/fleet.ts'
import { CredentialError } from '../upstreams/vertex-token.ts'
import { errorInAnswer } from '../upstreams/refusals/error-in-answer.ts'
import { alert } from './alert.ts'
import { authenticate } from './authenticate.ts'
import type { GatewayDeps } from './deps.ts'
import { enter, leaveUnserved } from './enter.ts'
import type { JsonBody } from './dialect.ts'
import { failed, refuseWhileDraining } from './fail.ts'
import { tryInTurn, type Tried } from './failover.ts'
import { bodyOf, readBytes } from './body.ts'
import { mayUse, modelNotFound, sentNameOf } from './parse.ts'
import { GatewayError } from './errors.ts'
import type { FreeOperation, Inbound, Route } from './operation.ts'
import { jsonType, passHeaders, setOrigin } from './response-headers.ts'
import { route } from './route.ts'
import {
  isBlameless,
  noRoomFailure,
  RefusedError,
  refusedFailure,
  retryMs,
  UnreadableError,
  type Blameless,
} from './trouble.ts'

/** Answers from what we know ourselves, such as the list of models, to whoever has a key. */
export async function serveKnown(
  request: HttpRequest,
  operation: Pick<Route, 'name' | 'dialect'>,
  deps: GatewayDeps,
  answer: (key: KeyRow) => HttpAnswer | Promise<HttpAnswer>,
): Promise<HttpAnswer> {
  const requestId = newRequestId()
  const startedAt = deps.clock.monotonic()
  const address = deps.clients.addressOf(request)
  const traceparent = request.headers.get('traceparent')
  let key: KeyRow | null = null
  try {
    refuseWhileDraining(deps)
    key = authenticate(request, address, deps)
    const known = await answer(key)
    known.headers['x-request-id'] = requestId
    return known
  } catch (error) {
    return failed(error, { requestId, startedAt, traceparent, address, operation, key, admitted: null }, deps)
  }
}

/** Passes a free call on to an upstream and its answer back, within the key's request limits. */
export function serveFree(
  request: HttpRequest,
  operation: FreeOperation,
  { params, region }: Omit<Inbound, 'operation'>,
  deps: GatewayDeps,
): Promise<HttpAnswer> {
  return serveKnown(request, operation, deps, async (key) => {
    const modelName = params['model'] ?? ''
    const model = deps.catalog.find(modelName)
    if (!model?.listed || model.dialect !== operation.dialect.name || !mayUse(key, model))
      throw modelNotFound(modelName)
    const place = await enter(request, key, operation.body.bytesMax, deps)
    try {
      const body = await bodyOf(await readBytes(request, operation.body.bytesMax, place.room), deps.turns)
      const ask = {
        candidates: route({ model, operation }, key, region, deps),
        affinity: null,
        tokens: 0,
        until: Number.POSITIVE_INFINITY,
        attemptsMax: deps.failover.attemptsMax,
      }
      const { connectMs } = deps.deadlinesFor(model.kind)
      const call = { operation, modelName, model, body, connectMs }
      return await tryInTurn(ask, (candidate) => pass(call, candidate, deps), deps)
    } finally {
      leaveUnserved(place)
    }
  })
}

type FreeCall = {
  readonly operation: FreeOperation
  readonly modelName: string
  readonly model: Model
  readonly body: JsonBody
  readonly connectMs: number
}
const answerMsMax = 60_000
const answerBytesMax = 4 * 1024 * 1024

/** One attempt at one deployment; a free call has no effect, so it may always be made elsewhere. */
async function pass(call: FreeCall, candidate: Candidate, deps: GatewayDeps): Promise<Tried<HttpAnswer>> {
  const { deployment, health } = candidate
  const begunAt = deps.clock.monotonic()
  health.begin(deployment, 0, begunAt)
  try {
    const upstream = await send(call, candidate, deps)
    const refusal = upstream.status === 200 ? null : refusalOf(upstream, call, candidate)
    const isOurs = refusal !== null && refusal.fault !== 'client' && refusal.fault !== 'policy'
    if (isOurs)
      return troubled(
        candidate,
        { ...refusal, status: upstream.status },
        refusedFailure(new RefusedError(upstream.status, refusal)),
        deps,
      )
    if (deployment.isTracked) health.succeeded(deps.clock.monotonic() - begunAt, deps.clock.monotonic())
    const headers: AnswerHeaders = { 'content-type': jsonType(upstream) }
    setOrigin(headers, deployment)
    passHeaders(headers, upstream)
    return { answer: { status: upstream.status, headers, body: refusal?.body ?? upstream.bytes } }
  } catch (cause) {
    const isOurs = cause instanceof NoRoomError
    const failure = isOurs ? noRoomFailure(cause) : unreachableFailure(cause)
    return troubled(
      candidate,
      {
        fault: isOurs ? 'no-room' : isRefusedToken(cause) ? 'credential' : 'upstream',
        retryAfterMs: null,
        status: null,
      },
      failure,
      deps,
    )
  } finally {
    health.ended()
  }
}

/** Vertex AI's token endpoint takes the service account for none. */
const isRefusedToken = (cause: unknown): boolean => cause instanceof CredentialError

const unreachableFailure = (cause: unknown): GatewayError =>
  new GatewayError('upstream_failed', 'The model could not be reached. You may try again.', {
    retryAfterMs: retryMs,
    cause,
  })

type Answer = Pick<HttpResponse, 'status' | 'headers'> & { readonly bytes: Uint8Array }

async function send(call: FreeCall, { deployment }: Candidate, deps: GatewayDeps): Promise<Answer> {
  const { operation, body, connectMs } = call
  const { adapter } = deployment
  const dialect = operation.dialect.name
  const model = upstreamName(call, deployment)
  const address = await adapter.address({ dialect, path: operation.upstreamPath(model), model, tier: null })
  const sent = deps.http.send({
    method: 'POST',
    url: address.url,
    headers: { 'content-type': 'application/json', 'accept-encoding': 'identity', ...address.headers },
    body: adapter.rewriteBody
      ? body.strings.expand(adapter.rewriteBody(body.text, { dialect, endpoint: 'countTokens' }))
      : body.bytes,
    connectMs,
    isRepeatable: true,
  })
  const deadline = setTimeout(() => sent.abort(new Error('there was no answer in time')), answerMsMax)
  try {
    const response = decoded(await sent.response)
    const { status, headers } = response
    return asReported({ status, headers, bytes: await response.bytes(answerBytesMax) })
  } finally {
    clearTimeout(deadline)
  }
}

/** An error that came with status 200, as one with the status that it states. Throws for what is no JSON object at all. */
function asReported(answer: Answer): Answer {
  if (answer.status !== 200) return answer
  const json: unknown = JSON.parse(new TextDecoder().decode(answer.bytes))
  if (typeof json !== 'object' || json === null) throw new UnreadableError()
  const error = errorInAnswer(json, false)
  return error ? { ...answer, status: error.status, bytes: error.body } : answer
}

const upstreamName = ({ model, modelName }: FreeCall, deployment: Deployment): string =>
  upstreamModelOf(deployment, model, sentNameOf(model, modelName))

function refusalOf({ status, headers, bytes }: Answer, call: FreeCall, { deployment }: Candidate): Refusal {
  return deployment.adapter.refusal({
    dialect: call.operation.dialect.name,
    status,
    headers,
    body: bytes,
    upstreamModel: upstreamName(call, deployment),
    askedModel: call.modelName,
  })
}

function troubled(
  { deployment, health }: Candidate,
  {
    fault,
    retryAfterMs,
    status,
  }: { readonly fault: Fault | Blameless; readonly retryAfterMs: number | null; readonly status: number | null },
  failure: GatewayError,
  deps: GatewayDeps,
): Tried<HttpAnswer> {
  alert(fault, status, deployment, deps)
  if (deployment.isTracked && !isBlameless(fault)) health.failed(fault, retryAfterMs, deps.clock.monotonic(), status)
  const attempt = {
    deployment: deployment.id,
    region: deployment.region,
    status,
    error: fault,
    startedMs: 0,
    endedMs: 0,
    firstByteMs: null,
  }
  const isRenewed = status === 401 && deployment.adapter.renewCredential()
  return { trouble: fault, retryAfterMs, attempt, failure, isRepeatable: true, isRenewed }
}
