import { Database } from 'bun:sqlite'
import { writeFileSync } from 'node:fs'
import type { Clock } from '../lib/clock.ts'
import { openSqliteStore } from './sqlite/sqlite-store.ts'
import type { Store } from './store.ts'

/** The file of a new store: to make one takes 15 ms, and tests open a hundred. */
let newFile: Uint8Array | null = null

/** For tests: a new store in a file. */
export function openTestStore(path: string, clock: Clock): Store {
  if (newFile !== null) writeFileSync(path, newFile)
  const store = openSqliteStore({ path, clock })
  if (newFile === null) {
    const db = new Database(path)
    newFile = db.serialize()
    db.close()
  }
  return store
}
