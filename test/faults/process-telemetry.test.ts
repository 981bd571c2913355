/** What an operator sees of a running gateway: metrics on their own port, traces at a collector, one log event per request, and no prompt or secret in any of them. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { createServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { eventually } from '../support/eventually.ts'
import * as ways from './request-support.ts'
import * as up from './upstream-support.ts'

const prompt = 'the secret plan of the customer'
const noticedMsMax = 10_000
const collected: string[] = []
let collector: HttpServer
let metricsUrl: string
let fleet: up.Fleet
const asked: ways.Taken[] = []

beforeAll(async () => {
  collector = createServer((request, response) => {
    request.setEncoding('utf8')
    request.on('data', (text: string) => collected.push(text))
    request.on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'))
  })
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve))
  const port = await freePort()
  metricsUrl = `http://127.0.0.1:${port}/metrics`
  fleet = await up.startFleet(
    [
      { pose: 'openai', account: 'first' },
      { pose: 'openai', account: 'spare', more: { priority: 1 } },
    ],
    { metrics: { port }, tracing: { endpoint: `http://127.0.0.1:${(collector.address() as AddressInfo).port}` } },
  )
  await up.break_(fleet.server, { pose: 'openai', account: 'first' }, { quota: true })
  for (const way of [up.chat, up.chatStream]) asked.push(await up.asked(fleet, way, { prompt }))
  asked.push(await up.asked(fleet, ways.withModel(up.chat, 'no-such-model'), { prompt }))
}, ways.startMsMax)
afterAll(async () => {
  await fleet.server.stop()
  collector.close()
})

const expectNoSecret = (text: string): void => {
  for (const secret of [prompt, fleet.customer.key, 'key-first', 'key-spare']) expect(text).not.toContain(secret)
}

test('metrics count requests, attempts, tokens, charges and alerts', async () => {
  const text = await (await fetch(metricsUrl)).text()
  const value = (pattern: RegExp): number => Number(pattern.exec(text)?.[1] ?? Number.NaN)
  expect(value(/^mart_requests_total\{[^}]*status="2xx"[^}]*\} (\d+)/m)).toBe(2)
  expect(value(/^mart_upstream_attempts_total\{[^}]*deployment="spare"[^}]*outcome="ok"[^}]*\} (\d+)/m)).toBe(2)
  expect(value(/^mart_upstream_alerts_total\{[^}]*event="upstream-out-of-quota"[^}]*\} (\d+)/m)).toBe(1)
  expect(text).toContain('mart_deployment_state{')
  const receipts = await Promise.all(
    asked.slice(0, 2).map(({ requestId }) => ways.settledOf(fleet.server, fleet.customer, requestId)),
  )
  const charged = ways.chargesOf(receipts)
  expect(value(/^mart_charged_nano_usd_total\{[^}]*\} (\d+)/m)).toBe(Number(charged))
  expectNoSecret(text)
  expect((await fetch(`${fleet.server.baseUrl}/metrics`)).status).toBe(404)
})

test('a trace has a span for the request and one for each attempt', async () => {
  const spans = (): Promise<true | null> =>
    Promise.resolve(/"first"/.test(collected.join('')) && /"spare"/.test(collected.join('')) ? true : null)
  await eventually(spans, noticedMsMax, () => `the collector got ${collected.join('').slice(0, 500)}`)
  const all = collected.join('')
  for (const name of [`chat ${up.openaiModel}`, 'gen_ai.usage.input_tokens', 'mart.charge_usd', 'mart.request_id'])
    expect(all).toContain(name)
  expectNoSecret(all)
})

test('the log has one event for each request, and an alert for whoever pays the provider', () => {
  const lines = fleet.server
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
  const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  const requests = events.filter(({ event }) => event === 'request')
  expect(requests.map(({ requestId }) => requestId)).toEqual(asked.map(({ requestId }) => requestId))
  expect(requests.map(({ status, attempts, failure }) => ({ status, attempts, failure }))).toEqual([
    { status: 200, attempts: 2, failure: null },
    { status: 200, attempts: 1, failure: null },
    { status: 404, attempts: 0, failure: 'model_not_found' },
  ])
  expect(events.filter(({ event }) => event === 'upstream-out-of-quota')).toMatchObject([
    { level: 'error', deployment: 'first' },
  ])
  expectNoSecret(fleet.server.output())
})

function freePort(): Promise<number> {
  const probe = createServer()
  return new Promise((resolve) => {
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })
}
