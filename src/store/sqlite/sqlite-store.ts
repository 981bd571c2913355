/**
 * The store on SQLite, in the calling thread: a commit can stall it for tens of milliseconds, so a process
 * that also answers requests uses `openStoreInWorker`. Everything lives in one file, because SQLite commits
 * over several WAL files are not atomic.
 */
import type { Database } from 'bun:sqlite'
import { dirname } from 'node:path'
import { systemClock, type Clock } from '../../lib/clock.ts'
import { createSliceReader } from '../../lib/blocks.ts'
import type { ReservationStore } from '../reservations.ts'
import type { ResourceStore } from '../resources.ts'
import {
  byServer,
  type AuditStore,
  type Installation,
  type KeyStore,
  type OperatorStore,
  type OrganizationStore,
  type ServiceRequestStore,
  type Store,
  type WebhookStore,
} from '../store.ts'
import { prepareApplyJournal } from './apply-journal.ts'
import { prepareAudit, type Audit } from './audit.ts'
import { openCopy, openForReading, openForWriting } from './connection.ts'
import { findDamage, isDamage } from './find-damage.ts'
import { lockFolder } from './folder-lock.ts'
import { prepareGrantCredit } from './grant-credit.ts'
import { prepareKeyUses } from './key-uses.ts'
import { prepareKeys, type Keys } from './keys.ts'
import { prepareLeaseCredit } from './lease-credit.ts'
import { prepareLeases } from './leases.ts'
import { prepareLedger, type Ledger } from './ledger.ts'
import { migrate } from './migrations.ts'
import { prepareLosses } from './losses.ts'
import { prepareNodes } from './nodes.ts'
import { prepareOperatorTokens } from './operator-tokens.ts'
import { prepareOrganizations, type Organizations } from './organizations.ts'
import { prepareReports } from './reports.ts'
import { prepareRequests } from './requests.ts'
import { prepareJobs, type Jobs } from './jobs.ts'
import { prepareReservations, type Reservations } from './reservations.ts'
import { prepareResources, type Resources } from './resources.ts'
import { prepareRevokeCredit } from './revoke-credit.ts'
import { prepareRollups } from './rollups.ts'
import { prepareCreditAlerts } from './credit-alerts.ts'
import { prepareDeliveries } from './deliveries.ts'
import { prepareWebhooks } from './webhooks.ts'
import { prepareServiceRequests, type ServiceRequests } from './service-requests.ts'
import { verifyLedger } from './verify-ledger.ts'
import { noting, openWatermark } from './watermark.ts'

export type SqliteOptions = {
  readonly path: string
  readonly clock?: Clock
  /** For a database of before there was test and live. */
  readonly installation?: Installation | undefined
}

/** Opens the file, migrated to the newest version; its folder is locked against other processes until `close`. `:memory:` works. */
export function openSqliteStore({ path, clock = systemClock, installation }: SqliteOptions): Store {
  if (path === ':memory:') return storeOn(openMigrated(path, clock.now(), installation), clock, () => {})
  const lock = lockFolder(dirname(path))
  try {
    const db = openMigrated(path, clock.now(), installation)
    const watermark = openWatermark(db, path)
    const closed = (): void => {
      watermark.close()
      lock.release()
    }
    const { close, ...methods } = storeOn(db, clock, closed)
    return { ...noting(methods, watermark.note), close }
  } catch (error) {
    lock.release()
    throw error
  }
}

/** A new database in memory, as SQLite keeps it: tests open hundreds, and to migrate one takes ten milliseconds. */
let newInMemory: Uint8Array | null = null

/** Throws one line that names the file. */
function openMigrated(path: string, now: number, installation?: Installation): Database {
  if (path === ':memory:' && newInMemory !== null) return openCopy(newInMemory)
  let db: Database | undefined
  try {
    db = openForWriting(path)
    migrate(db, now, installation)
    if (path === ':memory:') newInMemory = db.serialize()
    return db
  } catch (cause) {
    db?.close()
    const words = cause instanceof Error ? cause.message : String(cause)
    const advice = isDamage(cause) ? '; restore a backup into an empty folder (mart restore FILE)' : ''
    throw new Error(`${path} cannot be opened: ${words}${advice}`, { cause })
  }
}

/** Opens a second connection for reports beside a store that this process already has open; its writes throw. */
export const openSqliteReader = ({ path, clock = systemClock }: SqliteOptions): Store =>
  storeOn(openForReading(path), clock, () => {})

function storeOn(db: Database, clock: Clock, closed: () => void): Store {
  const reader = createSliceReader()
  const nodes = prepareNodes(db)
  const ledger = prepareLedger(db)
  const leases = prepareLeases(db)
  const audit = prepareAudit(db, clock)
  const organizations = prepareOrganizations(db, audit)
  const requests = prepareRequests(db)
  const resources = prepareResources(db)
  const reservations = prepareReservations(db)
  const keys = prepareKeys(db, organizations, audit)
  const keyUses = prepareKeyUses(db)
  const reports = prepareReports(db)
  const losses = prepareLosses(db, { nodes, audit }, clock)
  const leaseCredit = prepareLeaseCredit(db, { ledger, leases, nodes }, clock)
  const grantCredit = prepareGrantCredit(db, { ledger, audit }, clock)
  const revokeCredit = prepareRevokeCredit(db, { ledger, audit }, clock)
  const applyJournal = prepareApplyJournal(
    db,
    {
      reader,
      keys,
      keyUses,
      ledger,
      leases,
      nodes,
      organizations,
      requests,
      reservations,
      resources,
      rollups: prepareRollups(db),
    },
    clock,
  )

  // `async`, so that what is thrown arrives as a rejection, as it does from any other store.
  return {
    openNode: async (name, aboveEpoch = 0) => nodes.open(name, aboveEpoch),
    applyJournal: async (batch) => applyJournal(batch),
    recordLoss: async (loss) => losses.record(loss),
    acceptLosses: async (actor = byServer) => losses.accept(actor),
    leaseCredit: async (ask) => leaseCredit(ask),
    grantCredit: async (grant, actor = byServer) => grantCredit(grant, actor),
    revokeCredit: async (ask, actor = byServer) => revokeCredit(ask, actor),
    balance: async (organizationId, mode) => ledger.balance(organizationId, mode),
    transfers: async (organizationId) => ledger.transfers(organizationId),
    verifyLedger: async () => verifyLedger(db),
    findDamage: async () => findDamage(db),
    ...payersOf(organizations, keys),
    ...operatorsOn(db, audit),
    ...webhooksOn(db, { audit, ledger, organizations }, clock),
    ...serviceRequestsOf(prepareServiceRequests(db, { audit, keys, organizations }, clock)),
    receipt: async (requestId, organizationId) =>
      requests.receipt(requestId, organizationId) ?? reservations.receipt(requestId, organizationId),
    usage: async (query) => reports.usage(query),
    lastUses: async (organizationId) => reports.lastUses(organizationId),
    chargesByKey: async (from) => reports.chargesByKey(from),
    keyUses: async (since, max) => keyUses.list(since, max),
    forgetKeyUses: async (before, max) => keyUses.forget(before, max),
    ...resourcesOf(resources),
    ...reservationsOf(reservations, prepareJobs(db)),
    close: async () => {
      reader.close()
      db.close()
      closed()
    },
  }
}

const payersOf = (organizations: Organizations, keys: Keys): OrganizationStore & KeyStore => ({
  createOrganization: async (organization, actor = byServer) => organizations.create(organization, actor),
  updateOrganization: async (id, changes, actor = byServer) => organizations.update(id, changes, actor),
  organizations: async () => organizations.list(),
  organization: async (id) => organizations.find(id),
  createKey: async (key, actor = byServer, max = Infinity) => keys.create(key, max, actor),
  updateKey: async (id, changes, actor = byServer) => keys.update(id, changes, actor),
  keys: async (organizationId) => keys.list(organizationId),
  key: async (id) => keys.find(id),
})

type WebhookUses = { readonly audit: Audit; readonly ledger: Ledger; readonly organizations: Organizations }

function webhooksOn(db: Database, uses: WebhookUses, clock: Clock): WebhookStore {
  const webhooks = prepareWebhooks(db, uses)
  const deliveries = prepareDeliveries(db, webhooks, clock)
  const alerts = prepareCreditAlerts(db, { ...uses, deliveries })
  return {
    createWebhook: async (webhook, max, actor) => webhooks.create(webhook, max, actor),
    updateWebhook: async (id, changes, actor) => webhooks.update(id, changes, actor),
    deleteWebhook: async (id, actor) => webhooks.delete(id, actor),
    webhooks: async (organizationId) => webhooks.list(organizationId),
    webhook: async (id) => webhooks.find(id),
    tell: async (told, only) => deliveries.tellAlone(told, only),
    dueDeliveries: async (now, max) => deliveries.due(now, max),
    noteDelivery: async (id, attempt, then) => deliveries.note(id, attempt, then),
    delivery: async (id) => deliveries.find(id),
    deliveries: async (webhookId, beforeId, max) => deliveries.list(webhookId, beforeId, max),
    resendDelivery: async (id, now) => deliveries.resend(id, now),
    forgetDeliveries: async (before, max) => deliveries.forget(before, max),
    creditAlerts: async (organizationId) => alerts.list(organizationId),
    setCreditAlert: async (alert, actor) => alerts.set(alert, actor),
    crossAlerts: async () => alerts.cross(),
  }
}

const serviceRequestsOf = (requests: ServiceRequests): ServiceRequestStore => ({
  createServiceRequest: async (request, openMax) => requests.create(request, openMax),
  serviceRequests: async (query) => requests.list(query),
  serviceRequest: async (id) => requests.find(id),
  endServiceRequest: async (id, end, actor) => requests.end(id, end, actor),
})

function operatorsOn(db: Database, audit: Audit): OperatorStore & AuditStore {
  const tokens = prepareOperatorTokens(db, audit)
  return {
    createOperatorToken: async (token, actor = byServer) => tokens.create(token, actor),
    updateOperatorToken: async (id, changes, actor = byServer) => tokens.update(id, changes, actor),
    operatorTokens: async () => tokens.list(),
    recordAudit: async (note) => audit.write(note),
    audit: async (query) => audit.list(query),
  }
}

const resourcesOf = (resources: Resources): ResourceStore => ({
  createResource: async (resource) => resources.create(resource),
  findResources: async (asked, at) => resources.find(asked, at),
  listResources: async (query) => resources.list(query),
  updateResource: async (key, changes, at) => resources.update(key, changes, at),
  deleteResource: async (key, at) => resources.delete(key, at),
  forgetResources: async (before, max) => resources.forget(before, max),
})

const reservationsOf = (reservations: Reservations, jobs: Jobs): ReservationStore => ({
  dueReservations: async (at, max) => reservations.due(at, max),
  postponeReservations: async (postponements) => reservations.postpone(postponements),
  openReservation: async (requestId, of) => reservations.open(requestId, of),
  reservedByKey: async () => reservations.byKey(),
  leaseJob: async (lease, now) => reservations.lease(lease, now),
  listJobs: async (query) => jobs.list(query),
})
