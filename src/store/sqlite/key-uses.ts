/** Idempotency keys that requests have used up, so that a restart forgets none of them. */
import type { Database } from 'bun:sqlite'
import { assert } from '../../lib/assert.ts'
import type { KeyUse, Mode, Settlement } from '../store.ts'
import { requestNumber, type JournalPlace } from './requests.ts'

type UseRow = {
  organization_id: string
  mode: Mode
  hash: string
  fingerprint: string
  id: string
  charge_nano: bigint
  job: string | null
  used_at: bigint
}

/** A key that was used up again had been free again: it was forgotten. */
const upsertUse = `
  insert into idempotency_key (organization_id, mode, hash, fingerprint, request_number, used_at)
  values (?, ?, ?, ?, ${requestNumber}, ?)
  on conflict (organization_id, mode, hash) do update
    set fingerprint = excluded.fingerprint, request_number = excluded.request_number, used_at = excluded.used_at`
/** $[3] of the terms is the id of the job. */
const selectUses = `
  select used.organization_id, used.mode, used.hash, used.fingerprint, coalesce(request.id, reservation.id) as id,
    coalesce(request.charge_nano, 0) as charge_nano, reservation.terms ->> '$[3]' as job, used.used_at
  from idempotency_key used
  left join request on request.number = used.request_number
  left join reservation on reservation.number = used.request_number
  where used.used_at >= ? order by used.used_at desc limit ?`
const deleteUses = `
  delete from idempotency_key where (organization_id, mode, hash) in (
    select organization_id, mode, hash from idempotency_key where used_at < ? order by used_at limit ?)`

export type KeyUses = ReturnType<typeof prepareKeyUses>

/** Prepares the idempotency key statements on a connection. */
export function prepareKeyUses(db: Database) {
  const upsert = db.prepare<unknown, (string | number)[]>(upsertUse)
  const since = db.prepare<UseRow, [number, number]>(selectUses)
  const remove = db.prepare<unknown, [number, number]>(deleteUses)
  return {
    /** The request at a place of the journal has used up its key. */
    note({ nodeId, seq }: JournalPlace, { organizationId, mode, idempotency, endedAt }: Settlement): void {
      assert(idempotency, 'only a request with an idempotency key uses one up')
      upsert.run(organizationId, mode, idempotency.keyHash, idempotency.fingerprint, nodeId, seq, endedAt)
    },
    list: (from: number, max: number): KeyUse[] => since.all(from, max).map(useOf).toReversed(),
    forget: (before: number, max: number): number => remove.run(before, max).changes,
  }
}

const useOf = (row: UseRow): KeyUse => ({
  organizationId: row.organization_id,
  mode: row.mode,
  keyHash: row.hash,
  fingerprint: row.fingerprint,
  requestId: row.id,
  chargeNano: row.charge_nano.toString(),
  usedAt: Number(row.used_at),
  ...(row.job !== null && { job: row.job }),
})
