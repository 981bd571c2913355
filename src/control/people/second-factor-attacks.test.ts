/** Attacks on second factors, passkeys and sign-in by a provider, each refused. */
import { afterAll, describe, expect, test } from 'bun:test'
import { Kysely } from 'kysely'
import { codeAt } from './test-authenticator.ts'
import { goodPassword, openBrowser, openTestPeople } from './test-people.ts'
import { startTestProvider } from './test-provider.ts'
import { resetPassword } from './use-links.ts'

const provider = await startTestProvider()
afterAll(() => void provider.stop())

describe('2FA skip', () => {
  const opened = async () => {
    const all = openTestPeople({ settings: { oidc: provider.settings } })
    const id = await all.someone('ann@example.com')
    const browser = openBrowser(all.people)
    await browser.signIn('ann@example.com')
    const { json } = await browser.post('/api/auth/two-factor/enable', { password: goodPassword })
    const uri = json['totpURI'] as string
    await browser.post('/api/auth/two-factor/verify-totp', { code: codeAt(uri, Date.now()) })
    return { ...all, id, uri }
  }
  const nobody = async (all: Awaited<ReturnType<typeof opened>>, browser: ReturnType<typeof openBrowser>) => {
    expect(await all.people.personOf(browser.request('GET', '/'))).toBeNull()
    for (const path of ['/passkey/list-user-passkeys', '/passkey/generate-register-options'])
      expect((await browser.get(`/api/auth${path}`)).status).toBe(401)
    for (const path of ['/two-factor/disable', '/two-factor/enable', '/two-factor/generate-backup-codes'])
      expect((await browser.post(`/api/auth${path}`, { password: goodPassword })).status).toBe(401)
  }

  test('the password alone opens nothing, and its challenge is of no other use', async () => {
    const all = await opened()
    const browser = openBrowser(all.people)
    expect((await browser.signIn('ann@example.com')).json).toEqual({ next: 'second-factor' })
    expect(browser.cookies.has('mart.session_token')).toBe(false)
    await nobody(all, browser)
    browser.cookies.set('mart.session_token', browser.cookies.get('mart.two_factor')!)
    await nobody(all, browser)
  })

  test('no browser is trusted to go without it, whatever it asks for', async () => {
    const all = await opened()
    const browser = openBrowser(all.people)
    await browser.signIn('ann@example.com')
    const body = { code: codeAt(all.uri, Date.now()), trustDevice: true }
    const refused = await browser.post('/api/auth/two-factor/verify-totp', body)
    expect(refused.json['error']).toMatchObject({ code: 'invalid_request', field: 'trustDevice' })
    await nobody(all, browser)
  })

  test('a new password by mail asks for it all the same', async () => {
    const all = await opened()
    const { email } = await resetPassword(
      all.use,
      all.tokenFor({ kind: 'password', email: 'ann@example.com' }),
      'another horse battery',
    )
    const browser = openBrowser(all.people)
    const answer = await all.people.signIn(
      browser.request('POST', '/api/reset-password', {}),
      email,
      'another horse battery',
    )
    expect(await answer.clone().json()).toEqual({ next: 'second-factor' })
    browser.keep(answer)
    await nobody(all, browser)
  })

  test('a provider that vouches for somebody does not stand for it', async () => {
    const all = await opened()
    const browser = openBrowser(all.people)
    const begun = await browser.post('/api/auth/sign-in/social', { returnTo: '/dashboard/org_a/usage' })
    const agreed = await fetch(begun.json['url'] as string, { redirect: 'manual' })
    const { pathname, search } = new URL(agreed.headers.get('location')!)
    const back = await browser.get(pathname + search)
    expect({ status: back.status, location: back.headers.get('location') }).toEqual({
      status: 302,
      location: '/sign-in?step=second-factor&to=%2Fdashboard%2Forg_a%2Fusage',
    })
    await nobody(all, browser)
    const code = codeAt(all.uri, Date.now())
    expect((await browser.post('/api/auth/two-factor/verify-totp', { code })).json).toEqual({ next: 'home' })
    expect(await all.people.personOf(browser.request('GET', '/'))).toMatchObject({ id: all.id })
  })

  test('a code that was used opens no second session', async () => {
    const all = await opened()
    const code = codeAt(all.uri, Date.now())
    const use = async () => {
      const browser = openBrowser(all.people)
      await browser.signIn('ann@example.com')
      const { json } = await browser.post('/api/auth/two-factor/verify-totp', { code })
      return { json, person: await all.people.personOf(browser.request('GET', '/')) }
    }
    expect((await use()).json).toEqual({ next: 'home' })
    const sessions = all.store.sessionsOf(all.id, Date.now()).length
    expect(await use()).toMatchObject({ json: { error: { code: 'wrong_code' } }, person: null })
    expect(all.store.sessionsOf(all.id, Date.now())).toHaveLength(sessions)
  })

  test('a code, and a backup code, opens one session also where two try at once', async () => {
    const all = await opened()
    const owner = openBrowser(all.people)
    await owner.signIn('ann@example.com')
    await owner.post('/api/auth/two-factor/verify-totp', { code: codeAt(all.uri, Date.now() - 30_000) })
    const made = await owner.post('/api/auth/two-factor/generate-backup-codes', { password: goodPassword })
    const [backup] = made.json['backupCodes'] as string[]
    for (const [way, code] of [
      ['totp', codeAt(all.uri, Date.now())],
      ['backup-code', backup!],
    ] as const) {
      const sessions = all.store.sessionsOf(all.id, Date.now()).length
      const browsers = [1, 2, 3].map(() => openBrowser(all.people))
      for (const browser of browsers) await browser.signIn('ann@example.com')
      const statuses = await Promise.all(
        browsers.map(async (browser) => (await browser.post(`/api/auth/two-factor/verify-${way}`, { code })).status),
      )
      expect([way, statuses.toSorted((a, b) => a - b)]).toEqual([way, [200, 401, 401]])
      expect(all.store.sessionsOf(all.id, Date.now())).toHaveLength(sessions + 1)
    }
  })

  test('a cookie that says that a browser is trusted is believed by nobody', async () => {
    const all = await opened()
    const browser = openBrowser(all.people)
    for (const value of [all.id, `${all.id}!${'x'.repeat(43)}`, 'true'])
      for (const name of ['mart.trust_device', 'mart.trustDevice', 'better-auth.trust_device']) {
        browser.cookies.set(name, encodeURIComponent(value))
        expect((await browser.signIn('ann@example.com')).json).toEqual({ next: 'second-factor' })
      }
    await nobody(all, browser)
  })

  test('five wrong codes end a challenge, and ten in a row lock the second factor for a while', async () => {
    const all = await opened()
    const wrong = async (times: number) => {
      const browser = openBrowser(all.people)
      await browser.signIn('ann@example.com')
      const codes: string[] = []
      for (let time = 0; time < times; time += 1)
        codes.push(
          (await browser.post('/api/auth/two-factor/verify-totp', { code: '000000' })).json['error'].code as string,
        )
      return codes
    }
    expect(await wrong(6)).toEqual([...Array.from({ length: 5 }, () => 'wrong_code'), 'sign_in_again'])
    expect((await wrong(6)).at(-1)).toBe('too_many_attempts')
    const browser = openBrowser(all.people)
    await browser.signIn('ann@example.com')
    const right = await browser.post('/api/auth/two-factor/verify-totp', { code: codeAt(all.uri, Date.now()) })
    expect(right.json['error']).toMatchObject({ code: 'too_many_attempts' })
  })
})

describe('a provider’s way back', () => {
  const begin = async () => {
    const all = openTestPeople({ settings: { oidc: provider.settings } })
    await all.someone('ann@example.com')
    const browser = openBrowser(all.people)
    const begun = await browser.post('/api/auth/sign-in/social', { returnTo: '/dashboard' })
    const agreed = await fetch(begun.json['url'] as string, { redirect: 'manual' })
    const { pathname, search } = new URL(agreed.headers.get('location')!)
    return { ...all, browser, back: pathname + search }
  }

  test('signs in no browser but the one that went there, and that once', async () => {
    const { people, browser, back } = await begin()
    const victim = openBrowser(people)
    await victim.get(back)
    expect(await people.personOf(victim.request('GET', '/'))).toBeNull()
    const again = await begin()
    await again.browser.get(again.back)
    expect(await again.people.personOf(again.browser.request('GET', '/'))).toMatchObject({ email: 'ann@example.com' })
    const thief = openBrowser(again.people)
    for (const [name, value] of again.browser.cookies) if (!name.includes('session')) thief.cookies.set(name, value)
    await thief.get(again.back)
    expect(await again.people.personOf(thief.request('GET', '/'))).toBeNull()
    expect(browser.cookies.has('mart.session_token')).toBe(false)
  })

  test('is refused where it says to be another provider’s', async () => {
    const { people, browser, back } = await begin()
    const other = browser.cookies
    expect((await browser.get(back.replace('/callback/oidc', '/callback/github'))).status).toBe(404)
    expect(other.has('mart.session_token')).toBe(false)
    expect(await people.personOf(browser.request('GET', '/'))).toBeNull()
  })
})

test('a passkey of somebody else’s is neither renamed nor removed, nor listed', async () => {
  const { people, store, someone } = openTestPeople()
  const userId = await someone('ann@example.com')
  await someone('eve@example.com')
  const db = new Kysely<{ passkey: Record<string, unknown> }>({ dialect: store.dialect })
  const key = { id: 'pas_ann', name: 'Ann’s', publicKey: 'x', userId, credentialID: 'c', counter: 0 }
  await db.insertInto('passkey').values({ ...key, deviceType: 'singleDevice', backedUp: 0 }).execute() // prettier-ignore
  const eve = openBrowser(people)
  await eve.signIn('eve@example.com')
  const answers = [
    await eve.post('/api/auth/passkey/update-passkey', { id: 'pas_ann', name: 'Eve’s' }),
    await eve.post('/api/auth/passkey/delete-passkey', { id: 'pas_ann', password: goodPassword }),
    await eve.post('/api/auth/passkey/delete-passkey', { id: 'pas_none', password: goodPassword }),
  ]
  for (const { status } of answers) expect(status).toBeGreaterThanOrEqual(400)
  expect(answers[1]!.json).toEqual(answers[2]!.json)
  expect(JSON.stringify((await eve.get('/api/auth/passkey/list-user-passkeys')).json)).not.toContain('pas_ann')
  expect(await db.selectFrom('passkey').selectAll().execute()).toMatchObject([{ name: 'Ann’s' }])
})

test('a passkey and the second factor are taken away by whoever gives the password, and by no session alone', async () => {
  const { people, store, someone } = openTestPeople()
  const userId = await someone('ann@example.com')
  const db = new Kysely<{ passkey: Record<string, unknown> }>({ dialect: store.dialect })
  const key = { id: 'pas_ann', name: 'Ann’s', publicKey: 'x', userId, credentialID: 'c', counter: 0 }
  await db.insertInto('passkey').values({ ...key, deviceType: 'singleDevice', backedUp: 0 }).execute() // prettier-ignore
  const browser = openBrowser(people)
  await browser.signIn('ann@example.com')
  const remove = (more: object) => browser.post('/api/auth/passkey/delete-passkey', { id: 'pas_ann', ...more })
  for (const more of [{}, { password: 'a wrong password' }])
    expect((await remove(more)).json['error']).toMatchObject({ code: 'wrong_password' })
  expect(store.passkeysOf(userId)).toBe(1)
  expect((await remove({ password: goodPassword })).status).toBe(200)
  expect(store.passkeysOf(userId)).toBe(0)
})
