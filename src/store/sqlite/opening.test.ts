import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { thrownBy } from '../contract-steps.ts'
import { isAtLeast, openForWriting } from './connection.ts'
import { migrate, migrations, unknownInstallation } from './migrations.ts'
import { openSqliteStore } from './sqlite-store.ts'
import { openStoreInWorker } from './store-in-worker.ts'
import { followCalls, startWorker } from './worker-calls.ts'

let folder: string
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'mart-open-'))))
afterEach(() => rm(folder, { recursive: true }))
const path = (): string => join(folder, 'mart.db')

test('a data folder has one process; a second is told which folder is taken', async () => {
  const store = await openStoreInWorker({ dataDir: folder })
  expect(() => openSqliteStore({ path: path() })).toThrow(`the data folder ${folder} is in use by another process`)
  expect(String(await thrownBy(openStoreInWorker({ dataDir: folder })))).toContain(
    `the data folder ${folder} is in use`,
  )
  await store.close()
  await openSqliteStore({ path: path() }).close()
})

test('the file is written ahead and synced at every commit, with foreign keys on', () => {
  const db = openForWriting(path())
  const pragma = (name: string) => Object.values(db.prepare(`pragma ${name}`).get() as object)[0]
  expect(
    ['journal_mode', 'synchronous', 'foreign_keys', 'busy_timeout', 'cache_size', 'wal_autocheckpoint'].map((name) =>
      String(pragma(name)),
    ),
  ).toEqual(['wal', '2', '1', '5000', '-16384', '2000'])
  db.close()
})

test('an SQLite with the WAL-reset bug is refused', () => {
  expect(['3.51.3', '3.52.0', '4.0.0', '3.51.10'].every((version) => isAtLeast(version, '3.51.3'))).toBe(true)
  expect(['3.51.2', '3.50.7', '2.99.99'].some((version) => isAtLeast(version, '3.51.3'))).toBe(false)
})

test('a database of a newer program is refused, and so is an edited migration', () => {
  const db = new Database(':memory:', { safeIntegers: true })
  const [first] = migrations
  const second = { id: 2, name: 'more', sql: 'create table more (id integer primary key) strict' }
  migrate(db, 0, unknownInstallation, [first!, second])
  migrate(db, 0, unknownInstallation, [first!, second])
  expect(() => migrate(db, 0, unknownInstallation, [first!])).toThrow(
    "the database is at version 2, newer than this program's 1",
  )
  expect(() => migrate(db, 0, unknownInstallation, [first!, { ...second, sql: 'select 1' }])).toThrow(
    'migration 2 (more) was edited',
  )
})

test('a migration that fails leaves nothing behind', () => {
  const db = new Database(':memory:', { safeIntegers: true })
  const broken = {
    id: 2,
    name: 'broken',
    sql: 'create table half (id integer) strict; create table half (id integer) strict',
  }
  expect(() => migrate(db, 0, unknownInstallation, [...migrations, broken])).toThrow()
  expect(db.prepare('select name from sqlite_schema').all()).toEqual([])
})

test('a worker that cannot open its file says why', async () => {
  const error = await thrownBy(startWorker({ path: join(folder, 'missing', 'mart.db'), role: 'reader' }))
  expect(String(error)).toContain('unable to open database file')
})

test('a fault inside the worker arrives as an error, and the worker lives on', async () => {
  const worker = await startWorker({ path: path(), role: 'writer' })
  expect(String(await thrownBy(worker.call('nonsense' as 'organizations')))).toContain('not a function')
  expect(await worker.call('organizations')).toEqual([])
  await worker.close()
  expect(String(await thrownBy(worker.call('organizations')))).toContain('the store is closed')
})

for (const end of ['process.exit(3)', "throw new Error('out of memory')"]) {
  test(`when the thread dies of ${end}, waiting and later calls are rejected and the failure is reported once`, async () => {
    const failures: Error[] = []
    const code = `require('node:worker_threads').parentPort.on('message', () => { ${end} })`
    const calls = followCalls(new Worker(code, { eval: true }), (error) => failures.push(error))
    const waiting = [calls.opened, calls.call('organizations'), calls.call('keys')].map(thrownBy)
    for (const error of await Promise.all(waiting)) expect(String(error)).toContain("the store's thread died")
    expect(String(await thrownBy(calls.call('organizations')))).toContain("the store's thread died")
    expect(calls.isAlive()).toBe(false)
    expect(failures).toHaveLength(1)
  })
}
