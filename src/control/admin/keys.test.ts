import { expect, test } from 'bun:test'
import type { Nano } from '../../lib/amounts.ts'
import { startTestServer } from '../test-server.ts'

test('the gauges of a key say what of its limits is used at this moment, and one key can be asked for', async () => {
  const server = await startTestServer()
  const { id: organizationId } = (await server.ask('POST', '/organizations', { name: 'Acme' })).json
  const terms = { rpm: 10, tpm: 1_000, concurrency: 3 }
  const { id, key } = (await server.ask('POST', `/organizations/${organizationId}/keys`, terms)).json
  const one = async () => (await server.ask('GET', `/keys/${id}`)).json
  const idle = { used: 0, resetMs: 0 }
  expect((await one())['gauges']).toEqual({
    requests: { ...idle, allowed: 10 },
    tokens: { ...idle, allowed: 1_000 },
    inFlight: 0,
  })

  const found = server.keys.find(key)
  if (found.state !== 'active') throw new Error(found.state)
  const tickets = [1, 2].map(() => server.limits.enter(found.key))
  for (const ticket of tickets) if ('leave' in ticket) ticket.takeTokens(100)
  expect((await one())['gauges']).toEqual({
    requests: { used: 2, allowed: 10, resetMs: 12_000 },
    tokens: { used: 200, allowed: 1_000, resetMs: 12_000 },
    inFlight: 2,
  })
  for (const ticket of tickets) if ('leave' in ticket) ticket.leave({ tokens: 50, chargeNano: 1n as Nano })
  server.time.now += 6_000
  const { data } = (await server.ask('GET', `/organizations/${organizationId}/keys`)).json
  expect(data).toEqual([await one()])
  expect(data[0].gauges).toEqual({
    requests: { used: 1, allowed: 10, resetMs: 6_000 },
    tokens: { used: 0, allowed: 1_000, resetMs: 0 },
    inFlight: 0,
  })
  expect((await server.ask('GET', '/keys/key_x')).json['error'].code).toBe('key_not_found')
})

test('a key without limits has no gauges of these, but of what is under way', async () => {
  const server = await startTestServer({ keyDefaults: { region: 'us', rpm: null, tpm: null, concurrency: null } })
  const { id: organizationId } = (await server.ask('POST', '/organizations', { name: 'Acme' })).json
  const { id } = (await server.ask('POST', `/organizations/${organizationId}/keys`, {})).json
  const { gauges } = (await server.ask('GET', `/keys/${id}`)).json
  expect(gauges).toEqual({ requests: null, tokens: null, inFlight: 0 })
})

test('a model or an endpoint that is none is told by its place, for it may be a secret', async () => {
  const server = await startTestServer()
  const { id: organizationId } = (await server.ask('POST', '/organizations', { name: 'Acme' })).json
  const said = async (terms: object): Promise<string> =>
    (await server.ask('POST', `/organizations/${organizationId}/keys`, terms)).json['error'].message
  expect(await said({ models: ['gpt-5.4', 'gpt-9'] })).toContain('number 2 of these is none')
  expect(await said({ endpoints: ['models', 'vidoes'] })).toContain(
    'number 2 of these is none, and most like it are videos',
  )
  expect(await said({ models: ['sk-bf-secret'] })).not.toContain('secret')
})
