/** Rows of an audit log, of the store's or of the people's: they are only ever added, within the transaction of what they tell of. */
import type { Database } from 'bun:sqlite'
import type { Actor, AuditEntry, AuditNote, AuditQuery, Facts } from '../audit.ts'

type AuditRow = {
  id: bigint
  at: bigint
  actor_kind: Actor['kind']
  actor_id: string | null
  actor_name: string
  action: string
  organization_id: string | null
  subject: string
  before: string | null
  after: string | null
}
type Value = string | number | null

const columns = 'at, actor_kind, actor_id, actor_name, action, organization_id, subject, before, after'
const insertEntry = `insert into audit (${columns}) values (?, ?, ?, ?, ?, ?, ?, ?, ?)`
const listed = `id, ${columns} from audit where id < ? and at >= ? and at < ?`
const selectAll = `select ${listed} order by id desc limit ?`
const selectOf = `select ${listed} and organization_id = ? order by id desc limit ?`

/** Prepares the statements on a connection. */
export function prepareAuditRows(db: Database) {
  const insert = db.prepare<unknown, Value[]>(insertEntry)
  const all = db.prepare<AuditRow, Value[]>(selectAll)
  const ofOrganization = db.prepare<AuditRow, Value[]>(selectOf)
  return {
    /** `at`: epoch ms. */
    add(at: number, { actor, action, organizationId, subject, before, after }: AuditNote): void {
      const texts = [before, after].map((facts) => facts && JSON.stringify(facts))
      insert.run(at, actor.kind, actor.id, actor.name, action, organizationId, subject, ...texts)
    },
    /** The newest first. */
    list({ organizationId, from, to, beforeId, max }: AuditQuery): AuditEntry[] {
      const ends = [beforeId ?? endless, from ?? 0, to ?? endless]
      const rows = organizationId === null ? all.all(...ends, max) : ofOrganization.all(...ends, organizationId, max)
      return rows.map(entryOf)
    },
  }
}

const endless = Number.MAX_SAFE_INTEGER

const entryOf = (row: AuditRow): AuditEntry => ({
  id: Number(row.id),
  at: Number(row.at),
  actor: { kind: row.actor_kind, id: row.actor_id, name: row.actor_name } as Actor,
  action: row.action,
  organizationId: row.organization_id,
  subject: row.subject,
  before: factsOf(row.before),
  after: factsOf(row.after),
})

const factsOf = (json: string | null): Facts | null => (json === null ? null : (JSON.parse(json) as Facts))
