/** Reservations: see `ReservationStore`. What was reserved never changes; when to ask again does, and it ends once. */
import type { Database } from 'bun:sqlite'
import { packTerms, unpackReservation, type PackedTerms } from '../reservation-text.ts'
import type { DueReservation, JobLease, Postponement, Reservation, ReservedByKey } from '../reservations.ts'
import { packSettlement, unpackSettlement, type PackedSettlement } from '../settlement-text.ts'
import type { Mode, Settlement } from '../store.ts'
import { requestNumber, type JournalPlace } from './requests.ts'

type Row = { mode: Mode; settlement: string; terms: string; checks: bigint; next_check_at: bigint }
/** What a record about a reservation must know of it. */
export type Reserved = {
  readonly organizationId: string
  readonly mode: Mode
  readonly amountNano: bigint
  readonly isOpen: boolean
}

const insertReservation = `
  insert into reservation (id, number, epoch, organization_id, mode, key_id, amount_nano, settlement, terms, next_check_at)
  values (?, ${requestNumber}, ?, ?, ?, ?, ?, ?, ?, ?)`
const selectReserved = 'select organization_id, mode, amount_nano, state from reservation where id = ?'
const endOpen = "update reservation set state = ?, ended_at = ? where id = ? and state = 'open'"
const dueColumns = 'mode, settlement, terms, checks, next_check_at'
/** One of each organization before a second of any; so many are looked at that one organization must have more to hold up the others. */
const lookedAtMax = 10_000
const selectDue = `
  with near as (
    select number, organization_id, next_check_at from reservation
    where state = 'open' and next_check_at <= ? order by next_check_at limit ${lookedAtMax}),
  turns as (select number, row_number() over (partition by organization_id order by next_check_at) as turn from near)
  select ${dueColumns} from turns join reservation using (number) order by turn, next_check_at limit ?`
const selectOpen = `
  select ${dueColumns} from reservation where id = ? and organization_id = ? and mode = ? and state = 'open'`
const selectStatement = 'select mode, settlement, organization_id from reservation where id = ?'
const postponeOpen = "update reservation set next_check_at = ?, checks = ? where id = ? and state = 'open'"
const selectByKey = `
  select key_id, sum(amount_nano) as reserved_nano from reservation where state = 'open' group by key_id order by key_id`
const upsertLease = `
  insert into job_lease (job, node_id, epoch, until) values (?1, ?2, ?3, ?4)
  on conflict (job) do update set node_id = excluded.node_id, epoch = excluded.epoch, until = excluded.until
  where job_lease.until <= ?5 or (job_lease.node_id = excluded.node_id and job_lease.epoch <= excluded.epoch)`

export type Reservations = ReturnType<typeof prepareReservations>

/** Prepares the reservation statements on a connection. */
export function prepareReservations(db: Database) {
  const insert = db.prepare<unknown, (string | number | bigint)[]>(insertReservation)
  const reserved = db.prepare<{ organization_id: string; mode: Mode; amount_nano: bigint; state: string }, [string]>(
    selectReserved,
  )
  const end = db.prepare<unknown, [string, number, string]>(endOpen)
  const due = db.prepare<Row, [number, number]>(selectDue)
  const open = db.prepare<Row, [string, string, string]>(selectOpen)
  const statement = db.prepare<Row & { organization_id: string }, [string]>(selectStatement)
  const postponeRow = db.prepare<unknown, [number, number, string]>(postponeOpen)
  const byKey = db.prepare<{ key_id: string; reserved_nano: bigint }, []>(selectByKey)
  const lease = db.prepare<unknown, [string, number, number, number, number]>(upsertLease)
  const postpone = db.transaction((postponements: readonly Postponement[]): void => {
    for (const { requestId, nextCheckAt, checks } of postponements) postponeRow.run(nextCheckAt, checks, requestId)
  })
  return {
    /** The record of it stands at this place of a node's journal. */
    insert({ nodeId, seq }: JournalPlace, epoch: number, reservation: Reservation): void {
      const { settlement, firstCheckAt } = reservation
      const { requestId, organizationId, mode, keyId, holdNano } = settlement
      const texts = [JSON.stringify(packSettlement(settlement)), JSON.stringify(packTerms(reservation))]
      const whose = [organizationId, mode, keyId, BigInt(holdNano)]
      insert.run(requestId, nodeId, seq, epoch, ...whose, ...texts, firstCheckAt)
    },
    /** null when nothing was ever reserved for the request. */
    find(requestId: string): Reserved | null {
      const row = reserved.get(requestId)
      if (!row) return null
      const { organization_id: organizationId, mode, amount_nano: amountNano, state } = row
      return { organizationId, mode, amountNano, isOpen: state === 'open' }
    },
    end: (requestId: string, state: 'settled' | 'void', at: number): unknown => end.run(state, at, requestId),
    /** The receipt of a request as it was when its money was reserved. */
    receipt(requestId: string, organizationId?: string): Settlement | null {
      const row = statement.get(requestId)
      if (!row || (organizationId !== undefined && row.organization_id !== organizationId)) return null
      return settlementOf(row)
    },
    due: (at: number, max: number): DueReservation[] => due.all(at, max).map(dueOf),
    open(requestId: string, of: { organizationId: string; mode: Mode }): DueReservation | null {
      const row = open.get(requestId, of.organizationId, of.mode)
      return row && dueOf(row)
    },
    postpone: (postponements: readonly Postponement[]): void => postpone.immediate(postponements),
    byKey: (): ReservedByKey[] => byKey.all().map((row) => ({ keyId: row.key_id, reservedNano: row.reserved_nano })),
    lease: ({ job, nodeId, epoch, until }: JobLease, now: number): boolean =>
      lease.run(job, nodeId, epoch, until, now).changes === 1,
  }
}

const settlementOf = ({ mode, settlement }: Pick<Row, 'mode' | 'settlement'>): Settlement =>
  unpackSettlement(JSON.parse(settlement) as PackedSettlement, () => mode)

const dueOf = (row: Row): DueReservation => ({
  reservation: unpackReservation(settlementOf(row), JSON.parse(row.terms) as PackedTerms),
  checks: Number(row.checks),
  nextCheckAt: Number(row.next_check_at),
})
