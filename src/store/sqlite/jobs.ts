/** Lists of jobs: reservations with how they ended and what they made. */
import type { Database } from 'bun:sqlite'
import { unpackReservation, type PackedTerms } from '../reservation-text.ts'
import type { Job, JobQuery } from '../reservations.ts'
import { inSettlement } from '../settlement-fields.ts'
import { unpackSettlement, type PackedSettlement } from '../settlement-text.ts'
import type { Mode } from '../store.ts'

type Row = {
  mode: Mode
  settlement: string
  terms: string
  state: Job['state']
  checks: bigint
  next_check_at: bigint
  ended: string | null
  made: string | null
  object: string | null
}

const admittedAt = inSettlement('admittedAt')
const selectPlace = `
  select number, ${admittedAt} as admitted_at from reservation where id = ? and organization_id = ? and mode = ?`
/** $[3] and $[2] of the terms are the id and the kind of what the job makes. */
const selectPage = `
  select page.*, request.settlement as ended, resource.id as made, resource.object from (
    select id, number, organization_id, mode, settlement, terms, state, checks, next_check_at from reservation
    where organization_id = ?1 and mode = ?2 and (${admittedAt}, number) < (?3, ?4) and (?5 is null or state = ?5)
    order by ${admittedAt} desc, number desc limit ?6) as page
  left join request on request.id = page.id
  left join resource on resource.organization_id = page.organization_id and resource.mode = page.mode
    and resource.kind = page.terms ->> '$[2]' and resource.id = page.terms ->> '$[3]' and resource.deleted_at is null
  order by page.${admittedAt} desc, page.number desc`

/** Later than any. */
const newest = { admitted_at: 2n ** 62n, number: 2n ** 62n }

export type Jobs = ReturnType<typeof prepareJobs>

/** Prepares the statements that list jobs on a connection. */
export function prepareJobs(db: Database) {
  const place = db.prepare<{ number: bigint; admitted_at: bigint }, [string, string, string]>(selectPlace)
  const page = db.prepare<Row, [string, string, bigint, bigint, string | null, number]>(selectPage)
  return {
    list({ organizationId, mode, state, after, limit }: JobQuery): readonly Job[] | null {
      const behind = after === null ? newest : place.get(after, organizationId, mode)
      if (!behind) return null
      return page.all(organizationId, mode, behind.admitted_at, behind.number, state, limit).map(jobOf)
    },
  }
}

function jobOf(row: Row): Job {
  const settlementOf = (text: string) => unpackSettlement(JSON.parse(text) as PackedSettlement, () => row.mode)
  return {
    reservation: unpackReservation(settlementOf(row.settlement), JSON.parse(row.terms) as PackedTerms),
    state: row.state,
    checks: Number(row.checks),
    nextCheckAt: Number(row.next_check_at),
    end: row.ended === null ? null : settlementOf(row.ended),
    made: row.made === null ? null : { object: row.object },
  }
}
