/** Opening `reports.db` beside a `mart.db` that this process has open, and making it anew where it cannot be used. */
import type { Database } from 'bun:sqlite'
import { createHash } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { openForReading, openForWriting } from '../sqlite/connection.ts'
import { isDamage } from '../sqlite/find-damage.ts'
import { prepareRequests } from '../sqlite/requests.ts'
import { prepareReservations } from '../sqlite/reservations.ts'
import schema from './0001-reports.sql' with { type: 'text' }
import { prepareCatchUp } from './catch-up.ts'
import { entryOf } from './entry.ts'
import { prepareNames, type Book } from './names.ts'
import { prepareBooksReader } from './read-books.ts'
import { countEntries, findEntry, listEntries, rejectedEntry } from './read-entries.ts'
import { creditBefore, listCredits, readSetAside, sumCredits } from './read-money.ts'
import { readUsage } from './read-usage.ts'
import type { ReportsDb } from './reports-db.ts'
import { prepareEntryWriter } from './write-entries.ts'
import { prepareRejectionWriter } from './write-rejections.ts'
import { prepareUsageWriter } from './write-usage.ts'

export type ReportsOptions = {
  readonly dataDir: string
  /** Told why a file that was there is thrown away. */
  readonly onAnew?: (reason: string) => void
}

/** Opens the file at the first question, making it where it is missing. Throws then where mart.db is missing, or the folder cannot be written. */
export function openReportsDb({ dataDir, onAnew = () => undefined }: ReportsOptions): ReportsDb {
  const path = join(dataDir, 'reports.db')
  let open: Opened | null = null

  const opened = (): Opened => (open ??= openOn(path, openForReading(join(dataDir, 'mart.db')), onAnew))
  /** Where the file is damaged it is made anew. */
  function mend(error: unknown): void {
    if (!isDamage(error) || open === null) throw error
    open.db.close()
    onAnew((error as Error).message)
    open = openNew(path, open.mart)
  }
  /** What was asked of a damaged file is asked of the new one. */
  function asking<T>(ask: (parts: Opened) => T): T {
    try {
      return ask(opened())
    } catch (error) {
      mend(error)
      return ask(opened())
    }
  }
  /** As `asking`, but what was given is given: whoever asked for it has to ask again. */
  function* givingEach<T>(ask: (parts: Opened) => Generator<T, undefined>): Generator<T, undefined> {
    try {
      return yield* ask(opened())
    } catch (error) {
      mend(error)
      throw error
    }
  }
  return {
    step: (max) => asking(({ catchUp }) => catchUp.step(max)),
    reject: (rejections) => asking((parts) => parts.rejections.write(rejections)),
    usage: (selection) => givingEach(({ db, names }) => readUsage(db, names, selection)),
    list: (of, asked) => asking(({ db, names }) => listEntries(db, names, of, asked)),
    count: (of, asked) => asking(({ db, names }) => countEntries(db, names, of, asked)),
    find: (of, id) => asking((parts) => find(parts, of, id)),
    credits: (of, span) => asking(({ db, names }) => listCredits(db, names, of, span)),
    sumCredits: (of, bounds) => asking(({ db, names }) => sumCredits(db, names, of, bounds)),
    creditBefore: (of, to) => asking(({ db, names }) => creditBefore(db, names, of, to)),
    setAside: (of, bounds) => asking(({ db, names }) => readSetAside(db, names, of, bounds)),
    keyNames: (organizationId) => asking(({ books }) => books.keyNames(organizationId)),
    organizationNames: () => asking(({ books }) => books.organizationNames()),
    close() {
      // Closing alone leaves this to whenever the last statement is collected.
      open?.db.exec('pragma wal_checkpoint(truncate)')
      open?.db.close()
      open?.mart.close()
      open = null
    },
  }
}

type Opened = ReturnType<typeof prepared>

function openOn(path: string, mart: Database, onAnew: (reason: string) => void): Opened {
  const opened = openKnown(path, mart)
  if (typeof opened !== 'string') return opened
  if (opened !== '') onAnew(opened)
  return openNew(path, mart)
}

/** The file as it is, or why it cannot be used: no words where there is none. */
function openKnown(path: string, mart: Database): Opened | string {
  let db: Database | undefined
  try {
    db = openQuick(path)
    const version = versionOf(db)
    if (version === schemaVersion) {
      const opened = prepared(db, mart)
      if (!opened.catchUp.isOfAnother()) return opened
    }
    db.close()
    if (version === schemaVersion) return 'it was copied from another mart.db'
    return version === 0 ? '' : 'it is of another version of this program'
  } catch (error) {
    db?.close()
    if (isDamage(error)) return (error as Error).message
    throw error
  }
}

function openNew(path: string, mart: Database): Opened {
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true })
  const db = openQuick(path)
  db.exec(`begin immediate; ${schema}; pragma user_version = ${schemaVersion}; commit`)
  return prepared(db, mart)
}

/** What a power cut takes of it is copied again. */
function openQuick(path: string): Database {
  const db = openForWriting(path)
  db.exec('pragma synchronous = normal; pragma foreign_keys = off')
  return db
}

/** A number that another schema does not have. */
const schemaVersion = createHash('sha256').update(schema).digest().readUInt32BE() >>> 1
const versionOf = (db: Database): number =>
  Number(db.prepare<{ user_version: bigint }, []>('pragma user_version').get()!.user_version)

function prepared(db: Database, mart: Database) {
  const names = prepareNames(db)
  const entries = prepareEntryWriter(db, names)
  const usage = prepareUsageWriter(db)
  const books = prepareBooksReader(mart)
  return {
    db,
    mart,
    names,
    books,
    settled: prepareRequests(mart),
    reserved: prepareReservations(mart),
    catchUp: prepareCatchUp(db, { names, entries, usage, books }),
    rejections: prepareRejectionWriter(db, { names, entries, usage }),
  }
}

function find({ db, names, settled, reserved }: Opened, of: Book, id: string): ReturnType<ReportsDb['find']> {
  const settlement = settled.receipt(id, of.organizationId) ?? reserved.receipt(id, of.organizationId)
  if (settlement === null) {
    const entry = rejectedEntry(db, names, of, id)
    return entry && { entry, settlement }
  }
  if (settlement.mode !== of.mode) return null
  // It is not copied yet while the copy is far behind.
  const entry = findEntry(db, names, of, { at: settlement.admittedAt, id }) ?? entryOf(settlement, 0)
  return { entry, settlement }
}
