import type { HttpAnswer, HttpRequest } from '../lib/http-server/contract.ts'
import { newRequestId } from '../lib/ids.ts'
import type { KeyRow } from '../store/store.ts'
import { authenticate } from './authenticate.ts'
import type { GatewayDeps } from './deps.ts'
import { failed, refuseWhileDraining } from './fail.ts'
import type { Inbound, KnownOperation } from './operation.ts'

/** Answers from what we know ourselves, such as the list of models, to whoever has a key. Never throws. */
export async function serveKnown(
  request: HttpRequest,
  operation: KnownOperation,
  asked: Omit<Inbound, 'operation'>,
  deps: GatewayDeps,
): Promise<HttpAnswer> {
  const requestId = newRequestId()
  const startedAt = deps.clock.monotonic()
  const address = deps.clients.addressOf(request)
  const traceparent = request.headers.get('traceparent')
  let key: KeyRow | null = null
  try {
    refuseWhileDraining(deps)
    key = authenticate(request, operation.name, address, deps)
    const known = await operation.answer(asked, key, deps)
    known.headers['x-request-id'] = requestId
    return known
  } catch (error) {
    const told = { request, requestId, startedAt, traceparent, address, operation, key, about: null, admitted: null }
    return failed(error, told, deps)
  }
}
