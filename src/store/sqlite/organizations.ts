/** Organizations: never deleted, and each has its accounts of both modes from the moment it exists. */
import type { Database } from 'bun:sqlite'
import {
  modes,
  StoreRefusal,
  type Actor,
  type NewOrganization,
  type Organization,
  type OrganizationChanges,
} from '../store.ts'
import { organizationFacts, type Audit } from './audit.ts'
import { creditOf, heldOf, reservedOf } from './ledger.ts'

type OrganizationRow = {
  id: string
  name: string
  created_at: bigint
  suspended_at: bigint | null
  suspended_why: string | null
}

const insertOrganization =
  'insert into organization (id, name, created_at) values (?, ?, ?) on conflict (id) do nothing'
const insertAccount = 'insert into account (name) values (?)'
const columns = 'id, name, created_at, suspended_at, suspended_why'
const selectOrganizations = `select ${columns} from organization order by created_at, id`
const selectOrganization = `select ${columns} from organization where id = ?`
const updateOrganization = 'update organization set name = ?, suspended_at = ?, suspended_why = ? where id = ?'
const selectExists = 'select 1 as found from organization where id = ?'

export type Organizations = ReturnType<typeof prepareOrganizations>

/** Prepares the organization statements on a connection. */
export function prepareOrganizations(db: Database, audit: Audit) {
  const insert = db.prepare<unknown, [string, string, number]>(insertOrganization)
  const insertAccountRow = db.prepare<unknown, [string]>(insertAccount)
  const list = db.prepare<OrganizationRow, []>(selectOrganizations)
  const byId = db.prepare<OrganizationRow, [string]>(selectOrganization)
  const updateRow = db.prepare<unknown, [string, number | null, string | null, string]>(updateOrganization)
  const found = db.prepare<{ found: bigint }, [string]>(selectExists)
  const create = db.transaction(({ id, name, createdAt }: NewOrganization, actor: Actor): void => {
    if (insert.run(id, name, createdAt).changes === 0)
      throw new StoreRefusal('idempotency-conflict', `there is already an organization ${id}`)
    for (const mode of modes) {
      insertAccountRow.run(creditOf(id, mode))
      insertAccountRow.run(heldOf(id, mode))
      insertAccountRow.run(reservedOf(id, mode))
    }
    const after = organizationFacts({ name, suspended: null })
    audit.write({ actor, action: 'organization.created', organizationId: id, subject: id, before: null, after })
  })
  const change = db.transaction((id: string, changes: OrganizationChanges, actor: Actor): Organization => {
    const row = byId.get(id)
    if (!row) throw new StoreRefusal('organization-not-found', `there is no organization ${id}`)
    const was = organizationOf(row)
    const changed = { ...was, ...changes }
    updateRow.run(changed.name, changed.suspended?.at ?? null, changed.suspended?.why ?? null, id)
    const [before, after] = [organizationFacts(was), organizationFacts(changed)]
    audit.writeChange({ actor, action: actionOf(changes), organizationId: id, subject: id, before, after })
    return changed
  })

  return {
    create: (organization: NewOrganization, actor: Actor): void => create.immediate(organization, actor),
    update: (id: string, changes: OrganizationChanges, actor: Actor): Organization =>
      change.immediate(id, changes, actor),
    list: (): Organization[] => list.all().map(organizationOf),
    find(id: string): Organization | null {
      const row = byId.get(id)
      return row && organizationOf(row)
    },
    exists: (id: string): boolean => found.get(id) !== null,
  }
}

function actionOf({ suspended }: OrganizationChanges): string {
  if (suspended === undefined) return 'organization.renamed'
  return suspended === null ? 'organization.resumed' : 'organization.suspended'
}

const organizationOf = (row: OrganizationRow): Organization => ({
  id: row.id,
  name: row.name,
  createdAt: Number(row.created_at),
  suspended: row.suspended_at === null ? null : { at: Number(row.suspended_at), why: row.suspended_why },
})
