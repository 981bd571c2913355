/**
 * Migrations: numbered files of SQL, each applied once, in order, and frozen once it is released. All that are
 * missing are applied in one transaction, so a crash leaves the database at the old version.
 *
 * Amounts are integers of nano-USD, times and buckets are epoch milliseconds. An integer column ends at 9.2e18
 * nano-USD (9.2 billion USD); arithmetic beyond it becomes a REAL, which a STRICT table refuses.
 */
import type { Database } from 'bun:sqlite'
import { createHash } from 'node:crypto'
import type { Installation } from '../store.ts'
import initialSchema from './migrations/0001-initial-schema.sql' with { type: 'text' }
import testAndLive from './migrations/0002-test-and-live.sql' with { type: 'text' }
import operators from './migrations/0003-operators.sql' with { type: 'text' }
import journalLosses from './migrations/0004-journal-losses.sql' with { type: 'text' }
import idempotencyKeys from './migrations/0005-idempotency-keys.sql' with { type: 'text' }
import resources from './migrations/0006-resources.sql' with { type: 'text' }
import reservations from './migrations/0007-reservations.sql' with { type: 'text' }
import audit from './migrations/0008-audit.sql' with { type: 'text' }
import keyRestrictions from './migrations/0009-key-restrictions.sql' with { type: 'text' }
import jobsListed from './migrations/0010-jobs-listed.sql' with { type: 'text' }
import chargesByEnd from './migrations/0011-charges-by-end.sql' with { type: 'text' }
import serviceRequests from './migrations/0012-service-requests.sql' with { type: 'text' }
import webhooks from './migrations/0013-webhooks.sql' with { type: 'text' }
import picturesAndFilms from './migrations/0014-pictures-and-films.sql' with { type: 'text' }

export type Migration = { readonly id: number; readonly name: string; readonly sql: string }

export const migrations: readonly Migration[] = [
  { id: 1, name: 'initial schema', sql: initialSchema },
  { id: 2, name: 'test and live', sql: testAndLive },
  { id: 3, name: 'operators', sql: operators },
  { id: 4, name: 'journal losses', sql: journalLosses },
  { id: 5, name: 'idempotency keys', sql: idempotencyKeys },
  { id: 6, name: 'resources', sql: resources },
  { id: 7, name: 'reservations', sql: reservations },
  { id: 8, name: 'audit', sql: audit },
  { id: 9, name: 'key restrictions', sql: keyRestrictions },
  { id: 10, name: 'jobs listed', sql: jobsListed },
  { id: 11, name: 'charges by end', sql: chargesByEnd },
  { id: 12, name: 'service requests', sql: serviceRequests },
  { id: 13, name: 'webhooks', sql: webhooks },
  { id: 14, name: 'pictures and films', sql: picturesAndFilms },
]

/** Nothing is taken for simulated that is not known to be. */
export const unknownInstallation: Installation = { simulatedDeployments: [], realProviders: ['unknown'] }

/** Brings the database to the newest version; throws when it was made by a newer program or an edited migration. */
export function migrate(
  db: Database,
  now: number,
  installation: Installation = unknownInstallation,
  list: readonly Migration[] = migrations,
): void {
  db.transaction(() => {
    db.exec(
      'create table if not exists migration (id integer primary key, name text not null, checksum text not null, applied_at integer not null) strict',
    )
    const applied = appliedChecksums(db)
    assertKnown(applied, list)
    const missing = list.filter(({ id }) => !applied.has(id))
    if (missing.length === 0) return
    tellInstallation(db, installation)
    for (const migration of missing) apply(db, migration, now)
    forgetInstallation(db)
  }).immediate()
}

function tellInstallation(db: Database, { simulatedDeployments, realProviders }: Installation): void {
  db.exec('create temp table simulated_deployment (id text primary key); create temp table real_provider (name text)')
  const deployment = db.prepare('insert or ignore into temp.simulated_deployment (id) values (?)')
  for (const id of simulatedDeployments) deployment.run(id)
  const provider = db.prepare('insert into temp.real_provider (name) values (?)')
  for (const name of realProviders) provider.run(name)
}

function forgetInstallation(db: Database): void {
  db.exec('drop table temp.simulated_deployment; drop table temp.real_provider')
}

function appliedChecksums(db: Database): ReadonlyMap<number, string> {
  const rows = db.prepare<{ id: bigint; checksum: string }, []>('select id, checksum from migration order by id').all()
  return new Map(rows.map((row) => [Number(row.id), row.checksum]))
}

function assertKnown(applied: ReadonlyMap<number, string>, list: readonly Migration[]): void {
  const newest = list.at(-1)?.id ?? 0
  for (const [id, checksum] of applied) {
    const known = list.find((migration) => migration.id === id)
    if (!known)
      throw new Error(`the database is at version ${id}, newer than this program's ${newest}: start a newer program`)
    if (checksum !== checksumOf(known))
      throw new Error(`migration ${id} (${known.name}) was edited after it was applied to this database`)
  }
}

function apply(db: Database, migration: Migration, now: number): void {
  db.exec(migration.sql)
  db.prepare('insert into migration (id, name, checksum, applied_at) values (?, ?, ?, ?)').run(
    migration.id,
    migration.name,
    checksumOf(migration),
    now,
  )
}

const checksumOf = (migration: Migration): string => createHash('sha256').update(migration.sql).digest('hex')
