import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { keptSecret } from '../../lib/kept-secret.ts'
import { restoreBackup, writeBackup } from '../sqlite/backup.ts'
import { openSqliteStore } from '../sqlite/sqlite-store.ts'
import { copyPeople } from './people-copy.ts'
import { openPeopleStore, peoplePath } from './people-store.ts'
import { testFolder } from '../../lib/test-folder.ts'

const clock = { now: () => 1_000, monotonic: () => 1_000 }

test('a backup brings back who people are and how they sign in, with the secret that their second factors need, and no session', async () => {
  const folder = testFolder('people')
  const store = openSqliteStore({ path: join(folder, 'mart.db'), clock })
  const people = openPeopleStore(peoplePath(folder), 1)
  const ann = people.addPerson({ name: 'Ann', email: 'ann@example.com', isVerified: true, passwordHash: 'hash' }, 1)
  people.putMember({ organizationId: 'org_a', personId: ann }, 'owner', {
    actor: { kind: 'server', id: null, name: 'test' },
    at: 1,
  })
  const db = new Database(peoplePath(folder))
  db.run(
    `insert into session (id, expiresAt, token, createdAt, updatedAt, userId) values ('ses_1', '2999', 'a-token-of-a-session', '2026', '2026', ?)`,
    [ann],
  )
  const secret = keptSecret(join(folder, 'secret'))
  const to = join(folder, 'backup.db')
  writeBackup({ dataDir: folder, to, now: 2, filesBehind: () => copyPeople(folder, `${to}.people`) })
  expect(readFileSync(to, 'latin1')).not.toContain('a-token-of-a-session')
  // What is open goes on.
  expect(people.membershipsOf(ann)).toHaveLength(1)

  const restored = join(folder, 'restored')
  restoreBackup(to, restored)
  expect(['people.db', 'secret'].map((name) => statSync(join(restored, name)).mode & 0o777)).toEqual([0o600, 0o600])
  expect(keptSecret(join(restored, 'secret'))).toBe(secret)
  const after = openPeopleStore(peoplePath(restored), 3)
  expect(after.personByEmail('ann@example.com')).toMatchObject({ id: ann, hasPassword: true })
  expect(after.membershipsOf(ann)).toEqual([{ organizationId: 'org_a', role: 'owner' }])
  expect(after.sessionsOf(ann, 0)).toEqual([])
  await store.close()
})

test('a secret is made once, for its owner alone; one that is none stops the start', () => {
  const path = join(testFolder('secret'), 'secret')
  const made = keptSecret(path)
  expect([made.length, keptSecret(path), statSync(path).mode & 0o777]).toEqual([52, made, 0o600])
  const flipped = made.replace(/./, (first) => (first === 'A' ? 'B' : 'A'))
  for (const wrong of [
    '',
    'short',
    flipped,
    made.slice(0, -1),
    `${made} `.repeat(2),
    '\0'.repeat(43),
    'é'.repeat(43),
  ]) {
    writeFileSync(path, wrong)
    expect(() => keptSecret(path)).toThrow('holds no secret of this program')
  }
  // Of before they had a checksum.
  writeFileSync(path, `${made.slice(0, 43)}\n`)
  expect(keptSecret(path)).toBe(made.slice(0, 43))
})
