import type { Resource } from '../store/resources.ts'
import type { KeyRow } from '../store/store.ts'
import type { GatewayDeps } from './deps.ts'
import type { Asked, Reference } from './dialect.ts'
import { GatewayError, invalid } from './errors.ts'

const nothing: readonly Resource[] = []
/** More ids are not looked up for one call. */
const referencesMax = 1_000
const awayMs = 2_000

/**
 * What a call names by id, each once; at once where it names nothing. Throws, or rejects with, what the vendor says of an
 * id that is not this organization's, whoever else's it may be, and `billing_unavailable` where the store is away.
 */
export function locate(
  { target }: Pick<Asked, 'target'>,
  key: KeyRow,
  { resources }: Pick<GatewayDeps, 'resources'>,
): readonly Resource[] | Promise<readonly Resource[]> {
  if (target.kind === 'provider') return nothing
  if (target.kind === 'resource') return find([target.reference], key, resources)
  return target.references === undefined || target.references.length === 0
    ? nothing
    : find(target.references, key, resources)
}

async function find(
  references: readonly Reference[],
  { organizationId, mode }: KeyRow,
  resources: GatewayDeps['resources'],
): Promise<readonly Resource[]> {
  const wanted = [...new Map(references.map((each) => [`${each.kind} ${each.id}`, each])).values()]
  if (wanted.length > referencesMax) throw tooMany(wanted[referencesMax]!)
  const found = await Promise.all(
    wanted.map(async ({ kind, id, unknown, ifUnknown }) => {
      const sought = { organizationId, mode, kind, id }
      const resource = await Promise.resolve(resources.find(sought, ifUnknown !== 'cut-out')).catch(storeAway)
      if (!resource && ifUnknown === undefined) throw unknown()
      return resource
    }),
  )
  return found.filter((resource) => resource !== null)
}

const tooMany = ({ field }: Reference): GatewayError =>
  invalid(field, `A request names ${referencesMax} stored things at most, such as files; this one names more.`)

function storeAway(cause: unknown): never {
  throw new GatewayError(
    'billing_unavailable',
    'What was made before cannot be looked up for a moment. Nothing is owed; try again shortly.',
    { retryAfterMs: awayMs, cause },
  )
}
