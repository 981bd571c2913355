/** What a customer's scripts ask of their own account, with their key: to the nano what the ledger has, and nobody else's. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { formatUsd } from '../../src/lib/amounts.ts'
import type { Account } from '../support/mart.ts'
import { startServer, type Server } from '../support/start-server.ts'
import * as ways from './request-support.ts'

let server: Server
let ours: Account
let theirs: Account
beforeAll(async () => {
  server = await startServer()
  ours = await ways.openPurse(server, '10.000000001', { concurrency: null })
  theirs = await ways.openPurse(server, '3', { concurrency: null })
}, ways.startMsMax)
afterAll(() => server.stop())

type Answer = { readonly status: number; readonly text: string }

async function get(path: string, { key }: Account): Promise<Answer> {
  const response = await fetch(server.baseUrl + path, { headers: { authorization: `Bearer ${key}` } })
  return { status: response.status, text: await response.text() }
}

type Report = {
  readonly mode: string
  readonly rows: readonly { readonly group: string; readonly name: string | null; readonly chargeNano: string }[]
  readonly total: { readonly requests: number; readonly chargeNano: string }
}
const reportOf = async (query: string, account: Account): Promise<Report> =>
  JSON.parse((await get(`/v1/usage${query}`, account)).text) as Report

test('credit given, used and left are what the ledger has, digit by digit', async () => {
  const asked = await Promise.all(
    [...ways.ways, ways.embed].map((way) => ways.taken(ways.ask(server, ours.key, way, { outputTokens: 40 }))),
  )
  const receipts = await Promise.all(asked.map(({ requestId }) => ways.settledOf(server, ours, requestId)))
  const used = ways.chargesOf(receipts)
  expect(used).toBeGreaterThan(0n)
  const left = formatUsd(10_000_000_001n - used)
  const { text } = await get('/v1/credits', ours)
  expect(text).toBe(
    `{"data":{"total_credits":10.000000001,"total_usage":${formatUsd(used)},"available_usd":"${left}","mode":"test"}}`,
  )
  const byModel = await reportOf('', ours)
  expect(byModel.total).toMatchObject({ requests: asked.length, chargeNano: String(used) })
  expect(byModel.rows.reduce((sum, { chargeNano }) => sum + BigInt(chargeNano), 0n)).toBe(used)
  const byKey = await reportOf('?by=key', ours)
  expect(byKey.rows).toMatchObject([{ chargeNano: String(used), name: expect.any(String) }])
})

test('what others were given and used is nobody else’s to know', async () => {
  const { text } = await get('/v1/credits', theirs)
  expect(text).toBe('{"data":{"total_credits":3.00,"total_usage":0.00,"available_usd":"3.00","mode":"test"}}')
  expect(await reportOf(`?by=day`, theirs)).toMatchObject({ mode: 'test', total: { requests: 0, chargeNano: '0' } })
})

test('whose accounts served is not told, and what is asked for wrongly is refused by its name', async () => {
  const refusals: readonly (readonly [query: string, param: string])[] = [
    ['?by=upstream', 'by'],
    ['?by=organization', 'by'],
    ['?from=yesterday', 'from'],
    ['?from=2026-02-01&to=2026-01-01', 'from'],
    ['?from=1970-01-01&to=2200-01-01&by=day', 'from'],
    ['?organizationId=org_other', 'organizationId'],
  ]
  for (const [query, param] of refusals) {
    const { status, text } = await get(`/v1/usage${query}`, ours)
    expect(status, query).toBe(400)
    expect(JSON.parse(text), query).toMatchObject({ error: { param, type: 'invalid_request_error' } })
    if (param === 'by') expect(text).toContain("'by' must be one of model, key, region, endpoint, day.")
  }
  expect((await get('/v1/credits', { ...ours, key: 'sk-bf-00000000-0000-0000-0000-000000000000' })).status).toBe(401)
})
