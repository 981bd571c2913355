/** Requests that cost nothing: the same care for keys, regions and upstreams, and no money. */
import { zeroNano } from '../lib/amounts.ts'
import { newRequestId } from '../lib/ids.ts'
import type { KeyRow } from '../store/store.ts'
import type { Deployment } from '../upstreams/deployment.ts'
import { rateLimited } from './admit.ts'
import { authenticate } from './authenticate.ts'
import type { GatewayDeps } from './deps.ts'
import type { Dialect } from './dialect.ts'
import { failed, refuseWhileDraining } from './fail.ts'
import { mayUse, modelNotFound, readBody } from './parse.ts'
import { isClientFault, refusalOf } from './relay.ts'
import { ownHeaders } from './response-headers.ts'
import { route } from './route.ts'

export type FreeEndpoint = {
  readonly dialect: Dialect
  readonly bodyBytesMax: number
  readonly upstreamPath: (model: string) => string
}

/** Answers from what we know ourselves, such as the list of models, to whoever has a key. */
export async function serveKnown(
  request: Request,
  dialect: Dialect,
  deps: GatewayDeps,
  answer: (key: KeyRow) => Response | Promise<Response>,
): Promise<Response> {
  const requestId = newRequestId()
  try {
    refuseWhileDraining(deps)
    const response = await answer(authenticate(request, deps.keys))
    response.headers.set('x-request-id', requestId)
    return response
  } catch (error) {
    return failed(error, { requestId, dialect, admitted: null }, deps)
  }
}

/** Passes a free call on to an upstream and its answer back, within the key's request limits. */
export function serveFree(
  request: Request,
  endpoint: FreeEndpoint,
  modelName: string,
  deps: GatewayDeps,
): Promise<Response> {
  return serveKnown(request, endpoint.dialect, deps, async (key) => {
    const model = deps.catalog.find(modelName)
    if (!model?.listed || model.dialect !== endpoint.dialect.name || !mayUse(key, model)) throw modelNotFound(modelName)
    const { bytes } = await readBody(request, endpoint.bodyBytesMax)
    const ticket = deps.limits.enter(key, 0)
    if (!('leave' in ticket)) throw rateLimited(ticket, key, deps)
    try {
      const [deployment] = route(model, key.region, deps.deployments)
      return await pass(bytes, endpoint.dialect.name, endpoint.upstreamPath(modelName), deployment)
    } finally {
      ticket.leave({ tokens: 0, chargeNano: zeroNano })
    }
  })
}

const answerMsMax = 60_000

async function pass(
  body: Uint8Array,
  dialect: Dialect['name'],
  path: string,
  deployment: Deployment,
): Promise<Response> {
  const headers = {
    'content-type': 'application/json',
    'accept-encoding': 'identity',
    ...deployment.credentialHeaders[dialect],
  }
  const upstream = await fetch(deployment.baseUrls[dialect] + path, {
    method: 'POST',
    headers,
    body,
    signal: AbortSignal.timeout(answerMsMax),
    redirect: 'manual',
  }).catch((cause: unknown) => {
    throw refusalOf(new Response(null, { status: 503 }), cause)
  })
  if (upstream.status !== 200 && !isClientFault(upstream.status)) throw refusalOf(upstream)
  return new Response(await upstream.bytes(), {
    status: upstream.status,
    headers: {
      'content-type': upstream.headers.get('content-type') ?? 'application/json',
      ...ownHeaders(deployment),
    },
  })
}
