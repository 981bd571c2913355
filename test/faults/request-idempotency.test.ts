/**
 * Calls that are repeated with the same `Idempotency-Key`, because their answer was lost: paid once. The sandbox's
 * count is the witness of what was done.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { eventually } from '../support/eventually.ts'
import type { Account } from '../support/mart.ts'
import { startServer, type Server } from '../support/start-server.ts'
import {
  ask,
  balanceOf,
  chat,
  chatModel,
  chatStream,
  costsNothing,
  detailOf,
  embed,
  envelopeOf,
  expectClosedBooks,
  factsOf,
  generate,
  geminiModel,
  nanoOf,
  openPurse,
  operate,
  servedOf,
  servedCount,
  settledOf,
  startMsMax,
  streamedWays,
  taken,
  ways,
  withModel,
  type Taken,
  type Way,
} from './request-support.ts'

setDefaultTimeout(startMsMax)

const grantedNano = 1_000_000_000n
let server: Server
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server?.stop())

const open = (): Promise<Account> => openPurse(server, '1.00', { concurrency: 64 })
const keyed = (key: string) => ({ headers: { 'idempotency-key': key } })
const reasonOf = (got: Taken, way: Way): string => {
  const error = envelopeOf(got, way.dialect)
  return way.dialect === 'openai' ? String(error.code) : detailOf(error, 'ErrorInfo')!.reason!.toLowerCase()
}

/** The refusal of a repeat: what the first one was charged, where its receipt is, and nothing that invites a retry. */
async function expectUsed(got: Taken, way: Way, account: Account, firstId: string): Promise<void> {
  expect([got.status, reasonOf(got, way)]).toEqual([409, 'idempotency_key_used'])
  expect(got.headers.get('x-should-retry')).toBe('false')
  expect(got.headers.get('retry-after')).toBeNull()
  const { chargeNano } = await settledOf(server, account, firstId)
  const facts = factsOf(envelopeOf(got, way.dialect), way)
  expect(facts).toMatchObject({ first_request_id: firstId, receipt: `/v1/receipts/${firstId}` })
  expect(nanoOf(facts['charge_usd']).toString()).toBe(chargeNano)
  expect(got.requestId).not.toBe(firstId)
}

describe('a call that was answered and is repeated with its key is charged once, and reaches no upstream again', () => {
  for (const way of [...ways, embed])
    test(way.name, async () => {
      const account = await open()
      const first = await taken(ask(server, account.key, way, keyed('order-4711')))
      expect(first.status).toBe(200)
      const again = () => taken(ask(server, account.key, way, keyed('order-4711')))
      const refused = await costsNothing(server, account, again)
      await expectUsed(refused, way, account, first.requestId)
      await expectUsed(await again(), way, account, first.requestId)
      expect(await servedOf(server, refused.requestId)).toEqual([])
      const receipt = await settledOf(server, account, first.requestId)
      expect(receipt).not.toHaveProperty('idempotency')
      await expectClosedBooks(server, account, grantedNano, [receipt])
    })
})

describe('a call that is repeated while the first is under way is asked to come again, and is told then', () => {
  for (const way of [chat, chatStream, generate])
    test(way.name, async () => {
      const account = await open()
      const before = await servedCount(server)
      const first = taken(ask(server, account.key, way, { ...keyed('k'), sandbox: 'latency_ms=600' }))
      await eventually(
        async () => ((await balanceOf(server, account)).heldNano > 0n ? true : null),
        10_000,
        () => 'nothing is held',
      )
      const second = await taken(ask(server, account.key, way, keyed('k')))
      expect([second.status, reasonOf(second, way)]).toEqual([409, 'idempotency_key_in_use'])
      expect(second.headers.get('x-should-retry')).toBe('true')
      expect(Number(second.headers.get('retry-after-ms'))).toBeGreaterThan(0)
      const { requestId } = await first
      expect(factsOf(envelopeOf(second, way.dialect), way)).toMatchObject({ first_request_id: requestId })
      await expectUsed(await taken(ask(server, account.key, way, keyed('k'))), way, account, requestId)
      expect(await servedCount(server)).toBe(before + 1)
    })
})

test('of thirty at once with one key one is served, and the others are refused for nothing', async () => {
  const account = await open()
  const before = await servedCount(server)
  const all = await Promise.all(
    Array.from({ length: 30 }, () =>
      taken(ask(server, account.key, chat, { ...keyed('k'), sandbox: 'latency_ms=50' })),
    ),
  )
  const served = all.filter(({ status }) => status === 200)
  expect(served).toHaveLength(1)
  expect(all.filter(({ status }) => status === 409)).toHaveLength(29)
  expect(await servedCount(server)).toBe(before + 1)
  await expectClosedBooks(server, account, grantedNano, [await settledOf(server, account, served[0]!.requestId)])
})

describe('a client that left mid-stream and repeats is refused, with the charge of what it was sent', () => {
  for (const way of streamedWays)
    test(way.name, async () => {
      const account = await open()
      const leave = new AbortController()
      const asking = { ...keyed('k'), sandbox: 'tokens=200 chunk_ms=20', signal: leave.signal }
      const response = await ask(server, account.key, way, asking)
      const reader = response.body!.getReader()
      for (let chunk = 0; chunk < 3; chunk += 1) await reader.read()
      leave.abort()
      const firstId = response.headers.get('x-request-id')!
      const receipt = await settledOf(server, account, firstId)
      expect(BigInt(receipt.chargeNano)).toBeGreaterThan(0n)
      const again = await costsNothing(server, account, () => taken(ask(server, account.key, way, keyed('k'))))
      await expectUsed(again, way, account, firstId)
      await expectClosedBooks(server, account, grantedNano, [receipt])
    })
})

describe('a call that was not served leaves its key free, and the repeat is served', () => {
  const unserved: readonly (readonly [string, number, (key: string) => Promise<Taken>])[] = [
    ['its body was no JSON', 400, (key) => taken(post(key, '{'))],
    ['its body was too deep', 400, (key) => taken(post(key, '['.repeat(100_000)))],
    ['its model is none', 404, (key) => taken(ask(server, key, withModel(chat, 'gpt-99'), keyed('k')))],
    ['it has a field that is wrong', 400, (key) => taken(ask(server, key, chat, { ...keyed('k'), fields: { n: 0 } }))],
    ['the upstream refused it', 400, (key) => taken(ask(server, key, chat, { ...keyed('k'), sandbox: 'status=400' }))],
    ['the upstream failed', 503, (key) => taken(ask(server, key, chat, { ...keyed('k'), sandbox: 'status=500' }))],
    ['the upstream hung up', 503, (key) => taken(ask(server, key, chat, { ...keyed('k'), sandbox: 'reset_after=0' }))],
    [
      'its stream never began',
      503,
      (key) => taken(ask(server, key, chatStream, { ...keyed('k'), sandbox: 'status=500' })),
    ],
    ['its client left before there was an answer', 0, (key) => left(key)],
  ]
  const post = (key: string, body: string): Promise<Response> =>
    fetch(`${server.baseUrl}${chat.path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, ...keyed('k').headers },
      body,
    })
  const left = async (key: string): Promise<Taken> => {
    const leave = new AbortController()
    const asking = taken(ask(server, key, chat, { ...keyed('k'), sandbox: 'latency_ms=20000', signal: leave.signal }))
    setTimeout(() => leave.abort(), 300)
    return asking
  }
  for (const [name, status, asked] of unserved)
    test(name, async () => {
      const account = await open()
      const first = await asked(account.key)
      expect(first.status).toBe(status)
      const again = await servedAtLast(account)
      await expectUsed(await taken(ask(server, account.key, chat, keyed('k'))), chat, account, again.requestId)
      await expectClosedBooks(server, account, grantedNano, [await settledOf(server, account, again.requestId)])
    })

  test('there was no credit', async () => {
    const account = await openPurse(server, null, { concurrency: 64 })
    expect((await taken(ask(server, account.key, chat, keyed('k')))).status).toBe(429)
    await operate(server, 'POST', `/organizations/${account.organizationId}/grants`, { usd: '1.00' })
    expect((await servedAtLast(account)).status).toBe(200)
  })

  /** A client that left is noticed a moment later, and what failed is settled behind its answer. */
  const servedAtLast = (account: Account): Promise<Taken> =>
    eventually(
      async () => {
        const got = await taken(ask(server, account.key, chat, keyed('k')))
        if (got.status === 409) expect(reasonOf(got, chat)).toBe('idempotency_key_in_use')
        return got.status === 200 ? got : null
      },
      10_000,
      () => 'the key stays in use',
    )
})

describe('the key of one call that comes with another one is refused, and names the first', () => {
  const others: readonly (readonly [string, Way, string])[] = [
    ['another prompt', chat, 'What is a lake?'],
    ['the same prompt as a stream', chatStream, 'What is a river?'],
    ['another endpoint', embed, 'What is a river?'],
    ['the other dialect', generate, 'What is a river?'],
  ]
  for (const [name, way, prompt] of others)
    test(name, async () => {
      const account = await open()
      const first = await taken(ask(server, account.key, chat, keyed('k')))
      const asked = () => taken(ask(server, account.key, way, { ...keyed('k'), prompt }))
      const other = await costsNothing(server, account, asked)
      expect([other.status, reasonOf(other, way)]).toEqual([
        way.dialect === 'openai' ? 422 : 400,
        'idempotency_key_reused',
      ])
      expect(factsOf(envelopeOf(other, way.dialect), way)).toMatchObject({ first_request_id: first.requestId })
    })
})

test('the same key is another one for another organization, and the same for another key of the organization', async () => {
  const [account, stranger] = [await open(), await open()]
  const first = await taken(ask(server, account.key, chat, keyed('k')))
  expect((await taken(ask(server, stranger.key, chat, keyed('k')))).status).toBe(200)
  const path = `/organizations/${account.organizationId}/keys`
  const { key } = await operate<{ key: string }>(server, 'POST', path, {})
  await expectUsed(await taken(ask(server, key, chat, keyed('k'))), chat, account, first.requestId)
})

describe('a key that is none costs nothing, and the refusal names the header and what is allowed', () => {
  for (const value of ['', 'two words', 'x'.repeat(256)])
    for (const way of [chat, generate])
      test(`${way.name}: ${JSON.stringify(value.slice(0, 20))}`, async () => {
        const account = await open()
        const got = await costsNothing(server, account, () => taken(ask(server, account.key, way, keyed(value))))
        expect(got.status).toBe(400)
        expect(envelopeOf(got, way.dialect).message).toContain('Idempotency-Key must be 1 to 255 visible ASCII')
      })
})

test('what is free ignores the key: counting tokens and listing models', async () => {
  const account = await open()
  const count = { ...withModel(generate, geminiModel), path: generate.path.replace('generateContent', 'countTokens') }
  for (let time = 0; time < 2; time += 1) {
    expect((await taken(ask(server, account.key, count, keyed('k')))).status).toBe(200)
    const headers = { authorization: `Bearer ${account.key}`, ...keyed('not allowed').headers }
    expect((await fetch(`${server.baseUrl}/v1/models`, { headers })).status).toBe(200)
  }
  expect((await taken(ask(server, account.key, chat, keyed('k')))).status).toBe(200)
})

test('a large call is told apart by its whole body, and a repeat is refused', async () => {
  const account = await open()
  const prompt = 'word '.repeat(60_000)
  const options = { ...keyed('k'), prompt, outputTokens: 5 }
  const first = await taken(ask(server, account.key, withModel(chat, chatModel), options))
  expect(first.status).toBe(200)
  await expectUsed(await taken(ask(server, account.key, chat, options)), chat, account, first.requestId)
  const other = await taken(ask(server, account.key, chat, { ...options, outputTokens: 6 }))
  expect([other.status, reasonOf(other, chat)]).toEqual([422, 'idempotency_key_reused'])
})
