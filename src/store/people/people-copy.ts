/** People as a backup keeps them: who they are and how they sign in, without the sessions that are open now. */
import { Database } from 'bun:sqlite'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { makePrivate } from '../../lib/private-file.ts'
import { peoplePath } from './people-store.ts'

export type CopiedFile = { readonly name: string; readonly bytes: Buffer }

/**
 * What belongs to the people of a data folder, while a server may be running: their database at one moment, and the
 * folder's own secret, without which no second factor can be read. Whoever has a backup has no session of anybody's.
 * `through`: a file that may be written on the way, and is removed.
 */
export function* copyPeople(dataDir: string, through: string): Generator<CopiedFile, void> {
  const path = peoplePath(dataDir)
  if (existsSync(path)) yield { name: 'people.db', bytes: databaseAt(path, through) }
  const secret = join(dataDir, 'secret')
  if (existsSync(secret)) yield { name: 'secret', bytes: readFileSync(secret) }
}

function databaseAt(path: string, through: string): Buffer {
  rmSync(through, { force: true })
  try {
    // Nothing of it is ever readable by others, and SQLite writes into a file that is there and empty.
    makePrivate(through)
    inDatabase(path, (db) => db.prepare('vacuum into ?').run(through))
    inDatabase(through, (db) =>
      db.exec('pragma secure_delete = on; delete from session; delete from verification; vacuum'),
    )
    return readFileSync(through)
  } finally {
    rmSync(through, { force: true })
  }
}

function inDatabase(path: string, work: (db: Database) => unknown): void {
  const db = new Database(path, { readwrite: true, strict: true })
  try {
    db.exec('pragma busy_timeout = 5000')
    work(db)
  } finally {
    db.close()
  }
}
