/**
 * How far a database had come, in a small file beside it. SQLite takes a write-ahead log that was cut short, or is gone,
 * for one in which no more was ever written; the file remembers that there was. It counts the rows of tables that number
 * theirs for ever, the audit log above all: every change of a key, an organization, credit or a member is one of them.
 */
import { Database } from 'bun:sqlite'
import { closeSync, openSync, readFileSync, statSync, writeSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { makePrivate } from '../../lib/private-file.ts'

export type Watermark = {
  /** Notes how far the database has come, once that is committed; free where it is as far as before. */
  readonly note: () => void
  readonly close: () => void
}

export const watermarkPath = (databasePath: string): string => `${databasePath}-watermark`

const selectCount = 'select coalesce(sum(seq), 0) as count from sqlite_sequence'
const countDigits = 20

/** Keeps the file of a database that is open; it begins at how far that is. Throws where it cannot be written. */
export function openWatermark(db: Database, databasePath: string): Watermark {
  const path = watermarkPath(databasePath)
  makePrivate(path)
  const file = openSync(path, 'r+')
  const count = db.prepare<{ count: bigint | number }, []>(selectCount)
  let noted = -1n
  const note = (): void => {
    if (db.inTransaction) return
    try {
      const now = BigInt(count.get()!.count)
      if (now === noted) return
      // Not synced: what a power cut leaves of it is older than the database, never newer.
      writeSync(file, textOf(now), 0)
      noted = now
    } catch {
      // The change is committed, and must not be said to have failed for want of a witness: the next one is noted again.
    }
  }
  note()
  return { note, close: () => closeSync(file) }
}

/** So many changes a database lacks that it has had; 0 where none are known to be missing. Nobody else may have it open. */
export function changesLost(databasePath: string): number {
  const noted = notedIn(watermarkPath(databasePath))
  if (noted === null) return 0
  const count = countIn(databasePath)
  return count === null || count >= noted ? 0 : Number(noted - count)
}

/** Calls every method as it is, and notes what it has changed before anybody is told of it. */
export function noting<Methods extends object>(methods: Methods, note: () => void): Methods {
  const noted = <T>(value: T): T => {
    note()
    return value
  }
  const wrapped = Object.entries(methods).map(([name, method]) => {
    if (typeof method !== 'function') return [name, method]
    return [
      name,
      (...args: readonly unknown[]): unknown => {
        const value = (method as (...args: readonly unknown[]) => unknown)(...args)
        return value instanceof Promise ? value.then(noted) : noted(value)
      },
    ]
  })
  return Object.fromEntries(wrapped) as Methods
}

function textOf(count: bigint): string {
  const digits = String(count).padStart(countDigits, '0')
  return `${digits} ${crc32(digits).toString(16).padStart(8, '0')}\n`
}

/** null where there is no such file, or it is not what was written: it is no more than a witness. */
function notedIn(path: string): bigint | null {
  try {
    const text = readFileSync(path, 'latin1')
    const count = BigInt(text.slice(0, countDigits))
    return textOf(count) === text ? count : null
  } catch {
    return null
  }
}

/** null where there is no database, or none that can say: others tell what is wrong with it. */
function countIn(path: string): bigint | null {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0) return null
  let db: Database | undefined
  try {
    db = new Database(path, { readonly: true, safeIntegers: true })
    const hasTables = db.query("select 1 from sqlite_schema where name = 'sqlite_sequence'").get() !== null
    return hasTables ? db.query<{ count: bigint }, []>(selectCount).get()!.count : 0n
  } catch {
    return null
  } finally {
    db?.close()
  }
}
