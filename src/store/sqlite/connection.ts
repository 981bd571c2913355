/**
 * Connections to the SQLite file. Every integer is read as a bigint, because a `number` silently loses
 * nano-USD above 2^53. One connection writes; SQLite starves writers that compete for one file.
 */
import { Database } from 'bun:sqlite'
import { assert } from '../../lib/assert.ts'
import { makePrivate } from '../../lib/private-file.ts'

/** Before 3.51.3, a WAL file shared by two connections could be reset under a reader and corrupt the database. */
const versionMin = '3.51.3'
/** Of a new file. Rows are appended, so larger pages are fewer writes; much larger ones make a small commit dear. */
const pageBytes = 8_192
/** About 16 MB. */
const checkpointPages = 2_000
/** The page cache, in KiB, negative as SQLite wants it. */
const writerCache = -16_384
const readerCache = -8_192

/** Opens the file for writing, making it when missing; every commit is on the disk when it returns. */
export function openForWriting(path: string): Database {
  // What SQLite makes beside it has its mode.
  if (path !== ':memory:') makePrivate(path)
  const db = opened(new Database(path, { create: true, readwrite: true, ...spelled }))
  db.exec(`pragma page_size = ${pageBytes}`)
  const journal = db.prepare<{ journal_mode: string }, []>('pragma journal_mode = wal').get()
  const isDurable = journal?.journal_mode === 'wal' || path === ':memory:'
  assert(isDurable, `${path} must be on a file system that supports SQLite's write-ahead log`)
  db.exec('pragma synchronous = full')
  db.exec(`pragma wal_autocheckpoint = ${checkpointPages}`)
  db.exec(`pragma cache_size = ${writerCache}`)
  return db
}

/** Opens a file that a writer has already made, for reports that must not hold the writer up. */
export function openForReading(path: string): Database {
  const db = opened(new Database(path, { readonly: true, ...spelled }))
  db.exec(`pragma cache_size = ${readerCache}`)
  return db
}

/** A copy of what `serialize` gave of another, in memory. */
export const openCopy = (serialized: Uint8Array): Database => opened(Database.deserialize(serialized, spelled))

const spelled = { safeIntegers: true, strict: true } as const

function opened(db: Database): Database {
  const version = db.prepare<{ version: string }, []>('select sqlite_version() as version').get()!.version
  assert(
    isAtLeast(version, versionMin),
    `SQLite must be ${versionMin} or newer, not ${version}: older ones can corrupt the database`,
  )
  db.exec('pragma busy_timeout = 5000')
  db.exec('pragma foreign_keys = on')
  return db
}

/** Compares dotted versions number by number. */
export function isAtLeast(version: string, least: string): boolean {
  const wanted = least.split('.').map(Number)
  const found = version.split('.').map(Number)
  const differs = wanted.findIndex((part, index) => part !== (found[index] ?? 0))
  return differs === -1 || (found[differs] ?? 0) > wanted[differs]!
}
