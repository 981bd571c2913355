import { expect, test } from 'bun:test'
import { startTestPages } from '../test-pages.ts'

const pages = await startTestPages()
const ours = await pages.organization('Acme')
const theirs = await pages.organization('Umbrella')
const dev = pages.person('dev', { roles: { [ours]: 'developer' } })
const viewer = pages.person('viewer', { roles: { [ours]: 'viewer' } })
const rival = pages.person('rival', { roles: { [theirs]: 'owner' } })
const olga = pages.person('olga', { isOperator: true })
const path = `/api/organizations/${ours}/service-requests`

test('a member asks, an operator answers with a note, and the member sees it, by their names', async () => {
  const key = await dev.post(`/api/organizations/${ours}/keys`, { mode: 'test' })
  const made = await dev.post(path, { kind: 'raise-limit', keyId: key.json.id, limits: { rpm: 5000 } })
  expect([made.status, made.json.state, made.json.madeBy]).toEqual([201, 'open', 'dev'])
  const listed = await olga.get('/api/operator/service-requests?state=open')
  expect(listed.json.data.map(({ id }: { id: string }) => id)).toEqual([made.json.id])
  const answered = await olga.post(`/api/operator/service-requests/${made.json.id}/approve`, { note: 'enjoy' })
  expect(answered.json).toMatchObject({ state: 'approved', answeredBy: 'olga', key: null })
  expect((await viewer.get(path)).json.data).toMatchObject([{ id: made.json.id, note: 'enjoy', answeredBy: 'olga' }])
  expect(pages.keys.find(key.json.key)).toMatchObject({ key: { rpm: 5000 } })
  const actions = (await pages.store.audit({ organizationId: ours, from: null, to: null, beforeId: null, max: 2 })).map(
    ({ action, actor }) => [action, actor.name],
  )
  expect(actions).toEqual([
    ['service-request.approved', 'olga'],
    ['key.changed', 'olga'],
  ])
})

test('a request of another organization is neither seen nor withdrawn, and whoever may only look asks for nothing', async () => {
  const { json } = await dev.post(path, { kind: 'other', message: 'an invoice, please' })
  const at = `/api/organizations/${theirs}/service-requests/${json.id}/withdraw`
  expect((await rival.post(at)).json.error.code).toBe('service_request_not_found')
  expect((await rival.get(`/api/organizations/${theirs}/service-requests`)).json.data).toEqual([])
  expect((await viewer.post(path, { kind: 'other', message: 'hi' })).json.error.code).toBe('permission_missing')
  expect((await viewer.post(`${path}/${json.id}/withdraw`)).json.error.code).toBe('permission_missing')
  expect((await dev.post(`/api/operator/service-requests/${json.id}/approve`)).json.error.code).toBe(
    'permission_missing',
  )
  expect((await dev.post(`${path}/${json.id}/withdraw`)).json.state).toBe('withdrawn')
})

test('an operator declines with a word to whoever asked', async () => {
  const { json } = await dev.post(path, { kind: 'other', message: 'a discount' })
  const at = `/api/operator/service-requests/${json.id}/decline`
  expect((await olga.post(at, {})).json.error).toMatchObject({ code: 'invalid_request', field: 'note' })
  expect((await olga.post(at, { note: 'not this year' })).json).toMatchObject({
    state: 'declined',
    note: 'not this year',
  })
})
