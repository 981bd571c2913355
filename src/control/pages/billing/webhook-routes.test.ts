import { expect, test } from 'bun:test'
import { startTestPages } from '../test-pages.ts'

const pages = await startTestPages()
const ours = await pages.organization('Acme')
const theirs = await pages.organization('Umbrella')
const biller = pages.person('biller', { roles: { [ours]: 'billing' } })
const dev = pages.person('dev', { roles: { [ours]: 'developer' } })
const rival = pages.person('rival', { roles: { [theirs]: 'owner' } })
const path = `/api/organizations/${ours}/billing`
const hook = { url: 'https://example.org/hook', events: ['credit.low', 'key.created', 'key.revoked'] }

test('a webhook is made with a secret that is told once and stored sealed, changed, signed anew and deleted', async () => {
  const made = await biller.post(`${path}/webhooks`, hook)
  expect([made.status, made.json.state]).toEqual([201, 'enabled'])
  expect(made.json.secret).toMatch(/^whsec_[A-Za-z0-9+/]{32}$/)
  const one = `${path}/webhooks/${made.json.id}`
  expect((await biller.patch(one, { state: 'disabled' })).json).toMatchObject({
    state: 'disabled',
    disabledWhy: 'asked',
  })
  expect((await biller.patch(one, { state: 'enabled', events: ['credit.low'] })).json).toMatchObject({
    state: 'enabled',
    events: ['credit.low'],
  })
  const rotated = (await biller.post(`${one}/rotate`)).json.secret as string
  expect(rotated).not.toBe(made.json.secret)
  const listed = (await biller.get(`${path}/webhooks`)).json
  for (const secret of [made.json.secret, rotated])
    expect(JSON.stringify([listed, pages.events]) + pages.everythingStored()).not.toContain(
      secret.slice('whsec_'.length),
    )
  expect((await biller.delete(one)).status).toBe(200)
  expect((await biller.get(`${path}/webhooks`)).json.data).toEqual([])
})

test('a key that is made or revoked is told to whoever wants to know, once, and a test is delivered at once', async () => {
  const { json } = await biller.post(`${path}/webhooks`, hook)
  const one = `${path}/webhooks/${json.id}`
  const key = await dev.post(`/api/organizations/${ours}/keys`, { mode: 'test', name: 'ci' })
  const revoke = `/api/organizations/${ours}/keys/${key.json.id}/revoke`
  await dev.post(revoke)
  await dev.post(revoke)
  const tested = await biller.post(`${one}/test`)
  expect(tested).toMatchObject({ status: 202, json: { event: 'webhook.test', state: 'pending' } })
  const { data } = (await biller.get(`${one}/deliveries`)).json
  expect(data.map(({ event }: { event: string }) => event)).toEqual(['webhook.test', 'key.revoked', 'key.created'])
  expect(JSON.parse(data[2].payload)).toMatchObject({ type: 'key.created', data: { keyId: key.json.id, name: 'ci' } })
  expect(JSON.stringify(data)).not.toContain(key.json.key)
  expect((await biller.post(`${one}/deliveries/${data[1].id}/resend`)).json).toMatchObject({ state: 'pending' })
  expect((await biller.get(`${one}/deliveries?before=${data[1].id}`)).json.data).toHaveLength(1)
  await biller.delete(one)
})

test('what cannot be a webhook is refused by name, and ten there may be', async () => {
  for (const [body, field] of [
    [{ ...hook, url: 'http://example.org/' }, 'url'],
    [{ ...hook, url: 'ftp://example.org/' }, 'url'],
    [{ ...hook, url: 'https://a:b@example.org/' }, 'url'],
    [{ ...hook, url: 'https://exa mple.org/' }, 'url'],
    [{ ...hook, url: `https://example.org/${'x'.repeat(1_000)}` }, 'url'],
    [{ ...hook, events: [] }, 'events'],
    [{ ...hook, events: ['everything'] }, 'events.0'],
    [{ ...hook, extra: 1 }, 'extra'],
  ] as const)
    expect((await biller.post(`${path}/webhooks`, body)).json.error).toMatchObject({ code: 'invalid_request', field })
  const ids: string[] = []
  for (let many = 0; many < 10; many += 1) ids.push((await biller.post(`${path}/webhooks`, hook)).json.id)
  expect((await biller.post(`${path}/webhooks`, hook)).json.error.code).toBe('too_many_webhooks')
  for (const id of ids) await biller.delete(`${path}/webhooks/${id}`)
})

test('the alert for low credit is set of each mode and taken away', async () => {
  const { json } = await biller.patch(`${path}/alerts`, { mode: 'live', usd: '10.00' })
  expect(json.data).toEqual([
    { mode: 'test', thresholdNano: null, thresholdUsd: null, isBelow: false },
    { mode: 'live', thresholdNano: '10000000000', thresholdUsd: '10.00', isBelow: false },
  ])
  expect((await biller.patch(`${path}/alerts`, { mode: 'live', usd: '-1' })).json.error.field).toBe('usd')
  await biller.patch(`${path}/alerts`, { mode: 'live', usd: null })
  expect((await biller.get(`${path}/alerts`)).json.data[1].thresholdNano).toBeNull()
})

test('another organization’s webhook is not there, and whoever does not keep the books sees none', async () => {
  const { json } = await biller.post(`${path}/webhooks`, hook)
  const there = `/api/organizations/${theirs}/billing/webhooks/${json.id}`
  for (const refused of [
    await rival.patch(there, { state: 'disabled' }),
    await rival.post(`${there}/rotate`),
    await rival.post(`${there}/test`),
    await rival.get(`${there}/deliveries`),
    await rival.delete(there),
  ])
    expect([refused.status, refused.json.error.code]).toEqual([404, 'webhook_not_found'])
  expect((await dev.get(`${path}/webhooks`)).json.error.code).toBe('permission_missing')
  expect((await dev.patch(`${path}/alerts`, { mode: 'live', usd: '1' })).json.error.code).toBe('permission_missing')
})
