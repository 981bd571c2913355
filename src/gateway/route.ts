import type { Model } from '../catalog/catalog.ts'
import type { KeyRow, Mode } from '../store/store.ts'
import { among, type Candidates, type Fleet } from '../upstreams/fleet.ts'
import type { GatewayDeps } from './deps.ts'
import type { Asked } from './dialect.ts'
import { GatewayError } from './errors.ts'
import type { Call, Operation } from './operation.ts'
import { isServed } from './offered.ts'
import { policyOf } from './region-policy.ts'

/**
 * The deployments that may serve a call for a key, in its mode and under its region policy, or under one that the
 * client chose for this request in the URL. Never empty and never outside either: throws `region_unavailable`, and
 * `no_provider` where nobody serves it in any region.
 */
export function route(
  wanted: Wanted,
  key: KeyRow,
  chosen: string | null,
  deps: Pick<GatewayDeps, 'fleet' | 'catalog' | 'clock' | 'observer'>,
): Candidates {
  const { fleet } = deps
  const policy = policyOf(chosen, key, fleet)
  const candidates = fleet.serving(wanted, policy, key.mode)
  if (candidates) return sayable(wanted, candidates)
  const { model } = wanted
  if (isServedAnywhere(wanted, key.mode, fleet)) throw regionUnavailable(model, policy, servedUnder(policy, key, deps))
  deps.observer.alert({ event: noProviderEvents[key.mode], model: model.id })
  throw noProvider(model, key, isServedAnywhere(wanted, 'test', fleet))
}

/** A call, as far as it decides who may serve it. */
type Wanted = Pick<Call, 'model'> & {
  readonly operation: Pick<Operation, 'name'>
  readonly asked?: Pick<Asked, 'translation'>
}

/** Those that it can be said to: all, unless something of it needs an upstream that has its operation. Throws what keeps it from the others. */
function sayable({ operation, asked }: Wanted, candidates: Candidates): Candidates {
  const refused = asked?.translation?.refused
  if (!refused) return candidates
  const native = among(candidates, ({ adapter }) => !adapter.translates?.operations.includes(operation.name))
  if (native === null) throw refused
  return native
}

const isServedAnywhere = (wanted: Wanted, mode: Mode, { policies, serving }: Fleet): boolean =>
  Object.keys(policies).some((policy) => serving(wanted, policy, mode) !== null)

const namedMax = 40
const servedUnder = (policy: string, { mode }: KeyRow, deps: Parameters<typeof route>[3]): readonly string[] =>
  deps.catalog.listed.filter((model) => isServed(model, policy, mode, deps)).map(({ id }) => id)

function regionUnavailable(model: Model, policy: string, served: readonly string[]): GatewayError {
  const others =
    served.length === 0
      ? 'No model is served there.'
      : `Served there: ${served.slice(0, namedMax).join(', ')}${served.length > namedMax ? ' and others' : ''}.`
  return new GatewayError(
    'region_unavailable',
    `The model '${model.id}' is not served in region '${policy}', and these requests never leave it. ${others}`,
    { param: 'model', facts: { region: policy, served_models: served.join(',') } },
  )
}

const noProviderEvents = { live: 'no-real-provider', test: 'no-sandbox' } as const
/** An operator has something to configure first. */
const noProviderMs = 60_000

function noProvider(model: Model, { mode }: KeyRow, hasSandbox: boolean): GatewayError {
  const message =
    mode === 'test'
      ? `No sandbox serves the model '${model.id}' here, and this is a test key: nothing else may serve it.`
      : `No real provider serves the model '${model.id}' here, and this is a live key: nothing simulated may serve it.` +
        `${hasSandbox ? ' A test key gets simulated answers.' : ''} The list of models has what is served.`
  return new GatewayError('no_provider', message, { param: 'model', retryAfterMs: noProviderMs, facts: { mode } })
}
