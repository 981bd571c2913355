import type { Model } from '../catalog/catalog.ts'
import type { KeyRow, Mode } from '../store/store.ts'
import type { OperationName } from '../upstreams/deployment.ts'
import type { GatewayDeps } from './deps.ts'
import type { Dialect } from './dialect.ts'
import { operationsFor } from './operations.ts'
import { mayUse } from './may-use.ts'
import { policyOf } from './region-policy.ts'

/** A model that somebody may be told of, by one of its names. */
export type OfferedModel = {
  readonly name: string
  readonly model: Model
  /** What it can be asked. */
  readonly operations: readonly OperationName[]
}

/** The models that somebody may be told of. */
export type Offered = {
  /** Each by its id and by its aliases, in the catalog's order. */
  readonly listed: readonly OfferedModel[]
  /** By id, dated snapshot or alias; null when it is not among them. */
  readonly find: (name: string) => OfferedModel | null
}

type Deps = Pick<GatewayDeps, 'catalog' | 'fleet' | 'clock'>

/** Models of a dialect that a key may ask for under a region policy: what is listed can be asked. */
export function offeredTo(key: KeyRow, dialect: Model['dialect'], policy: string, deps: Deps): Offered {
  const isOffered = (model: Model): boolean =>
    model.dialect === dialect && mayUse(key, model) && isServed(model, policy, key.mode, deps)
  return {
    listed: deps.catalog.listed
      .filter(isOffered)
      .flatMap((model) => [model.id, ...model.aliases].map((name) => offeredAs(name, model))),
    find(name) {
      const model = deps.catalog.find(name)
      return model?.listed && isOffered(model) ? offeredAs(name, model) : null
    },
  }
}

/** The same, under a region policy that the client chose for this request in the URL. Throws as `policyOf`. */
export const offeredAt = ({ name }: Pick<Dialect, 'name'>, region: string | null, key: KeyRow, deps: Deps): Offered =>
  offeredTo(key, name, policyOf(region, key, deps.fleet), deps)

const offeredAs = (name: string, model: Model): OfferedModel => ({
  name,
  model,
  operations: operationsFor(model).map(({ name: operation }) => operation),
})

/** Whether a model is served under a region policy in a mode: by some deployment and in some paid operation, and not past its shutdown. */
export const isServed = (model: Model, policy: string, mode: Mode, { fleet, clock }: Omit<Deps, 'catalog'>): boolean =>
  isDeployed(model, policy, mode, fleet) && !isShutDown(model, clock.now())

/** The same, whatever day it is: the sandbox goes on with what its vendor has shut down. */
export const isDeployed = (model: Model, policy: string, mode: Mode, fleet: Deps['fleet']): boolean =>
  operationsFor(model).some(
    (operation) => operation.due !== 'free' && fleet.serving({ model, operation }, policy, mode) !== null,
  )

/** Whether its vendor had shut it down by `now`, epoch ms. */
export const isShutDown = ({ lifecycle: { shutdown } }: Pick<Model, 'lifecycle'>, now: number): boolean =>
  shutdown !== null && Date.parse(shutdown) <= now
