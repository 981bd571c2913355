/** How much one person may do and have. */
import { expect, spyOn, test } from 'bun:test'
import { Kysely } from 'kysely'
import { StoreRefusal } from '../../../store/store.ts'
import { changesMax } from '../../people/sign-in-limits.ts'
import { startTestPages } from '../test-pages.ts'
import { openAccounts } from './test-accounts.ts'

test('a person changes thirty things at once and two a second, whatever becomes of them; then they wait, and nobody else does', async () => {
  const { browser, someone, time } = await openAccounts()
  const [page, other] = [browser(), browser()]
  for (const [each, email] of [
    [page, 'ann@example.com'],
    [other, 'bob@example.com'],
  ] as const) {
    await someone(email)
    await each.signIn(email)
  }
  const change = (name: string) => page.ask('PATCH', '/api/account', { name })
  for (let times = 0; times < changesMax; times += 1) expect((await change('')).status).toBe(400)
  const refused = await change('Ann')
  expect(refused).toMatchObject({ status: 429, json: { error: { code: 'too_many_changes' } } })
  expect(refused.headers.get('retry-after')).toBe('1')
  const door = await page.post('/api/auth/passkey/delete-passkey', { id: 'pas_x' })
  expect(door).toMatchObject({ status: 429, json: { error: { code: 'too_many_changes' } } })
  expect((await page.get('/api/account')).json).toMatchObject({ name: 'ann' })
  expect((await other.ask('PATCH', '/api/account', { name: 'Bob' })).status).toBe(200)
  time.monotonic += 500
  expect((await change('Ann')).status).toBe(200)
  expect((await change('Ann')).status).toBe(429)
})

type Tables = { session: Record<string, unknown>; passkey: Record<string, unknown> }

test('a person has a hundred sessions, of which the oldest ends for one more, and twenty passkeys', async () => {
  const { browser, someone, store } = await openAccounts()
  const userId = await someone('ann@example.com')
  const bob = await someone('bob@example.com')
  const db = new Kysely<Tables>({ dialect: store.dialect })
  const [at, end] = [0, 1].map((days) => new Date(Date.now() - 3_600_000 + days * 86_400_000).toISOString())
  const times = { createdAt: at, updatedAt: at, expiresAt: end }
  const add = (id: string, of: string) =>
    db.insertInto('session').values({ id, token: id, userId: of, ...times }).execute() // prettier-ignore
  await add('of bob', bob)
  for (let index = 0; index < 100; index += 1) await add(`s${index}`, userId)
  const page = browser()
  await page.signIn('ann@example.com')
  const ids = store.sessionsOf(userId, Date.now()).map(({ id }) => id)
  expect([ids.length, ids.includes('s0'), ids.includes('s1')]).toEqual([100, false, true])
  expect(store.sessionsOf(bob, Date.now())).toHaveLength(1)

  const passkey = { publicKey: 'x', userId, counter: 0, deviceType: 'x', backedUp: 0 }
  const keep = (index: number) =>
    db.insertInto('passkey').values({ id: `p${index}`, credentialID: `c${index}`, ...passkey }).execute() // prettier-ignore
  const begin = () => page.get('/api/auth/passkey/generate-register-options')
  for (let index = 0; index < 19; index += 1) await keep(index)
  expect((await begin()).status).toBe(200)
  await keep(19)
  expect(await begin()).toMatchObject({ status: 409, json: { error: { code: 'too_many_passkeys' } } })
  expect(keep(20)).rejects.toThrow('at most 20 passkeys')
})

test('members make a thousand keys for an organization; an operator’s script makes more', async () => {
  const pages = await startTestPages()
  const id = await pages.organization('Acme')
  const dev = pages.person('dev', { roles: { [id]: 'developer' } })
  const made = spyOn(pages.store, 'createKey')
  expect((await dev.post(`/api/organizations/${id}/keys`, { mode: 'test' })).status).toBe(201)
  expect((await pages.ask('POST', `/organizations/${id}/keys`, { mode: 'test' })).status).toBe(201)
  expect(made.mock.calls.map(([, actor, max]) => [actor?.kind, max])).toEqual([
    ['person', 1_000],
    ['token', undefined],
  ])
  made.mockRejectedValueOnce(new StoreRefusal('too-many-keys', 'there are 1000'))
  const refused = await dev.post(`/api/organizations/${id}/keys`, { mode: 'test' })
  expect([refused.status, refused.json.error.code]).toEqual([409, 'too_many_keys'])
})
