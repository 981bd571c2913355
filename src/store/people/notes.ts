/** The audit log of people: rows that are only ever added, in the transaction of what they tell of. */
import type { Database } from 'bun:sqlite'
import type { Actor, AuditEntry, AuditNote, AuditQuery, Facts } from '../audit.ts'

export type NewNote = Pick<AuditNote, 'actor' | 'action' | 'subject'> &
  Partial<Pick<AuditNote, 'organizationId' | 'before' | 'after'>> & {
    /** Epoch ms. */
    readonly at: number
  }
export type Note = (note: NewNote) => void

type Row = {
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

/** Prepares the log's statements on a connection. */
export function prepareNotes(db: Database) {
  const insert = db.prepare<unknown, Value[]>(`insert into audit (${columns}) values (?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const page = (where: string) =>
    db.prepare<Row, Value[]>(
      `select id, ${columns} from audit where ${where} and at >= ? and at < ? and id < ? order by id desc limit ?`,
    )
  const all = page('true')
  const ofOrganization = page('organization_id = ?')
  const note: Note = ({ at, actor, action, organizationId = null, subject, before = null, after = null }) => {
    const what = [action, organizationId, subject, textOf(before), textOf(after)]
    insert.run(at, actor.kind, actor.id, actor.name, ...what)
  }
  return {
    note,
    /** The newest first. */
    audit({ organizationId, from, to, beforeId, max }: AuditQuery): AuditEntry[] {
      const bounds = [from ?? 0, to ?? Number.MAX_SAFE_INTEGER, beforeId ?? Number.MAX_SAFE_INTEGER, max]
      const rows = organizationId === null ? all.all(...bounds) : ofOrganization.all(organizationId, ...bounds)
      return rows.map(entryOf)
    },
  }
}

const entryOf = (row: Row): AuditEntry => ({
  id: Number(row.id),
  at: Number(row.at),
  actor: { kind: row.actor_kind, id: row.actor_id, name: row.actor_name } as Actor,
  action: row.action,
  organizationId: row.organization_id,
  subject: row.subject,
  before: factsOf(row.before),
  after: factsOf(row.after),
})

const textOf = (facts: Facts | null): string | null => (facts === null ? null : JSON.stringify(facts))
const factsOf = (text: string | null): Facts | null => (text === null ? null : (JSON.parse(text) as Facts))
