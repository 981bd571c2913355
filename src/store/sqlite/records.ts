/** Journal records that are not requests: those that move leases, and those that could not be applied. */
import type { Database } from 'bun:sqlite'
import type { Mode } from '../store.ts'

export type AppliedRecord = {
  readonly nodeId: number
  readonly seq: number
  readonly epoch: number
  readonly kind: 'return-lease' | 'end-epoch' | 'settled-before'
  readonly organizationId: string | null
  readonly mode: Mode | null
  readonly amountNano: bigint
}
export type ParkedRecord = {
  readonly nodeId: number
  readonly seq: number
  readonly reason: string
  readonly text: string
  readonly at: number
}

const insertApplied =
  'insert into lease_record (node_id, seq, epoch, kind, organization_id, mode, amount_nano) values (?, ?, ?, ?, ?, ?, ?)'
const insertParked = 'insert into parked_record (node_id, seq, reason, record, at) values (?, ?, ?, ?, ?)'

export type Records = ReturnType<typeof prepareRecords>

/** Prepares the record statements on a connection. */
export function prepareRecords(db: Database) {
  const applied = db.prepare<unknown, [number, number, number, string, string | null, string | null, bigint]>(
    insertApplied,
  )
  const parked = db.prepare<unknown, [number, number, string, string, number]>(insertParked)
  return {
    applied: ({ nodeId, seq, epoch, kind, organizationId, mode, amountNano }: AppliedRecord): unknown =>
      applied.run(nodeId, seq, epoch, kind, organizationId, mode, amountNano),
    park: ({ nodeId, seq, reason, text, at }: ParkedRecord): unknown => parked.run(nodeId, seq, reason, text, at),
  }
}
