import type { Database } from 'bun:sqlite'
import { greater, lesser } from '../../lib/amounts.ts'
import type { Clock } from '../../lib/clock.ts'
import type { LeaseAsk, LeaseGrant } from '../store.ts'
import { creditOf, heldOf, type AccountChanges, type Ledger, type Posting } from './ledger.ts'
import { remainderOf, type Lease, type Leases } from './leases.ts'
import type { Nodes } from './nodes.ts'

export type LeaseParts = { readonly ledger: Ledger; readonly leases: Leases; readonly nodes: Nodes }

/** Prepares handing money to a node; see `Store.leaseCredit`. */
export function prepareLeaseCredit(db: Database, parts: LeaseParts, clock: Clock): (ask: LeaseAsk) => LeaseGrant {
  const lease = db.transaction((ask: LeaseAsk): LeaseGrant => {
    parts.nodes.assertMayLease(ask.nodeId, ask.epoch)
    const { nodeId, epoch, organizationId, mode } = ask
    const { balanceNano, leasedNano, reservedNano } = parts.ledger.balance(organizationId, mode)
    const availableNano = balanceNano - leasedNano - reservedNano
    const found = parts.leases.read({ nodeId, epoch, organizationId, mode })
    const leasedElsewhereNano = leasedNano - remainderOf(found)
    const addedNano = greater(0n, lesser(ask.wantTotalNano - found.grantedNano, availableNano))
    if (addedNano > 0n) hold(parts, found, addedNano, clock.now())
    return { grantedNano: found.grantedNano, availableNano: availableNano - addedNano, leasedElsewhereNano }
  })
  return (ask) => lease.immediate(ask)
}

function hold({ ledger, leases }: LeaseParts, lease: Lease, amountNano: bigint, at: number): void {
  const changes: AccountChanges = new Map()
  ledger.post(changes, raiseGrant(lease, amountNano, at))
  ledger.writeAccounts(changes)
  leases.write(lease)
}

/** Raises the lease's total in memory and returns the transfer that must be posted with it. */
export function raiseGrant(lease: Lease, amountNano: bigint, at: number): Posting {
  const { nodeId, epoch, organizationId, mode } = lease.id
  lease.grantedNano += amountNano
  return {
    // The total only grows, so it names this step of this lease.
    idempotencyKey: `hold:${nodeId}:${epoch}:${mode}:${organizationId}:${lease.grantedNano}`,
    kind: 'hold',
    organizationId,
    mode,
    debitAccount: creditOf(organizationId, mode),
    creditAccount: heldOf(organizationId, mode),
    amountNano,
    at,
  }
}
