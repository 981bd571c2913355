import { describe, expect, test } from 'bun:test'
import { eventStream } from './event-stream.ts'
import { pageRoute } from './page-route.ts'
import { admittedMs } from './pages-api.ts'
import { pagesUrl, startTestPages } from './test-pages.ts'

const pages = await startTestPages()
const ours = await pages.organization('Acme')
const theirs = await pages.organization('Umbrella')
const ann = pages.person('ann', { roles: { [ours]: 'developer' } })
const olga = pages.person('olga', { isOperator: true })

describe('the session', () => {
  test('is nobody’s for whoever is not signed in', async () => {
    expect(await pages.stranger.get('/api/session')).toEqual({
      status: 200,
      json: { person: null, organizations: [], usualMode: null },
    })
  })

  test('tells a person who they are and what they are a member of', async () => {
    const { json } = await ann.get('/api/session')
    expect(json.person).toMatchObject({ id: ann.id, email: 'ann@example.com', isOperator: false })
    expect(json.organizations).toEqual([{ id: ours, name: 'Acme', state: 'active', role: 'developer' }])
  })
})

describe('an organization', () => {
  test('shows its members test credit and live credit apart, and what they may do', async () => {
    await pages.ask('POST', `/organizations/${ours}/grants`, { usd: '2.5', mode: 'live' })
    const { json } = await ann.get(`/api/organizations/${ours}`)
    expect(json).toMatchObject({ name: 'Acme', access: 'developer' })
    expect(json.permissions).toContain('keys.write')
    expect(json.permissions).not.toContain('billing.read')
    expect(json.balances.map(({ mode, availableNano }: Record<string, string>) => [mode, availableNano])).toEqual([
      ['test', '0'],
      ['live', '2500000000'],
    ])
  })

  test('of another’s is answered like one that there is not', async () => {
    const [another, none, odd] = await Promise.all(
      [theirs, 'org_00000000000000000000000000000000', '..%2fledger'].map((id) => ann.get(`/api/organizations/${id}`)),
    )
    expect(another!.status).toBe(404)
    expect(another!.json.error.code).toBe('organization_not_found')
    expect(none).toEqual(another)
    expect(odd).toEqual(another)
  })

  test('is looked at by an operator who is no member, who may not change it', async () => {
    const { json } = await olga.get(`/api/organizations/${theirs}`)
    expect(json).toMatchObject({ name: 'Umbrella', access: 'operator' })
    expect(json.permissions.filter((each: string) => each.endsWith('.write'))).toEqual([])
    expect((await olga.get('/api/organizations/org_none')).status).toBe(404)
  })

  test('asks whoever is not signed in to sign in', async () => {
    const { status, json } = await pages.stranger.get(`/api/organizations/${ours}`)
    expect([status, json.error.code]).toEqual([401, 'not_signed_in'])
  })
})

test('an address of nothing is answered as JSON, and every answer is kept by nobody and framed by nobody', async () => {
  const response = await ann.fetch('GET', '/api/nothing')
  expect(response.status).toBe(404)
  expect(((await response.json()) as Record<string, object>).error).toMatchObject({ code: 'not_found' })
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  })
  expect(pagesUrl).toStartWith('http')
})

describe('what is live', () => {
  const watch = pageRoute({
    method: 'GET',
    path: '/api/organizations/{organization}/live',
    summary: 'One more number each time it is read',
    needs: 'requests.read',
    query: null,
    body: null,
    answer: 'text/event-stream',
    handle: () => Promise.resolve(eventStream(numbers())),
  })
  async function* numbers() {
    for (let number = 0; ; number += 1) yield number
  }

  test('ends within some seconds for whoever is signed out, or no member any more', async () => {
    let time = 0
    const live = await startTestPages({ routes: [watch], deps: { clock: { now: () => time, monotonic: () => time } } })
    const organization = await live.organization('Acme')
    const { store } = live.people.people
    const by = { actor: { kind: 'server', id: null, name: 'test' }, at: 1 } as const
    const member = live.person('mia', { roles: { [organization]: 'viewer' } })
    const place = { organizationId: organization, personId: member.id }
    live.person('olga', { roles: { [organization]: 'owner' } })
    const isOverAfter = async (change: () => unknown): Promise<boolean[]> => {
      store.putMember(place, 'viewer', by)
      const stream = await member.fetch('GET', `/api/organizations/${organization}/live`)
      const reader = stream.body!.getReader()
      const isOver = async () => (await reader.read()).done
      const before = await isOver()
      change()
      time += admittedMs
      const after = await isOver()
      await reader.cancel()
      return [before, after]
    }
    expect(await isOverAfter(() => undefined)).toEqual([false, false])
    expect(await isOverAfter(() => store.putMember(place, 'billing', by))).toEqual([false, true])
    expect(await isOverAfter(() => store.removeMember(place, by))).toEqual([false, true])
    expect(await isOverAfter(() => store.removePerson(member.id, by))).toEqual([false, true])
  })
})
