import { expect, test } from 'bun:test'
import { startTestPages } from '../test-pages.ts'

const pages = await startTestPages()
const ours = await pages.organization('Acme')
const theirs = await pages.organization('Umbrella')
const dev = pages.person('dev', { roles: { [ours]: 'developer' } })
const viewer = pages.person('viewer', { roles: { [ours]: 'viewer' } })
const biller = pages.person('biller', { roles: { [ours]: 'billing' } })
const olga = pages.person('olga', { isOperator: true })
const path = `/api/organizations/${ours}/keys`

test('a developer makes a key, whose secret is told once, changes it, rotates it with a grace, and revokes it', async () => {
  const made = await dev.post(path, { mode: 'test', name: 'ci', rpm: 5, endpoints: ['chat.completions'] })
  expect([made.status, made.json.name, made.json.mode, made.json.endpoints]).toEqual([
    201,
    'ci',
    'test',
    ['chat.completions'],
  ])
  const { id, key } = made.json
  expect(pages.keys.find(key).state).toBe('active')
  const changed = await dev.patch(`${path}/${id}`, { rpm: 7, addresses: ['203.0.113.0/24'], expires: '2027-01-31' })
  expect(changed.json).toMatchObject({
    rpm: 7,
    addresses: ['203.0.113.0/24'],
    endpoints: ['chat.completions'],
    expiresAt: '2027-01-31T00:00:00.000Z',
  })
  const rotated = await dev.post(`${path}/${id}/rotate`, { grace: '1h' })
  expect([key, rotated.json.key].map((each) => pages.keys.find(each).state)).toEqual(['active', 'active'])
  const listed = await viewer.get(`${path}?mode=test`)
  expect(listed.json.data).toMatchObject([{ id, gauges: { inFlight: 0 }, lastUsedAt: null }])
  expect(JSON.stringify([listed, await viewer.get(`${path}/${id}`)])).not.toContain(rotated.json.key)
  expect((await dev.post(`${path}/${id}/revoke`)).json.state).toBe('revoked')
  expect(pages.keys.find(rotated.json.key).state).toBe('revoked')
})

test('keys that were revoked or have expired are listed by their state, beside those that work, and each is found by its id', async () => {
  const organization = await pages.organization('Old keys')
  const owner = pages.person('owner', { roles: { [organization]: 'owner' } })
  const own = `/api/organizations/${organization}/keys`
  const make = async (terms: object): Promise<string> =>
    (await owner.post(own, { mode: 'test', ...terms })).json.id as string
  const [active, revoked, expired] = [await make({}), await make({}), await make({ expires: '2026-12-01' })]
  await owner.post(`${own}/${revoked}/revoke`)
  const before = pages.time.now
  pages.time.now = Date.parse('2026-12-02')
  const listed = async (query: string): Promise<string[]> =>
    (await owner.get(`${own}?mode=test${query}`)).json.data.map(({ id }: { id: string }) => id)
  expect(await listed('&state=active')).toEqual([active])
  expect(await listed('&state=revoked')).toEqual([revoked])
  expect(await listed('&state=expired')).toEqual([expired])
  expect((await listed('')).toSorted()).toEqual([active, revoked, expired].toSorted())
  const states = await Promise.all(
    [active, revoked, expired].map(async (id) => (await owner.get(`${own}/${id}`)).json.state),
  )
  expect(states).toEqual(['active', 'revoked', 'expired'])
  expect((await owner.get(`${own}?mode=test&state=old`)).json.error).toMatchObject({ field: 'state' })
  pages.time.now = before
})

test('test keys and live keys are listed apart', async () => {
  const { json } = await dev.post(path, { mode: 'live', name: 'shop' })
  const live = await viewer.get(`${path}?mode=live`)
  expect(live.json.data.map((each: { id: string }) => each.id)).toEqual([json.id])
  expect((await viewer.get(path)).json.error).toMatchObject({ code: 'invalid_request', field: 'mode' })
})

test('a key of another organization is not there, whatever is asked of it', async () => {
  const foreign = (await pages.ask('POST', `/organizations/${theirs}/keys`, {})).json['id'] as string
  const before = await pages.store.keys(theirs)
  const answers = await Promise.all([
    dev.get(`${path}/${foreign}`),
    dev.patch(`${path}/${foreign}`, { rpm: 1 }),
    dev.post(`${path}/${foreign}/rotate`),
    dev.post(`${path}/${foreign}/revoke`),
  ])
  const none = await dev.get(`${path}/key_00000000000000000000000000000000`)
  for (const answer of answers) expect(answer).toEqual(none)
  expect([none.status, none.json.error.code]).toEqual([404, 'key_not_found'])
  expect(await pages.store.keys(theirs)).toEqual(before)
  expect((await dev.get(`/api/organizations/${theirs}/keys?mode=test`)).json.error.code).toBe('organization_not_found')
})

test('who may only look changes nothing, and who keeps the books sees no keys', async () => {
  const { json } = await dev.post(path, { mode: 'test' })
  for (const who of [viewer, olga])
    for (const refused of [
      await who.post(path, { mode: 'test' }),
      await who.patch(`${path}/${json.id}`, { rpm: 1 }),
      await who.post(`${path}/${json.id}/rotate`),
      await who.post(`${path}/${json.id}/revoke`),
    ])
      expect([refused.status, refused.json.error.code]).toEqual([403, 'permission_missing'])
  expect((await olga.get(`${path}/${json.id}`)).status).toBe(200)
  expect((await biller.get(`${path}?mode=test`)).json.error.code).toBe('permission_missing')
})

test('what is wrong is said by the name of its field, and the options say what there is', async () => {
  for (const [body, field] of [
    [{ mode: 'test', rpm: 0 }, 'rpm'],
    [{ mode: 'both' }, 'mode'],
    [{ mode: 'test', addresses: ['x'] }, 'addresses.0'],
    [{ mode: 'test', endpoints: ['x'] }, 'endpoints'],
    [{ mode: 'test', budget: '5' }, 'budget'],
    [{ mode: 'test', expires: 'soon' }, 'expires'],
    [{ mode: 'test', extra: 1 }, 'extra'],
  ] as const) {
    const { status, json } = await dev.post(path, body)
    expect([status, json.error.code, json.error.field]).toEqual([400, 'invalid_request', field])
  }
  const { json } = await viewer.get(`/api/organizations/${ours}/key-options`)
  expect(json).toMatchObject({ regions: ['us', 'eu'], defaults: { region: 'us', rpm: 600 } })
  expect(json.endpoints).toContain('chat.completions')
  expect(json.models).toContainEqual({ id: 'gpt-5.4', kind: 'text', dialect: 'openai' })
})

test('members give a key no more than a new one has, or than it has already; more is for operators to allow', async () => {
  const made = async (body: object) => dev.post(path, { mode: 'live', ...body })
  for (const [body, field] of [
    [{ rpm: 601 }, 'rpm'],
    [{ rpm: null }, 'rpm'],
    [{ region: 'eu' }, 'region'],
  ] as const) {
    const { status, json } = await made(body)
    expect([status, json.error.field]).toEqual([400, field])
    expect(json.error.message).toContain('service request')
  }
  const { id } = (await made({ rpm: 600, tpm: 9_000_000 })).json
  await pages.ask('PATCH', `/keys/${id}`, { rpm: 2_000, region: 'eu' })
  expect((await dev.patch(`${path}/${id}`, { rpm: 1_500, name: 'raised' })).json).toMatchObject({
    rpm: 1_500,
    region: 'eu',
  })
  expect((await dev.patch(`${path}/${id}`, { rpm: 1_501 })).status).toBe(400)
  expect((await dev.patch(`${path}/${id}`, { region: 'us' })).json).toMatchObject({ region: 'us' })
  expect((await dev.patch(`${path}/${id}`, { region: 'eu' })).json.error.field).toBe('region')
  expect((await dev.post(path, { mode: 'test', region: 'eu' })).status).toBe(201)
})
