import type { Model } from '../catalog/catalog.ts'
import type { Resource } from '../store/resources.ts'
import type { KeyRow, Mode } from '../store/store.ts'
import { among, type Candidates, type Fleet } from '../upstreams/fleet.ts'
import type { GatewayDeps } from './deps.ts'
import type { Asked, Reference } from './dialect.ts'
import { GatewayError, invalid } from './errors.ts'
import type { Call, Operation } from './operation.ts'
import { isServed } from './offered.ts'
import { policyOf } from './region-policy.ts'

type Deps = Pick<GatewayDeps, 'fleet' | 'catalog' | 'clock' | 'observer'>

/**
 * The deployments that may serve a call for a key, in its mode and under its region policy, or under one that the
 * client chose for this request in the URL. What names something that was made before goes to the account that made it.
 * Never empty and never outside either: throws `region_unavailable`, `no_provider` where nobody serves it in any region,
 * and for what was made before what its vendor says where there is no such thing.
 */
export function route(call: Call, key: KeyRow, chosen: string | null, deps: Deps): Candidates {
  const policy = policyOf(chosen, key, deps.fleet)
  if (call.resources.length > 0) return routeToMaker(call, key, policy, deps)
  const { model, operation, asked } = call
  return model === null
    ? routeToAny(operation, key, policy, deps)
    : ofOneMaker(asked, routeToModel({ model, operation, asked }, key, policy, deps))
}

const isOfOneAccount = ({ ifUnknown }: Reference): boolean => ifUnknown === 'of-one-account'

/** Where a call has something in it whose maker is not known, it can only be the one account that there is. */
function ofOneMaker({ target }: Asked, candidates: Candidates): Candidates {
  const unlocated = target.kind === 'model' && target.references?.find(isOfOneAccount)
  if (unlocated && !areOneAccount(candidates)) throw unlocated.unknown()
  return candidates
}

function areOneAccount({ list }: Candidates): boolean {
  const [first, ...others] = list.map(({ deployment }) => deployment)
  return others.every(({ provider, region }) => provider === first!.provider && region === first!.region)
}

function routeToModel(wanted: Wanted, key: KeyRow, policy: string, deps: Deps): Candidates {
  const { fleet } = deps
  const candidates = fleet.serving(wanted, policy, key.mode)
  if (candidates) return sayable(wanted, candidates)
  const { model } = wanted
  if (isServedAnywhere(wanted, key.mode, fleet)) throw regionUnavailable(model, policy, servedUnder(policy, key, deps))
  deps.observer.alert({ event: noProviderEvents[key.mode], model: model.id })
  throw noProvider(model, key, isServedAnywhere(wanted, 'test', fleet))
}

/** Those that it can be said to: all, unless something of it needs an upstream that has its operation. Throws what keeps it from the others. */
function sayable({ operation, asked }: Pick<Wanted, 'operation' | 'asked'>, candidates: Candidates): Candidates {
  const refused = asked?.translation?.refused
  if (!refused) return candidates
  const native = nativeAmong(candidates, operation)
  if (native === null) throw refused
  return native
}

const nativeAmong = (candidates: Candidates, { name }: Wanted['operation']): Candidates | null =>
  among(candidates, ({ adapter }) => !adapter.translates?.operations.includes(name))

function routeToAny(operation: Operation, { mode }: KeyRow, policy: string, { fleet }: Deps): Candidates {
  const candidates = fleet.accounts({ model: null, operation }, policy, mode)
  if (candidates) return candidates
  const isElsewhere = Object.keys(fleet.policies).some((each) => fleet.accounts({ model: null, operation }, each, mode))
  throw isElsewhere
    ? new GatewayError(
        'region_unavailable',
        `Nobody serves this in region '${policy}', and these requests never leave it.`,
        {
          facts: { region: policy },
        },
      )
    : new GatewayError('no_provider', `No provider serves ${operation.method} ${operation.path} here.`, {
        retryAfterMs: noProviderMs,
        facts: { mode },
      })
}

/** To the account that made what the call names; refused where there is no one account that has all of it, or may be asked. */
function routeToMaker(
  { asked, model, operation, resources }: Call,
  { mode }: KeyRow,
  policy: string,
  { fleet }: Deps,
): Candidates {
  const { target } = asked
  const [first] = resources as readonly [Resource, ...Resource[]]
  const other = resources.find(({ provider, region }) => provider !== first.provider || region !== first.region)
  if (other) throw apart(asked, first, other)
  if (!fleet.policies[policy]?.serves.includes(first.region)) throw outside(asked, first, policy)
  const wanted = target.kind === 'model' && model ? { model, operation } : { model: null, operation }
  const candidates = fleet.at(first, wanted, mode)
  if (candidates) return sayable({ operation, asked }, candidates)
  throw target.kind === 'resource' ? target.reference.unknown() : notServedThere(asked, first)
}

const fieldOf = ({ target }: Asked, { id, kind }: Resource): string => {
  const references =
    target.kind === 'model' ? (target.references ?? []) : target.kind === 'resource' ? [target.reference] : []
  return references.find((each) => each.id === id && each.kind === kind)?.field ?? kind
}

const apart = (asked: Asked, first: Resource, other: Resource): GatewayError =>
  invalid(
    fieldOf(asked, other),
    `'${first.id}' and '${other.id}' were made by different providers or in different regions, and neither knows the other's. Send what one of them stands for instead.`,
  )

const notServedThere = (asked: Asked, made: Resource): GatewayError =>
  invalid(
    fieldOf(asked, made),
    `'${made.id}' is known only where it was made, and the model that is asked is not served there. Ask the model that made it, or send what it stands for instead.`,
  )

const outside = (asked: Asked, made: Resource, policy: string): GatewayError =>
  new GatewayError(
    'region_unavailable',
    `'${made.id}' was made in region '${made.region}', and these requests never leave region '${policy}'.`,
    { param: fieldOf(asked, made), facts: { region: policy } },
  )

/** What is asked of which model. */
type Wanted = {
  readonly model: Model
  readonly operation: Pick<Operation, 'name'>
  readonly asked?: Pick<Asked, 'translation'>
}

const isServedAnywhere = (wanted: Wanted, mode: Mode, { policies, serving }: Fleet): boolean =>
  Object.keys(policies).some((policy) => serving(wanted, policy, mode) !== null)

const namedMax = 40
const servedUnder = (policy: string, { mode }: KeyRow, deps: Deps): readonly string[] =>
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
