/**
 * Credit that is revoked while requests spend it: what was granted is what was charged, revoked and is left, to the
 * nano, and what was charged is what the sandbox counted. Nobody is served on money that is not there any more.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { formatUsd } from '../../src/lib/amounts.ts'
import { mart, runMart } from '../support/mart.ts'
import { startServer, type Server } from '../support/start-server.ts'
import {
  ask,
  balanceOf,
  chargesOf,
  chat,
  chatStream,
  costNano,
  generate,
  generateStream,
  nanoOf,
  openPurse,
  operate,
  servedOf,
  settledOf,
  startMsMax,
  taken,
  usdOf,
  type Taken,
} from './request-support.ts'

setDefaultTimeout(startMsMax)

let server: Server
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server?.stop())

type Revoked = { readonly amountNano: string }
/** What was revoked, in nano-USD: the amount, or nothing. */
const revoke = (organizationId: string, usd: string): Promise<bigint> =>
  operate<Revoked>(server, 'POST', `/organizations/${organizationId}/revocations`, { usd }).then(
    ({ amountNano }) => BigInt(amountNano),
    (error: unknown) => {
      expect(String(error)).toContain('not_enough_unspent')
      return 0n
    },
  )

test('revocations among requests under way overdraw nothing and lose nothing, by the sandbox’s own count', async () => {
  const grantedNano = 600_000_000n
  const account = await openPurse(server, usdOf(grantedNano), { concurrency: null })
  const ways = [chat, chatStream, generate, generateStream]
  const answers: Taken[] = []
  let revokedNano = 0n
  let isOver = false
  const client = async (index: number): Promise<void> => {
    for (let turn = index; !isOver; turn += 1) {
      const way = ways[turn % ways.length]!
      answers.push(
        await taken(ask(server, account.key, way, { outputTokens: 200, sandbox: 'tokens=60 latency_ms=20' })),
      )
    }
  }
  const operator = async (): Promise<void> => {
    for (let turn = 0; turn < 60; turn += 1)
      revokedNano += await revoke(account.organizationId, usdOf(BigInt(1 + ((turn * 7_919_777) % 30_000_000))))
    // At last all that is left is taken while requests are under way, and what these then ask for is refused.
    for (let left = 1n; left > 0n && revokedNano < grantedNano;) {
      left = (await balanceOf(server, account)).availableNano
      if (left > 0n) revokedNano += await revoke(account.organizationId, usdOf(left))
    }
    isOver = true
  }
  await Promise.all([operator(), ...Array.from({ length: 8 }, (_, index) => client(index))])

  const served = answers.filter(({ status }) => status === 200)
  expect(served.length).toBeGreaterThan(20)
  expect(answers.filter(({ broke }) => broke)).toEqual([])
  expect(
    [...new Set(answers.map(({ status }) => status))].filter((status) => status !== 200 && status !== 429),
  ).toEqual([])
  const receipts = await Promise.all(served.map(({ requestId }) => settledOf(server, account, requestId)))
  let countedNano = 0n
  for (const { requestId, model } of receipts) {
    const [count, ...more] = await servedOf(server, requestId)
    expect(more).toEqual([])
    countedNano += costNano(model, count!.usage)
  }
  expect(chargesOf(receipts)).toBe(countedNano)
  expect(receipts.filter(({ writeOffNano }) => writeOffNano !== '0')).toEqual([])
  expect(revokedNano).toBeGreaterThan(0n)
  expect((await balanceOf(server, account)).balanceNano).toBe(grantedNano - revokedNano - countedNano)
  expect((await runMart(server, ['ledger', 'verify'])).stdout).toContain('The ledger adds up.')
})

test('what is leased and idle is revoked to the last nano at once, and what a request holds is not', async () => {
  const account = await openPurse(server, '1.00', { concurrency: null })
  const slow = ask(server, account.key, chatStream, { outputTokens: 100, sandbox: 'tokens=12 chunk_ms=500' })
  const response = await slow
  const { heldNano, availableNano } = await balanceOf(server, account)
  expect(heldNano).toBeGreaterThan(0n)
  const tooMuch = await runMart(server, ['credit', 'revoke', '--org', account.organizationId, '--usd', '1.00'])
  expect(tooMuch.code).toBe(1)
  expect(tooMuch.stderr).toContain(`Only $${formatUsd(availableNano)} of test credit`)
  const all = ['--org', account.organizationId, '--usd', usdOf(availableNano), '--note', 'all that nobody holds']
  const revoked = await mart<{ amountUsd: string }>(server, ['credit', 'revoke', ...all, '--idempotency-key', 'all'])
  expect(nanoOf(revoked.amountUsd)).toBe(availableNano)
  expect((await taken(ask(server, account.key, chat, { outputTokens: 4_000 }))).status).toBe(429)
  const got = await taken(response)
  expect([got.status, got.broke]).toEqual([200, false])
  const receipt = await settledOf(server, account, got.requestId)
  expect((await balanceOf(server, account)).balanceNano).toBe(heldNano - BigInt(receipt.chargeNano))
})
