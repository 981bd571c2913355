import { expect, test } from 'bun:test'
import { insideAdmin } from '../inside-admin.ts'
import { startTestServer } from '../test-server.ts'

const passed = { ok: true, status: 200, fault: null, words: null, ms: 5 } as const
const server = await startTestServer({
  reload: () => ({ ok: true, changed: true, needRestart: [] }),
  testDeployment: () => Promise.resolve(passed as never),
})
const { api, ask, store } = server

const everything = { organizationId: null, from: null, to: null, beforeId: null, max: 1_000 }
const asker = async (name: string): Promise<{ id: string; authorization: string }> => {
  const { json } = await ask('POST', '/tokens', { name })
  return { id: json.id as string, authorization: `Bearer ${json.token}` }
}
const made = async () => {
  const organization = (await ask('POST', '/organizations', { name: 'Acme' })).json.id as string
  await ask('POST', `/organizations/${organization}/grants`, { usd: '5', mode: 'test' })
  const key = (await ask('POST', `/organizations/${organization}/keys`, { name: 'k' })).json
  const token = (await ask('POST', '/tokens', { name: 'other' })).json
  const { json } = await ask('GET', '/deployments')
  return {
    organization,
    key: key.id as string,
    token: token.id as string,
    deployment: json.data[0].id as string,
  }
}
const hook = { url: 'https://example.org/hook', events: ['key.created'] }
/** Service requests of an organization, and a webhook with a delivery. */
async function requests(organization: string) {
  const asked = await Promise.all(
    [1, 2, 3].map((many) =>
      ask('POST', `/organizations/${organization}/service-requests`, { kind: 'other', message: `${many}` }),
    ),
  )
  const [first, second, third] = asked.map((each) => each.json.id as string) as [string, string, string]
  const webhook = (await ask('POST', `/organizations/${organization}/webhooks`, hook)).json.id as string
  const delivery = (await ask('POST', `/webhooks/${webhook}/test`)).json.id as string
  return { first, second, third, webhook, delivery }
}
type Made = Awaited<ReturnType<typeof made>> & Awaited<ReturnType<typeof requests>>

/** What each route that changes something is asked, and what the log says of it. */
const changes: Readonly<Record<string, readonly [of: keyof Made | null, body: object, action: string]>> = {
  'POST /organizations': [null, { name: 'Beta' }, 'organization.created'],
  'PATCH /organizations/:id': ['organization', { name: 'Gamma' }, 'organization.renamed'],
  'POST /organizations/:id/suspend': ['organization', { why: 'unpaid' }, 'organization.suspended'],
  'POST /organizations/:id/views': ['organization', {}, 'organization.viewed'],
  'POST /organizations/:id/resume': ['organization', {}, 'organization.resumed'],
  'POST /organizations/:id/keys': ['organization', { name: 'new' }, 'key.created'],
  'POST /organizations/:id/grants': ['organization', { usd: '1', mode: 'test' }, 'credit.granted'],
  'POST /organizations/:id/revocations': ['organization', { usd: '1', mode: 'test' }, 'credit.revoked'],
  'PATCH /keys/:id': ['key', { rpm: 7 }, 'key.changed'],
  'POST /keys/:id/rotate': ['key', {}, 'key.rotated'],
  'POST /keys/:id/passes': ['key', {}, 'key.lent'],
  'POST /keys/:id/revoke': ['key', {}, 'key.revoked'],
  'POST /organizations/:id/service-requests': [
    'organization',
    { kind: 'other', message: 'hi' },
    'service-request.made',
  ],
  'POST /service-requests/:id/approve': ['first', {}, 'service-request.approved'],
  'POST /service-requests/:id/decline': ['second', { note: 'no' }, 'service-request.declined'],
  'POST /service-requests/:id/withdraw': ['third', {}, 'service-request.withdrawn'],
  'POST /organizations/:id/webhooks': ['organization', hook, 'webhook.created'],
  'PATCH /webhooks/:id': ['webhook', { state: 'disabled' }, 'webhook.changed'],
  'POST /webhooks/:id/rotate': ['webhook', {}, 'webhook.rotated'],
  'POST /webhooks/:id/test': ['webhook', {}, 'webhook.tested'],
  'POST /webhooks/:id/deliveries/:delivery/resend': ['webhook', {}, 'webhook.resent'],
  'DELETE /webhooks/:id': ['webhook', {}, 'webhook.deleted'],
  'PATCH /organizations/:id/credit-alerts': ['organization', { usd: '5', mode: 'test' }, 'credit-alert.set'],
  'POST /tokens': [null, { name: 'one more' }, 'token.created'],
  'POST /tokens/:id/revoke': ['token', {}, 'token.revoked'],
  'POST /deployments/:id/drain': ['deployment', {}, 'deployment.drained'],
  'POST /deployments/:id/resume': ['deployment', {}, 'deployment.resumed'],
  'POST /deployments/:id/test': ['deployment', {}, 'deployment.tested'],
  'POST /config/reload': [null, {}, 'configuration.reloaded'],
}
/** There are no losses to accept here: `audit-contract.ts` has it. Proving the ledger changes nothing, and passes end by what is in the log. */
const elsewhere = ['POST /ledger/accepted-losses', 'POST /ledger/verification', 'POST /passes/end']
/** What changes people is in their own log, in the same words. */
const changesOfPeople: typeof changes = {
  'POST /organizations/:id/invitations': [
    'organization',
    { email: 'bob@example.com', role: 'owner' },
    'invitation.link-made',
  ],
  'POST /people/operator-link': [null, {}, 'operator.link-made'],
  'POST /people/password-link': [null, { email: 'ann@example.com' }, 'password.link-made'],
}

test('every route of the admin API that changes something is in the audit log as whoever asked it', async () => {
  const routes = api.routes.filter(({ method }) => !['GET', 'ALL'].includes(method))
  const names = [...new Set(routes.map(({ method, path }) => `${method} ${path}`))]
  const all = { ...changes, ...changesOfPeople }
  expect(names.toSorted()).toEqual([...Object.keys(all), ...elsewhere].toSorted())
  const basic = await made()
  const ids: Made = { ...basic, ...(await requests(basic.organization)) }
  await ask('POST', `/organizations/${ids.organization}/suspend`)
  await ask('POST', `/organizations/${ids.organization}/resume`)
  server.people.addPerson({ name: 'Ann', email: 'ann@example.com', isVerified: true, passwordHash: 'none' }, 1)
  for (const [name, [of, body, action]] of Object.entries(all)) {
    const { id, authorization } = await asker(name)
    const [method, path] = name.split(' ') as [string, string]
    const url = path.replace(':id', of === null ? '' : ids[of]).replace(':delivery', ids.delivery)
    const answer = await api.request(url, { method, headers: { authorization }, body: JSON.stringify(body) })
    expect([name, answer.status < 300]).toEqual([name, true])
    const log = name in changesOfPeople ? server.people : store
    const [entry] = await log.audit({ ...everything, max: 1 })
    expect([name, entry!.action, entry!.actor]).toEqual([name, action, { kind: 'token', id, name }])
  }
})

test('no secret is ever in the audit log, nor the hash of one', async () => {
  const ids = await made()
  const secrets = [
    (await ask('POST', `/organizations/${ids.organization}/keys`, { name: 'k' })).json.key,
    (await ask('POST', `/keys/${ids.key}/rotate`, { grace: '1h' })).json.key,
    (await ask('POST', '/tokens', { name: 't' })).json.token,
  ] as string[]
  const hashes = (await store.keys(ids.organization)).flatMap(({ hash, replaced }) => [
    hash,
    ...replaced.map((each) => each.hash),
  ])
  const text = JSON.stringify(await store.audit(everything))
  for (const secret of [...secrets, ...hashes]) expect(text).not.toContain(secret.slice(16))
})

test('what is asked from inside is in the log as the person it is asked for', async () => {
  const { organization } = await made()
  const actor = { kind: 'person', id: 'per_1', name: 'Ann' } as const
  await insideAdmin(api)({ method: 'PATCH', path: `/organizations/${organization}`, body: { name: 'By Ann' }, actor })
  const { json } = await ask('GET', `/audit?organization=${organization}&max=1`)
  expect(json.data[0]).toMatchObject({
    actor,
    action: 'organization.renamed',
    before: { name: 'Acme' },
    after: { name: 'By Ann' },
    organizationId: organization,
    at: '2026-11-23T08:15:00.000Z',
  })
  expect(json.next).toBe(json.data[0].id)
  const rest = await ask('GET', `/audit?organization=${organization}&before=${json.next}`)
  expect(rest.json.data.map(({ action }: Record<string, string>) => action)).toEqual([
    'key.created',
    'credit.granted',
    'organization.created',
  ])
  expect(rest.json.next).toBeNull()
})

test('the log is asked for within limits, and only with the scope that lists tokens', async () => {
  const fields = await Promise.all(
    ['max=1001', 'max=0', 'before=x', 'from=soon', 'organisation=x'].map(async (query) => {
      const { status, json } = await ask('GET', `/audit?${query}`)
      return [status, json.error.field]
    }),
  )
  expect(fields).toEqual([
    [400, 'max'],
    [400, 'max'],
    [400, 'before'],
    [400, 'from'],
    [400, 'organisation'],
  ])
  expect((await ask('GET', '/audit?organization=org_none')).json.error.code).toBe('organization_not_found')
  const { json } = await ask('POST', '/tokens', { name: 'reader', scopes: ['read'] })
  const answer = await api.request('/audit', { headers: { authorization: `Bearer ${json.token}` } })
  expect(answer.status).toBe(403)
})
