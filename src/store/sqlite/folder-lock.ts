/**
 * One process per data folder. The lock is SQLite's own, on a small file beside the database, so the
 * kernel lets go of it however the process ends; a pid file would outlive a `kill -9`.
 */
import { Database } from 'bun:sqlite'
import { join } from 'node:path'
import { makePrivate } from '../../lib/private-file.ts'

export type FolderLock = { readonly release: () => void }

/** Takes the folder for this process, or throws one line that names the folder. */
export function lockFolder(folder: string): FolderLock {
  const path = join(folder, 'lock.db')
  let db: Database | undefined
  try {
    makePrivate(path)
    db = new Database(path, { create: true, readwrite: true })
    db.exec('pragma busy_timeout = 0')
    db.exec('begin exclusive')
  } catch (cause) {
    db?.close()
    throw new Error(lockedWords(folder, cause), { cause })
  }
  return { release: () => db.close() }
}

function lockedWords(folder: string, cause: unknown): string {
  const { code } = cause as { readonly code?: string }
  if (code === 'SQLITE_BUSY')
    return `the data folder ${folder} is in use by another process: stop that one first, or choose another folder`
  return `${join(folder, 'lock.db')} cannot be locked (${code ?? String(cause)}); nothing is kept in it: remove it`
}
