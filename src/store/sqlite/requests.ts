/** Settled requests: one row each, with the columns that are looked up and summed, and the whole receipt beside them. */
import type { Database } from 'bun:sqlite'
import { unpackSettlement, type PackedSettlement } from '../settlement-text.ts'
import type { Mode, Settlement } from '../store.ts'

/** Where a settlement stands in the journal. */
export type JournalPlace = { readonly nodeId: number; readonly seq: number }
/** `text`: the settlement as the journal has it. */
export type SettledRequest = JournalPlace & {
  readonly epoch: number
  readonly settlement: Settlement
  readonly chargeNano: bigint
  readonly text: string
}

/** SQL for the number of the request that a node settled at a place of its journal. 2^40 of them last 34 years at 1,000 a second. */
export const requestNumber = '? << 40 | ?'

const insertRequest = `
  insert into request (number, epoch, id, organization_id, mode, charge_nano, settlement)
  values (${requestNumber}, ?, ?, ?, ?, ?, ?)
  on conflict (id) do nothing`
const selectReceipt = 'select organization_id, mode, settlement from request where id = ?'

export type Requests = ReturnType<typeof prepareRequests>

/** Prepares the request statements on a connection. */
export function prepareRequests(db: Database) {
  const insert = db.prepare<unknown, [number, number, number, string, string, string, bigint, string]>(insertRequest)
  const byId = db.prepare<{ organization_id: string; mode: Mode; settlement: string }, [string]>(selectReceipt)

  return {
    /** False and without effect when the request was settled before. */
    insertOnce({ nodeId, seq, epoch, settlement, chargeNano, text }: SettledRequest): boolean {
      const { requestId, organizationId, mode } = settlement
      const ran = insert.run(nodeId, seq, epoch, requestId, organizationId, mode, chargeNano, text)
      return ran.changes === 1
    },
    receipt(requestId: string, organizationId?: string): Settlement | null {
      const row = byId.get(requestId)
      if (!row || (organizationId !== undefined && row.organization_id !== organizationId)) return null
      return unpackSettlement(JSON.parse(row.settlement) as PackedSettlement, () => row.mode)
    },
  }
}
