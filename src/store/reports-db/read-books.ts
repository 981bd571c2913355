/** What mart.db has that was not copied yet, read a batch at a time so that it never holds up who writes it. */
import type { Database } from 'bun:sqlite'
import { unpackSettlement, type PackedSettlement } from '../settlement-text.ts'
import type { Mode, Settlement } from '../store.ts'

/** A settled request, or money that was set aside for one, in the order of a node's journal. */
export type SourceRecord = {
  readonly number: number
  readonly settlement: Settlement
  /** null: it is a settled request. */
  readonly reserved: {
    readonly amountNano: bigint
    /** null: it has not ended. */
    readonly chargeNano: bigint | null
  } | null
}

/** Credit that came in or was taken back. */
export type CreditRecord = {
  readonly transfer: number
  readonly organizationId: string
  readonly mode: Mode
  readonly at: number
  readonly kind: 'grant' | 'top-up' | 'reversal'
  /** Below zero where it was taken back. */
  readonly amountNano: bigint
  readonly note: string | null
}

type RequestRow = { number: bigint; mode: Mode; settlement: string }
type ReservationRow = RequestRow & { amount_nano: bigint; charge_nano: bigint | null }
type TransferRow = {
  id: bigint
  organization_id: string
  mode: Mode
  at: bigint
  kind: string
  is_taken: bigint
  amount_nano: bigint
  note: string | null
}

const selectRequests =
  'select number, mode, settlement from request where number > ? and number <= ? order by number limit ?'
/** The request that it became is in the same snapshot as its end. */
const selectReservations = `
  select reservation.number, reservation.mode, reservation.settlement, amount_nano, request.charge_nano
  from reservation left join request on request.id = reservation.id and reservation.state <> 'open'
  where reservation.number > ? and reservation.number <= ? order by reservation.number limit ?`
const selectIdAt = 'select id from request where number = ?1 union all select id from reservation where number = ?1'
const selectTransfers = `
  select id, organization_id, mode, at, kind, debit_account glob '*credit:*' as is_taken, amount_nano, note
  from transfer where id > ? order by id limit ?`
const selectKeyAt = 'select idempotency_key as id from transfer where id = ?'

/** One without a name is called by how its secret begins, as on its page. */
const selectKeyNames = `
  select id, case name when '' then prefix || '…' else name end as name
  from virtual_key where ?1 is null or organization_id = ?1`
const selectOrganizationNames = 'select id, name from organization'

const nodeShift = 2n ** 40n

export type BooksReader = ReturnType<typeof prepareBooksReader>

/** Prepares reading mart.db on a connection to it. */
export function prepareBooksReader(db: Database) {
  const nodes = db.prepare<{ id: bigint }, []>('select id from node order by id')
  const requests = db.prepare<RequestRow, [bigint, bigint, number]>(selectRequests)
  const reservations = db.prepare<ReservationRow, [bigint, bigint, number]>(selectReservations)
  const transfers = db.prepare<TransferRow, [number, number]>(selectTransfers)
  const idAt = db.prepare<{ id: string }, [number]>(selectIdAt)
  const keyAt = db.prepare<{ id: string }, [number]>(selectKeyAt)
  const keys = db.prepare<Named, [string | null]>(selectKeyNames)
  const organizations = db.prepare<Named, []>(selectOrganizationNames)
  return {
    /** All that `read` does sees one state of mart.db. */
    atOnce: <T>(read: () => T): T => db.transaction(read).deferred(),
    nodes: (): number[] => nodes.all().map(({ id }) => Number(id)),
    /** The next records of a node after a number, at most `max`. */
    recordsAfter(node: number, after: number, max: number): SourceRecord[] {
      const first = BigInt(node) * nodeShift
      const from = BigInt(after) > first ? BigInt(after) : first
      const to = first + nodeShift - 1n
      const settled = requests.all(from, to, max).map(recordOf)
      const reserved = reservations.all(from, to, max).map(recordOf)
      if (reserved.length === 0) return settled
      return [...settled, ...reserved].toSorted((a, b) => a.number - b.number).slice(0, max)
    },
    /** The next transfers after an id, at most `max`; those that give or take back no credit are null. */
    transfersAfter: (after: number, max: number): { readonly id: number; readonly credit: CreditRecord | null }[] =>
      transfers.all(after, max).map((row) => ({ id: Number(row.id), credit: creditOf(row) })),
    /** The id of the record that has a number, or the key of a transfer; null where there is none. */
    witness: (source: 'node' | 'transfer', number: number): string | null =>
      (source === 'node' ? idAt : keyAt).get(number)?.id ?? null,
    /** What people call the keys of an organization, or of all (null). */
    keyNames: (organizationId: string | null) => namesOf(keys.all(organizationId)),
    organizationNames: () => namesOf(organizations.all()),
  }
}

type Named = { readonly id: string; readonly name: string }
const namesOf = (rows: readonly Named[]): ReadonlyMap<string, string> => new Map(rows.map(({ id, name }) => [id, name]))

function recordOf(row: RequestRow | ReservationRow): SourceRecord {
  const settlement = unpackSettlement(JSON.parse(row.settlement) as PackedSettlement, () => row.mode)
  const reserved = 'amount_nano' in row ? { amountNano: row.amount_nano, chargeNano: row.charge_nano } : null
  return { number: Number(row.number), settlement, reserved }
}

function creditOf(row: TransferRow): CreditRecord | null {
  const { id, organization_id: organizationId, mode, at, kind, note } = row
  if (kind !== 'grant' && kind !== 'top-up' && kind !== 'reversal') return null
  const amountNano = row.is_taken === 1n ? -row.amount_nano : row.amount_nano
  return { transfer: Number(id), organizationId, mode, at: Number(at), kind, amountNano, note }
}
