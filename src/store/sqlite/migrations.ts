/**
 * Migrations: one numbered list, each applied once, in order, and never edited afterwards. All that are
 * missing are applied in one transaction, so a crash leaves the database at the old version.
 */
import type { Database } from 'bun:sqlite'
import { createHash } from 'node:crypto'
import { initialSchema } from './schema.ts'

export type Migration = { readonly id: number; readonly name: string; readonly sql: string }

export const migrations: readonly Migration[] = [{ id: 1, name: 'initial schema', sql: initialSchema }]

/** Brings the database to the newest version; throws when it was made by a newer program or an edited migration. */
export function migrate(db: Database, now: number, list: readonly Migration[] = migrations): void {
  db.transaction(() => {
    db.exec(
      'create table if not exists migration (id integer primary key, name text not null, checksum text not null, applied_at integer not null) strict',
    )
    const applied = appliedChecksums(db)
    assertKnown(applied, list)
    for (const migration of list) if (!applied.has(migration.id)) apply(db, migration, now)
  }).immediate()
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
