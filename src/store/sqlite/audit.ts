/** The audit log's statements. `write` belongs into the transaction of the change that it writes down. */
import type { Database } from 'bun:sqlite'
import type { Clock } from '../../lib/clock.ts'
import type { Actor, AuditEntry, AuditNote, AuditQuery, Facts } from '../audit.ts'
import type { KeyRow, OperatorToken, Organization } from '../store.ts'

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

export type Audit = ReturnType<typeof prepareAudit>

/** Prepares the statements on a connection. */
export function prepareAudit(db: Database, clock: Pick<Clock, 'now'>) {
  const insert = db.prepare<unknown, Value[]>(insertEntry)
  const all = db.prepare<AuditRow, Value[]>(selectAll)
  const ofOrganization = db.prepare<AuditRow, Value[]>(selectOf)
  const write = ({ actor, action, organizationId, subject, before, after }: AuditNote): void => {
    const texts = [before, after].map((facts) => facts && JSON.stringify(facts))
    insert.run(clock.now(), actor.kind, actor.id, actor.name, action, organizationId, subject, ...texts)
  }
  return {
    write,
    /** As `write`, of something that was one way and is another now; nothing where nothing differs. */
    writeChange(note: AuditNote & { readonly before: Facts; readonly after: Facts }): void {
      const { before, after } = note
      const differing = Object.keys(after).filter(
        (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
      )
      if (differing.length > 0) write({ ...note, before: pick(before, differing), after: pick(after, differing) })
    },
    list({ organizationId, from, to, beforeId, max }: AuditQuery): AuditEntry[] {
      const ends = [beforeId ?? endless, from ?? 0, to ?? endless]
      const rows = organizationId === null ? all.all(...ends, max) : ofOrganization.all(...ends, organizationId, max)
      return rows.map(entryOf)
    },
  }
}

const endless = Number.MAX_SAFE_INTEGER

const pick = (facts: Facts, names: readonly string[]): Facts =>
  Object.fromEntries(names.map((name) => [name, facts[name]]))

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

const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString())

export const organizationFacts = ({ name, suspended }: Pick<Organization, 'name' | 'suspended'>): Facts => ({
  name,
  suspendedAt: suspended && iso(suspended.at),
  suspendedWhy: suspended && suspended.why,
})

/** Without hashes; the secrets that still work are known by their prefixes. */
export const keyFacts = (key: KeyRow): Facts => ({
  name: key.name,
  mode: key.mode,
  prefix: key.prefix,
  region: key.region,
  rpm: key.rpm,
  tpm: key.tpm,
  concurrency: key.concurrency,
  budgetNano: key.budgetNano === null ? null : key.budgetNano.toString(),
  budgetPeriod: key.budgetPeriod,
  models: key.models,
  endpoints: key.endpoints,
  addresses: key.addresses,
  expiresAt: iso(key.expiresAt),
  revokedAt: iso(key.revokedAt),
  earlierSecrets: key.replaced.map(({ prefix, until }) => ({ prefix, until: iso(until) })),
})

export const tokenFacts = ({ name, prefix, scopes, revokedAt }: OperatorToken): Facts => ({
  name,
  prefix,
  scopes,
  revokedAt: iso(revokedAt),
})
