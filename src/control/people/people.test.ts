import { describe, expect, test } from 'bun:test'
import { betterAuth } from 'better-auth'
import { Kysely } from 'kysely'
import { adminErrorOf } from '../admin/error.ts'
import { createAuth } from './auth.ts'
import { codeAt } from './test-authenticator.ts'
import { goodPassword, openBrowser, openTestPeople, server, testOrigin } from './test-people.ts'
import { acceptedHash, joinAsNewcomer, joinAsPerson, resetPassword, setUpOperator, signUp } from './use-links.ts'

const refusal = (work: () => unknown): Promise<string> =>
  Promise.resolve()
    .then(work)
    .then(
      () => 'not refused',
      (error: unknown) => adminErrorOf(error).code,
    )

test('somebody signs in with their password, is known by their session, and is not any more once they sign out', async () => {
  const { people, someone } = openTestPeople()
  const id = await someone('ann@example.com', 'Ann')
  const browser = openBrowser(people)
  const { status, json } = await browser.signIn('Ann@Example.com')
  expect({ status, json }).toEqual({ status: 200, json: { next: 'home' } })
  expect(await people.personOf(browser.request('GET', '/'))).toMatchObject({
    id,
    name: 'Ann',
    email: 'ann@example.com',
    isOperator: true,
    hasSecondFactor: false,
  })
  const copied = browser.request('GET', '/')
  await browser.post('/api/auth/sign-out')
  expect(await people.personOf(browser.request('GET', '/'))).toBeNull()
  expect(await people.personOf(copied)).toBeNull()
})

test('the frozen schema is the one that the installed library works with', async () => {
  const { store } = openTestPeople()
  const log = { info: () => undefined, error: () => undefined }
  const { options } = createAuth(testOrigin, { store, secret: 'x'.repeat(32), log, mayJoin: () => true }, null)
  const checked = betterAuth({ ...options, advanced: { ...options.advanced, database: { validateSchema: true } } })
  const answer = await checked.handler(new Request(`${testOrigin}/api/auth/get-session`))
  expect({ status: answer.status, json: await answer.json() }).toEqual({ status: 200, json: null })
})

test('a session ends seven days after its sign-in, whatever is done in it', async () => {
  const { people, store, someone } = openTestPeople()
  const id = await someone('ann@example.com')
  await openBrowser(people).signIn('ann@example.com')
  const [session] = store.sessionsOf(id, Date.now())
  expect(Math.round((session!.expiresAt - session!.createdAt) / 3_600_000)).toBe(7 * 24)
  expect(session).toMatchObject({ address: '203.0.113.7', userAgent: 'test' })
  expect(store.endSession('per_another', session!.id)).toBe(false)
  expect(store.endSession(id, session!.id)).toBe(true)
})

test('sessions, challenges and links that are over are forgotten', async () => {
  const { people, store, time, someone, tokenFor } = openTestPeople()
  const id = await someone('ann@example.com')
  const browser = openBrowser(people)
  await browser.signIn('ann@example.com')
  await browser.get('/api/auth/passkey/generate-authenticate-options')
  tokenFor({ kind: 'sign-up', email: 'bob@example.com' })
  const db = new Kysely<Record<'session' | 'verification' | 'link', { id: string }>>({ dialect: store.dialect })
  const many = async () =>
    Promise.all(
      (['session', 'verification', 'link'] as const).map(
        async (table) => (await db.selectFrom(table).select('id').execute()).length,
      ),
    )
  expect(await many()).toEqual([1, 1, 2])
  time.now += 40 * 24 * 3_600_000
  await openBrowser(people).post('/api/auth/sign-out')
  expect(await many()).toEqual([0, 0, 0])
  expect(store.person(id)).not.toBeNull()
})

test('over https a cookie is of this host alone, by its name, and no script reads it', async () => {
  const { people, someone } = openTestPeople()
  await someone('ann@example.com')
  const { headers } = await openBrowser(people, { origin: 'https://gateway.test' }).signIn('ann@example.com')
  expect(headers.getSetCookie().map((cookie) => cookie.replace(/=[^;]+/, ''))).toEqual([
    '__Host-mart.session_token; Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=Lax',
  ])
})

test('behind a proxy that ends TLS and does not say so, PUBLIC_URL says it', async () => {
  const { people, someone } = openTestPeople({ publicUrl: 'https://gateway.test' })
  await someone('ann@example.com')
  const browser = openBrowser(people)
  const { headers } = await browser.post(
    '/api/auth/sign-in/email',
    { email: 'ann@example.com', password: goodPassword },
    { origin: 'https://gateway.test' },
  )
  expect(headers.getSetCookie()[0]).toStartWith('__Host-mart.session_token=')
  expect(await people.personOf(browser.request('GET', '/'))).toMatchObject({ email: 'ann@example.com' })
})

describe('a second factor', () => {
  const enabled = async () => {
    const opened = openTestPeople()
    const id = await opened.someone('ann@example.com')
    const browser = openBrowser(opened.people)
    await browser.signIn('ann@example.com')
    const { json } = await browser.post('/api/auth/two-factor/enable', { password: goodPassword })
    const { totpURI, backupCodes } = json as { totpURI: string; backupCodes: string[] }
    await browser.post('/api/auth/two-factor/verify-totp', { code: codeAt(totpURI, Date.now()) })
    return { ...opened, id, browser, totpURI, backupCodes }
  }

  test('is asked for once its first code was right, and then opens a session', async () => {
    const { people, store, id, browser, totpURI, backupCodes } = await enabled()
    expect(backupCodes).toHaveLength(10)
    expect(store.person(id)).toMatchObject({ hasSecondFactor: true })
    expect(await people.personOf(browser.request('GET', '/'))).toMatchObject({ id })
    const elsewhere = openBrowser(people)
    expect((await elsewhere.signIn('ann@example.com')).json).toEqual({ next: 'second-factor' })
    expect(await people.personOf(elsewhere.request('GET', '/'))).toBeNull()
    const code = codeAt(totpURI, Date.now())
    expect((await elsewhere.post('/api/auth/two-factor/verify-totp', { code })).json).toEqual({ next: 'home' })
    expect(await people.personOf(elsewhere.request('GET', '/'))).toMatchObject({ id })
  })

  test('has backup codes, each of which works once', async () => {
    const { people, backupCodes } = await enabled()
    const use = async (code: string) => {
      const browser = openBrowser(people)
      await browser.signIn('ann@example.com')
      return (await browser.post('/api/auth/two-factor/verify-backup-code', { code })).status
    }
    expect([await use(backupCodes[0]!), await use(backupCodes[0]!), await use(backupCodes[1]!)]).toEqual([
      200, 401, 200,
    ])
  })

  test('is not set up or taken away without the password', async () => {
    const { people, someone } = openTestPeople()
    await someone('ann@example.com')
    const browser = openBrowser(people)
    await browser.signIn('ann@example.com')
    for (const body of [{}, { password: 'wrong password' }])
      for (const path of ['enable', 'disable'])
        expect((await browser.post(`/api/auth/two-factor/${path}`, body)).json['error']).toMatchObject({
          code: 'wrong_password',
        })
  })

  test('is not set up by whoever has asked for one and shown no code', async () => {
    const { people, store, someone } = openTestPeople()
    const id = await someone('ann@example.com')
    const browser = openBrowser(people)
    await browser.signIn('ann@example.com')
    await browser.post('/api/auth/two-factor/enable', { password: goodPassword })
    expect(store.person(id)).toMatchObject({ hasSecondFactor: false })
    expect((await openBrowser(people).signIn('ann@example.com')).json).toEqual({ next: 'home' })
  })
})

describe('links', () => {
  const organizationId = 'org_acme'
  const invitation = { kind: 'invitation', email: 'bob@example.com', organizationId, role: 'developer' } as const

  test('of an operator make one, and stand for no other kind', async () => {
    const { use, store, tokenFor } = openTestPeople()
    const token = tokenFor({ kind: 'operator', email: null })
    const ann = { name: 'Ann', email: 'ann@example.com', password: goodPassword }
    expect(await refusal(() => joinAsNewcomer(use, token, ann))).toBe('link_not_valid')
    expect(await refusal(() => resetPassword(use, token, goodPassword))).toBe('link_not_valid')
    const id = await setUpOperator(use, token, ann)
    expect(store.operators()).toMatchObject([{ personId: id, email: 'ann@example.com' }])
  })

  test('of an invitation make a member with its role, who owns the address where it was mailed there', async () => {
    const { use, store, tokenFor } = openTestPeople()
    const bob = await joinAsNewcomer(use, tokenFor(invitation, false), { name: 'Bob', password: goodPassword })
    expect(store.membershipsOf(bob)).toEqual([{ organizationId, role: 'developer' }])
    expect(store.person(bob)).toMatchObject({ isVerified: false })
    joinAsPerson(use, tokenFor({ ...invitation, role: 'admin' }), store.person(bob)!)
    expect(store.membershipsOf(bob)).toEqual([{ organizationId, role: 'admin' }])
    expect(store.person(bob)).toMatchObject({ isVerified: true })
  })

  test('of a new password set it and end every session', async () => {
    const { people, use, store, someone, tokenFor } = openTestPeople()
    const id = await someone('ann@example.com')
    const browser = openBrowser(people)
    await browser.signIn('ann@example.com')
    await resetPassword(use, tokenFor({ kind: 'password', email: 'ann@example.com' }), 'another horse battery')
    expect(await people.personOf(browser.request('GET', '/'))).toBeNull()
    expect(store.sessionsOf(id, Date.now())).toEqual([])
    expect((await browser.signIn('ann@example.com')).status).toBe(401)
    expect((await browser.signIn('ann@example.com', 'another horse battery')).status).toBe(200)
  })

  test('work once, one of those who try at once has it, and nobody after their time, or once another took their place', async () => {
    const { use, store, time, tokenFor } = openTestPeople()
    const token = tokenFor(invitation)
    const bob = { name: 'Bob', password: goodPassword }
    const both = await Promise.all([1, 2].map(() => refusal(() => joinAsNewcomer(use, token, bob))))
    expect(both.toSorted()).toEqual(['link_not_valid', 'not refused'])
    expect(await refusal(() => joinAsNewcomer(use, token, bob))).toBe('link_not_valid')
    expect(store.membersOf(organizationId)).toHaveLength(1)
    const purpose = { ...invitation, email: 'carol@example.com' }
    const first = tokenFor(purpose)
    const second = tokenFor(purpose)
    expect(await refusal(() => joinAsNewcomer(use, first, bob))).toBe('link_not_valid')
    const byMail = tokenFor({ kind: 'sign-up', email: 'dan@example.com' })
    time.now += 7 * 24 * 3_600_000
    expect(await refusal(() => joinAsNewcomer(use, second, bob))).toBe('link_not_valid')
    expect(await refusal(() => signUp(use, byMail, bob))).toBe('link_not_valid')
  })

  test('of an invitation are of no use to another person, nor once they are revoked', async () => {
    const { use, store, someone, tokenFor } = openTestPeople()
    const ann = store.person(await someone('ann@example.com'))!
    const token = tokenFor(invitation)
    expect(await refusal(() => joinAsPerson(use, token, ann))).toBe('other_person')
    const [open] = store.invitationsOf(organizationId, use.now())
    expect(open).toMatchObject({ email: 'bob@example.com', role: 'developer', madeBy: 'server' })
    store.revokeInvitation(organizationId, open!.id, { actor: server, at: use.now() })
    expect(store.invitationsOf(organizationId, use.now())).toEqual([])
    expect(await refusal(() => joinAsNewcomer(use, token, { name: 'Bob', password: goodPassword }))).toBe(
      'link_not_valid',
    )
  })

  test('take no password that is the address, or hardly any characters', async () => {
    for (const password of ['ann@example.com', 'aaaaaaaaaaaaaaaa'])
      expect(await refusal(() => acceptedHash(password, 'ann@example.com'))).toBe('invalid_request')
  })
})

describe('members', () => {
  test('of an organization keep an owner, and operators an operator', async () => {
    const { store, someone } = openTestPeople()
    const [ann, bob] = [await someone('ann@example.com'), await someone('bob@example.com')]
    const change = { actor: server, at: 1 }
    const place = (personId: string) => ({ organizationId: 'org_acme', personId })
    store.putMember(place(ann), 'owner', change)
    store.putMember(place(bob), 'viewer', change)
    expect(await refusal(() => store.putMember(place(ann), 'admin', change))).toBe('last_owner')
    expect(await refusal(() => store.removeMember(place(ann), change))).toBe('last_owner')
    expect(await refusal(() => store.removePerson(ann, change))).toBe('last_owner')
    store.putMember(place(bob), 'owner', change)
    store.removeMember(place(ann), change)
    expect(store.membersOf('org_acme')).toMatchObject([{ personId: bob, role: 'owner' }])
    store.removeOperator(ann, change)
    expect(await refusal(() => store.removeOperator(bob, change))).toBe('last_operator')
    expect(await refusal(() => store.removePerson(bob, change))).toBe('last_owner')
    store.removePerson(ann, change)
    expect(store.person(ann)).toBeNull()
  })

  test('are noted with who, what, before and after, and the notes can be neither changed nor removed', async () => {
    const { store, someone } = openTestPeople()
    const ann = await someone('ann@example.com', 'Ann')
    const actor = { kind: 'person', id: ann, name: 'Ann' } as const
    const organizationId = 'org_acme'
    const place = { organizationId, personId: ann }
    store.putMember(place, 'viewer', { actor, at: 5 })
    store.putMember(place, 'admin', { actor: server, at: 6 })
    store.putMember(place, 'admin', { actor: server, at: 7 })
    store.removeMember(place, { actor, at: 8 })
    const page = { organizationId, from: null, to: null, beforeId: null, max: 10 }
    const email = 'ann@example.com'
    const note = { organizationId, subject: ann }
    expect(store.audit(page)).toMatchObject([
      { ...note, at: 8, actor, action: 'member.left', before: { email, role: 'admin' }, after: null },
      {
        ...note,
        at: 6,
        actor: server,
        action: 'member.role-changed',
        before: { role: 'viewer' },
        after: { role: 'admin' },
      },
      { ...note, at: 5, actor, action: 'member.added', before: null, after: { email, role: 'viewer' } },
    ])
    expect(store.audit({ ...page, from: 6, to: 8 })).toHaveLength(1)
    const all = store.audit({ ...page, organizationId: null })
    expect(all.map(({ action }) => action)).toEqual([
      'member.left',
      'member.role-changed',
      'member.added',
      'operator.added',
      'person.password-set',
      'person.created',
      'operator.link-made',
    ])
    const db = new Kysely<{ audit: { action: string } }>({ dialect: store.dialect })
    expect(db.deleteFrom('audit').execute()).rejects.toThrow('never removed')
    expect(db.updateTable('audit').set({ action: 'x' }).execute()).rejects.toThrow('never changed')
  })
})
