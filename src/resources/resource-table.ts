/**
 * Resources as the request path asks for them: what was made or asked for lately is in memory, everything else in the
 * store. A look-up of one that is in memory calls nobody; the others' go out together, a batch at a time, and hold up
 * nothing but themselves.
 *
 * What a request made may be given to its client before the store has it, and the client may ask another node. So an
 * id that nobody knows is looked for again until the other node must have shipped it; only then is it unknown.
 */
import type { Clock } from '../lib/clock.ts'
import { createLru } from '../lib/lru.ts'
import {
  madeBy,
  type KeptResource,
  type MadeResource,
  type Maker,
  type Resource,
  type ResourceChanges,
  type ResourceKey,
  type ResourcePage,
  type ResourceQuery,
  type ResourceStore,
} from '../store/resources.ts'
import { createLookUp } from './look-up.ts'

export type ResourceTable = {
  /** In the store, on its disk, when it resolves: only then may its id be given to the client. */
  readonly create: (resource: KeptResource) => Promise<void>
  /** Known from now on, though the store learns of it by the settlement, which is journaled. */
  readonly note: (made: readonly MadeResource[], maker: Maker) => void
  /** null: unknown, deleted, expired, of another kind, mode or organization, all alike. At once where it is in memory. Rejects when the store is out of reach. `isPatient`: false where one that another node made a moment ago may be unknown. */
  readonly find: (key: ResourceKey, isPatient?: boolean) => Resource | null | Promise<Resource | null>
  /** With all that this node has journaled. null where `after` or `before` is no id of the asker's. */
  readonly list: (query: Omit<ResourceQuery, 'at'>) => Promise<ResourcePage | null>
  /** What it now is; null where `find` would give null. */
  readonly update: (key: ResourceKey, changes: ResourceChanges) => Promise<KeptResource | null>
  /** false where `find` would give null. */
  readonly delete: (key: ResourceKey) => Promise<boolean>
}

export type ResourceTableDeps = {
  readonly store: Omit<ResourceStore, 'forgetResources'>
  /** Brings what is journaled into the store. */
  readonly ship: () => Promise<void>
  readonly clock: Clock
  /** How long an id that nobody knows is looked for. */
  readonly lagMs?: number
}

/** About 500 bytes each, and their labels. */
const knownMax = 20_000
const labelCharsMax = 16_000_000
const shippingLagMs = 1_000

export function createResourceTable({ store, ship, clock, lagMs = shippingLagMs }: ResourceTableDeps): ResourceTable {
  /** null: deleted here. */
  const known = createLru<Resource | null>(knownMax, labelCharsMax)
  const lookUp = createLookUp(store, clock, lagMs)
  const remember = (resource: Resource): void => known.set(placeOf(resource), resource, weightOf(resource))
  const look = async (key: ResourceKey, isPatient: boolean): Promise<Resource | null> => {
    const found = await lookUp(key, isPatient)
    // What was deleted meanwhile stays so.
    if (found !== null && known.get(placeOf(key)) === undefined) remember(found)
    return found
  }
  const find: ResourceTable['find'] = (key, isPatient = true) => {
    const resource = known.get(placeOf(key))
    if (resource === undefined) return look(key, isPatient)
    return resource === null || isExpired(resource, clock.now()) ? null : resource
  }
  /** What was made here a moment ago may still have to be shipped. */
  const change = async <T>(key: ResourceKey, inStore: () => Promise<T | null>): Promise<T | null> => {
    if ((await find(key)) === null) return null
    const done = await inStore()
    if (done !== null) return done
    await ship()
    return inStore()
  }
  return {
    find,
    async create(resource) {
      await store.createResource(resource)
      remember(withoutObject(resource))
    },
    note(made, maker) {
      for (const one of made) remember(madeBy(one, maker))
    },
    async list(query) {
      await ship()
      return store.listResources({ ...query, at: clock.now() })
    },
    async update(key, changes) {
      const updated = await change(key, () => store.updateResource(key, changes, clock.now()))
      if (updated !== null && known.get(placeOf(key)) !== null) remember(withoutObject(updated))
      return updated
    },
    async delete(key) {
      const deleted = await change(key, async () => ((await store.deleteResource(key, clock.now())) ? true : null))
      if (deleted) known.set(placeOf(key), null)
      return deleted ?? false
    },
  }
}

const placeOf = ({ organizationId, mode, kind, id }: ResourceKey): string => `${mode} ${organizationId} ${kind} ${id}`

const isExpired = ({ expiresAt }: Resource, now: number): boolean => expiresAt !== null && expiresAt <= now

/** Objects are for lists, and large. */
function withoutObject(kept: KeptResource): Resource {
  const { object: _, ...resource } = kept
  return resource
}

const weightOf = ({ labels }: Resource): number => 1 + JSON.stringify(labels).length
