import { expect, test } from 'bun:test'
import { recordText } from '../../store/settlement-text.ts'
import { endOf, reservationOf } from '../../store/store-fixtures.ts'
import { startTestServer } from '../test-server.ts'

async function serverWithJobs() {
  const server = await startTestServer()
  const { store } = server
  const of = async (name: string) => (await server.ask('POST', '/organizations', { name })).json['id'] as string
  const organizationId = await of('Acme')
  await server.ask('POST', `/organizations/${organizationId}/grants`, { usd: '1' })
  const node = await store.openNode('jobs')
  await store.leaseCredit({ ...node, organizationId, mode: 'test', wantTotalNano: 1_000n })
  const at = server.time.now
  const job = (requestId: string, admittedAt: number) =>
    reservationOf(
      '300',
      { requestId, organizationId, mode: 'test', admittedAt },
      { kind: 'video', resourceId: `video of ${requestId}` },
    )
  const [first, second] = [job('r1', at - 2), job('r2', at - 1)]
  const ends = endOf(first, '200')
  const entries = [
    { kind: 'reserve', epoch: node.epoch, reservation: first },
    { kind: 'reserve', epoch: node.epoch, reservation: second },
    { ...ends, epoch: node.epoch },
  ] as const
  const records = entries.map((entry, index) => recordText({ ...entry, seq: index + 1 })).join('\n')
  await store.applyJournal({ ...node, fromSeq: 0, toSeq: entries.length, records })
  return { server, organizationId, other: await of('Other') }
}

const made = (organizationId: string, kind: 'video' | 'file', id: string) => ({
  organizationId,
  mode: 'test' as const,
  kind,
  id,
  keyId: 'key-1',
  provider: 'sandbox',
  region: 'us',
  deployment: 'none',
  upstreamId: id,
  model: null,
  requestId: null,
  parent: null,
  labels: {},
  createdAt: 1,
  expiresAt: null,
})

test('jobs are listed with what is set aside, what was charged and what their provider told last, and nobody else sees them', async () => {
  const { server, organizationId, other } = await serverWithJobs()
  const object = JSON.stringify({ status: 'in_progress', progress: 40, size: '720x1280', seconds: '4' })
  await server.store.createResource({ ...made(organizationId, 'video', 'video of r2'), object })
  const list = async (query = '', of = organizationId) =>
    (await server.ask('GET', `/organizations/${of}/jobs${query}`)).json
  const told = { status: 'in_progress', progress: 40, size: '720x1280', seconds: '4', isThere: true }
  const untold = { status: null, progress: null, isThere: false, nextCheckAt: null }
  const open = { requestId: 'r2', state: 'open', reservedNano: '300', chargeNano: null, ending: null, ...told }
  const settled = {
    requestId: 'r1',
    state: 'settled',
    reservedNano: '0',
    heldNano: '300',
    chargeNano: '200',
    ...untold,
  }
  expect(await list()).toMatchObject({ data: [open, settled], hasMore: false })
  expect(await list('?limit=1')).toMatchObject({ data: [open], hasMore: true })
  expect(await list('?after=r2&state=settled')).toMatchObject({ data: [settled] })
  expect([await list('?mode=live'), await list('', other)]).toEqual([1, 2].map(() => ({ data: [], hasMore: false })))
  for (const query of ['?after=r3', '?limit=0', '?limit=101', '?state=done', '?colour=red'])
    expect(await list(query)).toMatchObject({ error: { code: 'invalid_request' } })
  expect(await list('?after=r2', other)).toMatchObject({ error: { field: 'after' } })
})

test('files are listed by what they are called, and nobody else sees them', async () => {
  const { server, organizationId, other } = await serverWithJobs()
  const object = JSON.stringify({ filename: 'a.pdf', bytes: 12 })
  await server.store.createResource({
    ...made(organizationId, 'file', 'file-1'),
    labels: { purpose: 'user_data' },
    object,
  })
  const list = async (of: string) => (await server.ask('GET', `/organizations/${of}/files`)).json
  const file = { id: 'file-1', purpose: 'user_data', filename: 'a.pdf', bytes: 12, region: 'us', expiresAt: null }
  expect(await list(organizationId)).toMatchObject({ data: [file], hasMore: false })
  expect(await list(other)).toEqual({ data: [], hasMore: false })
})

test('a pass works as its key does, is stored nowhere, and ends with any change of the key', async () => {
  const server = await startTestServer()
  const organization = (await server.ask('POST', '/organizations', { name: 'Acme' })).json['id'] as string
  const key = (await server.ask('POST', `/organizations/${organization}/keys`, {})).json['id'] as string
  const { status, json } = await server.ask('POST', `/keys/${key}/passes`)
  expect([status, json['until']]).toEqual([201, '2026-11-23T08:25:00.000Z'])
  expect(server.keys.find(json['secret'])).toMatchObject({ state: 'active', key: { id: key } })
  expect(server.everythingStored()).not.toContain(json['secret'])
  await server.ask('PATCH', `/keys/${key}`, { rpm: 5 })
  expect(server.keys.find(json['secret']).state).toBe('unknown')
  await server.ask('POST', `/keys/${key}/revoke`)
  expect((await server.ask('POST', `/keys/${key}/passes`)).json['error'].code).toBe('key_revoked')
  expect((await server.ask('POST', '/keys/key_x/passes')).json['error'].code).toBe('key_not_found')
})
