/** What the admin API works with. */
import type { Catalog } from '../catalog/catalog.ts'
import type { KeyTable } from '../keys/key-table.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { KeyRow, Mode, Organization, Store } from '../store/store.ts'
import type { Fleet } from '../upstreams/fleet.ts'
import { AdminError } from './admin-error.ts'
import type { ReloadJson } from './contract.ts'
import type { KeyDefaults } from './key-input.ts'

export type AdminDeps = {
  readonly store: Pick<
    Store,
    | 'balance'
    | 'createKey'
    | 'createOrganization'
    | 'grantCredit'
    | 'keys'
    | 'organizations'
    | 'receipt'
    | 'updateKey'
    | 'usage'
    | 'verifyLedger'
  >
  readonly keys: Pick<KeyTable, 'put'>
  readonly catalog: Pick<Catalog, 'find'>
  readonly clock: Clock
  readonly log: Log
  readonly operatorToken: string
  readonly fleet: Fleet
  /** Reads the configuration file again; a bad one changes nothing and says why. */
  readonly reload: () => ReloadJson
  readonly keyDefaults: KeyDefaults
  /** Whether no real provider is configured. */
  readonly simulated: boolean
  /** Money of a mode that this node has leased and not held, per organization, in nano-USD. */
  readonly credit: { readonly idleNano: (organizationId: string, mode: Mode) => bigint }
  /** Brings everything journaled so far into the store. */
  readonly ship: () => Promise<void>
  /** Told of every new or changed key, after the store and the table have it. */
  readonly onKeyChanged?: (key: KeyRow) => void
}

/** The organization. Throws `organization_not_found`. */
export async function organizationOf(deps: Pick<AdminDeps, 'store'>, id: string): Promise<Organization> {
  const organization = (await deps.store.organizations()).find((known) => known.id === id)
  if (!organization) throw new AdminError('organization_not_found')
  return organization
}
