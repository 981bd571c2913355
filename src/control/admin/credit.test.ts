import { expect, test } from 'bun:test'
import { batchOf, reservationOf } from '../../store/store-fixtures.ts'
import { settlementOf, startTestServer } from '../test-server.ts'

type Server = Awaited<ReturnType<typeof startTestServer>>

async function granted(server: Server, usd: string) {
  const id = (await server.ask('POST', '/organizations', { name: 'Acme' })).json['id'] as string
  await server.ask('POST', `/organizations/${id}/grants`, { usd, mode: 'live' })
  return { id, path: `/organizations/${id}` }
}
const liveBalance = async (server: Server, path: string) =>
  (await server.ask('GET', `${path}/balance?mode=live`)).json['availableUsd'] as string

test('credit is revoked exactly, once per idempotency key, and the ledger still adds up', async () => {
  const server = await startTestServer()
  const { id, path } = await granted(server, '25')
  const ask = { usd: '5.000000001', mode: 'live', note: 'slip', idempotencyKey: 'r1' }
  const first = await server.ask('POST', `${path}/revocations`, ask)
  expect(first).toMatchObject({
    status: 201,
    json: { organizationId: id, mode: 'live', amountNano: '5000000001', amountUsd: '5.000000001', note: 'slip' },
  })
  expect(first.json['reversals']).toMatchObject([{ amountNano: '5000000001' }])
  expect((await server.ask('POST', `${path}/revocations`, ask)).json).toEqual(first.json)
  expect(await server.ask('POST', `${path}/revocations`, { ...ask, usd: '6' })).toMatchObject({
    status: 409,
    json: { error: { code: 'idempotency_conflict' } },
  })
  expect(await liveBalance(server, path)).toBe('19.999999999')
  expect((await server.ask('GET', '/ledger/verify')).json).toMatchObject({ ok: true })
})

test('more than is unspent is refused with how much there is, and changes nothing', async () => {
  const server = await startTestServer()
  const { id, path } = await granted(server, '25')
  const key = (await server.ask('POST', `${path}/keys`, { mode: 'live' })).json
  await server.settle({ ...settlementOf(id, key['id'] as string), mode: 'live' })
  const { status, json } = await server.ask('POST', `${path}/revocations`, { usd: '25', mode: 'live' })
  expect([status, json['error'].code]).toEqual([409, 'not_enough_unspent'])
  expect(json['error'].message).toContain('Only $24.00 of live credit is unspent')
  const other = await server.ask('POST', `${path}/revocations`, { usd: '1', mode: 'test' })
  expect(other.json['error'].message).toContain('Only $0.00 of test credit')
  expect(await liveBalance(server, path)).toBe('24.9875')
  expect((await server.ask('POST', `${path}/revocations`, { usd: '24', mode: 'live' })).status).toBe(201)
  expect((await server.ask('GET', '/ledger/verify')).json).toMatchObject({ ok: true })
})

test('what is asked to be revoked is checked by name', async () => {
  const server = await startTestServer()
  const { path } = await granted(server, '25')
  for (const usd of ['0', '-1', '1e3', '', '0.0000000001', 25])
    expect(await server.ask('POST', `${path}/revocations`, { usd })).toMatchObject({
      status: 400,
      json: { error: { field: 'usd' } },
    })
  expect((await server.ask('POST', '/organizations/org_x/revocations', { usd: '1' })).json['error'].code).toBe(
    'organization_not_found',
  )
})

test('what is reserved is told beside what is held and available, in balances and as a receipt that says so', async () => {
  const server = await startTestServer()
  const { id, path } = await granted(server, '25')
  const of = { organizationId: id, mode: 'live' } as const
  const node = await server.store.openNode('another')
  await server.store.leaseCredit({ ...node, ...of, wantTotalNano: 1_200_000_000n })
  const reservation = reservationOf('1200000000', { requestId: 'req_video', ...of })
  await server.store.applyJournal(batchOf(node, 0, [{ kind: 'reserve', epoch: 1, reservation }]))
  const reserved = {
    mode: 'live',
    balanceNano: '25000000000',
    heldNano: '0',
    reservedNano: '1200000000',
    availableNano: '23800000000',
    availableUsd: '23.80',
  }
  expect((await server.ask('GET', `${path}/balance?mode=live`)).json).toEqual(reserved)
  expect((await server.ask('GET', path)).json['balances']).toContainEqual(reserved)
  const receipt = { ending: 'reserved', holdNano: '1200000000', chargeNano: '0', lines: [] }
  expect((await server.ask('GET', '/receipts/req_video')).json).toMatchObject(receipt)
  const usage = await server.ask('GET', `${path}/usage?mode=live&from=2026-11-23&to=2026-11-24`)
  expect(usage.json['total']).toMatchObject({ requests: 1, chargeNano: '0' })
})
