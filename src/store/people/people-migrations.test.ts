import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { testFolder } from '../../lib/test-folder.ts'
import { openForWriting } from '../sqlite/connection.ts'
import { migrate, unknownInstallation } from '../sqlite/migrations.ts'
import { openPeopleStore, peopleMigrations } from './people-store.ts'

/** A `people.db` as the first two versions left it, with somebody of every kind in it. */
function oldPeople(): string {
  const path = join(testFolder('people-migrations'), 'people.db')
  const db = openForWriting(path)
  migrate(db, 0, unknownInstallation, peopleMigrations.slice(0, 2))
  db.exec(`
    insert into person values ('per_a', 'Ann', 'ann@example.com', 1, null, '2026-11-01T00:00:00.000Z', '2026-11-01T00:00:00.000Z', 1);
    insert into session values ('ses_a', '2030-01-01T00:00:00.000Z', 'token', '2026-11-01T00:00:00.000Z', '2026-11-01T00:00:00.000Z', '', '', 'per_a');
    insert into passkey values ('pas_a', 'Laptop', 'key', 'per_a', 'credential', 0, 'singleDevice', 0, null, null, null);
    insert into member values ('org_a', 'per_a', 'owner', 5);
    insert into operator values ('per_a', 5);
    insert into link values ('lnk_a', 'hash-a', 'invitation', 'bob@example.com', 'org_a', 'viewer', 1, 'Ann', 5, 9000, null, null);
    insert into link values ('lnk_b', 'hash-b', 'operator', null, null, null, 0, 'Ann', 5, 9000, null, null);
    insert into link values ('lnk_c', 'hash-c', 'password', 'ann@example.com', null, null, 1, 'Ann', 5, 9000, 6, null);`)
  db.close()
  return path
}

test('people of a data folder of before stay who they are, with their sessions, passkeys and links', () => {
  const store = openPeopleStore(oldPeople(), 10)
  expect(store.person('per_a')).toMatchObject({ email: 'ann@example.com', hasSecondFactor: true, isOperator: true })
  expect(store.membersOf('org_a')).toMatchObject([{ personId: 'per_a', role: 'owner', hasPasskey: true }])
  expect(store.sessionsOf('per_a', 10).map(({ id }) => id)).toEqual(['ses_a'])
  expect(store.invitationsOf('org_a', 10)).toMatchObject([{ id: 'lnk_a', email: 'bob@example.com', isMailed: true }])
  expect(store.linkOf('hash-b', 'operator', 10)).toMatchObject({ id: 'lnk_b', email: null, madeBy: 'Ann' })
  expect(store.linkOf('hash-c', 'password', 10)).toBeNull()
  expect(store.demandsSecondFactor('org_a')).toBe(false)
  expect(store.findDamage()).toEqual([])
  store.close()
})
