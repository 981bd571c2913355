/**
 * The people of an installation, in `people.db`: one connection, which one thread has. Statements are synchronous, and
 * several of them are one transaction inside `atomically`.
 */
import type { Database } from 'bun:sqlite'
import type { SqliteDialect } from 'kysely'
import { join } from 'node:path'
import { prepareAuditRows } from '../sqlite/audit-rows.ts'
import { openCopy, openForWriting } from '../sqlite/connection.ts'
import { findDamage, isDamage } from '../sqlite/find-damage.ts'
import { migrate, unknownInstallation, type Migration } from '../sqlite/migrations.ts'
import { noting, openWatermark } from '../sqlite/watermark.ts'
import { prepareAddresses } from './addresses.ts'
import { authDialect } from './auth-dialect.ts'
import { prepareLinks } from './links.ts'
import { prepareMembers } from './members.ts'
import people from './migrations/0001-people.sql' with { type: 'text' }
import bounds from './migrations/0002-bounds.sql' with { type: 'text' }
import secondFactorDemands from './migrations/0003-second-factor-demands.sql' with { type: 'text' }
import addressesAndProviders from './migrations/0004-addresses-and-providers.sql' with { type: 'text' }
import { noteIn } from './notes.ts'
import { preparePersons } from './persons.ts'
import { prepareRemovals } from './removals.ts'
import { prepareSecondFactors } from './second-factors.ts'

export const peopleMigrations: readonly Migration[] = [
  { id: 1, name: 'people', sql: people },
  { id: 2, name: 'bounds', sql: bounds },
  { id: 3, name: 'second-factor-demands', sql: secondFactorDemands },
  { id: 4, name: 'addresses-and-providers', sql: addressesAndProviders },
]

export type PeopleStore = ReturnType<typeof openPeopleStore>

export const peoplePath = (dataDir: string): string => join(dataDir, 'people.db')

/** A new database in memory, as SQLite keeps it: tests open hundreds. */
let newInMemory: Uint8Array | null = null

function opened(path: string, now: number): Database {
  if (path === ':memory:' && newInMemory !== null) return openCopy(newInMemory)
  try {
    const db = openForWriting(path)
    migrate(db, now, unknownInstallation, peopleMigrations)
    if (path === ':memory:') newInMemory = db.serialize()
    return db
  } catch (cause) {
    if (!isDamage(cause)) throw new Error(`${path} cannot be opened: ${(cause as Error).message}`, { cause })
    throw new Error(`${path} is damaged: ${(cause as Error).message}; restore a backup (mart restore FILE)`, { cause })
  }
}

/** Opens it, or makes it, for its owner alone; `:memory:` for tests. `now`: epoch ms. */
export function openPeopleStore(path: string, now: number) {
  const db = opened(path, now)
  const store = storeOn(db)
  if (path === ':memory:') return store
  const watermark = openWatermark(db, path)
  const close = (): void => {
    watermark.close()
    db.close()
  }
  return { ...noting(store, watermark.note), close }
}

function storeOn(db: Database) {
  const rows = prepareAuditRows(db)
  const note = noteIn(rows)
  const members = prepareMembers(db, note)
  return {
    /** For the sign-in library. */
    dialect: authDialect(db) satisfies SqliteDialect,
    ...preparePersons(db),
    ...members,
    ...prepareRemovals(db, note, members),
    ...prepareLinks(db, note),
    ...prepareSecondFactors(db, note),
    ...prepareAddresses(db),
    audit: rows.list,
    /** All that `work` changes, or nothing of it. */
    atomically: <T>(work: () => T): T => db.transaction(work).immediate(),
    /** What is wrong with its pages, in SQLite's words. */
    findDamage: (): string[] => findDamage(db),
    close: (): void => db.close(),
  }
}
