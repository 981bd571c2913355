/**
 * One request that is relayed, top to bottom. Each step takes what the step above returned, so that the order
 * cannot be wrong: nothing reaches an upstream that has not been admitted, and nothing that has been
 * admitted ends without being settled. What is free is admitted without a hold, and is served the same otherwise.
 *
 * A step that waits for nothing, as a rule, is no async function: each of those costs half a microsecond here.
 */
import type { HttpAnswer, HttpRequest } from '../lib/http-server/contract.ts'
import { newRequestId } from '../lib/ids.ts'
import type { KeyRow } from '../store/store.ts'
import { admit, type Admitted } from './admit.ts'
import { answer } from './answer.ts'
import type { Answered } from './answered.ts'
import { authenticate } from './authenticate.ts'
import type { GatewayDeps } from './deps.ts'
import { enter, leaveUnserved, type Place } from './enter.ts'
import { failed, refuseWhileDraining } from './fail.ts'
import { claimKey, freeClaim, readKey, takesKey, type Claim } from './idempotency.ts'
import type { Body } from './dialect.ts'
import type { Call, Inbound } from './operation.ts'
import { locate } from './locate.ts'
import { passBytes } from './pass-bytes.ts'
import { parse } from './parse.ts'
import { relay } from './relay.ts'
import { replay } from './replay.ts'
import { resolve } from './resolve.ts'
import { route } from './route.ts'
import { stream } from './stream.ts'
import { isOfJob, streamJob } from './stream-job.ts'
import { bodyIn, takeBody } from './take-body.ts'

/** Serves one request. Never throws: every failure is an answer in the caller's dialect. */
export async function serve(request: HttpRequest, inbound: Inbound, deps: GatewayDeps): Promise<HttpAnswer> {
  const { operation } = inbound
  const requestId = newRequestId()
  const startedAt = deps.clock.monotonic()
  const address = deps.clients.addressOf(request)
  const traceparent = request.headers.get('traceparent')
  let key: KeyRow | null = null
  let place: Place | null = null
  let claim: Claim | null = null
  let body: Body | null = null
  let call: Call | null = null
  let admitted: Admitted | null = null
  try {
    refuseWhileDraining(deps)
    key = authenticate(request, operation.name, address, deps)
    const entered = enter(request, key, operation.body, deps)
    place = entered instanceof Promise ? await entered : entered
    claim = takesKey(operation) ? readKey(request, { key, requestId }) : null
    const coming = takeBody(request, operation, place)
    const sent = coming instanceof Promise ? await coming : coming
    const claimed = claim && (await claimKey(claim, { request, inbound, body: sent }, deps))
    if (claimed?.hasWaited) key = authenticate(request, operation.name, address, deps)
    if (claimed?.state === 'used') {
      const repeat = { requestId, startedAt, traceparent, address, operation, key, place }
      return await replay(claimed.first, repeat, deps)
    }
    if (claimed?.hasWaited) refuseWhileDraining(deps)
    const idempotency = claimed?.idempotency ?? null
    const read = bodyIn(sent, operation, deps)
    body = read instanceof Promise ? await read : read
    const asked = parse(body, inbound)
    const located = locate(asked, key, deps)
    const asker = { operation, key, region: inbound.region }
    call = resolve(asked, located instanceof Promise ? await located : located, asker, deps)
    const candidates = route(call, key, inbound.region, deps)
    if (operation.before) await operation.before(call, deps)
    const routed = { requestId, startedAt, traceparent, address, key, place, call, candidates, idempotency }
    const admission = admit(routed, deps)
    admitted = admission instanceof Promise ? await admission : admission
    const relayed = await relay(request, admitted, deps)
    const given = give(relayed, deps)
    return given instanceof Promise ? await given : given
  } catch (error) {
    if (!admitted) {
      leaveUnserved(place)
      freeClaim(claim, deps)
    }
    const about = { call, body, params: inbound.params }
    return failed(error, { request, requestId, startedAt, traceparent, address, operation, key, about, admitted }, deps)
  }
}

/** The answer for the client, by how it comes. */
function give(relayed: Answered, deps: GatewayDeps): HttpAnswer | Promise<HttpAnswer> {
  switch (relayed.kind) {
    case 'stream':
      return isOfJob(relayed) ? streamJob(relayed, deps) : stream(relayed, deps)
    case 'bytes':
      return passBytes(relayed, deps)
    case 'plain':
    case 'refused':
      return answer(relayed, deps)
  }
}
