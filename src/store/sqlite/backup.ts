/**
 * Backups: one file, which is an SQLite database. It holds the store as it was at one moment, and in two tables of its
 * own what else belongs to it: `backup` (version, when, how far the store had come) and `backup_file` (the journal from
 * there on, the people and the folder's secret, in parts of 1 MiB, each with its CRC-32).
 */
import { Database } from 'bun:sqlite'
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { crc32 } from 'node:zlib'
import type { Check } from '../store.ts'
import { verifyLedger } from './verify-ledger.ts'

/** A file that is kept beside the store. `name`: relative to the data folder, with slashes. */
export type KeptFile = { readonly name: string; readonly bytes: Buffer }

export type BackupAsk = {
  readonly dataDir: string
  readonly to: string
  readonly now: number
  /** What belongs to a store that has applied a node's journal up to `lastSeq`, one file at a time. */
  readonly filesBehind: (lastSeq: number) => Iterable<KeptFile>
}

export type Backup = {
  /** Absolute. */
  readonly path: string
  readonly bytes: number
  readonly madeAt: number
  /** Up to where the store had applied the journal. */
  readonly lastSeq: number
  readonly files: number
}

/** A backup that cannot be made or used, in one line for people. */
export class BackupError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'BackupError'
  }
}

/** Version 1 had no people. */
const version = 2
const versionsRead = [1, version]
const partBytes = 1024 * 1024
const storeName = 'mart.db'

const tables = `
  create table backup (version integer not null, made_at integer not null, last_seq integer not null) strict;
  create table backup_file (name text not null, part integer not null, crc32 integer not null, bytes blob not null,
    primary key (name, part)) strict`

/** Writes a backup while a server may be running, reads it back, and gives what the proof of the copied ledger says. Throws `BackupError`. */
export function writeBackup({ dataDir, to, now, filesBehind }: BackupAsk): { backup: Backup; checks: Check[] } {
  const path = resolve(to)
  if (existsSync(path)) throw new BackupError(`${path} exists; a backup is never written over anything`)
  if (!existsSync(join(dataDir, storeName))) throw new BackupError(`${dataDir} holds no ${storeName}; set DATA_DIR`)
  const partial = `${path}.partial`
  if (existsSync(partial))
    throw new BackupError(`${partial} exists: another backup is being written, or one was interrupted; then remove it`)
  closeSync(openSync(partial, 'wx', 0o600))
  try {
    copyStore(join(dataDir, storeName), partial)
    const checks = inDatabase(partial, (db) => {
      const lastSeq = lastSeqOf(db)
      db.exec(tables)
      for (const file of filesBehind(lastSeq)) keep(db, file)
      db.prepare('insert into backup values (?, ?, ?)').run(version, now, lastSeq)
      return verifyLedger(db)
    })
    const backup = { ...checkBackup(partial), path }
    sync(partial)
    renameSync(partial, path)
    sync(dirname(path))
    return { backup, checks }
  } catch (error) {
    rmSync(partial, { force: true })
    throw error
  }
}

/** One moment of the store, whoever writes to it meanwhile. */
function copyStore(from: string, to: string): void {
  inDatabase(from, (db) => db.prepare('vacuum into ?').run(to), { readonly: true })
}

const lastSeqOf = (db: Database): number =>
  Number(db.prepare<{ seq: bigint | null }, []>('select max(last_seq) as seq from node').get()!.seq ?? 0n)

function keep(db: Database, { name, bytes }: KeptFile): void {
  const insert = db.prepare<unknown, [string, number, number, Buffer]>('insert into backup_file values (?, ?, ?, ?)')
  for (let part = 0; part * partBytes < bytes.length; part += 1) {
    const piece = bytes.subarray(part * partBytes, (part + 1) * partBytes)
    insert.run(name, part, crc32(piece), piece)
  }
}

/** Reads all of a backup. Throws `BackupError` where it is none, or not what was written. */
function checkBackup(path: string): Backup {
  return inDatabase(
    path,
    (db) => {
      const head = headOf(db, path)
      const faults = db.prepare<{ integrity_check: string }, []>('pragma integrity_check(3)').all()
      const fault = faults.find((row) => row.integrity_check !== 'ok')
      if (fault) throw new BackupError(`${path} is damaged: ${fault.integrity_check.replaceAll(/\s+/g, ' ')}`)
      const names = new Set<string>()
      for (const { name } of partsOf(db, path)) names.add(name)
      return { path, bytes: statSync(path).size, ...head, files: names.size }
    },
    { readonly: true },
  )
}

function headOf(db: Database, path: string): Pick<Backup, 'madeAt' | 'lastSeq'> {
  const isBackup = db.prepare("select 1 from sqlite_schema where name = 'backup'").get()
  if (!isBackup) throw new BackupError(`${path} is no backup of mart`)
  const head = db.prepare<{ version: bigint; made_at: bigint; last_seq: bigint }, []>('select * from backup').get()
  if (!head) throw new BackupError(`${path} was not finished`)
  if (!versionsRead.includes(Number(head.version)))
    throw new BackupError(
      `${path} is of version ${head.version}; this program reads versions ${versionsRead.join(' and ')}`,
    )
  return { madeAt: Number(head.made_at), lastSeq: Number(head.last_seq) }
}

type Part = { readonly name: string; readonly bytes: Uint8Array }

function* partsOf(db: Database, path: string): Generator<Part, void> {
  type Row = Part & { part: bigint; crc32: bigint }
  const rows = db.prepare<Row, []>('select name, part, crc32, bytes from backup_file order by name, part')
  for (const row of rows.iterate()) {
    if (crc32(row.bytes) !== Number(row.crc32))
      throw new BackupError(`${path} is damaged: ${row.name}, part ${row.part}`)
    if (!isOurs(row.name)) throw new BackupError(`${path} holds ${row.name}, which is no file of ours`)
    yield row
  }
}

const isOurs = (name: string): boolean =>
  /^journal\/journal-\d{8}\.log$/.test(name) || name === 'people.db' || name === 'secret'

/** Makes a data folder of a backup; there must be nothing in it. A server that starts on it goes on from there. Throws `BackupError`. */
export function restoreBackup(from: string, dataDir: string): Backup {
  const path = resolve(from)
  if (!existsSync(path)) throw new BackupError(`${path} does not exist`)
  if (existsSync(dataDir) && readdirSync(dataDir).length > 0)
    throw new BackupError(`${dataDir} is not empty; a backup is restored into a new folder: set DATA_DIR`)
  const backup = checkBackup(path)
  mkdirSync(join(dataDir, 'journal'), { recursive: true, mode: 0o700 })
  // Until it has its name, no server starts on what may be half a folder.
  const partial = join(dataDir, `${storeName}.partial`)
  copyFileSync(path, partial)
  chmodSync(partial, 0o600)
  inDatabase(partial, (db) => {
    for (const part of partsOf(db, path)) append(join(dataDir, part.name), part.bytes)
    db.exec('drop table backup; drop table backup_file; vacuum')
  })
  for (const folder of [partial, join(dataDir, 'journal')]) sync(folder)
  renameSync(partial, join(dataDir, storeName))
  sync(dataDir)
  return backup
}

function append(path: string, bytes: Uint8Array): void {
  const file = openSync(path, 'a', 0o600)
  writeSync(file, bytes)
  fsyncSync(file)
  closeSync(file)
}

function sync(path: string): void {
  const file = openSync(path, 'r')
  fsyncSync(file)
  closeSync(file)
}

function inDatabase<T>(path: string, work: (db: Database) => T, { readonly = false } = {}): T {
  let db: Database | undefined
  try {
    db = new Database(path, { ...(readonly ? { readonly } : { readwrite: true }), safeIntegers: true, strict: true })
    db.exec('pragma busy_timeout = 5000')
    return work(db)
  } catch (error) {
    if (error instanceof BackupError) throw error
    throw new BackupError(`${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  } finally {
    db?.close()
  }
}
