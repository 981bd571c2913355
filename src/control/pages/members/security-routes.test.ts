/** A second factor that everybody needs, and ways around it, each refused. */
import { describe, expect, test } from 'bun:test'
import { codeAt } from '../../people/test-authenticator.ts'
import { openDevice } from '../../people/test-passkey.ts'
import { goodPassword, server, testOrigin, type TestPeopleOptions } from '../../people/test-people.ts'
import { openAccounts } from '../account/test-accounts.ts'

/** Ann and Bob, each with a password alone, own an organization; both are operators. */
async function opened(options: TestPeopleOptions = {}) {
  const all = await openAccounts(options)
  const id = await all.organization('Acme')
  const ann = await all.someone('ann@example.com', 'Ann')
  all.store.putMember({ organizationId: id, personId: ann }, 'owner', { actor: server, at: 1 })
  const bob = await all.someone('bob@example.com', 'Bob')
  all.store.putMember({ organizationId: id, personId: bob }, 'owner', { actor: server, at: 1 })
  const path = `/api/organizations/${id}`
  const signedIn = async (email: string, address?: string) => {
    const page = all.browser(address)
    await page.signIn(email)
    return page
  }
  const demand = (isOn = true) => all.store.demandSecondFactor(id, isOn, { actor: server, at: 1 })
  return { ...all, id, ann, bob, path, signedIn, demand, codeOf: async (page: Page) => codeOf(await page.get(path)) }
}

type Page = ReturnType<Awaited<ReturnType<typeof openAccounts>>['browser']>
type Answer = Awaited<ReturnType<Page['get']>>
const codeOf = ({ status, json }: Answer): number | string => (status < 400 ? status : json['error'].code)

/** Sets up an app, and gives its URI. */
async function setUp(page: Page): Promise<string> {
  const { json } = await page.post('/api/auth/two-factor/enable', { password: goodPassword })
  const uri = json['totpURI'] as string
  expect((await page.post('/api/auth/two-factor/verify-totp', { code: codeAt(uri, Date.now()) })).status).toBe(200)
  return uri
}

async function addPasskey(page: Page, device: ReturnType<typeof openDevice>): Promise<number | string> {
  const options = await page.get('/api/auth/passkey/generate-register-options')
  if (options.status >= 400) return codeOf(options)
  const response = device.register(options.json as { challenge: string })
  return codeOf(await page.post('/api/auth/passkey/verify-registration', { response, name: 'Laptop' }))
}

async function signInBy(page: Page, device: ReturnType<typeof openDevice>): Promise<void> {
  const { json } = await page.get('/api/auth/passkey/generate-authenticate-options')
  const response = device.sign(json as { challenge: string })
  expect((await page.post('/api/auth/passkey/verify-authentication', { response })).json).toEqual({ next: 'home' })
}

const required = { secondFactor: 'required' }

describe('an organization that asks everybody for a second factor', () => {
  test('is made so by an owner who has shown one, and by nobody else; that is in its audit log', async () => {
    const { path, signedIn, store, id, ann, passesEnded, bob } = await opened()
    const page = await signedIn('ann@example.com')
    expect(codeOf(await page.ask('PUT', `${path}/security`, required))).toBe('second_factor_missing')
    expect((await page.get(`${path}/security`)).json).toEqual({ secondFactor: 'optional', isRequiredByServer: false })
    await setUp(page)
    passesEnded.length = 0
    expect((await page.ask('PUT', `${path}/security`, required)).json).toMatchObject(required)
    expect(passesEnded.toSorted()).toEqual([ann, bob].toSorted())
    expect((await page.ask('PUT', `${path}/security`, { secondFactor: 'optional' })).status).toBe(200)
    const notes = store.audit({ organizationId: id, from: null, to: null, beforeId: null, max: 2 })
    const change = { action: 'organization.second-factor-changed', actor: { id: ann, name: 'Ann' } }
    expect(notes).toMatchObject([
      { ...change, before: required, after: { secondFactor: 'optional' } },
      { ...change, before: { secondFactor: 'optional' }, after: required },
    ])
  })

  test('lets in nobody who has shown none, says who they are, and lets them in as soon as they set one up', async () => {
    const { path, signedIn, codeOf: code, bob } = await opened()
    const page = await signedIn('ann@example.com')
    await setUp(page)
    const other = await signedIn('bob@example.com')
    await page.ask('PUT', `${path}/security`, required)
    expect(await code(other)).toBe('second_factor_required')
    const members = (await page.get(`${path}/members`)).json['data'] as { personId: string; hasSecondFactor: boolean }[]
    expect(members.filter((each) => !each.hasSecondFactor).map(({ personId }) => personId)).toEqual([bob])
    expect((await other.get('/api/account')).json).toMatchObject({ isSecondFactorAsked: true, gaveSecondFactor: false })
    expect((await other.get('/api/session')).json['organizations']).toMatchObject([{ name: 'Acme', role: 'owner' }])
    await setUp(other)
    expect(await code(other)).toBe(200)
  })

  test('takes a passkey for one: the first that is added, and each sign-in with it', async () => {
    const { signedIn, codeOf: code, demand, browser } = await opened()
    demand()
    const page = await signedIn('bob@example.com')
    const device = openDevice(testOrigin)
    expect(await addPasskey(page, device)).toBe(200)
    expect(await code(page)).toBe(200)
    const elsewhere = browser()
    await signInBy(elsewhere, device)
    expect(await code(elsewhere)).toBe(200)
    // The password beside it is one factor still.
    expect(await code(await signedIn('bob@example.com'))).toBe('second_factor_required')
  })

  test('is closed to a session of before, although its person has one by now', async () => {
    const { signedIn, codeOf: code, demand, browser } = await opened()
    demand()
    const older = await signedIn('bob@example.com')
    const uri = await setUp(await signedIn('bob@example.com'))
    expect(await code(older)).toBe('second_factor_required')
    const anew = browser()
    await anew.signIn('bob@example.com')
    await anew.post('/api/auth/two-factor/verify-totp', { code: codeAt(uri, Date.now() + 30_000) })
    expect(await code(anew)).toBe(200)
  })

  test('is closed again to whoever turns theirs off, or has it taken away by an operator', async () => {
    const { signedIn, codeOf: code, demand, store, bob } = await opened()
    demand()
    const page = await signedIn('bob@example.com')
    await setUp(page)
    expect((await page.post('/api/auth/two-factor/disable', { password: goodPassword })).status).toBe(200)
    expect(await code(page)).toBe('second_factor_required')
    await setUp(page)
    expect(await addPasskey(page, openDevice(testOrigin))).toBe(200)
    store.removeSecondFactor(bob, { actor: server, at: 1 })
    expect(await code(page)).toBe('not_signed_in')
    expect(store.passkeysOf(bob)).toBe(0)
    const notes = store.audit({ organizationId: null, from: null, to: null, beforeId: null, max: 50 })
    expect(notes.map(({ action }) => action)).not.toContain('passkey.removed')
    expect(notes[0]).toMatchObject({ action: 'person.second-factor-removed', actor: server })
    const back = await signedIn('bob@example.com')
    await setUp(back)
    expect(await code(back)).toBe(200)
  })

  test('is not opened by a password that was learnt: what its person has is neither added to, taken away nor made anew', async () => {
    const { signedIn, codeOf: code, demand, store, bob } = await opened()
    demand()
    expect(await addPasskey(await signedIn('bob@example.com'), openDevice(testOrigin))).toBe(200)
    const thief = await signedIn('bob@example.com', '198.51.100.9')
    const password = goodPassword
    const [passkey] = (await thief.get('/api/auth/passkey/list-user-passkeys')).json as unknown as { id: string }[]
    expect([
      await addPasskey(thief, openDevice(testOrigin)),
      codeOf(await thief.post('/api/auth/two-factor/enable', { password })),
      codeOf(await thief.post('/api/auth/two-factor/verify-totp', { code: '000000' })),
      codeOf(await thief.post('/api/auth/two-factor/disable', { password })),
      codeOf(await thief.post('/api/auth/two-factor/generate-backup-codes', { password })),
      codeOf(await thief.post('/api/auth/passkey/delete-passkey', { id: passkey!.id, password })),
    ]).toEqual(Array.from({ length: 6 }, () => 'second_factor_required'))
    expect(store.passkeysOf(bob)).toBe(1)
    expect(await code(thief)).toBe('second_factor_required')
  })

  test('is closed to an operator’s view as well, and its own keys work on', async () => {
    const { browser, someone, path, id, demand, codeOf: code, server: gateway } = await opened()
    demand()
    await someone('olga@example.com')
    const olga = browser()
    await olga.signIn('olga@example.com')
    expect(await code(olga)).toBe('second_factor_required')
    expect(codeOf(await olga.get(`${path}/keys?mode=test`))).toBe('second_factor_required')
    expect((await gateway.ask('POST', `/organizations/${id}/keys`, { name: 'k' })).status).toBe(201)
    await setUp(olga)
    expect(await code(olga)).toBe(200)
  })
})

describe('a server that asks for a second factor by its configuration', () => {
  test('of operators closes the console to those without, and nothing else', async () => {
    const { signedIn, codeOf: code } = await opened({ settings: { secondFactor: 'operators' } })
    const page = await signedIn('ann@example.com')
    const people = async () => codeOf(await page.get('/api/operator/people'))
    expect([await people(), await code(page)]).toEqual(['second_factor_required', 200])
    expect((await page.get('/api/session')).json['person']).toMatchObject({ isOperator: true, isShutOut: true })
    await setUp(page)
    expect([await people(), await code(page)]).toEqual([200, 200])
    expect((await page.get('/api/session')).json['person']).toMatchObject({ isShutOut: false })
  })

  test('of everybody closes every organization, whatever its owners say', async () => {
    const { signedIn, codeOf: code, path } = await opened({ settings: { secondFactor: 'everybody' } })
    const page = await signedIn('bob@example.com')
    expect(await code(page)).toBe('second_factor_required')
    await setUp(page)
    expect(await code(page)).toBe(200)
    expect((await page.get(`${path}/security`)).json).toEqual({ secondFactor: 'optional', isRequiredByServer: true })
  })
})
