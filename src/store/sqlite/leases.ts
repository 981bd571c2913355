/**
 * Leases: per node, epoch, organization and mode, three totals that only grow. granted − returned − consumed is
 * the money the node still has; over all open leases of an organization and a mode that is what is held.
 */
import type { Database } from 'bun:sqlite'
import type { Mode } from '../store.ts'

export type LeaseId = {
  readonly nodeId: number
  readonly epoch: number
  readonly organizationId: string
  readonly mode: Mode
}
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
  mode: Mode
  granted_nano: bigint
  returned_nano: bigint
  consumed_nano: bigint
  state: Lease['state']
}

const columns = 'epoch, organization_id, mode, granted_nano, returned_nano, consumed_nano, state'
const selectLease = `select ${columns} from lease where node_id = ? and epoch = ? and organization_id = ? and mode = ?`
const selectOpen = `select ${columns} from lease where node_id = ? and epoch <= ? and state = 'open'`
/** Before there were modes, an organization had one lease in an epoch. */
const selectMode = 'select mode from lease where node_id = ? and epoch = ? and organization_id = ?'
const upsertLease = `
  insert into lease (node_id, epoch, organization_id, mode, granted_nano, returned_nano, consumed_nano, state)
  values (?, ?, ?, ?, ?, ?, ?, ?)
  on conflict (node_id, epoch, organization_id, mode) do update set granted_nano = excluded.granted_nano,
    returned_nano = excluded.returned_nano, consumed_nano = excluded.consumed_nano, state = excluded.state`

export type Leases = ReturnType<typeof prepareLeases>

/** Prepares the lease statements on a connection. */
export function prepareLeases(db: Database) {
  const byId = db.prepare<LeaseRow, [number, number, string, string]>(selectLease)
  const open = db.prepare<LeaseRow, [number, number]>(selectOpen)
  const modeRow = db.prepare<{ mode: Mode }, [number, number, string]>(selectMode)
  const upsert = db.prepare<unknown, [number, number, string, string, bigint, bigint, bigint, string]>(upsertLease)

  return {
    /** The lease as stored, or an empty one that is not stored yet. */
    read(id: LeaseId): Lease {
      const row = byId.get(id.nodeId, id.epoch, id.organizationId, id.mode)
      return row ? leaseOf(id.nodeId, row) : { id, grantedNano: 0n, returnedNano: 0n, consumedNano: 0n, state: 'open' }
    },
    /** Of the lease that a record of before there were modes is about; null when there is none. */
    modeBefore: ({ nodeId, epoch, organizationId }: Omit<LeaseId, 'mode'>): Mode | null =>
      modeRow.get(nodeId, epoch, organizationId)?.mode ?? null,
    openUpTo: (nodeId: number, epoch: number): Lease[] => open.all(nodeId, epoch).map((row) => leaseOf(nodeId, row)),
    write(lease: Lease): void {
      const { nodeId, epoch, organizationId, mode } = lease.id
      const { grantedNano, returnedNano, consumedNano, state } = lease
      upsert.run(nodeId, epoch, organizationId, mode, grantedNano, returnedNano, consumedNano, state)
    },
  }
}

const leaseOf = (nodeId: number, row: LeaseRow): Lease => ({
  id: { nodeId, epoch: Number(row.epoch), organizationId: row.organization_id, mode: row.mode },
  grantedNano: row.granted_nano,
  returnedNano: row.returned_nano,
  consumedNano: row.consumed_nano,
  state: row.state,
})
