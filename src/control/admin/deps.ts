/** What the admin API works with. */
import type { Catalog } from '../../catalog/catalog.ts'
import type { KeyTable } from '../../keys/key-table.ts'
import type { Limits } from '../../limits/limits.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import type { PeopleStore } from '../../store/people/people-store.ts'
import type { Seal } from '../../lib/seal.ts'
import type { KeyRow, Mode, OperatorToken, Organization, Store } from '../../store/store.ts'
import type { Deployment } from '../../upstreams/deployment.ts'
import type { Fleet } from '../../upstreams/fleet.ts'
import { AdminError } from './error.ts'
import type { BalanceJson, ConfigurationJson, DeploymentTestJson, ReloadJson } from '../contract.ts'
import { balanceJson } from './json-shapes.ts'
import type { KeyDefaults } from './key-input.ts'
import type { LedgerVerifier } from './ledger-verifier.ts'

export type AdminDeps = {
  readonly store: Pick<
    Store,
    | 'acceptLosses'
    | 'audit'
    | 'balance'
    | 'createKey'
    | 'createOperatorToken'
    | 'createOrganization'
    | 'createServiceRequest'
    | 'createWebhook'
    | 'creditAlerts'
    | 'deleteWebhook'
    | 'deliveries'
    | 'delivery'
    | 'endServiceRequest'
    | 'grantCredit'
    | 'key'
    | 'keys'
    | 'lastUses'
    | 'listJobs'
    | 'listResources'
    | 'operatorTokens'
    | 'organization'
    | 'organizations'
    | 'receipt'
    | 'recordAudit'
    | 'resendDelivery'
    | 'revokeCredit'
    | 'serviceRequest'
    | 'serviceRequests'
    | 'setCreditAlert'
    | 'tell'
    | 'updateKey'
    | 'updateOperatorToken'
    | 'updateOrganization'
    | 'updateWebhook'
    | 'usage'
    | 'webhook'
    | 'webhooks'
  >
  readonly keys: Pick<KeyTable, 'endPasses' | 'lend' | 'put' | 'setSuspended'>
  readonly limits: Pick<Limits, 'budget' | 'inFlight' | 'standings'>
  readonly catalog: Pick<Catalog, 'find' | 'listed'>
  /** The names of every endpoint of the two dialects. */
  readonly endpoints: readonly string[]
  readonly clock: Clock
  readonly log: Log
  /** In the data folder, new with every start. */
  readonly operatorToken: string
  /** Those that last, as the store has them at the start. */
  readonly operatorTokens: readonly OperatorToken[]
  readonly fleet: Fleet
  /** A tiny real call to a deployment, at the operator's cost. Never rejects. */
  readonly testDeployment: (deployment: Deployment) => Promise<DeploymentTestJson>
  readonly configuration: () => ConfigurationJson
  /** Reads the configuration file again; a bad one changes nothing and says why. */
  readonly reload: () => ReloadJson
  readonly keyDefaults: KeyDefaults
  /** Whether no real provider is configured. */
  readonly simulated: boolean
  /** Money of a mode that this node has leased and not held, per organization, in nano-USD. */
  readonly credit: { readonly idleNano: (organizationId: string, mode: Mode) => bigint }
  /** Gives what this node has leased of an organization's money of a mode and not held back to the store, and leases no more of it until `work` has ended. */
  readonly recallCredit: <T>(organizationId: string, mode: Mode, work: () => Promise<T>) => Promise<T>
  /** Seals what webhooks are signed with. */
  readonly seal: Pick<Seal, 'seal'>
  /** Private networks that the operator lets webhooks go to. */
  readonly webhookNetworks: readonly string[]
  /** Proves the ledger. */
  readonly verifier: LedgerVerifier
  /** Brings everything journaled so far into the store. */
  readonly ship: () => Promise<void>
  readonly people: {
    /** Where people reach this server, without a slash at the end. */
    readonly baseUrl: string
    /** Opens the people's store for one question. */
    readonly ask: <T>(work: (store: PeopleStore) => T) => T
  }
  /** Told of every new or changed key, after the store and the table have it. */
  readonly onKeyChanged?: (key: KeyRow) => void
}

/** The organization. Throws `organization_not_found`. */
export async function organizationOf(deps: Pick<AdminDeps, 'store'>, id: string): Promise<Organization> {
  const organization = await deps.store.organization(id)
  if (!organization) throw new AdminError('organization_not_found')
  return organization
}

/** What an organization has of a mode, every request that has ended included. */
export async function balanceOf(
  deps: Pick<AdminDeps, 'ship' | 'store' | 'credit'>,
  organizationId: string,
  mode: Mode,
): Promise<BalanceJson> {
  await deps.ship()
  const balance = await deps.store.balance(organizationId, mode)
  return balanceJson(mode, balance, deps.credit.idleNano(organizationId, mode))
}
