/** What nodes and the store say to each other: shipped records, what is lost of them, and leases of money. */
import type { FileSlice } from '../lib/blocks.ts'
import type { Actor } from './audit.ts'
import type { Mode } from './mode.ts'
import type { Reservation } from './reservations.ts'
import type { Settlement } from './settlement.ts'

/** A journal record that the store applies. `seq` is gap-free per node, across epochs. */
export type ShippedRecord =
  | { readonly kind: 'settle'; readonly seq: number; readonly epoch: number; readonly settlement: Settlement }
  | {
      readonly kind: 'return-lease'
      readonly seq: number
      readonly epoch: number
      readonly organizationId: string
      readonly mode: Mode
      readonly amountNano: string
    }
  | { readonly kind: 'end-epoch'; readonly seq: number; readonly epoch: number }
  | { readonly kind: 'reserve'; readonly seq: number; readonly epoch: number; readonly reservation: Reservation }
  | {
      /** `void`: nothing of what was reserved is owed. */
      readonly kind: 'settle-reservation' | 'void'
      readonly seq: number
      readonly epoch: number
      readonly settlement: Settlement
    }

/**
 * A contiguous run of shipped records from `fromSeq + 1` to `toSeq`: in the journal's own file, so that none of them
 * passes through the thread that serves requests, or as lines of text.
 */
export type JournalBatch = {
  readonly nodeId: number
  /** The epoch the sender opened; a batch of an older epoch is fenced off. */
  readonly epoch: number
  readonly fromSeq: number
  readonly toSeq: number
  readonly records: FileSlice | string
}

/** Records of a node from `afterSeq + 1` to `toSeq` that nobody can read any more; none where both are the same, and only its notes may be gone. `detail` is for people. */
export type JournalLoss = {
  readonly nodeId: number
  readonly epoch: number
  readonly afterSeq: number
  readonly toSeq: number
  readonly detail: string
}

/** `applied: false` means the compare-and-set on `lastSeq` failed and nothing changed: resume from `lastSeq`. */
export type ApplyResult = { readonly applied: boolean; readonly lastSeq: number }

/** Cumulative and therefore idempotent: asking again for the same total grants nothing new. */
export type LeaseAsk = {
  readonly nodeId: number
  readonly epoch: number
  readonly organizationId: string
  readonly mode: Mode
  readonly wantTotalNano: bigint
}
export type LeaseGrant = {
  /** Cumulative total handed to this node in this epoch. */
  readonly grantedNano: bigint
  /** What the organization has left of this mode. */
  readonly availableNano: bigint
  /** What others have leased and not used. */
  readonly leasedElsewhereNano: bigint
}

/** `hasLeased`: whether the node was ever handed money, in whatever epoch. */
export type OpenedNode = {
  readonly nodeId: number
  readonly epoch: number
  readonly lastSeq: number
  readonly hasLeased: boolean
}

/** A node's side of the store. */
export interface NodeStore {
  /** Registers the node by name, or reopens it with the next epoch, which fences every older one; it is above `aboveEpoch` too, that of a journal which is newer than the store. */
  openNode(name: string, aboveEpoch?: number): Promise<OpenedNode>
  /** Applies a batch in one transaction: requests, captures, leases, balances and rollups, exactly once. Throws `node-fenced`. */
  applyJournal(batch: JournalBatch): Promise<ApplyResult>
  /** Notes a loss, once however often it is told, and goes on behind it; `verifyLedger` fails until it is accepted. Gives the node's last sequence number. Throws `node-fenced`. */
  recordLoss(loss: JournalLoss): Promise<number>
  /** An operator knows of the losses that are noted; gives how many were new. */
  acceptLosses(actor?: Actor): Promise<number>
  /** Moves credit → held, up to what is available and never below zero. Throws `node-fenced`, `organization-not-found`. */
  leaseCredit(ask: LeaseAsk): Promise<LeaseGrant>
}
