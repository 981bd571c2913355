/** A free question of our own to the account that has something: not a client's, so it is in no limits and on no receipt. */
import { decoded } from '../lib/http-client/decoded.ts'
import type { Resource } from '../store/resources.ts'
import { deadlinesOf } from './deadlines-of.ts'
import type { GatewayDeps } from './deps.ts'
import type { Operation } from './operation.ts'

/** `path`: of an id at its upstream, which is encoded. */
export type Question = {
  readonly operation: Pick<Operation, 'name' | 'dialect'>
  readonly path: (id: string) => string
  /** The most bytes of an answer, unless it is short. */
  readonly bytesMax?: number
}

export type UpstreamAnswer = { readonly status: number; readonly bytes: Uint8Array }

const answerBytesMax = 1024 * 1024
const nothing = new Uint8Array(0)

/** What its account says of a resource, whatever the status. Rejects where it cannot be asked, or does not answer before the signal. */
export async function askUpstream(
  { operation, path, bytesMax = answerBytesMax }: Question,
  resource: Resource,
  signal: AbortSignal,
  deps: Pick<GatewayDeps, 'fleet' | 'http' | 'deadlinesFor'>,
): Promise<UpstreamAnswer> {
  const [candidate] = deps.fleet.at(resource, { model: null, operation }, resource.mode)?.list ?? []
  if (!candidate)
    throw new Error(`nobody serves ${operation.name} at ${resource.provider} in ${resource.region} any more`)
  const address = await candidate.deployment.adapter.address({
    dialect: operation.dialect.name,
    path: path(encodeURIComponent(resource.upstreamId)),
    model: '',
    tier: null,
  })
  signal.throwIfAborted()
  const call = deps.http.send({
    method: 'GET',
    url: address.url,
    headers: { 'accept-encoding': 'identity', ...address.headers },
    body: nothing,
    connectMs: deadlinesOf({ model: null }, deps).connectMs,
    isRepeatable: true,
  })
  const abort = (): void => call.abort(new Error('there was no answer in time'))
  signal.addEventListener('abort', abort, { once: true })
  try {
    const response = decoded(await call.response)
    return { status: response.status, bytes: await response.bytes(bytesMax) }
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
