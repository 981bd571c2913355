import { expect, test } from 'bun:test'
import { createKeyTable } from '../../keys/key-table.ts'
import { hashOf } from '../../keys/virtual-key.ts'
import { operatorToken, settlementOf, startTestServer } from '../test-server.ts'

type Server = Awaited<ReturnType<typeof startTestServer>>

async function accountOf(server: Server, terms: object = {}) {
  const organization = (await server.ask('POST', '/organizations', { name: 'Acme' })).json
  const key = (await server.ask('POST', `/organizations/${organization['id']}/keys`, terms)).json
  return { organizationId: organization['id'] as string, keyId: key['id'] as string, secret: key['key'] as string, key }
}

test('nothing is answered without the operator token', async () => {
  const { api } = await startTestServer()
  for (const authorization of ['', 'Bearer ', `Bearer ${operatorToken}x`, operatorToken, `bearer ${operatorToken}`]) {
    for (const path of ['/organizations', '/nowhere', '/ledger/verify']) {
      const response = await api.request(path, { headers: { authorization } })
      expect(response.status).toBe(401)
      expect(await response.json()).toMatchObject({ error: { code: 'unauthorized' } })
    }
  }
  expect((await api.request('/organizations')).status).toBe(401)
})

test('a key works on this node the moment it is made, changed, rotated and revoked', async () => {
  const server = await startTestServer()
  const { keyId, secret, organizationId } = await accountOf(server)
  expect(server.keys.find(secret)).toMatchObject({ state: 'active', key: { id: keyId, rpm: 600, region: 'us' } })

  await server.ask('PATCH', `/keys/${keyId}`, { rpm: 5, region: 'eu' })
  expect(server.keys.find(secret)).toMatchObject({ key: { rpm: 5, region: 'eu' } })

  const rotated = (await server.ask('POST', `/keys/${keyId}/rotate`, { grace: '24h' })).json
  expect(rotated).toMatchObject({
    id: keyId,
    previousUntil: '2026-11-24T08:15:00.000Z',
    earlierSecrets: [{ prefix: secret.slice(0, 14), until: '2026-11-24T08:15:00.000Z' }],
  })
  expect([secret, rotated['key']].map((each) => server.keys.find(each).state)).toEqual(['active', 'active'])
  server.time.now += 24 * 3_600_000
  expect(server.keys.find(secret).state).toBe('expired')

  expect((await server.ask('POST', `/keys/${keyId}/revoke`)).json).toMatchObject({ state: 'revoked' })
  expect(server.keys.find(rotated['key']).state).toBe('revoked')
  expect(server.changed.map((row) => row.id)).toEqual([keyId, keyId, keyId, keyId])
  const listed = (await server.ask('GET', `/organizations/${organizationId}/keys`)).json['data']
  expect(listed).toMatchObject([{ id: keyId, state: 'revoked' }])
})

test('a revoked key stays revoked, and revoking again changes nothing', async () => {
  const server = await startTestServer()
  const { keyId } = await accountOf(server)
  const { json } = await server.ask('POST', `/keys/${keyId}/revoke`)
  server.time.now += 1_000
  expect((await server.ask('POST', `/keys/${keyId}/revoke`)).json['revokedAt']).toBe(json['revokedAt'])
  for (const [method, path] of [
    ['PATCH', ''],
    ['POST', '/rotate'],
  ] as const)
    expect(await server.ask(method, `/keys/${keyId}${path}`, {})).toMatchObject({
      status: 409,
      json: { error: { code: 'key_revoked' } },
    })
})

test('more earlier secrets than may work at once are refused with what to do, and every one told of goes on working', async () => {
  const server = await startTestServer()
  const { keyId, secret } = await accountOf(server)
  const rotate = (body: object) => server.ask('POST', `/keys/${keyId}/rotate`, body)
  const secrets = [secret]
  for (let many = 0; many < 10; many += 1) secrets.push((await rotate({ grace: '1h' })).json['key'])
  const { status, json } = await rotate({ grace: '1h' })
  expect([status, json['error'].code]).toEqual([409, 'too_many_secrets'])
  expect(json['error'].message).toContain('the first of them ends at 2026-11-23T09:15:00.000Z')
  const reopened = createKeyTable(await server.store.keys(), { now: () => server.time.now })
  for (const each of secrets)
    expect([server.keys, reopened].map((table) => table.find(each).state)).toEqual(['active', 'active'])
  const last = (await rotate({})).json['key'] as string
  expect([...secrets, last].filter((each) => server.keys.find(each).state === 'active')).toEqual([last])
})

test('of two rotations at once both callers get a secret that works', async () => {
  const server = await startTestServer()
  const { keyId } = await accountOf(server)
  const both = await Promise.all([1, 2].map(() => server.ask('POST', `/keys/${keyId}/rotate`, { grace: '1h' })))
  expect(both.map(({ json }) => server.keys.find(json['key']).state)).toEqual(['active', 'active'])
})

test('the secret of a key is in no row, log, list or error', async () => {
  const server = await startTestServer()
  const { secret, keyId, organizationId } = await accountOf(server)
  const rotated = (await server.ask('POST', `/keys/${keyId}/rotate`, {})).json['key'] as string
  const answers = await Promise.all([
    server.ask('GET', `/organizations/${organizationId}/keys`),
    server.ask('POST', `/keys/${rotated}/revoke`),
    server.ask('PATCH', `/keys/${rotated}`, { rpm: 1 }),
    server.ask('GET', `/organizations/${rotated}/balance`),
    server.ask('GET', `/receipts/${rotated}`),
    server.ask('POST', '/organizations', { name: 'x', key: rotated }),
    server.ask('POST', `/organizations/${organizationId}/keys`, { models: [rotated] }),
  ])
  const everything = JSON.stringify([answers, server.events]) + server.everythingStored()
  expect(everything).toContain(hashOf(rotated))
  for (const each of [secret, rotated]) expect(everything).not.toContain(each.slice('sk-bf-xxxxxxxx'.length))
})

test('terms of a key are kept as asked, in exact units', async () => {
  const server = await startTestServer()
  const asked = {
    name: ' ci ',
    region: 'eu',
    rpm: 1,
    tpm: 2,
    concurrency: 3,
    budget: '0.000000001/day',
    expires: '2027-01-31',
  }
  const { key, keyId } = await accountOf(server, {
    ...asked,
    models: ['models/gemini-2.5-pro', 'gpt-5.4-2026-03-05', 'gpt-5.4'],
    endpoints: ['videos.*', 'chat.completions', 'videos'],
    addresses: ['203.0.113.0/24', ' 2001:DB8::/32 ', '2001:db8::/32'],
  })
  expect(key).toMatchObject({
    name: 'ci',
    region: 'eu',
    rpm: 1,
    tpm: 2,
    concurrency: 3,
    expiresAt: '2027-01-31T00:00:00.000Z',
  })
  expect(key).toMatchObject({
    budgetNano: '1',
    budgetUsd: '0.000000001',
    budgetPeriod: 'day',
    models: ['gemini-2.5-pro', 'gpt-5.4'],
    endpoints: ['videos', 'videos.content', 'videos.retrieve', 'chat.completions'],
    addresses: ['203.0.113.0/24', '2001:db8::/32'],
  })
  const limits = { rpm: null, tpm: null, concurrency: null, budget: null }
  const cleared = { ...limits, models: null, endpoints: null, addresses: null, expires: null }
  expect((await server.ask('PATCH', `/keys/${keyId}`, cleared)).json).toMatchObject({
    name: 'ci',
    region: 'eu',
    rpm: null,
    tpm: null,
    concurrency: null,
    budgetNano: null,
    budgetPeriod: null,
    models: null,
    endpoints: null,
    addresses: null,
    expiresAt: null,
  })
})

test('a field that is unknown or wrong is refused by name, and changes nothing', async () => {
  const server = await startTestServer()
  const { keyId, organizationId } = await accountOf(server)
  const before = await server.store.keys()
  const wrong: [object, string][] = [
    [{ rmp: 5 }, 'rmp'],
    [{ budgets: '1/day' }, 'budgets'],
    ...[0, -1, 1.5, '5', 2e9].map((rpm): [object, string] => [{ rpm }, 'rpm']),
    ...['5', '5/year', '0/day', '-1/day', '1e3/day', '0.0000000001/day', '1/day/day', 5].map(
      (budget): [object, string] => [{ budget }, 'budget'],
    ),
    ...[[], ['gpt-9'], 'gpt-5.4', ['gemini-3.6-flash']].map((models): [object, string] => [{ models }, 'models']),
    ...[[], 'videos', ['video'], ['vid*'], ['*'], ['chat.*', 'nothing.*']].map((endpoints): [object, string] => [
      { endpoints },
      'endpoints',
    ]),
    ...[[], '10.0.0.1', ['10'], ['10.0.0.0/33'], ['::1%eth0'], ['::ffff:10.0.0.1'], ['example.org'], ['']].map(
      (addresses): [object, string] => [{ addresses }, 'addresses'],
    ),
    ...['2026-11-23T08:15:00Z', '2020-01-01', 'tomorrow', 5].map((expires): [object, string] => [
      { expires },
      'expires',
    ]),
    [{ region: 'mars' }, 'region'],
    [{ name: 'two\nlines' }, 'name'],
  ]
  for (const [body, field] of wrong) {
    for (const [method, path] of [
      ['PATCH', `/keys/${keyId}`],
      ['POST', `/organizations/${organizationId}/keys`],
    ] as const) {
      const { status, json } = await server.ask(method, path, body)
      expect([status, json['error'].code, json['error'].field.split('.')[0]]).toEqual([400, 'invalid_request', field])
    }
  }
  expect(await server.store.keys()).toEqual(before)
})

test('bodies that are no JSON object, or too large, are refused', async () => {
  const { api } = await startTestServer()
  const headers = { authorization: `Bearer ${operatorToken}` }
  const post = (body: string) => api.request('/organizations', { method: 'POST', headers, body })
  for (const body of ['{', '[]', '"x"', 'null', '']) expect((await post(body)).status).toBe(400)
  expect((await post(JSON.stringify({ name: 'x'.repeat(70_000) }))).status).toBe(413)
})

test('what does not exist is a 404 that says what', async () => {
  const { ask } = await startTestServer()
  for (const path of [
    '/organizations/org_x',
    '/organizations/org_x/keys',
    '/organizations/org_x/balance',
    '/organizations/org_x/usage',
  ])
    expect(await ask('GET', path)).toMatchObject({ status: 404, json: { error: { code: 'organization_not_found' } } })
  for (const path of ['keys', 'grants']) {
    const body = path === 'keys' ? {} : { usd: '1' }
    expect((await ask('POST', `/organizations/org_x/${path}`, body)).status).toBe(404)
  }
  expect((await ask('POST', '/keys/key_x/revoke')).json['error'].code).toBe('key_not_found')
  const unknown = `req_${'0'.repeat(32)}`
  expect((await ask('GET', `/receipts/${unknown}`)).json['error'].code).toBe('request_not_found')
  for (const malformed of ['req_x', unknown.slice(1), `${unknown}0`]) {
    const { status, json } = await ask('GET', `/receipts/${malformed}`)
    expect([status, json['error'].code]).toEqual([400, 'invalid_request'])
    expect(json['error'].message).toStartWith('This is no request id: those are req_ and 32 hexadecimal digits')
  }
  expect((await ask('DELETE', '/organizations')).json['error'].code).toBe('not_found')
})

test('a grant is exact, is given once per idempotency key, and never for another amount', async () => {
  const server = await startTestServer()
  const { organizationId } = await accountOf(server)
  const path = `/organizations/${organizationId}/grants`
  const grant = { usd: '25.000000001', note: 'welcome', idempotencyKey: 'k1' }
  const first = await server.ask('POST', path, grant)
  expect(first).toMatchObject({
    status: 201,
    json: { amountNano: '25000000001', amountUsd: '25.000000001', note: 'welcome' },
  })
  expect((await server.ask('POST', path, grant)).json).toEqual(first.json)
  expect(await server.ask('POST', path, { ...grant, usd: '26' })).toMatchObject({
    status: 409,
    json: { error: { code: 'idempotency_conflict' } },
  })
  expect((await server.ask('GET', `/organizations/${organizationId}/balance`)).json).toEqual({
    mode: 'test',
    balanceNano: '25000000001',
    heldNano: '0',
    reservedNano: '0',
    availableNano: '25000000001',
    availableUsd: '25.000000001',
  })
  for (const usd of ['0', '-1', '1e3', 'NaN', '', '0.0000000001', '100000000.01', 25])
    expect(await server.ask('POST', path, { usd })).toMatchObject({ status: 400, json: { error: { field: 'usd' } } })
})

test('balance, usage, receipt and verification see a request the moment it is journaled, and agree', async () => {
  const server = await startTestServer()
  const { organizationId, keyId } = await accountOf(server)
  await server.ask('POST', `/organizations/${organizationId}/grants`, { usd: '25' })
  await server.settle(settlementOf(organizationId, keyId))

  const balance = (await server.ask('GET', `/organizations/${organizationId}/balance`)).json
  expect(balance).toEqual({
    mode: 'test',
    balanceNano: '24987500000',
    heldNano: '0',
    reservedNano: '0',
    availableNano: '24987500000',
    availableUsd: '24.9875',
  })
  const usage = (await server.ask('GET', `/organizations/${organizationId}/usage?by=key&from=2026-11-23`)).json
  expect(usage).toMatchObject({
    by: 'key',
    rows: [{ group: keyId, requests: 1, inputTokens: 2000, outputTokens: 500, chargeUsd: '0.0125' }],
  })
  const receipt = (await server.ask('GET', `/receipts/${settlementOf('', '').requestId}`)).json
  expect(receipt).toMatchObject({
    organizationId,
    chargeNano: '12500000',
    chargeUsd: '0.0125',
    admittedAt: '2026-11-23T08:14:00.000Z',
  })
  expect(receipt['lines'][0]).toMatchObject({ quantity: 2000, usdPerUnit: '0.0000025', amountUsd: '0.005' })
  expect((await server.ask('GET', '/ledger/verify')).json).toMatchObject({ ok: true })
})

test('keys, credit, balances and usage are test or live as is said, and live once a real provider is configured', async () => {
  for (const [simulated, unsaid] of [
    [true, 'test'],
    [false, 'live'],
  ] as const) {
    const server = await startTestServer({ simulated })
    const { organizationId, key } = await accountOf(server)
    const path = `/organizations/${organizationId}`
    expect(key['mode']).toBe(unsaid)
    expect((await server.ask('GET', '/usual-mode')).json).toEqual({ mode: unsaid })
    for (const [mode, usd] of [
      ['test', '5'],
      ['live', '7'],
    ] as const) {
      expect((await server.ask('POST', `${path}/keys`, { mode })).json).toMatchObject({ mode })
      expect((await server.ask('POST', `${path}/grants`, { usd, mode })).json).toMatchObject({ mode })
      expect((await server.ask('GET', `${path}/balance?mode=${mode}`)).json).toMatchObject({
        mode,
        availableUsd: `${usd}.00`,
      })
      expect((await server.ask('GET', `${path}/usage?mode=${mode}`)).json).toMatchObject({ mode, rows: [] })
    }
    expect((await server.ask('POST', `${path}/grants`, { usd: '1' })).json).toMatchObject({ mode: unsaid })
    const [test_, live] = unsaid === 'test' ? ['6.00', '7.00'] : ['5.00', '8.00']
    expect((await server.ask('GET', path)).json['balances']).toMatchObject([
      { mode: 'test', availableUsd: test_ },
      { mode: 'live', availableUsd: live },
    ])
    expect((await server.ask('GET', `${path}/usage`)).json).toMatchObject({ mode: unsaid })
    const listed = (await server.ask('GET', `${path}/keys`)).json['data'] as { mode: string }[]
    expect(listed.map(({ mode }) => mode).toSorted()).toEqual(['live', 'test', unsaid].toSorted())
  }
})

test('test money and live money are not added up anywhere, and a receipt says which it is of', async () => {
  const server = await startTestServer()
  const { organizationId, keyId } = await accountOf(server)
  const live = (await server.ask('POST', `/organizations/${organizationId}/keys`, { mode: 'live' })).json[
    'id'
  ] as string
  for (const mode of ['test', 'live'])
    await server.ask('POST', `/organizations/${organizationId}/grants`, { usd: '25', mode })
  const request = settlementOf(organizationId, keyId)
  await server.settle(request)
  await server.settle({ ...request, requestId: 'req_live', keyId: live, mode: 'live' })
  for (const mode of ['test', 'live']) {
    const usage = (await server.ask('GET', `/organizations/${organizationId}/usage?mode=${mode}`)).json
    expect(usage['total']).toMatchObject({ requests: 1, chargeUsd: '0.0125' })
  }
  expect((await server.ask('GET', '/receipts/req_live')).json).toMatchObject({ mode: 'live' })
  expect((await server.ask('GET', `/receipts/${request.requestId}`)).json).toMatchObject({ mode: 'test' })
  expect((await server.ask('GET', '/ledger/verify')).json).toMatchObject({ ok: true })
})

test('a mode that is none is refused by name, and a key keeps its own for life', async () => {
  const server = await startTestServer()
  const { organizationId, keyId } = await accountOf(server)
  const path = `/organizations/${organizationId}`
  for (const [method, url, body] of [
    ['POST', `${path}/keys`, { mode: 'demo' }],
    ['POST', `${path}/grants`, { usd: '1', mode: 'demo' }],
    ['GET', `${path}/balance?mode=demo`, undefined],
    ['GET', `${path}/usage?mode=demo`, undefined],
    ['PATCH', `/keys/${keyId}`, { mode: 'live' }],
  ] as const)
    expect(await server.ask(method, url, body)).toMatchObject({ status: 400, json: { error: { field: 'mode' } } })
})

test('what is leased and idle is available; what is held is not', async () => {
  const server = await startTestServer({ credit: { idleNano: () => 400_000_000n } })
  const { organizationId, keyId } = await accountOf(server)
  await server.ask('POST', `/organizations/${organizationId}/grants`, { usd: '25' })
  const lease = { ...settlementOf(organizationId, keyId), chargeNano: '0', ratedNano: '0', lines: [] }
  await server.settle(lease)
  expect((await server.ask('GET', `/organizations/${organizationId}/balance`)).json).toEqual({
    mode: 'test',
    balanceNano: '25000000000',
    heldNano: '600000000',
    reservedNano: '0',
    availableNano: '24400000000',
    availableUsd: '24.40',
  })
})

test('a usage query that is unknown or backwards is refused by name', async () => {
  const server = await startTestServer()
  const { organizationId } = await accountOf(server)
  for (const [query, field] of [
    ['by=colour', 'by'],
    ['form=2026-11-01', 'form'],
    ['from=2026-12-01', 'from'],
    ['to=now', 'to'],
  ]) {
    const { status, json } = await server.ask('GET', `/organizations/${organizationId}/usage?${query}`)
    expect([status, json['error'].field]).toEqual([400, field])
  }
})

test('a fault of the store is a 503 that says nothing private, and the log says why', async () => {
  const server = await startTestServer({ ship: () => Promise.reject(new Error('disk is full at /secret/place')) })
  const { organizationId } = await accountOf(server)
  const { status, json } = await server.ask('GET', `/organizations/${organizationId}/balance`)
  expect([status, json['error'].code]).toEqual([503, 'unavailable'])
  expect(JSON.stringify(json)).not.toContain('secret')
  expect(server.events).toMatchObject([{ event: 'admin-failed', error: { message: 'disk is full at /secret/place' } }])
})
