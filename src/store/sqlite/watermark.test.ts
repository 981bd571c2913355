import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { copyFileSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { testFolder } from '../../lib/test-folder.ts'
import { openPeopleStore } from '../people/people-store.ts'
import { openSqliteStore } from './sqlite-store.ts'
import { walDamage } from './wal-damage.ts'
import { changesLost, watermarkPath } from './watermark.ts'

const ends = ['', '-wal', '-watermark']

/** A folder as a kill leaves it, after so many organizations were made. */
async function left(organizations: number): Promise<string> {
  const live = join(testFolder('watermark'), 'mart.db')
  const store = openSqliteStore({ path: live })
  for (let n = 0; n < organizations; n += 1)
    await store.createOrganization({ id: `org_${n}`, name: `Organization ${n}`, createdAt: n })
  const path = join(testFolder('left'), 'mart.db')
  for (const end of ends) copyFileSync(`${live}${end}`, `${path}${end}`)
  await store.close()
  return path
}

function broughtIn(path: string): void {
  const db = new Database(path)
  db.run('pragma wal_checkpoint(truncate)')
  db.close()
  expect(statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0).toBe(0)
}

test('a log that is cut anywhere, down to nothing, is told by how many changes are gone; one that is whole never is', async () => {
  const path = await left(12)
  expect(changesLost(path)).toBe(0)
  const log = readFileSync(`${path}-wal`)
  let lost = 0
  for (let bytes = log.length; bytes >= 0; bytes -= 24_000) {
    writeFileSync(`${path}-wal`, log.subarray(0, bytes))
    rmSync(`${path}-shm`, { force: true })
    // Nothing else tells of a cut.
    expect(walDamage(path)).toBeNull()
    expect(changesLost(path)).toBeGreaterThanOrEqual(lost)
    lost = changesLost(path)
  }
  expect(lost).toBeGreaterThan(1)
})

test('a log that somebody else has brought into the database is no loss', async () => {
  const path = await left(3)
  broughtIn(path)
  expect(changesLost(path)).toBe(0)
})

test('an older copy in the place of the database is told, until a store is opened on it', async () => {
  const path = await left(3)
  broughtIn(path)
  const newer = await left(4)
  copyFileSync(watermarkPath(newer), watermarkPath(path))
  expect(changesLost(path)).toBe(1)
  await openSqliteStore({ path }).close()
  expect(changesLost(path)).toBe(0)
})

test('what a change did is noted before anybody is told of it, and what failed or changed nothing is not', async () => {
  const path = join(testFolder('watermark'), 'mart.db')
  const store = openSqliteStore({ path })
  const noted = (): string => readFileSync(watermarkPath(path), 'latin1')
  const before = noted()
  await store.organizations()
  expect(noted()).toBe(before)
  const one = { id: 'org_1', name: 'One', createdAt: 1 }
  await store.createOrganization(one)
  const after = noted()
  expect(after > before).toBe(true)
  await store.createOrganization(one).catch(() => null)
  expect(noted()).toBe(after)
  await store.close()
})

test('a file that is not what was written, cut, flipped or a folder’s, says nothing', async () => {
  const path = await left(2)
  truncateSync(`${path}-wal`, 0)
  const text = readFileSync(watermarkPath(path))
  for (const wrong of [text.subarray(0, 9), Buffer.alloc(0), Buffer.from(text.map((byte, at) => byte ^ +(at === 3)))]) {
    writeFileSync(watermarkPath(path), wrong)
    expect(changesLost(path)).toBe(0)
  }
})

test('people are told of as well: who was removed and comes back with a cut log was a change', () => {
  const live = join(testFolder('watermark'), 'people.db')
  const people = openPeopleStore(live, 1)
  const actor = { kind: 'server', id: null, name: 'start' } as const
  const link = { kind: 'operator', email: null, hash: 'h', isMailed: false, madeBy: 'start' } as const
  const path = join(testFolder('left'), 'people.db')
  copyFileSync(live, path)
  copyFileSync(`${live}-wal`, `${path}-wal`)
  people.addLink({ ...link, id: 'lnk_1', createdAt: 1, expiresAt: 2 }, actor)
  copyFileSync(watermarkPath(live), watermarkPath(path))
  expect(changesLost(path)).toBe(1)
  people.close()
})
