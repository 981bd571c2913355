/** Settled requests: one row each, with the columns reports filter and sum by, and the whole receipt beside them. */
import type { Database } from 'bun:sqlite'
import type { Settlement } from '../store.ts'

/** Where a settlement stands in the journal, and its text there. */
export type AppliedAs = { readonly nodeId: number; readonly seq: number; readonly epoch: number; readonly text: string }

const insertRequest = `
  insert into request (id, node_id, seq, epoch, organization_id, key_id, admitted_at, ended_at, endpoint, model, upstream,
    region, status, ending, input_tokens, cached_input_tokens, output_tokens, reasoning_tokens, hold_nano, rated_nano,
    write_off_nano, charge_nano, flags, latency_ms, settlement)
  values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  on conflict (id) do nothing`
const selectReceipt = 'select organization_id, settlement from request where id = ?'

export type Requests = ReturnType<typeof prepareRequests>

/** Prepares the request statements on a connection. */
export function prepareRequests(db: Database) {
  const insert = db.prepare<unknown, (string | number | bigint)[]>(insertRequest)
  const byId = db.prepare<{ organization_id: string; settlement: string }, [string]>(selectReceipt)

  return {
    /** False and without effect when the request was settled before. */
    insertOnce: (settlement: Settlement, as: AppliedAs): boolean =>
      insert.run(...valuesOf(settlement, as)).changes === 1,
    receipt(requestId: string, organizationId?: string): Settlement | null {
      const row = byId.get(requestId)
      if (!row || (organizationId !== undefined && row.organization_id !== organizationId)) return null
      return JSON.parse(row.settlement) as Settlement
    },
  }
}

const valuesOf = (settlement: Settlement, { nodeId, seq, epoch, text }: AppliedAs): (string | number | bigint)[] => [
  settlement.requestId,
  nodeId,
  seq,
  epoch,
  settlement.organizationId,
  settlement.keyId,
  settlement.admittedAt,
  settlement.endedAt,
  settlement.endpoint,
  settlement.model,
  settlement.upstream,
  settlement.region,
  settlement.status,
  settlement.ending,
  settlement.tokens.input,
  settlement.tokens.cachedInput,
  settlement.tokens.output,
  settlement.tokens.reasoning,
  BigInt(settlement.holdNano),
  BigInt(settlement.ratedNano),
  BigInt(settlement.writeOffNano),
  BigInt(settlement.chargeNano),
  JSON.stringify(settlement.flags),
  Math.round(settlement.latencyMs),
  text,
]
