import { expect, test } from 'bun:test'
import type { Nano } from '../../lib/amounts.ts'
import { settlementOf, startTestServer } from '../test-server.ts'

type Server = Awaited<ReturnType<typeof startTestServer>>

async function accountOf(server: Server, name: string, terms: object = {}) {
  const id = (await server.ask('POST', '/organizations', { name })).json['id'] as string
  const key = (await server.ask('POST', `/organizations/${id}/keys`, { name: `${name}’s`, mode: 'test', ...terms }))
    .json
  await server.ask('POST', `/organizations/${id}/grants`, { usd: '25', mode: 'test' })
  return { id, keyId: key['id'] as string, secret: key['key'] as string }
}

test('usage of all organizations, by each dimension, comes to the same total, with the names of what has one', async () => {
  const server = await startTestServer()
  const [acme, beta] = [await accountOf(server, 'Acme'), await accountOf(server, 'Beta')]
  await server.settle({ ...settlementOf(acme.id, acme.keyId), requestId: 'req_1' })
  await server.settle({ ...settlementOf(beta.id, beta.keyId), requestId: 'req_2' })
  const usage = async (query: string) => (await server.ask('GET', `/usage?mode=test&${query}`)).json
  for (const by of ['model', 'key', 'region', 'upstream', 'endpoint', 'day', 'organization'])
    expect(await usage(`by=${by}`)).toMatchObject({
      organizationId: null,
      total: { requests: 2, chargeNano: '25000000' },
    })
  const rows = (await usage('by=organization'))['rows'] as { group: string; name: string; chargeUsd: string }[]
  expect(new Map(rows.map(({ group, name, chargeUsd }) => [group, [name, chargeUsd]]))).toEqual(
    new Map([
      [acme.id, ['Acme', '0.0125']],
      [beta.id, ['Beta', '0.0125']],
    ]),
  )
  const keys = (await usage('by=key'))['rows'] as { name: string }[]
  expect(new Set(keys.map(({ name }) => name))).toEqual(new Set(['Acme’s', 'Beta’s']))
  const days = (await usage('by=day'))['rows'] as { group: string; requests: number }[]
  expect(days.map(({ group, requests }) => `${group} ${requests}`)).toEqual([
    ...Array.from({ length: 22 }, (_, index) => `2026-11-${String(index + 1).padStart(2, '0')} 0`),
    '2026-11-23 2',
  ])
  const ofOne = (await server.ask('GET', `/organizations/${acme.id}/usage?mode=test&by=organization`)).json
  expect(ofOne).toMatchObject({ organizationId: acme.id, rows: [{ group: acme.id, requests: 1 }] })
  expect((await server.ask('GET', '/usage?mode=live&by=day')).json).toMatchObject({ total: { requests: 0 } })
})

test('a span that is unknown, backwards or longer than ten years by day is refused by name', async () => {
  const server = await startTestServer()
  for (const [query, field] of [
    ['by=colour', 'by'],
    ['form=2026-11-01', 'form'],
    ['from=2026-12-01', 'from'],
    ['from=2026-11-31', 'from'],
    ['from=2026-11-01T00:00:00', 'from'],
    ['to=now', 'to'],
    ['by=day&from=2016-01-01', 'from'],
  ]) {
    const { status, json } = await server.ask('GET', `/usage?${query}`)
    expect([query, status, json['error'].field]).toEqual([query, 400, field])
  }
  expect((await server.ask('GET', '/usage?by=model&from=2016-01-01')).status).toBe(200)
})

test('a list of keys says what of each budget is spent and held, when it begins anew, and when the key was last used', async () => {
  const server = await startTestServer()
  const { id, keyId, secret } = await accountOf(server, 'Acme', { budget: '1.00/month' })
  await server.ask('POST', `/organizations/${id}/keys`, { mode: 'test' })
  await server.settle(settlementOf(id, keyId))
  const found = server.keys.find(secret)
  if (found.state !== 'active') throw new Error('the key works')
  const ticket = server.limits.enter(found.key)
  if ('leave' in ticket) ticket.leave({ tokens: 0, chargeNano: 12_500_000n as Nano })
  server.limits.holdBudget(keyId, 300_000_000n as Nano)
  const listed = (await server.ask('GET', `/organizations/${id}/keys`)).json['data'] as { id: string }[]
  expect(listed.find((key) => key.id === keyId)).toMatchObject({
    budgetUsd: '1.00',
    budgetSpentNano: '12500000',
    budgetSpentUsd: '0.0125',
    budgetHeldNano: '300000000',
    budgetHeldUsd: '0.30',
    budgetResetsAt: '2026-12-01T00:00:00.000Z',
    lastUsedAt: '2026-11-23T08:14:00.000Z',
  })
  expect(listed.find((key) => key.id !== keyId)).toMatchObject({
    budgetSpentNano: null,
    budgetHeldNano: null,
    budgetResetsAt: null,
    lastUsedAt: null,
  })
})
