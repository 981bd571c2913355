import { describe, expect, test } from 'bun:test'
import { codeAt } from '../../people/test-authenticator.ts'
import { goodPassword, openBrowser } from '../../people/test-people.ts'
import { joinAsNewcomer } from '../../people/use-links.ts'
import { openAccounts as open, settled, tokenIn } from './test-accounts.ts'

const newcomer = { name: 'Bob', password: 'correct horse battery' }
const newest = { organizationId: null, from: null, to: null, beforeId: null }

describe('the first operator', () => {
  test('comes in by the link that the start printed, owns what the first start made, and nobody comes in by it again', async () => {
    const { browser, tokenFor, server, store } = await open()
    await server.store.createOrganization({ id: 'org_sandbox', name: 'Sandbox', createdAt: 1 })
    const ann = browser()
    expect((await ann.get('/api/sign-in')).json).toEqual({
      signUp: 'closed',
      provider: null,
      hasMail: false,
      hasPasskeys: false,
      hasOperator: false,
    })
    const token = tokenFor({ kind: 'operator', email: null })
    expect((await ann.post('/api/links/look', { kind: 'operator', token })).json).toMatchObject({
      email: null,
      hasAccount: false,
    })
    const made = await ann.post('/api/setup', { token, email: 'Ann@Example.com', name: 'Ann', password: goodPassword })
    expect(made).toMatchObject({ status: 200, json: { next: 'home' } })
    expect((await ann.get('/api/session')).json).toMatchObject({
      person: { name: 'Ann', email: 'ann@example.com', isOperator: true },
      organizations: [{ id: 'org_sandbox', role: 'owner' }],
    })
    const again = await browser().post('/api/setup', {
      token,
      email: 'eve@example.com',
      name: 'Eve',
      password: goodPassword,
    })
    expect(again).toMatchObject({ status: 410, json: { error: { code: 'link_not_valid' } } })
    expect(store.persons()).toHaveLength(1)
    const second = tokenFor({ kind: 'operator', email: null })
    await browser().post('/api/setup', { token: second, email: 'bob@example.com', ...newcomer })
    expect(store.membershipsOf(store.personByEmail('bob@example.com')!.id)).toEqual([])
  })

  test('chooses no password that is too short, and is told what is allowed', async () => {
    const { browser, tokenFor, store } = await open()
    const token = tokenFor({ kind: 'operator', email: null })
    const refused = await browser().post('/api/setup', { token, email: 'a@b.example', name: 'A', password: 'short' })
    expect(refused.json['error']).toEqual({
      code: 'invalid_request',
      field: 'password',
      message: 'password must be 12 to 256 characters.',
    })
    expect(store.persons()).toEqual([])
  })

  test('makes another of somebody who has an account', async () => {
    const { browser, tokenFor, store, use } = await open()
    const invitation = {
      kind: 'invitation',
      email: 'bob@example.com',
      organizationId: 'org_a',
      role: 'viewer',
    } as const
    const bob = await joinAsNewcomer(use, tokenFor(invitation), newcomer)
    const page = browser()
    await page.signIn('bob@example.com')
    expect((await page.get('/api/operator/people')).status).toBe(403)
    await page.post('/api/setup/accept', { token: tokenFor({ kind: 'operator', email: null }) })
    expect(store.operators()).toMatchObject([{ personId: bob }])
    expect((await page.get('/api/operator/people')).status).toBe(200)
  })
})

describe('a forgotten password', () => {
  test('is answered the same and as soon for whoever has an account and whoever has none; only a mailbox knows more', async () => {
    const { browser, someone, mails, time } = await open({ hasMail: true })
    await someone('ann@example.com')
    const ask = async (email: string) => {
      const { status, json } = await browser().post('/api/forgot-password', { email })
      return { status, json, mailsAtOnce: mails.length }
    }
    expect(await ask('nobody@example.com')).toEqual({ status: 202, json: {}, mailsAtOnce: 0 })
    expect(await ask('ann@example.com')).toEqual({ status: 202, json: {}, mailsAtOnce: 0 })
    await settled()
    expect(mails).toMatchObject([{ to: 'ann@example.com', subject: 'A new password for gateway.test' }])
    const page = browser()
    const token = tokenIn(mails[0]!.text)
    expect(mails[0]!.text).toContain('http://gateway.test/reset-password#')
    const changed = await page.post('/api/reset-password', { token, password: 'another horse battery' })
    expect(changed.json).toEqual({ next: 'home' })
    expect((await page.get('/api/account')).json).toMatchObject({ email: 'ann@example.com' })
    for (let times = 0; times < 5; times += 1) await ask('ann@example.com')
    await settled()
    expect(mails).toHaveLength(3)
    time.monotonic += 20 * 60_000
    await ask('ann@example.com')
    await settled()
    expect(mails).toHaveLength(4)
  })

  test('is asked for by anybody: the link in the mail leads to this server, whatever host was asked', async () => {
    const { handle, someone, mails } = await open({ hasMail: true, publicUrl: 'https://mart.example' })
    await someone('ann@example.com')
    const origin = 'http://evil.example'
    const asked = await openBrowser({ handle }, { origin }).post('/api/forgot-password', { email: 'ann@example.com' })
    expect(asked.status).toBe(202)
    await settled()
    expect(mails[0]!.text).toContain('https://mart.example/reset-password#')
    expect(JSON.stringify(mails)).not.toContain('evil.example')
  })

  test('is mended by the first link that was mailed, whatever strangers ask for meanwhile; and there is one at any time', async () => {
    const { browser, someone, mails, time } = await open({ hasMail: true })
    await someone('ann@example.com')
    const hourMs = 3_600_000
    const flood = async () => {
      for (let times = 0; times < 10; times += 1)
        await browser(`198.51.100.${times}`).post('/api/forgot-password', { email: 'ann@example.com' })
      await settled()
    }
    await browser().post('/api/forgot-password', { email: 'ann@example.com' })
    await flood()
    expect(mails).toHaveLength(3)
    const inHand = tokenIn(mails[0]!.text)
    for (let hour = 0; hour < 12; hour += 1) {
      time.now += hourMs
      time.monotonic += hourMs
      await flood()
      const token = tokenIn(mails.at(-1)!.text)
      expect((await browser().post('/api/links/look', { kind: 'password', token })).status).toBe(200)
    }
    // Six, what of six comes again in half a day, and one for each hour that had none.
    expect(mails.length).toBeLessThan(6 + 3 + 12)
    expect((await browser().post('/api/links/look', { kind: 'password', token: inHand })).status).toBe(410)
    const [token, other] = mails.slice(-2).map(({ text }) => tokenIn(text))
    await browser().post('/api/reset-password', { token: other ?? token, password: 'another horse battery' })
    for (const { text } of mails)
      expect((await browser().post('/api/links/look', { kind: 'password', token: tokenIn(text) })).status).toBe(410)
  })

  test('is chosen anew and opens a session although strangers used up every attempt at the account', async () => {
    const { browser, someone, tokenFor } = await open()
    await someone('ann@example.com')
    for (let times = 0; times < 10; times += 1)
      await browser(`198.51.100.${times}`).signIn('ann@example.com', 'a wrong password')
    expect((await browser().signIn('ann@example.com')).status).toBe(429)
    const page = browser()
    const token = tokenFor({ kind: 'password', email: 'ann@example.com' })
    await page.post('/api/reset-password', { token, password: 'another horse battery' })
    expect((await page.get('/api/account')).status).toBe(200)
  })

  test('where there is no mail, an operator hands out the link', async () => {
    const { browser, someone, store } = await open()
    await someone('ann@example.com')
    const bob = await someone('bob@example.com')
    const operator = browser()
    await operator.signIn('ann@example.com')
    const { json } = await operator.post(`/api/operator/people/${bob}/password-link`)
    const token = tokenIn(json['url'] as string)
    expect((await browser().post('/api/reset-password', { token, password: 'another horse battery' })).status).toBe(200)
    expect(store.audit({ ...newest, max: 2 })).toMatchObject([
      { action: 'person.password-set', actor: { name: 'bob' } },
      { action: 'password.link-made', actor: { name: 'ann' } },
    ])
  })
})

describe('sign-up', () => {
  const smtp = { hasMail: true, settings: { signUp: 'open', grant: { testUsd: 5, liveUsd: 2 } } } as const

  test('says the same for an address that has an account; its mailbox is told', async () => {
    const { browser, someone, mails } = await open(smtp)
    await someone('ann@example.com')
    for (const email of ['ann@example.com', 'bob@example.com'])
      expect(await browser().post('/api/sign-up', { email })).toMatchObject({ status: 202, json: {} })
    await settled()
    expect(mails.map(({ to, text }) => [to, /http\S+/.exec(text)![0].split('#')[0]])).toEqual([
      ['ann@example.com', 'http://gateway.test/sign-in'],
      ['bob@example.com', 'http://gateway.test/sign-up'],
    ])
  })

  test('makes an account whose first organization is given credit, once', async () => {
    const { browser, mails, server, store } = await open(smtp)
    const bob = browser()
    await bob.post('/api/sign-up', { email: 'bob@example.com' })
    await settled()
    await bob.post('/api/sign-up/finish', { token: tokenIn(mails[0]!.text), ...newcomer })
    expect(store.personByEmail('bob@example.com')).toMatchObject({ isVerified: true })
    const balances = async (name: string) => {
      const { json } = await bob.post('/api/organizations', { name })
      const details = (await server.ask('GET', `/organizations/${json['id']}`)).json
      return (details['balances'] as { balanceNano: string }[]).map(({ balanceNano }) => balanceNano)
    }
    expect((await balances('Acme')).toSorted()).toEqual(['2000000000', '5000000000'])
    expect(await balances('Acme again')).toEqual(['0', '0'])
    for (let times = 0; times < 8; times += 1) await bob.post('/api/organizations', { name: 'More' })
    expect((await bob.post('/api/organizations', { name: 'Too many' })).json['error']).toMatchObject({
      code: 'too_many_organizations',
    })
  })

  test('lets a person make ten organizations, also where they ask for all at once', async () => {
    const { browser, someone, store } = await open(smtp)
    const ann = await someone('ann@example.com')
    const page = browser()
    await page.signIn('ann@example.com')
    const asked = Array.from({ length: 15 }, () => page.post('/api/organizations', { name: 'Acme' }))
    const statuses = (await Promise.all(asked)).map(({ status }) => status)
    expect([201, 409].map((wanted) => statuses.filter((status) => status === wanted).length)).toEqual([10, 5])
    expect(store.membershipsOf(ann)).toHaveLength(10)
  })

  test('with the same address again, behind an account that was deleted, is given no more credit', async () => {
    const { browser, mails, server, store, someone } = await open(smtp)
    const olga = await someone('olga@example.com')
    const actor = { kind: 'server', id: null, name: 'test' } as const
    const givenTo = async () => {
      const bob = browser()
      await bob.post('/api/sign-up', { email: 'bob@example.com' })
      await settled()
      await bob.post('/api/sign-up/finish', { token: tokenIn(mails.at(-1)!.text), ...newcomer })
      const organizationId = (await bob.post('/api/organizations', { name: 'Acme' })).json['id'] as string
      store.putMember({ organizationId, personId: olga }, 'owner', { actor, at: 1 })
      expect((await bob.post('/api/account/delete', { password: newcomer.password })).status).toBe(200)
      const { json } = await server.ask('GET', `/organizations/${organizationId}`)
      return (json['balances'] as { balanceNano: string }[]).map(({ balanceNano }) => balanceNano).toSorted()
    }
    expect(await givenTo()).toEqual(['2000000000', '5000000000'])
    expect(await givenTo()).toEqual(['0', '0'])
  })

  test('is closed unless it is configured', async () => {
    const { browser, someone } = await open({ hasMail: true })
    await someone('ann@example.com')
    const page = browser()
    await page.signIn('ann@example.com')
    for (const [path, body] of [
      ['/api/sign-up', { email: 'a@b.example' }],
      ['/api/organizations', { name: 'Acme' }],
    ] as const)
      expect((await page.post(path, body)).json['error']).toMatchObject({ code: 'sign_up_closed' })
  })
})

describe('an account', () => {
  test('has a name, a password and sessions, which its person changes and ends', async () => {
    const { browser, someone } = await open()
    await someone('ann@example.com')
    const [page, phone] = [browser(), browser('198.51.100.1')]
    await page.signIn('ann@example.com')
    await phone.signIn('ann@example.com')
    expect((await page.ask('PATCH', '/api/account', { name: 'Ann B.' })).json).toMatchObject({
      name: 'Ann B.',
      hasPassword: true,
    })
    const sessions = (await page.get('/api/account/sessions')).json['data'] as {
      id: string
      isThis: boolean
      address: string
    }[]
    expect(sessions.map(({ isThis, address }) => `${address} ${isThis}`).toSorted()).toEqual([
      '198.51.100.1 false',
      '203.0.113.7 true',
    ])
    expect(JSON.stringify(sessions)).not.toContain('token')
    await page.ask('DELETE', `/api/account/sessions/${sessions.find(({ isThis }) => !isThis)!.id}`)
    expect((await phone.get('/api/account')).status).toBe(401)
    await phone.signIn('ann@example.com')
    const wrong = { current: 'not the password', password: 'another horse battery' }
    expect((await page.post('/api/account/password', wrong)).json['error']).toMatchObject({ code: 'wrong_password' })
    expect((await page.post('/api/account/password', { password: 'another horse battery' })).status).toBe(400)
    await page.post('/api/account/password', { current: goodPassword, password: 'another horse battery' })
    expect((await phone.get('/api/account')).status).toBe(401)
    expect((await page.get('/api/account')).status).toBe(200)
  })

  test('has its passes ended wherever a session of it is', async () => {
    const { browser, someone, passesEnded, tokenFor, store } = await open()
    const ann = await someone('ann@example.com')
    const page = browser()
    const ended = async (work: () => Promise<unknown>): Promise<number> => {
      passesEnded.length = 0
      await work()
      expect(passesEnded.every((id) => id === ann)).toBe(true)
      return passesEnded.length
    }
    expect(await ended(() => page.signIn('ann@example.com'))).toBe(0)
    expect(await ended(() => page.post('/api/account/sessions/end-others'))).toBe(1)
    const [session] = store.sessionsOf(ann, Date.now())
    expect(await ended(() => page.ask('DELETE', `/api/account/sessions/${session!.id}`))).toBe(1)
    await page.signIn('ann@example.com')
    expect(await ended(() => page.post('/api/auth/sign-out'))).toBe(1)
    const token = tokenFor({ kind: 'password', email: 'ann@example.com' })
    const password = 'another horse battery'
    expect(await ended(() => page.post('/api/reset-password', { token, password }))).toBe(1)
    expect(await ended(() => page.post('/api/account/password', { current: password, password: goodPassword }))).toBe(1)
  })

  test('nobody ends a session of somebody else’s', async () => {
    const { browser, someone, store } = await open()
    const [ann] = [await someone('ann@example.com'), await someone('eve@example.com')]
    const [page, eve] = [browser(), browser()]
    await page.signIn('ann@example.com')
    await eve.signIn('eve@example.com')
    const [session] = store.sessionsOf(ann, Date.now())
    expect((await eve.ask('DELETE', `/api/account/sessions/${session!.id}`)).status).toBe(404)
    expect((await page.get('/api/account')).status).toBe(200)
  })

  test('is deleted with its password alone, unless it is the last owner or operator; its session is over', async () => {
    const { browser, someone, store } = await open()
    const ann = await someone('ann@example.com')
    const page = browser()
    await page.signIn('ann@example.com')
    const code = async (password: string) =>
      ((await page.post('/api/account/delete', { password })).json as { error?: { code: string } }).error?.code ??
      'deleted'
    expect([await code('wrong'), await code(goodPassword)]).toEqual(['wrong_password', 'last_operator'])
    const bob = await someone('bob@example.com')
    const change = { actor: { kind: 'server', id: null, name: 'test' }, at: 1 } as const
    store.putMember({ organizationId: 'org_a', personId: ann }, 'owner', change)
    expect(await code(goodPassword)).toBe('last_owner')
    store.putMember({ organizationId: 'org_a', personId: bob }, 'owner', change)
    expect(await code(goodPassword)).toBe('deleted')
    expect((await page.get('/api/account')).status).toBe(401)
    expect(store.persons().map(({ email }) => email)).toEqual(['bob@example.com'])
    expect((await page.signIn('ann@example.com')).status).toBe(401)
  })

  test('whose second factor was lost has none once an operator took it away, and is signed out', async () => {
    const { browser, someone, store } = await open()
    await someone('ann@example.com')
    const bob = await someone('bob@example.com')
    const [operator, page] = [browser(), browser()]
    await operator.signIn('ann@example.com')
    await page.signIn('bob@example.com')
    const { json } = await page.post('/api/auth/two-factor/enable', { password: goodPassword })
    await page.post('/api/auth/two-factor/verify-totp', { code: codeAt(json['totpURI'] as string, Date.now()) })
    expect((await page.get('/api/account')).json).toMatchObject({ hasSecondFactor: true })
    await operator.ask('DELETE', `/api/operator/people/${bob}/second-factor`)
    expect((await page.get('/api/account')).status).toBe(401)
    expect((await page.signIn('bob@example.com')).json).toEqual({ next: 'home' })
    expect(store.audit({ ...newest, max: 2 })).toMatchObject([
      { action: 'person.second-factor-removed', actor: { name: 'ann' }, subject: bob },
      {
        action: 'person.second-factor-changed',
        actor: { name: 'bob' },
        before: { secondFactor: false },
        after: { secondFactor: true },
      },
    ])
  })
})

test('a token of a link stands in no answer and in no log, and the store has its hash alone', async () => {
  const { browser, tokenFor, events, server, store } = await open()
  const token = tokenFor({ kind: 'operator', email: null })
  const page = browser()
  const answers = [
    await page.post('/api/links/look', { kind: 'operator', token }),
    await page.post('/api/links/look', { kind: 'password', token }),
    await page.post('/api/setup', { token, email: 'x', name: 'x', password: 'x' }),
  ]
  expect(answers.map(({ status }) => status)).toEqual([200, 410, 400])
  expect(JSON.stringify([answers.map(({ json }) => json), events, server.events])).not.toContain(token)
  expect(store.linkOf(token, 'operator', Date.now())).toBeNull()
})

test('clickjacking: nothing of sign-in may be shown in a frame', async () => {
  const { browser } = await open()
  const { headers } = await browser().get('/api/sign-in')
  expect(headers.get('x-frame-options')).toBe('DENY')
  expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
  const door = await browser().post('/api/auth/sign-out')
  expect(door.headers.get('x-frame-options')).toBe('DENY')
})
