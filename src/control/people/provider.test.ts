import { afterAll, beforeEach, expect, test } from 'bun:test'
import { Kysely } from 'kysely'
import { openBrowser, openTestPeople, testOrigin } from './test-people.ts'
import type { PeopleSettings } from './settings.ts'
import { startTestProvider } from './test-provider.ts'
import { joinAsNewcomer } from './use-links.ts'

const provider = await startTestProvider()
afterAll(() => void provider.stop())
const ann = { ...provider.claims }
beforeEach(() => void Object.assign(provider.claims, ann))

const invitation = { kind: 'invitation', email: 'ann@example.com', organizationId: 'org_a', role: 'viewer' } as const

/** Somebody who goes to the provider and comes back. */
async function comeBy(
  settings: Partial<PeopleSettings>,
  prepare: (opened: ReturnType<typeof openTestPeople>) => unknown,
) {
  const opened = openTestPeople({ settings: { ...settings, oidc: provider.settings } })
  await prepare(opened)
  const browser = openBrowser(opened.people)
  const begun = await browser.post('/api/auth/sign-in/social', { returnTo: '/dashboard' })
  const agreed = await fetch(begun.json['url'] as string, { redirect: 'manual' })
  const { pathname, search } = new URL(agreed.headers.get('location')!)
  const back = await browser.get(pathname + search)
  const person = await opened.people.personOf(browser.request('GET', '/'))
  return { ...opened, person, location: back.headers.get('location')!.replace(testOrigin, '') }
}

test('somebody new comes in by a provider where sign-up is open, or they are invited, and nowhere else', async () => {
  const closed = await comeBy({}, () => undefined)
  expect(closed).toMatchObject({ person: null, location: expect.stringContaining('/sign-in?error=') })
  expect(closed.store.persons()).toEqual([])
  const open = await comeBy({ signUp: 'open' }, () => undefined)
  expect(open).toMatchObject({ person: { name: 'Ann', email: 'ann@example.com' }, location: '/dashboard' })
  expect(open.store.personByEmail('ann@example.com')).toMatchObject({ isVerified: true, hasPassword: false })
  const invited = await comeBy({}, ({ tokenFor }) => tokenFor(invitation))
  expect(invited).toMatchObject({ person: { email: 'ann@example.com' } })
})

test('somebody who has an account is known by an address that both sides know to be theirs', async () => {
  const known = await comeBy({}, ({ someone }) => someone('ann@example.com', 'Ann at home'))
  expect(known).toMatchObject({ person: { name: 'Ann at home' }, location: '/dashboard' })
  expect(known.store.audit({ organizationId: null, from: null, to: null, beforeId: null, max: 1 })).toMatchObject([
    { action: 'person.provider-linked', after: { provider: 'oidc' } },
  ])
})

test('an account that somebody else may have made for an address is given to nobody', async () => {
  const taken = await comeBy({ signUp: 'open' }, ({ use, tokenFor }) =>
    joinAsNewcomer(use, tokenFor(invitation, false), { name: 'Mallory', password: 'correct horse battery' }),
  )
  expect(taken.person).toBeNull()
})

test('what a provider has not verified, or is meant for another, opens nothing', async () => {
  for (const claims of [
    { email_verified: false },
    { aud: 'another' },
    { nonce: 'another' },
    { iss: 'https://evil.example' },
    { exp: 1 },
    { email: undefined },
  ]) {
    Object.assign(provider.claims, ann, claims)
    expect([claims, (await comeBy({ signUp: 'open' }, () => undefined)).person]).toEqual([claims, null])
    for (const name of ['aud', 'nonce', 'iss', 'exp']) delete provider.claims[name]
  }
})

test('of what a provider gives, only its id for the person is kept', async () => {
  const { store } = await comeBy({ signUp: 'open' }, () => undefined)
  const db = new Kysely<{ account: Record<string, unknown> }>({ dialect: store.dialect })
  const [account, ...others] = await db.selectFrom('account').selectAll().execute()
  expect(others).toEqual([])
  const { accountId, accessToken, refreshToken, idToken, password } = account!
  expect({ accountId, accessToken, refreshToken, idToken, password }).toEqual({
    accountId: 'subject-1',
    accessToken: null,
    refreshToken: null,
    idToken: null,
    password: null,
  })
})

test('a provider that does not answer keeps nobody from signing in another way', async () => {
  const { people, someone } = openTestPeople({
    settings: { oidc: { ...provider.settings, issuer: 'http://127.0.0.1:1' } },
  })
  await someone('ann@example.com')
  expect((await openBrowser(people).signIn('ann@example.com')).status).toBe(200)
  const browser = openBrowser(people)
  expect((await browser.post('/api/auth/sign-in/social', {})).status).toBe(400)
})
