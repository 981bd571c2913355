/** Linking an account at a provider from the account page, and what others make of it. */
import { afterAll, beforeEach, expect, test } from 'bun:test'
import { goodPassword, server } from '../../people/test-people.ts'
import { startTestProvider } from '../../people/test-provider.ts'
import { openAccounts } from './test-accounts.ts'

const provider = await startTestProvider()
afterAll(() => void provider.stop())
const claims = { ...provider.claims, email: 'ann@work.example' }
beforeEach(() => void Object.assign(provider.claims, claims))

async function opened() {
  const all = await openAccounts({ settings: { oidc: provider.settings } })
  const ann = await all.someone('ann@example.com', 'Ann')
  const page = all.browser()
  await page.signIn('ann@example.com')
  type Page = typeof page
  /** Goes to the provider, and gives the way back. */
  const go = async (from: Page, path: string, body: object): Promise<string> => {
    const begun = await from.post(path, body)
    expect(begun.status).toBe(200)
    const agreed = await fetch(begun.json['url'] as string, { redirect: 'manual' })
    const { pathname, search } = new URL(agreed.headers.get('location')!)
    return pathname + search
  }
  const begin = (from: Page) => go(from, '/api/auth/link-social', { password: goodPassword })
  const link = async (from: Page) => (await from.get(await begin(from))).headers.get('location')!
  const signInByIt = async (): Promise<string | undefined> => {
    const anew = all.browser()
    await anew.get(await go(anew, '/api/auth/sign-in/social', { returnTo: '/account' }))
    return (await anew.get('/api/account')).json['id'] as string | undefined
  }
  const isLinked = () => all.store.person(ann)!.isProviderLinked
  return { ...all, ann, page, begin, link, signInByIt, isLinked }
}

test('whoever links the provider, with their password, signs in by it, whatever address it has for them; unlinked, no more', async () => {
  const { ann, page, link, signInByIt, isLinked, browser, store } = await opened()
  const refused = await page.post('/api/auth/link-social', { password: 'not the password' })
  expect(refused.json['error']).toMatchObject({ code: 'wrong_password' })
  expect((await browser().post('/api/auth/link-social', {})).status).toBe(401)
  expect(await link(page)).toEndWith('/account')
  expect(isLinked()).toBe(true)
  expect(store.person(ann)).toMatchObject({ email: 'ann@example.com' })
  expect(await signInByIt()).toBe(ann)
  const phone = browser()
  await phone.signIn('ann@example.com')
  expect((await page.post('/api/account/provider/unlink', { password: goodPassword })).status).toBe(200)
  expect([isLinked(), (await phone.get('/api/account')).status]).toEqual([false, 401])
  expect(await signInByIt()).toBeUndefined()
  const notes = store.audit({ organizationId: null, from: null, to: null, beforeId: null, max: 2 })
  expect(notes).toMatchObject([
    { action: 'person.provider-unlinked', actor: { id: ann }, before: { provider: 'oidc' } },
    { action: 'person.provider-linked', actor: { id: ann }, after: { provider: 'oidc' } },
  ])
})

test('neither an address nor an account at the provider that is another person’s is linked', async () => {
  const { page, link, isLinked, someone, browser } = await opened()
  await someone('bob@example.com')
  Object.assign(provider.claims, { email: 'Bob@Example.com' })
  expect(await link(page)).toContain('/account?error=email_taken')
  Object.assign(provider.claims, { email: 'ann@work.example', email_verified: false })
  expect(await link(page)).toContain('error=')
  Object.assign(provider.claims, claims)
  const bob = browser()
  await bob.signIn('bob@example.com')
  expect(await link(bob)).toEndWith('/account')
  expect(await link(page)).toContain('error=account_already_linked_to_different_user')
  expect(isLinked()).toBe(false)
})

test('a way back links nothing in another browser, nor once the session that began has ended', async () => {
  const { ann, page, begin, isLinked, browser, store } = await opened()
  await browser().get(await begin(page))
  expect(isLinked()).toBe(false)
  const back = await begin(page)
  store.endSessions(ann, null)
  await page.get(back)
  expect(isLinked()).toBe(false)
})

test('the last way in stays: it is said what to do first', async () => {
  const { tokenFor, store, browser } = await openAccounts({ settings: { oidc: provider.settings } })
  tokenFor({ kind: 'invitation', email: 'ann@work.example', organizationId: 'org_a', role: 'viewer' })
  const page = browser()
  const begun = await page.post('/api/auth/sign-in/social', { returnTo: '/account' })
  const agreed = await fetch(begun.json['url'] as string, { redirect: 'manual' })
  const { pathname, search } = new URL(agreed.headers.get('location')!)
  await page.get(pathname + search)
  const { id } = store.personByEmail('ann@work.example')!
  const unlink = () => page.post('/api/account/provider/unlink')
  expect((await unlink()).json['error']).toMatchObject({ code: 'last_way_in' })
  expect((await page.post('/api/account/password', { password: goodPassword })).status).toBe(200)
  expect((await page.post('/api/account/provider/unlink', { password: goodPassword })).status).toBe(200)
  expect(store.person(id)).toMatchObject({ isProviderLinked: false, hasPassword: true })
  expect(store.audit({ organizationId: null, from: null, to: null, beforeId: null, max: 1 })[0]!.actor).not.toEqual(
    server,
  )
})
