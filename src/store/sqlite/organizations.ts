/** Organizations: never deleted, and each has its accounts of both modes from the moment it exists. */
import type { Database } from 'bun:sqlite'
import { modes, StoreRefusal, type Organization } from '../store.ts'
import { creditOf, heldOf } from './ledger.ts'

type OrganizationRow = { id: string; name: string; created_at: bigint }

const insertOrganization =
  'insert into organization (id, name, created_at) values (?, ?, ?) on conflict (id) do nothing'
const insertAccount = 'insert into account (name) values (?)'
const selectOrganizations = 'select id, name, created_at from organization order by created_at, id'
const selectExists = 'select 1 as found from organization where id = ?'

export type Organizations = ReturnType<typeof prepareOrganizations>

/** Prepares the organization statements on a connection. */
export function prepareOrganizations(db: Database) {
  const insert = db.prepare<unknown, [string, string, number]>(insertOrganization)
  const insertAccountRow = db.prepare<unknown, [string]>(insertAccount)
  const list = db.prepare<OrganizationRow, []>(selectOrganizations)
  const found = db.prepare<{ found: bigint }, [string]>(selectExists)
  const create = db.transaction(({ id, name, createdAt }: Organization): void => {
    if (insert.run(id, name, createdAt).changes === 0)
      throw new StoreRefusal('idempotency-conflict', `there is already an organization ${id}`)
    for (const mode of modes) {
      insertAccountRow.run(creditOf(id, mode))
      insertAccountRow.run(heldOf(id, mode))
    }
  })

  return {
    create: (organization: Organization): void => create.immediate(organization),
    list: (): Organization[] =>
      list.all().map((row) => ({ id: row.id, name: row.name, createdAt: Number(row.created_at) })),
    exists: (id: string): boolean => found.get(id) !== null,
  }
}
