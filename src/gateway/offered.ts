import type { Model } from '../catalog/catalog.ts'
import type { GatewayDeps } from './deps.ts'

/** The models that somebody may be told of. */
export type Offered = {
  readonly listed: readonly Model[]
  /** By id or dated snapshot; null when it is not among them. */
  readonly find: (id: string) => Model | null
}

/** Models of the catalog that some deployment serves under a region policy: what is listed can be asked. */
export function offeredUnder(policy: string, { catalog, fleet }: Pick<GatewayDeps, 'catalog' | 'fleet'>): Offered {
  const isOffered = (model: Model | null): model is Model =>
    model !== null && model.listed && fleet.serving(model, policy) !== null
  return {
    listed: catalog.listed.filter(isOffered),
    find(id) {
      const model = catalog.find(id)
      return isOffered(model) ? model : null
    },
  }
}
