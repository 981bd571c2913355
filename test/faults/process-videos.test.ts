/**
 * Videos outlive the process that began them: over a restart and over `kill -9` each is charged once, whether or not
 * its client ever asks again. The sandbox outlives the gateway, and its count is the judge.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { eventually } from '../support/eventually.ts'
import type { Account } from '../support/mart.ts'
import { receiptOf } from '../support/receipt.ts'
import { startServer, type Server } from '../support/start-server.ts'
import * as support from './process-support.ts'
import { openPurse, operate, sandboxJson, startMsMax } from './request-support.ts'

let server: Server
let account: Account
beforeAll(async () => {
  server = await startServer()
  account = await openPurse(server, grantedUsd, { concurrency: 100 })
}, startMsMax)
afterAll(() => server.stop())

const grantedUsd = '100.00'
const grantedNano = 100_000_000_000n
/** By the list: $0.10 a second. */
const secondNano = 100_000_000n

type Created = { readonly requestId: string; readonly id: string }

async function create(seconds: string, sandbox: string): Promise<Created> {
  const form = new FormData()
  for (const [name, value] of Object.entries({ model: 'sora-2', prompt: 'A cat', size: '1280x720', seconds }))
    form.append(name, value)
  const headers = { authorization: `Bearer ${account.key}`, 'x-sandbox': sandbox }
  const answer = await fetch(`${server.baseUrl}/v1/videos`, { method: 'POST', headers, body: form })
  const { id } = (await answer.json()) as { id: string }
  expect([answer.status, id]).toEqual([200, expect.stringMatching(/^video_/)])
  return { requestId: answer.headers.get('x-request-id')!, id }
}

type Balance = { readonly balanceNano: string; readonly heldNano: string; readonly reservedNano: string }
const balance = (): Promise<Balance> =>
  operate<Balance>(server, 'GET', `/organizations/${account.organizationId}/balance?mode=test`)

/** The balance, once nothing is reserved any more. */
const whenEnded = (): Promise<Balance> =>
  eventually(
    async () => {
      const now = await balance()
      return now.reservedNano === '0' ? now : null
    },
    60_000,
    () => 'videos stay reserved',
  )
const secondsServed = async (): Promise<number> =>
  (await sandboxJson<{ byModel: Record<string, { videoSeconds: number }> }>(server, '/count')).byModel['sora-2']
    ?.videoSeconds ?? 0

test('fifty videos in progress, the gateway killed and started again: each ends once, for what the sandbox made', async () => {
  const asked = Array.from({ length: 50 }, (_, at) => ({
    seconds: ['4', '8', '12'][at % 3]!,
    sandbox: at % 5 === 4 ? 'job_ms=4000 job=failed' : 'job_ms=4000',
  }))
  const created = await Promise.all(asked.map(({ seconds, sandbox }) => create(seconds, sandbox)))
  expect(BigInt((await balance()).reservedNano)).toBe(
    asked.reduce((sum, { seconds }) => sum + BigInt(seconds) * secondNano, 0n),
  )
  await server.kill('SIGKILL')
  await server.restart()
  const { balanceNano, heldNano } = await whenEnded()
  const expected = asked.reduce(
    (sum, { seconds, sandbox }) => sum + (sandbox.includes('failed') ? 0 : Number(seconds)),
    0,
  )
  expect(await secondsServed()).toBe(expected)
  expect({ balanceNano: BigInt(balanceNano), heldNano }).toEqual({
    balanceNano: grantedNano - BigInt(expected) * secondNano,
    heldNano: '0',
  })
  for (const [at, { requestId }] of created.entries()) {
    const isFailed = asked[at]!.sandbox.includes('failed')
    const receipt = await receiptOf(server.baseUrl, account.key, requestId)
    expect(receipt).toMatchObject({
      endpoint: 'videos',
      ending: isFailed ? 'upstream-failed' : 'completed',
      chargeNano: isFailed ? '0' : String(BigInt(asked[at]!.seconds) * secondNano),
    })
  }
  expect(await support.ledgerFaults(server)).toEqual([])
}, 120_000)

test('killed between the upstream’s answer and the journal, nothing is charged, and an alert names the request', async () => {
  const before = await balance()
  const servedBefore = await secondsServed()
  const lost = create('8', 'job_ms=0 latency_ms=5000').catch(() => 'lost')
  await eventually(
    async () => ((await secondsServed()) > servedBefore ? true : null),
    10_000,
    () => 'the sandbox makes no video',
  )
  await server.kill('SIGKILL')
  expect(await lost).toBe('lost')
  await server.restart()
  const [, requestId] = /"create-in-doubt","requestId":"(req_\w+)"/.exec(server.output()) ?? []
  expect(requestId).toMatch(/^req_/)
  expect(await receiptOf(server.baseUrl, account.key, requestId!)).toMatchObject({
    ending: 'in-doubt',
    chargeNano: '0',
  })
  expect(await balance()).toEqual(before)
  expect(await support.ledgerFaults(server)).toEqual([])
}, 60_000)
