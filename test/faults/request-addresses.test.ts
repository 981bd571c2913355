/** Clients by their addresses: where they are named, and what an address that tries keys is told. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { eventually } from '../support/eventually.ts'
import type { Account } from '../support/mart.ts'
import { freePort, startServer, type Server } from '../support/start-server.ts'
import * as ways from './request-support.ts'

setDefaultTimeout(ways.startMsMax)

const wrongKeysPerMinute = 5
let server: Server
let customer: Account
let metricsPort: number
beforeAll(async () => {
  metricsPort = await freePort()
  const file = {
    server: { trustedProxies: ['127.0.0.0/8'], upstreamConnectionsMax: 1, address: { wrongKeysPerMinute } },
    metrics: { port: metricsPort },
  }
  server = await startServer(ways.configured(JSON.stringify(file)))
  customer = await ways.openPurse(server, '10', { concurrency: null })
})
afterAll(() => server?.stop())

/** As the proxy on this machine passes it on. */
const askAs = (address: string, key: string, way: ways.Way, sandbox = ''): Promise<ways.Taken> =>
  ways.taken(
    fetch(`${server.baseUrl}${way.path}`, {
      method: 'POST',
      headers: {
        ...ways.keyHeader(way.dialect, key),
        'content-type': 'application/json',
        'x-forwarded-for': `6.6.6.6, ${address}`,
        'x-sandbox': sandbox,
      },
      body: JSON.stringify(way.bodyOf('What is a river?', {})),
    }),
  )
const lines = (): Record<string, unknown>[] =>
  server
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
const lineOf = (requestId: string): Promise<Record<string, unknown>> =>
  eventually(
    () => Promise.resolve(lines().find((line) => line['requestId'] === requestId) ?? null),
    5_000,
    () => `there is no line of ${requestId}`,
  )

test('the log names the client that a trusted proxy names, and nothing else does: no receipt, no metric, no file', async () => {
  const address = '203.0.113.77'
  const got = await askAs(address, customer.key, ways.chat)
  const refused = await askAs(address, 'sk-bf-none', ways.generate)
  expect(got.status).toBe(200)
  for (const { requestId } of [got, refused]) expect((await lineOf(requestId))['address']).toBe(address)
  const receipt = await ways.settledOf(server, customer, got.requestId)
  const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
  expect(JSON.stringify(receipt) + metrics).not.toContain(address)
  const files = readdirSync(server.dataDir, { recursive: true, withFileTypes: true }).filter((file) => file.isFile())
  for (const { parentPath, name } of files)
    expect(readFileSync(join(parentPath, name), 'latin1').includes(address), name).toBe(false)
})

describe('an address that tries keys', () => {
  for (const [way, address] of [
    [ways.chat, '203.0.113.1'],
    [ways.generate, '2001:db8::1'],
  ] as const)
    test(`is told to come later, in words and with the time, and a good key works from there: ${way.dialect}`, async () => {
      const all: ways.Taken[] = []
      for (let nth = 0; nth <= wrongKeysPerMinute; nth += 1) all.push(await askAs(address, `sk-bf-${nth}`, way))
      const wrong = way.dialect === 'openai' ? 401 : 400
      expect(all.map(({ status }) => status)).toEqual([...Array.from({ length: wrongKeysPerMinute }, () => wrong), 429])
      const last = all.at(-1)!
      expect(last.text).toMatch(/too_many_wrong_keys|TOO_MANY_WRONG_KEYS/)
      expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0)
      expect((await askAs(address, customer.key, way)).status).toBe(200)
      expect((await askAs('203.0.113.2', 'sk-bf-other', way)).status).toBe(wrong)
    })

  test('has one line for many, which names it, and is counted', async () => {
    const told = lines().filter(({ event, why }) => event === 'refused' && why === 'wrong-keys')
    expect(told[0]).toMatchObject({ level: 'info', count: 1, address: '203.0.113.1' })
    expect(lines().filter(({ failure }) => failure === 'too_many_wrong_keys')).toEqual([])
    const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
    expect(metrics).toContain('mart_refused_total{reason="wrong-keys"} 2')
    expect(metrics).toMatch(/mart_requests_total\{[^}]*failure="too_many_wrong_keys"[^}]*\} 1/)
  })
})

test('a call for which there is no connection left is a 503 that owes nothing, and the next one is served', async () => {
  const before = await ways.balanceOf(server, customer)
  const slow = askAs('203.0.113.3', customer.key, ways.chat, 'latency_ms=2000')
  await eventually(
    async () => ((await ways.balanceOf(server, customer)).heldNano > 0n ? true : null),
    5_000,
    () => 'the slow request has not begun',
  )
  const refused = await askAs('203.0.113.4', customer.key, ways.chat)
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1'])
  expect(refused.text).toContain('"code":"overloaded"')
  expect((await slow).status).toBe(200)
  const receipt = await ways.settledOf(server, customer, refused.requestId)
  expect([receipt.chargeNano, receipt.attempts[0]!.error]).toEqual(['0', 'no room for a connection'])
  expect((await askAs('203.0.113.4', customer.key, ways.chat)).status).toBe(200)
  expect((await ways.balanceOf(server, customer)).balanceNano).toBeLessThan(before.balanceNano)
})
