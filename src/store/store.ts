/**
 * The central store, as the rest of the system sees it. SQLite is the first implementation,
 * PostgreSQL the second; `store-contract.ts` is the promise both are tested against.
 *
 * Amounts cross this boundary as decimal strings of nano-USD where the value is JSON (journal
 * records, receipts) and as bigint elsewhere. Times are epoch milliseconds.
 */

import type { AuditStore } from './audit.ts'
import type { IdempotencyStore } from './idempotency.ts'
import type { KeyStore } from './keys.ts'
import type { LedgerStore } from './ledger.ts'
import type { NodeStore } from './nodes.ts'
import type { OperatorStore } from './operators.ts'
import type { OrganizationStore } from './organizations.ts'
import type { ReportStore } from './reports.ts'
import type { ReservationStore } from './reservations.ts'
import type { ResourceStore } from './resources.ts'
import type { ServiceRequestStore } from './service-requests.ts'
import type { WebhookStore } from './webhooks.ts'

export { byServer } from './audit.ts'
export type * from './audit.ts'
export type * from './idempotency.ts'
export type * from './installation.ts'
export type * from './keys.ts'
export type * from './ledger.ts'
export { modes, type Mode } from './mode.ts'
export type * from './nodes.ts'
export type * from './operators.ts'
export type * from './organizations.ts'
export { StoreRefusal } from './refusal.ts'
export type * from './reports.ts'
export type * from './service-requests.ts'
export type * from './settlement.ts'
export type * from './webhooks.ts'

/** Every port of the store, which one implementation has together: money, keys and reports agree because they are one database. */
export interface Store
  extends
    NodeStore,
    LedgerStore,
    OrganizationStore,
    KeyStore,
    OperatorStore,
    AuditStore,
    ReportStore,
    IdempotencyStore,
    ReservationStore,
    ResourceStore,
    ServiceRequestStore,
    WebhookStore {
  /** What is broken in the store's own files, in words; nothing when they are whole. Reads all of them, and holds up nothing else. */
  findDamage(): Promise<string[]>

  close(): Promise<void>
}
