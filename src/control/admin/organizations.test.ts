import { expect, test } from 'bun:test'
import { startTestServer } from '../test-server.ts'

test('an organization is suspended, resumed and renamed at once; suspending again keeps since when, and takes a new reason', async () => {
  const server = await startTestServer()
  const organizationId = (await server.ask('POST', '/organizations', { name: 'Acme' })).json['id'] as string
  const secret = (await server.ask('POST', `/organizations/${organizationId}/keys`, {})).json['key'] as string
  const path = `/organizations/${organizationId}`
  const suspendedAt = '2026-11-23T08:15:00.000Z'
  expect((await server.ask('POST', `${path}/suspend`, { why: 'abuse' })).json).toEqual({
    id: organizationId,
    name: 'Acme',
    createdAt: suspendedAt,
    state: 'suspended',
    suspendedAt,
    suspendedWhy: 'abuse',
  })
  expect(server.keys.find(secret)).toEqual({ state: 'suspended' })
  server.time.now += 1_000
  expect((await server.ask('POST', `${path}/suspend`, {})).json).toMatchObject({ suspendedAt, suspendedWhy: 'abuse' })
  expect((await server.ask('POST', `${path}/suspend`, { why: 'fraud' })).json).toMatchObject({
    suspendedAt,
    suspendedWhy: 'fraud',
  })
  expect((await server.ask('PATCH', path, { name: ' Acme & Sons ' })).json).toMatchObject({
    name: 'Acme & Sons',
    state: 'suspended',
  })
  expect((await server.ask('GET', '/organizations')).json['data']).toMatchObject([
    { state: 'suspended', suspendedWhy: 'fraud' },
  ])
  for (let times = 0; times < 2; times += 1)
    expect((await server.ask('POST', `${path}/resume`)).json).toMatchObject({
      state: 'active',
      suspendedAt: null,
      suspendedWhy: null,
    })
  expect(server.keys.find(secret).state).toBe('active')
  expect((await server.ask('GET', path)).json).toMatchObject({ name: 'Acme & Sons', state: 'active' })
  for (const [method, of, body] of [
    ['PATCH', '', { name: 'x' }],
    ['POST', '/suspend', {}],
    ['POST', '/resume', {}],
  ] as const)
    expect((await server.ask(method, `/organizations/org_x${of}`, body)).json['error'].code).toBe(
      'organization_not_found',
    )
  for (const body of [{ why: '' }, { why: 'two\nlines' }, { reason: 'x' }])
    expect((await server.ask('POST', `${path}/suspend`, body)).status).toBe(400)
})
