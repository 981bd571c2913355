/** What answers make, change and delete that has an id: kept so that it can be named afterwards, by its own organization. */
import type { KeptResource, MadeResource } from '../store/resources.ts'
import type { Deployment } from '../upstreams/deployment.ts'
import type { Admitted } from './admit.ts'
import type { GatewayDeps } from './deps.ts'
import type { Made, Reading } from './dialect.ts'
import { GatewayError } from './errors.ts'

type At = Pick<Deployment, 'id' | 'provider' | 'region'>

/** What a paid answer made, for its settlement to tell of. */
export const madeIn = (reading: Pick<Reading, 'made'>, { provider }: Pick<At, 'provider'>): readonly MadeResource[] =>
  (reading.made ?? []).map((made) => ({
    kind: made.kind,
    id: made.id,
    provider,
    upstreamId: made.id,
    parent: made.parent,
    labels: made.labels,
    createdAt: made.createdAt,
    expiresAt: made.expiresAt,
  }))

/**
 * Keeps what an answer says of things with ids, before its client is told. What a paid call made at its end rides on its
 * settlement instead, unless its charge is still to come. Rejects with `billing_unavailable` where the store is away.
 */
export async function keepResources(reading: Reading, admitted: Admitted, at: At, deps: GatewayDeps): Promise<void> {
  const { made = [], become } = reading
  try {
    for (const each of ridesOnSettlement(admitted) ? [] : made) await deps.resources.create(keptOf(each, admitted, at))
    const [resource] = admitted.call.resources
    if (become === undefined || !resource) return
    if (become === 'deleted') await deps.resources.delete(resource)
    else await deps.resources.update(resource, become)
  } catch (cause) {
    // Its upstream goes on, and bills the operator.
    if (made.length > 0 && admitted.call.operation.due === 'deferred')
      deps.log.error({
        event: 'create-in-doubt',
        requestId: admitted.requestId,
        upstream: at.id,
        ids: made.map(({ id }) => id),
      })
    throw new GatewayError(
      'billing_unavailable',
      'What was asked for is done, but it cannot be kept at the moment. Look again shortly.',
      { retryAfterMs: awayMs, cause },
    )
  }
}

/** Whether what a call makes is told to the store by the record that charges for it. */
const ridesOnSettlement = ({ call }: Pick<Admitted, 'call'>): boolean => call.operation.due === 'at-end'

const awayMs = 2_000

const keptOf = (made: Made, { key, paid, requestId, call }: Admitted, at: At): KeptResource => ({
  kind: made.kind,
  id: made.id,
  organizationId: key.organizationId,
  mode: key.mode,
  keyId: key.id,
  provider: at.provider,
  region: at.region,
  deployment: at.id,
  upstreamId: made.id,
  model: call.model?.id ?? null,
  requestId: paid && requestId,
  parent: made.parent,
  labels: made.labels,
  createdAt: made.createdAt,
  expiresAt: made.expiresAt,
  object: made.object,
})
