/**
 * Reservations: money that outlives its request. A call whose charge is known only later (a video, a background
 * response) leaves one behind; a poller asks its provider until the job ends, and it is settled or voided, once.
 * They come and end by journal records, in `Store.applyJournal`; here is what the poller works with.
 */
import type { Mode } from './mode.ts'
import type { ResourceKind } from './resources.ts'
import type { Settlement } from './settlement.ts'

/** What one unit of each class cost at admission, by tier and length of input, in pico-USD as decimal text; see `money/frozen-price.ts`. */
export type FrozenPrice = {
  readonly name: string
  /** Of `standard` at least; a tier that is not here is priced as `standard`. */
  readonly tiers: Readonly<Record<string, readonly FrozenPriceRow[]>>
}
export type FrozenPriceRow = {
  readonly tier: string
  readonly aboveInputTokens: number
  readonly picoPerUnit: Readonly<Record<string, string>>
}

export type Reservation = {
  /** As the call that created it left it: `reserved`, without lines, owing nothing yet. Its hold is what is reserved. */
  readonly settlement: Settlement
  readonly provider: string
  /** What the job is called, by us and by its provider. */
  readonly kind: ResourceKind
  readonly resourceId: string
  readonly upstreamId: string
  /** What the customer pays, and what the provider asks of us. */
  readonly price: FrozenPrice
  readonly cost: FrozenPrice
  /** Tokens of what it was begun with, for a job that does not say; left out where none are billed. */
  readonly inputGuess?: number
  /** Epoch ms: when to ask for the first time, and when to give up. */
  readonly firstCheckAt: number
  readonly expiresAt: number
}

/** One that has not ended. `checks`: how often its provider was asked. */
export type DueReservation = {
  readonly reservation: Reservation
  readonly checks: number
  readonly nextCheckAt: number
}

/** A call that left a job behind, and what became of it. Times are epoch ms. */
export type Job = {
  readonly reservation: Reservation
  readonly state: 'open' | 'settled' | 'void'
  /** How often its provider was asked, and when it is asked next, while it is open. */
  readonly checks: number
  readonly nextCheckAt: number
  /** How it was settled; null while it is open. */
  readonly end: Settlement | null
  /** What it makes, as its provider last gave it, as JSON text, or null where that is not kept; null when it is deleted or forgotten. */
  readonly made: { readonly object: string | null } | null
}
export type JobQuery = {
  readonly organizationId: string
  readonly mode: Mode
  /** null: whatever became of it. */
  readonly state: Job['state'] | null
  /** The page begins behind this request's job; null: at the newest. */
  readonly after: string | null
  readonly limit: number
}

/** When to ask again, and how often it was asked. */
export type Postponement = { readonly requestId: string; readonly nextCheckAt: number; readonly checks: number }

/** What open reservations of a key come to: they count against its budget until they end. */
export type ReservedByKey = { readonly keyId: string; readonly reservedNano: bigint }

/** Only one node at a time does a job; whoever has it says so again before `until`, epoch ms. */
export type JobLease = { readonly job: string; readonly nodeId: number; readonly epoch: number; readonly until: number }

/** Reservations in the store; `reservations-contract.ts` is the promise. */
export interface ReservationStore {
  /** Of those that are open and due at a time, `max`: of each organization its longest due first, one of each before a second of any. */
  dueReservations(at: number, max: number): Promise<DueReservation[]>
  /** Those that have ended meanwhile are left alone. */
  postponeReservations(postponements: readonly Postponement[]): Promise<void>
  /** null where it is not open, or of another organization or mode. */
  openReservation(requestId: string, of: { organizationId: string; mode: Mode }): Promise<DueReservation | null>
  reservedByKey(): Promise<ReservedByKey[]>
  /** An organization's jobs of a mode, the newest first; null where `after` is none of them. */
  listJobs(query: JobQuery): Promise<readonly Job[] | null>
  /** Whether the job is this node's until then: nobody else has it, or their time is over at `now`, or it was an older epoch of this node. */
  leaseJob(lease: JobLease, now: number): Promise<boolean>
}
