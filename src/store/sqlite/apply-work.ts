/** What applying a batch works with, and the steps that several kinds of records share. */
import type { SliceReader } from '../../lib/blocks.ts'
import type { Mode, Settlement } from '../store.ts'
import type { KeyUses } from './key-uses.ts'
import type { Keys } from './keys.ts'
import { raiseGrant } from './lease-credit.ts'
import type { AccountChanges, Ledger } from './ledger.ts'
import { remainderOf, type Lease, type LeaseId, type Leases } from './leases.ts'
import type { Nodes } from './nodes.ts'
import type { Organizations } from './organizations.ts'
import type { Records } from './records.ts'
import type { Requests } from './requests.ts'
import type { Reservations } from './reservations.ts'
import type { Resources } from './resources.ts'
import type { RollupChanges, Rollups } from './rollups.ts'

export type JournalParts = {
  readonly reader: SliceReader
  readonly keys: Pick<Keys, 'modeOf'>
  readonly keyUses: Pick<KeyUses, 'note'>
  readonly ledger: Ledger
  readonly leases: Leases
  readonly nodes: Nodes
  readonly organizations: Organizations
  readonly requests: Requests
  readonly resources: Pick<Resources, 'note'>
  readonly reservations: Reservations
  readonly rollups: Rollups
}

/** What a batch changes, gathered so that each account, lease and rollup row is written once. */
export type Work = JournalParts & {
  readonly records: Records
  readonly nodeId: number
  /** The one that ships. */
  readonly epoch: number
  readonly at: number
  readonly accounts: AccountChanges
  readonly usage: RollupChanges
  /** Charges by mode and organization, in nano-USD. */
  readonly charges: Readonly<Record<Mode, Map<string, bigint>>>
  readonly openedLeases: Map<string, Lease>
  readonly knownOrganizations: Set<string>
}

export function isKnown(work: Work, organizationId: string): boolean {
  if (work.knownOrganizations.has(organizationId)) return true
  if (!work.organizations.exists(organizationId)) return false
  work.knownOrganizations.add(organizationId)
  return true
}

/** The lease as this batch has left it so far. */
export function leaseOf(work: Work, { epoch, organizationId, mode }: Omit<LeaseId, 'nodeId'>): Lease {
  const key = `${epoch}:${mode}:${organizationId}`
  const known = work.openedLeases.get(key)
  if (known) return known
  const lease = work.leases.read({ nodeId: work.nodeId, epoch, organizationId, mode })
  work.openedLeases.set(key, lease)
  return lease
}

/** Takes an amount out of a lease. What the lease does not cover is held first, below zero if it must be. */
export function takeFrom(work: Work, lease: Lease, amountNano: bigint): void {
  const excessNano = amountNano - remainderOf(lease)
  if (excessNano > 0n) work.ledger.post(work.accounts, raiseGrant(lease, excessNano, work.at))
  lease.consumedNano += amountNano
}

/** What the store has stands, and the record counts. */
export function noteAgain(
  { records, nodeId }: Work,
  { seq, epoch }: { readonly seq: number; readonly epoch: number },
  { organizationId, mode }: Settlement,
): null {
  records.applied({ nodeId, seq, epoch, kind: 'settled-before', organizationId, mode, amountNano: 0n })
  return null
}
