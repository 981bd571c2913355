import { describe, expect, test } from 'bun:test'
import { perUnpaidMax } from '../../people/mail-limits.ts'
import { openAccounts } from '../account/test-accounts.ts'
import { startTestPages } from '../test-pages.ts'

async function acme() {
  const pages = await startTestPages()
  const id = await pages.organization('Acme')
  const other = await pages.organization('Other')
  const person = (name: string, role: Parameters<typeof pages.person>[1] & object) => pages.person(name, role)
  const people = {
    owner: person('olive', { roles: { [id]: 'owner' } }),
    admin: person('adam', { roles: { [id]: 'admin' } }),
    viewer: person('vera', { roles: { [id]: 'viewer' } }),
    stranger: person('stan', { roles: { [other]: 'owner' } }),
    operator: person('otto', { isOperator: true }),
  }
  return { ...pages, ...people, id, base: `/api/organizations/${id}`, store: pages.people.people.store }
}
const code = ({ status, json }: { status: number; json: Record<string, any> }): unknown => json['error']?.code ?? status // oxlint-disable-line typescript/no-explicit-any

describe('members', () => {
  test('are seen by members and operators, and changed by owners and admins alone', async () => {
    const { owner, admin, viewer, stranger, operator, base } = await acme()
    const { json } = await viewer.get(`${base}/members`)
    expect((json['data'] as { name: string; role: string }[]).map(({ name, role }) => [name, role])).toEqual([
      ['adam', 'admin'],
      ['olive', 'owner'],
      ['vera', 'viewer'],
    ])
    expect(code(await operator.get(`${base}/members`))).toBe(200)
    expect(code(await stranger.get(`${base}/members`))).toBe('organization_not_found')
    const change = { role: 'developer' }
    const path = `${base}/members/${viewer.id}`
    expect(code(await viewer.patch(path, change))).toBe('permission_missing')
    expect(code(await operator.patch(path, change))).toBe('permission_missing')
    expect(code(await stranger.patch(path, change))).toBe('organization_not_found')
    expect((await admin.patch(path, change)).json).toMatchObject({ role: 'developer' })
    expect(code(await owner.delete(path))).toBe(200)
    expect(code(await viewer.get(`${base}/members`))).toBe('organization_not_found')
  })

  test('are made and unmade owners by owners alone, and one owner stays', async () => {
    const { owner, admin, viewer, base, store } = await acme()
    const to = (id: string) => `${base}/members/${id}`
    expect(code(await admin.patch(to(viewer.id), { role: 'owner' }))).toBe('permission_missing')
    expect(code(await admin.patch(to(owner.id), { role: 'viewer' }))).toBe('permission_missing')
    expect(code(await admin.delete(to(owner.id)))).toBe('permission_missing')
    expect(code(await admin.post(`${base}/invitations`, { email: 'x@example.com', role: 'owner' }))).toBe(
      'permission_missing',
    )
    expect(code(await owner.patch(to(owner.id), { role: 'admin' }))).toBe('last_owner')
    expect(code(await owner.post(`${base}/leave`))).toBe('last_owner')
    expect(code(await owner.patch(to(admin.id), { role: 'owner' }))).toBe(200)
    expect(code(await owner.post(`${base}/leave`))).toBe(200)
    expect(store.membersOf(base.split('/').at(-1)!).filter(({ role }) => role === 'owner')).toMatchObject([
      { name: 'adam' },
    ])
  })

  test('of another organization are nobody here', async () => {
    const { owner, stranger, base } = await acme()
    expect(code(await owner.patch(`${base}/members/${stranger.id}`, { role: 'viewer' }))).toBe('person_not_found')
    expect(code(await owner.delete(`${base}/members/${stranger.id}`))).toBe('person_not_found')
  })

  test('a role that changed holds at the next request', async () => {
    const { owner, viewer, base } = await acme()
    const invite = () => viewer.post(`${base}/invitations`, { email: 'new@example.com', role: 'viewer' })
    expect(code(await invite())).toBe('permission_missing')
    await owner.patch(`${base}/members/${viewer.id}`, { role: 'admin' })
    expect(code(await invite())).toBe(201)
    await owner.patch(`${base}/members/${viewer.id}`, { role: 'viewer' })
    expect(code(await invite())).toBe('permission_missing')
  })
})

describe('invitations', () => {
  test('are shown once to whoever invites where there is no mail, and revoked', async () => {
    const { owner, viewer, base } = await acme()
    const made = await owner.post(`${base}/invitations`, { email: 'New@Example.com', role: 'developer' })
    expect(made.json).toMatchObject({
      email: 'new@example.com',
      role: 'developer',
      invitedBy: 'olive',
      isMailed: false,
    })
    expect(made.json['url']).toMatch(/^http:\/\/gateway\.test\/invitation#[\w-]{43}$/)
    const { json } = await viewer.get(`${base}/invitations`)
    expect(json['data']).toMatchObject([{ email: 'new@example.com' }])
    expect(JSON.stringify(json)).not.toContain('url')
    expect(code(await owner.delete(`${base}/invitations/${made.json['id']}`))).toBe(200)
    expect((await viewer.get(`${base}/invitations`)).json['data']).toEqual([])
    expect(code(await owner.delete(`${base}/invitations/${made.json['id']}`))).toBe('person_not_found')
  })

  test('of another organization are none here', async () => {
    const { owner, stranger, base, id } = await acme()
    const made = await owner.post(`${base}/invitations`, { email: 'new@example.com', role: 'viewer' })
    const other = stranger.id && ((await stranger.get('/api/session')).json['organizations'][0].id as string)
    expect(other).not.toBe(id)
    expect(code(await stranger.delete(`/api/organizations/${other}/invitations/${made.json['id']}`))).toBe(
      'person_not_found',
    )
  })

  test('are made to no member, and by an operator to any organization, which then has its first owner', async () => {
    const { owner, operator, base, organization, store } = await acme()
    expect(code(await owner.post(`${base}/invitations`, { email: 'vera@example.com', role: 'admin' }))).toBe(
      'already_member',
    )
    const empty = await organization('Empty')
    const made = await operator.post(`/api/operator/organizations/${empty}/invitations`, {
      email: 'first@example.com',
      role: 'owner',
    })
    expect(made.json['url']).toContain('/invitation#')
    expect(store.invitationsOf(empty, Date.parse('2026-11-23T08:15:00Z'))).toMatchObject([
      { email: 'first@example.com', role: 'owner' },
    ])
    const nowhere = await operator.post('/api/operator/organizations/org_none/invitations', {
      email: 'a@b.example',
      role: 'owner',
    })
    expect(code(nowhere)).toBe('organization_not_found')
  })
})

test('invitations of an organization that anybody made are few until somebody pays, and none is made beyond them', async () => {
  const opened = await openAccounts({ hasMail: true, settings: { signUp: 'open', grant: { testUsd: 5, liveUsd: 2 } } })
  const { browser, someone, server, store, mails } = opened
  await someone('ann@example.com')
  const page = browser()
  await page.signIn('ann@example.com')
  const id = (await page.post('/api/organizations', { name: 'Acme' })).json['id'] as string
  const path = `/api/organizations/${id}/invitations`
  const invite = (name: string) => page.post(path, { email: `${name}@example.com`, role: 'viewer' })
  for (let index = 0; index < perUnpaidMax; index += 1) expect((await invite(`m${index}`)).status).toBe(201)
  const refused = await invite('more')
  expect(refused).toMatchObject({ status: 429, json: { error: { code: 'too_many_mails' } } })
  expect(Number(refused.headers.get('retry-after'))).toBe(8_640)
  expect([mails.length, store.invitationsOf(id, Date.now()).length]).toEqual([perUnpaidMax, perUnpaidMax])
  await server.ask('POST', `/organizations/${id}/grants`, { usd: '10', mode: 'live' })
  expect((await invite('more')).status).toBe(201)
})
