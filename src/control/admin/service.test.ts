import { expect, test } from 'bun:test'
import { startTestServer } from '../test-server.ts'

async function started() {
  const server = await startTestServer()
  const organizationId = (await server.ask('POST', '/organizations', { name: 'Acme' })).json['id'] as string
  const key = (await server.ask('POST', `/organizations/${organizationId}/keys`, { rpm: 5 })).json
  const path = `/organizations/${organizationId}/service-requests`
  const make = async (body: object) => (await server.ask('POST', path, body)).json
  return { ...server, organizationId, keyId: key['id'] as string, secret: key['key'] as string, path, make }
}

test('an approved rotation replaces the secret in one go, with or without a grace, and shows the new one once', async () => {
  const server = await started()
  const { keyId, secret } = server
  const { id } = await server.make({ kind: 'rotate-exposed-key', keyId, message: 'it is in a public repository' })
  const { status, json } = await server.ask('POST', `/service-requests/${id}/approve`, { note: 'done' })
  expect([status, json['state'], json['note'], json['answeredBy']]).toEqual([200, 'approved', 'done', 'operator file'])
  expect([secret, json['key']].map((each) => server.keys.find(each).state)).toEqual(['unknown', 'active'])
  const again = await server.make({ kind: 'rotate-exposed-key', keyId })
  const second = await server.ask('POST', `/service-requests/${again.id}/approve`, { grace: '1h' })
  expect([json['key'], second.json['key']].map((each) => server.keys.find(each).state)).toEqual(['active', 'active'])
  const shown = JSON.stringify([(await server.ask('GET', '/service-requests')).json, server.events])
  for (const each of [json['key'], second.json['key']]) expect(shown + server.everythingStored()).not.toContain(each)
})

test('approved limits and the region hold at once, as asked or as the operator gives them', async () => {
  const server = await started()
  const { keyId, secret } = server
  const asked = { rpm: 1000, budget: '50.00/month' }
  const limits = await server.make({ kind: 'raise-limit', keyId, limits: asked })
  expect(limits.asked).toEqual(asked)
  await server.ask('POST', `/service-requests/${limits.id}/approve`, {})
  expect(server.keys.find(secret)).toMatchObject({
    key: { rpm: 1000, budgetNano: 50_000_000_000n, budgetPeriod: 'month', region: 'us' },
  })
  const less = await server.make({ kind: 'raise-limit', keyId, limits: { rpm: 5000 } })
  await server.ask('POST', `/service-requests/${less.id}/approve`, { given: { rpm: 2000 }, note: 'for now' })
  const eu = await server.make({ kind: 'enable-eu', keyId })
  await server.ask('POST', `/service-requests/${eu.id}/approve`, {})
  expect(server.keys.find(secret)).toMatchObject({ key: { rpm: 2000, region: 'eu' } })
})

test('a request ends once: of an approval and a withdrawal at the same time one is done, and the key is changed only then', async () => {
  const server = await started()
  const { id } = await server.make({ kind: 'raise-limit', keyId: server.keyId, limits: { rpm: 1000 } })
  const both = await Promise.all([
    server.ask('POST', `/service-requests/${id}/withdraw`, {}),
    server.ask('POST', `/service-requests/${id}/approve`, {}),
  ])
  expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409])
  const { json } = await server.ask('GET', `/service-requests/${id}`)
  expect(server.keys.find(server.secret)).toMatchObject({ key: { rpm: json['state'] === 'approved' ? 1000 : 5 } })
  const third = await server.ask('POST', `/service-requests/${id}/decline`, { note: 'late' })
  expect([third.status, third.json['error'].code]).toEqual([409, 'service_request_not_open'])
})

test('a key that was revoked since is not changed, and the request stays open', async () => {
  const server = await started()
  const { id } = await server.make({ kind: 'raise-limit', keyId: server.keyId, limits: { rpm: 1000 } })
  await server.ask('POST', `/keys/${server.keyId}/revoke`, {})
  expect((await server.ask('POST', `/service-requests/${id}/approve`, {})).json['error'].code).toBe('key_revoked')
  expect((await server.ask('GET', `/service-requests/${id}`)).json['state']).toBe('open')
})

test('twenty may be open in an organization, and one more once one of them has ended', async () => {
  const server = await started()
  const made: string[] = []
  for (let many = 0; many < 20; many += 1) made.push((await server.make({ kind: 'other', message: `${many}` })).id)
  expect((await server.make({ kind: 'other', message: 'more' })).error.code).toBe('too_many_open')
  await server.ask('POST', `/service-requests/${made[0]}/withdraw`, {})
  expect((await server.make({ kind: 'other', message: 'more' })).state).toBe('open')
  const open = (await server.ask('GET', `${server.path}?state=open`)).json['data'] as { id: string }[]
  expect(open).toHaveLength(20)
  const behind = (await server.ask('GET', `${server.path}?before=${open[17]!.id}&state=open`)).json['data']
  expect(behind.map(({ id }: { id: string }) => id)).toEqual(open.slice(18).map(({ id }) => id))
})

test('what is asked is checked when it is asked, by name, and costs nothing', async () => {
  const server = await started()
  const { keyId } = server
  for (const [body, field] of [
    [{ kind: 'refund' }, 'kind'],
    [{ kind: 'rotate-exposed-key' }, 'keyId'],
    [{ kind: 'raise-limit', keyId }, 'limits'],
    [{ kind: 'raise-limit', keyId, limits: { rpm: 0 } }, 'limits.rpm'],
    [{ kind: 'raise-limit', keyId, limits: { budget: '5' } }, 'budget'],
    [{ kind: 'enable-eu', keyId, limits: { rpm: 1 } }, 'limits'],
    [{ kind: 'other' }, 'message'],
    [{ kind: 'other', message: 'x'.repeat(2_001) }, 'message'],
    [{ kind: 'other', message: 'a\u0000b' }, 'message'],
  ] as const)
    expect((await server.make(body)).error).toMatchObject({ code: 'invalid_request', field })
  const other = (await server.ask('POST', '/organizations', { name: 'Umbrella' })).json['id'] as string
  const foreign = await server.ask('POST', `/organizations/${other}/service-requests`, { kind: 'enable-eu', keyId })
  expect(foreign.json['error'].code).toBe('key_not_found')
  expect((await server.ask('GET', '/service-requests')).json['data']).toEqual([])
})
