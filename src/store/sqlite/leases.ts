/**
 * Leases: per node, epoch and organization, three totals that only grow. granted − returned − consumed is
 * the money the node still has; over all open leases of an organization that is `held:<org>`.
 */
import type { Database } from 'bun:sqlite'

export type LeaseId = { readonly nodeId: number; readonly epoch: number; readonly organizationId: string }
export type Lease = {
  readonly id: LeaseId
  grantedNano: bigint
  returnedNano: bigint
  consumedNano: bigint
  state: 'open' | 'closed'
}
/** What the node has been handed and has neither spent nor given back. */
export const remainderOf = (lease: Lease): bigint => lease.grantedNano - lease.returnedNano - lease.consumedNano

type LeaseRow = {
  epoch: bigint
  organization_id: string
  granted_nano: bigint
  returned_nano: bigint
  consumed_nano: bigint
  state: Lease['state']
}

const columns = 'epoch, organization_id, granted_nano, returned_nano, consumed_nano, state'
const selectLease = `select ${columns} from lease where node_id = ? and epoch = ? and organization_id = ?`
const selectOpen = `select ${columns} from lease where node_id = ? and epoch <= ? and state = 'open'`
const upsertLease = `
  insert into lease (node_id, epoch, organization_id, granted_nano, returned_nano, consumed_nano, state)
  values (?, ?, ?, ?, ?, ?, ?)
  on conflict (node_id, epoch, organization_id) do update set granted_nano = excluded.granted_nano,
    returned_nano = excluded.returned_nano, consumed_nano = excluded.consumed_nano, state = excluded.state`

export type Leases = ReturnType<typeof prepareLeases>

/** Prepares the lease statements on a connection. */
export function prepareLeases(db: Database) {
  const byId = db.prepare<LeaseRow, [number, number, string]>(selectLease)
  const open = db.prepare<LeaseRow, [number, number]>(selectOpen)
  const upsert = db.prepare<unknown, [number, number, string, bigint, bigint, bigint, string]>(upsertLease)

  return {
    /** The lease as stored, or an empty one that is not stored yet. */
    read(id: LeaseId): Lease {
      const row = byId.get(id.nodeId, id.epoch, id.organizationId)
      return row ? leaseOf(id.nodeId, row) : { id, grantedNano: 0n, returnedNano: 0n, consumedNano: 0n, state: 'open' }
    },
    openUpTo: (nodeId: number, epoch: number): Lease[] => open.all(nodeId, epoch).map((row) => leaseOf(nodeId, row)),
    write(lease: Lease): void {
      const { nodeId, epoch, organizationId } = lease.id
      upsert.run(nodeId, epoch, organizationId, lease.grantedNano, lease.returnedNano, lease.consumedNano, lease.state)
    },
  }
}

const leaseOf = (nodeId: number, row: LeaseRow): Lease => ({
  id: { nodeId, epoch: Number(row.epoch), organizationId: row.organization_id },
  grantedNano: row.granted_nano,
  returnedNano: row.returned_nano,
  consumedNano: row.consumed_nano,
  state: row.state,
})
