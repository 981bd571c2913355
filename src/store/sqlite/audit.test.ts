import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { messageOf } from '../contract-steps.ts'
import { keyOf, noon } from '../store-fixtures.ts'
import { openSqliteStore } from './sqlite-store.ts'
import { testFolder } from '../../lib/test-folder.ts'

/** A store with an organization, and a connection beside it. */
async function opened() {
  const path = join(testFolder('audit'), 'mart.db')
  const store = openSqliteStore({ path })
  await store.createOrganization({ id: 'acme', name: 'Acme', createdAt: noon })
  return { store, beside: new Database(path) }
}

test('the database itself changes and forgets nothing of the audit log', async () => {
  const { beside } = await opened()
  for (const sql of ["update audit set actor_name = 'nobody'", 'delete from audit'])
    expect(() => beside.exec(sql)).toThrow('the audit log is append-only')
})

test('what cannot be written down is not done: keys, organizations, tokens and credit are as they were', async () => {
  const { store, beside } = await opened()
  await store.createKey(keyOf({ id: 'k1', organizationId: 'acme', rpm: 60 }))
  beside.exec("create trigger full before insert on audit begin select raise(abort, 'no room'); end")
  const money = { organizationId: 'acme', mode: 'test', note: null } as const
  const before = [await store.keys(), await store.organizations(), await store.balance('acme', 'test')]
  const token = { id: 't', name: 't', prefix: 'p', hash: 'h', scopes: ['read'], createdAt: noon }
  for (const work of [
    () => store.createKey(keyOf({ id: 'k2', organizationId: 'acme', hash: 'other' })),
    () => store.updateKey('k1', { rpm: 1 }),
    () => store.createOrganization({ id: 'beta', name: 'Beta', createdAt: noon }),
    () => store.updateOrganization('acme', { name: 'Beta' }),
    () => store.grantCredit({ ...money, amountNano: 5n, idempotencyKey: 'g' }),
    () => store.createOperatorToken({ ...token, lastUsedAt: null, revokedAt: null }),
  ])
    expect(await messageOf(work())).toContain('no room')
  expect([await store.keys(), await store.organizations(), await store.balance('acme', 'test')]).toEqual(before)
  expect(await store.operatorTokens()).toEqual([])
})
