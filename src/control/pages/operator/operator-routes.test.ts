import { expect, test } from 'bun:test'
import { startTestPages } from '../test-pages.ts'

const pages = await startTestPages()
const ours = await pages.organization('Acme')
const olga = pages.person('olga', { isOperator: true })
const owner = pages.person('owner', { roles: { [ours]: 'owner' } })
const path = '/api/operator'

test('an operator makes an organization, names it, suspends it with a reason and serves it again', async () => {
  const { status, json } = await olga.post(`${path}/organizations`, { name: ' Umbrella ' })
  expect([status, json.name, json.state]).toEqual([201, 'Umbrella', 'active'])
  const one = `${path}/organizations/${json.id}`
  expect((await olga.patch(one, { name: 'Umbrella Ltd' })).json.name).toBe('Umbrella Ltd')
  expect((await olga.post(`${one}/suspend`, { why: 'unpaid' })).json).toMatchObject({
    state: 'suspended',
    suspendedWhy: 'unpaid',
  })
  expect((await olga.post(`${one}/resume`)).json).toMatchObject({ state: 'active', suspendedWhy: null })
})

test('an operator gives credit of a mode and takes it back, and sees of each organization what it has', async () => {
  const one = `${path}/organizations/${ours}`
  const grant = { usd: '25.000000001', mode: 'live', note: 'order 4711', idempotencyKey: 'a' }
  const given = await olga.post(`${one}/grants`, grant)
  expect(given).toMatchObject({ status: 201, json: { amountNano: '25000000001', mode: 'live' } })
  expect((await olga.post(`${one}/grants`, grant)).json).toEqual(given.json)
  expect((await olga.post(`${one}/grants`, { usd: '1' })).json.error).toMatchObject({ field: 'mode' })
  const back = await olga.post(`${one}/revocations`, { usd: '5', mode: 'live' })
  expect(back.json).toMatchObject({ amountUsd: '5.00', reversals: [{ reverses: given.json.id }] })
  const { json } = await olga.get(`${path}/organizations`)
  const listed = json.data.find(({ id }: { id: string }) => id === ours)
  expect(listed).toEqual((await olga.get(one)).json)
  expect(listed).toMatchObject({
    keys: 0,
    balances: [
      { mode: 'test', availableNano: '0' },
      { mode: 'live', availableNano: '20000000001' },
    ],
  })
})

test('an operator sees the deployments, drains one and uses it again', async () => {
  const { json } = await olga.get(`${path}/deployments`)
  const [{ id, lastHour }] = json.data
  expect(lastHour).toEqual({ calls: 0, failures: 0, faults: {}, firstByteMs: null })
  expect((await olga.post(`${path}/deployments/${id}/drain`)).json.state).toBe('drained')
  expect((await olga.post(`${path}/deployments/${id}/resume`)).json.state).toBe('healthy')
  expect((await olga.post(`${path}/deployments/nobody/drain`)).json.error.code).toBe('deployment_not_found')
})

test('an operator has the ledger proved, and sees what came of it the last time', async () => {
  expect((await olga.get(`${path}/ledger-verification`)).json.last).toBeNull()
  expect((await olga.post(`${path}/ledger-verification`)).status).toBe(202)
  await pages.ask('GET', '/ledger/verify')
  const { json } = await olga.get(`${path}/ledger-verification`)
  expect(json.last).toMatchObject({ ok: true, at: '2026-11-23T08:15:00.000Z' })
  expect(json.last.checks.length).toBeGreaterThan(5)
})

test('an operator sees the configuration and has its file read again', async () => {
  expect((await olga.get(`${path}/configuration`)).json).toMatchObject({ file: null, settings: [] })
  expect((await olga.post(`${path}/configuration/reload`)).json).toMatchObject({ ok: true, changed: false })
})

test('whoever is no operator does none of this, an owner of an organization neither', async () => {
  const asked: ['get' | 'post' | 'patch', string][] = [
    ['get', '/organizations'],
    ['post', '/organizations'],
    ['get', `/organizations/${ours}`],
    ['patch', `/organizations/${ours}`],
    ['post', `/organizations/${ours}/suspend`],
    ['post', `/organizations/${ours}/resume`],
    ['post', `/organizations/${ours}/grants`],
    ['post', `/organizations/${ours}/revocations`],
    ['get', '/deployments'],
    ['post', '/deployments/sandbox-us/drain'],
    ['post', '/deployments/sandbox-us/test'],
    ['get', '/ledger-verification'],
    ['post', '/ledger-verification'],
    ['get', '/configuration'],
    ['post', '/configuration/reload'],
  ]
  const before = pages.everythingStored()
  for (const [method, at] of asked)
    for (const [who, code] of [
      [owner, 'permission_missing'],
      [pages.stranger, 'not_signed_in'],
    ] as const)
      expect((await who[method](path + at, {})).json.error.code).toBe(code)
  expect(pages.everythingStored()).toBe(before)
})
