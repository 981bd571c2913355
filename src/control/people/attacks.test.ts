/** Attacks on sign-in, each refused. */
import { afterAll, describe, expect, spyOn, test } from 'bun:test'
import { adminErrorOf } from '../admin/error.ts'
import * as library from './auth.ts'
import { doors, isOwnPath } from './doors.ts'
import { attemptsPerAccountMax, attemptsPerAddressMax } from './sign-in-limits.ts'
import { goodPassword, openBrowser, openTestPeople } from './test-people.ts'
import { startTestProvider } from './test-provider.ts'
import { joinAsNewcomer } from './use-links.ts'

const minuteMs = 60_000
const signInPath = '/api/auth/sign-in/email'

test('enumeration: a wrong password and an account that is not there are answered the same, for the same work', async () => {
  const { people, someone, tokenFor, use } = openTestPeople()
  await someone('ann@example.com')
  const [hashes, verifications] = [spyOn(Bun.password, 'hash'), spyOn(Bun.password, 'verify')]
  const tried = async (email: string) => {
    const before = hashes.mock.calls.length + verifications.mock.calls.length
    const { status, json, headers } = await openBrowser(people).signIn(email, 'a wrong password')
    const work = hashes.mock.calls.length + verifications.mock.calls.length - before
    return { status, json, headers: [...headers], work }
  }
  const known = await tried('ann@example.com')
  expect(known).toMatchObject({ status: 401, json: { error: { code: 'wrong_credentials' } }, work: 1 })
  expect(await tried('nobody@example.com')).toEqual(known)
  // An account without a password is one whose person comes from a provider, or has not come yet.
  await joinAsNewcomer(
    use,
    tokenFor({ kind: 'invitation', email: 'bob@example.com', organizationId: 'org_a', role: 'viewer' }),
    { name: 'Bob', password: goodPassword },
  )
  expect(await tried('bob@example.com')).toEqual(known)
  // What one costs is what the other costs: both are hashed with the same parameters.
  expect(hashes.mock.calls[0]![1]).toEqual({ algorithm: 'argon2id', memoryCost: 19_456, timeCost: 2 })
  hashes.mockRestore()
  verifications.mockRestore()
})

describe('brute force', () => {
  const guess = (browser: ReturnType<typeof openBrowser>, email: string) => browser.signIn(email, 'a wrong password')
  const addresses = Array.from({ length: 40 }, (_, index) => `198.51.100.${index}`)

  test('an account takes ten wrong passwords, wherever they come from; then even the right one has to wait, and one that is not there says the same', async () => {
    const { people, someone, time } = openTestPeople()
    await someone('ann@example.com')
    const from = (address: string) => openBrowser(people, { address })
    for (const email of ['ann@example.com', 'nobody@example.com']) {
      for (const address of addresses.slice(0, attemptsPerAccountMax))
        expect((await guess(from(address), email)).status).toBe(401)
      const refused = await from('192.0.2.1').signIn(email)
      expect(refused).toMatchObject({ status: 429, json: { error: { code: 'too_many_attempts' } } })
      expect(Number(refused.headers.get('retry-after'))).toBe(90)
    }
    time.monotonic += 1.5 * minuteMs
    expect((await from('192.0.2.1').signIn('ann@example.com')).status).toBe(200)
  })

  test('guesses at once are counted before any of them is answered', async () => {
    const { people, someone } = openTestPeople()
    await someone('ann@example.com')
    const guesses = addresses.slice(0, 15).map((address) => guess(openBrowser(people, { address }), 'ann@example.com'))
    const statuses = (await Promise.all(guesses)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 401)).toHaveLength(attemptsPerAccountMax)
    expect(statuses.filter((status) => status === 429)).toHaveLength(15 - attemptsPerAccountMax)
  })

  test('strangers lock nobody out where they have a session', async () => {
    const { people, someone } = openTestPeople()
    await someone('ann@example.com')
    const home = openBrowser(people, { address: '203.0.113.50' })
    await home.signIn('ann@example.com')
    for (const address of addresses.slice(0, attemptsPerAccountMax))
      await guess(openBrowser(people, { address }), 'ann@example.com')
    expect((await openBrowser(people, { address: '192.0.2.1' }).signIn('ann@example.com')).status).toBe(429)
    expect((await openBrowser(people, { address: '203.0.113.50' }).signIn('ann@example.com')).status).toBe(200)
  })

  test('an address has thirty attempts a minute at all accounts together, an IPv6 network as one address', async () => {
    const { people, time } = openTestPeople()
    const codes: number[] = []
    for (let index = 0; index <= attemptsPerAddressMax; index += 1) {
      const browser = openBrowser(people, { address: `2001:db8:1:2::${index.toString(16)}` })
      codes.push((await browser.post('/api/auth/two-factor/verify-totp', { code: '000000' })).status)
    }
    expect(codes.slice(0, -1).every((status) => status === 401)).toBe(true)
    expect(codes.at(-1)).toBe(429)
    time.monotonic += minuteMs
    const after = openBrowser(people, { address: '2001:db8:1:2::1' })
    expect((await after.post('/api/auth/two-factor/verify-totp', { code: '000000' })).status).toBe(401)
  })
})

test('names by which nobody reaches this server: dozens of them make no more libraries than one', async () => {
  const { people, someone } = openTestPeople()
  await someone('ann@example.com')
  const made = spyOn(library, 'createAuth')
  const at = (index: number) => openBrowser(people, { origin: `http://192.0.2.${index % 250}:${index + 1}` })
  for (let index = 0; index < 40; index += 1) {
    expect(await people.personOf(at(index).request('GET', '/'))).toBeNull()
    await at(index).get('/api/auth/passkey/generate-register-options')
    await at(index).get('/api/auth/passkey/list-user-passkeys')
    await at(index).post('/api/auth/sign-out')
  }
  expect((await at(7).signIn('ann@example.com')).status).toBe(200)
  expect(made.mock.calls.length).toBeLessThan(3)
  made.mockRestore()
})

describe('session fixation', () => {
  test('whoever signs in has a new session, and what the browser came with is over', async () => {
    const { people, someone } = openTestPeople()
    await someone('mallory@example.com')
    const ann = await someone('ann@example.com')
    const mallory = openBrowser(people)
    await mallory.signIn('mallory@example.com')
    const planted = new Map(mallory.cookies)
    const victim = openBrowser(people)
    for (const [name, value] of planted) victim.cookies.set(name, value)
    await victim.signIn('ann@example.com')
    expect(await people.personOf(victim.request('GET', '/'))).toMatchObject({ id: ann })
    expect(victim.cookies.get('mart.session_token')).not.toBe(planted.get('mart.session_token'))
    expect(await people.personOf(mallory.request('GET', '/'))).toBeNull()
  })

  test('a token that this server did not sign is none', async () => {
    const { people, someone } = openTestPeople()
    await someone('ann@example.com')
    const browser = openBrowser(people)
    await browser.signIn('ann@example.com')
    const [token] = decodeURIComponent(browser.cookies.get('mart.session_token')!).split('.')
    for (const value of [token!, `${token}.`, `${token}.AAAA`, 'x.y']) {
      browser.cookies.set('mart.session_token', encodeURIComponent(value))
      expect(await people.personOf(browser.request('GET', '/'))).toBeNull()
    }
  })
})

describe('CSRF', () => {
  test('nothing is done for another site’s page, nor for a form', async () => {
    const { people, someone } = openTestPeople()
    const id = await someone('ann@example.com')
    const browser = openBrowser(people)
    await browser.signIn('ann@example.com')
    const credentials = { email: 'ann@example.com', password: goodPassword }
    for (const [path, body] of [
      ['/api/auth/sign-out', {}],
      [signInPath, credentials],
    ] as const) {
      for (const origin of ['https://evil.example', 'http://gateway.test.evil.example', 'null'])
        expect(await browser.post(path, body, { origin })).toMatchObject({
          status: 403,
          json: { error: { code: 'cross_site' } },
        })
      const crossSite = { origin: 'http://gateway.test', 'sec-fetch-site': 'cross-site' }
      expect((await browser.post(path, body, crossSite)).status).toBe(403)
      const form = new Request(`http://gateway.test${path}`, {
        method: 'POST',
        headers: { origin: 'http://gateway.test', cookie: browser.request('GET', '/').headers.get('cookie')! },
        body: new URLSearchParams(credentials),
      })
      expect((await people.handle(form)).status).toBe(415)
    }
    expect(await people.personOf(browser.request('GET', '/'))).toMatchObject({ id })
  })

  test('without an Origin the browser itself says that a page of this server asks', async () => {
    const { people, someone } = openTestPeople()
    await someone('ann@example.com')
    const ask = async (more: Record<string, string>) => {
      const headers = { 'content-type': 'application/json', ...more }
      const body = JSON.stringify({ email: 'ann@example.com', password: goodPassword })
      return (await people.handle(new Request(`http://gateway.test${signInPath}`, { method: 'POST', headers, body })))
        .status
    }
    expect(await ask({})).toBe(403)
    expect(await ask({ 'sec-fetch-site': 'same-origin' })).toBe(200)
  })
})

describe('open redirect', () => {
  const elsewhere = [
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    'javascript:alert(1)',
    'dashboard',
    '',
    '/\t/evil.example',
    '/ /evil.example',
    ' /x',
    '/\\/evil.example',
    '/%2f%2fevil.example',
    '/%2F/evil.example',
    '/%5cevil.example',
    '/.//evil.example',
    '/a/..//evil.example',
  ]

  test('only a path of this server is where a sign-in leads', () => {
    expect(elsewhere.filter(isOwnPath)).toEqual([])
    expect(
      ['/dashboard', '/dashboard/org_a/usage?by=model&mode=test', '/a#b'].filter((path) => !isOwnPath(path)),
    ).toEqual([])
  })

  test('neither a password nor a provider leads anywhere else', async () => {
    const { people, someone } = openTestPeople({ settings: { oidc: provider.settings } })
    await someone('ann@example.com')
    const browser = openBrowser(people)
    const credentials = { email: 'ann@example.com', password: goodPassword }
    const more = { callbackURL: 'https://evil.example' }
    expect((await browser.post(signInPath, { ...credentials, ...more })).json['error']).toMatchObject({
      field: 'callbackURL',
    })
    for (const returnTo of elsewhere)
      expect((await browser.post('/api/auth/sign-in/social', { returnTo })).json['error']).toMatchObject({
        field: 'returnTo',
      })
    const wrong = await browser.get('/api/auth/callback/oidc?state=forged&code=x&error=//evil.example')
    const { origin, pathname } = new URL(wrong.headers.get('location')!)
    expect([origin, pathname]).toEqual(['http://gateway.test', '/sign-in'])
  })
})

describe('invitation replay', () => {
  test('a link that was used makes nobody else a member, and neither does what the store knows of it', async () => {
    const { use, store, tokenFor } = openTestPeople()
    const token = tokenFor({ kind: 'invitation', email: 'bob@example.com', organizationId: 'org_a', role: 'owner' })
    await joinAsNewcomer(use, token, { name: 'Bob', password: goodPassword })
    const again = joinAsNewcomer(use, token, { name: 'Mallory', password: goodPassword })
    expect(await again.catch((error: unknown) => adminErrorOf(error).code)).toBe('link_not_valid')
    expect(store.membersOf('org_a')).toMatchObject([{ name: 'Bob' }])
    const hash = new Bun.CryptoHasher('sha256').update(token).digest('hex')
    const byHash = joinAsNewcomer(use, hash, { name: 'Mallory', password: goodPassword })
    expect(await byHash.catch((error: unknown) => adminErrorOf(error).code)).toBe('link_not_valid')
  })
})

const provider = await startTestProvider()
afterAll(() => void provider.stop())

test('of the library only the doors that are named are open', async () => {
  const { people, someone } = openTestPeople({ settings: { signUp: 'open' } })
  await someone('ann@example.com')
  const browser = openBrowser(people)
  await browser.signIn('ann@example.com')
  const shut = [
    '/sign-up/email',
    '/update-user',
    '/delete-user',
    '/change-email',
    '/set-password',
    '/change-password',
    '/reset-password',
    '/request-password-reset',
    '/list-sessions',
    '/revoke-sessions',
    '/verify-password',
    '/two-factor/send-otp',
    '/two-factor/get-totp-uri',
    '/get-session',
    '/ok',
    '/error',
    '/../admin',
    '//sign-in/email',
    '/sign-in/email/',
    '/SIGN-IN/EMAIL',
  ]
  for (const path of shut) expect([path, (await browser.post(`/api/auth${path}`, {})).status]).toEqual([path, 404])
  for (const [path, { method }] of Object.entries(doors)) {
    const wrong = method === 'GET' ? await browser.post(`/api/auth${path}`) : await browser.get(`/api/auth${path}`)
    expect(wrong.status).toBe(404)
  }
})

test('cookies are read by no script and sent by no other site’s form, for this host alone; what sets one is kept by nobody', async () => {
  for (const origin of ['http://gateway.test', 'https://gateway.test']) {
    const { people, someone } = openTestPeople()
    await someone('ann@example.com')
    const { headers } = await openBrowser(people, { origin }).signIn('ann@example.com')
    const cookies = headers.getSetCookie()
    expect(cookies.length).toBeGreaterThan(0)
    for (const cookie of cookies) {
      expect(cookie).toMatch(/; HttpOnly/i)
      expect(cookie).toMatch(/; SameSite=Lax/i)
      expect(cookie).toMatch(/; Path=\/(?:;|$)/i)
      expect(cookie).not.toMatch(/; Domain=/i)
      expect([origin, /; Secure/i.test(cookie), cookie.startsWith('__Host-')]).toEqual(
        origin.startsWith('https') ? [origin, true, true] : [origin, false, false],
      )
    }
  }
})
