/**
 * Calls that are repeated with the same `Idempotency-Key`, because their answer was lost: paid once, and answered again.
 * The sandbox's count is the witness of what was done.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'bun:test'
import { eventually } from '../support/eventually.ts'
import type { Account } from '../support/mart.ts'
import { expectReplay, keyed, reasonOf, takenRaw } from './replay-support.ts'
import {
  ask,
  balanceOf,
  chat,
  chatModel,
  chatStream,
  costsNothing,
  embed,
  envelopeOf,
  expectClosedBooks,
  factsOf,
  generate,
  generateArray,
  geminiModel,
  oneServer,
  openPurse,
  operate,
  recordsOf,
  servedOf,
  servedCount,
  settledOf,
  streamedWays,
  taken,
  ways,
  withModel,
  type Taken,
  type Way,
} from './request-support.ts'

const grantedNano = 1_000_000_000n
const server = oneServer()

const open = (): Promise<Account> => openPurse(server(), '1.00', { concurrency: 64 })
const heldNow = (account: Account): Promise<true> =>
  eventually(
    async () => ((await balanceOf(server(), account)).heldNano > 0n ? true : null),
    10_000,
    () => 'nothing is held',
  )

describe('a call that was answered and is repeated with its key is given the same bytes, is charged once, and reaches no upstream again', () => {
  for (const way of [...ways, embed])
    test(way.name, async () => {
      const account = await open()
      const first = await taken(ask(server(), account.key, way, keyed('order-4711')))
      expect(first.status).toBe(200)
      const again = () => taken(ask(server(), account.key, way, keyed('order-4711')))
      const replayed = await costsNothing(server(), account, again)
      expectReplay(replayed, first)
      expectReplay(await again(), first)
      expect(await servedOf(server(), replayed.requestId)).toEqual([])
      const receipt = await settledOf(server(), account, first.requestId)
      expect(receipt).not.toHaveProperty('idempotency')
      await expectClosedBooks(server(), account, grantedNano, [receipt])
    })
})

describe('a call that is repeated while the first is under way waits for it, and is given its answer', () => {
  for (const way of [chat, chatStream, generate, ...streamedWays.slice(1)])
    test(way.name, async () => {
      const account = await open()
      const before = await servedCount(server())
      const first = taken(ask(server(), account.key, way, { ...keyed('k'), sandbox: 'latency_ms=600' }))
      await heldNow(account)
      const second = await taken(ask(server(), account.key, way, keyed('k')))
      expectReplay(second, await first)
      expect(await servedCount(server())).toBe(before + 1)
      await expectClosedBooks(server(), account, grantedNano, [
        await settledOf(server(), account, (await first).requestId),
      ])
    })
})

test('of thirty at once with one key one is served, and the others are given its answer for nothing', async () => {
  const account = await open()
  const before = await servedCount(server())
  const all = await Promise.all(
    Array.from({ length: 30 }, () =>
      taken(ask(server(), account.key, chat, { ...keyed('k'), sandbox: 'latency_ms=50' })),
    ),
  )
  const [first, ...others] = all.filter(({ headers }) => headers.get('idempotent-replayed') === null)
  expect(others).toEqual([])
  for (const one of all) if (one !== first) expectReplay(one, first!)
  expect(await servedCount(server())).toBe(before + 1)
  await expectClosedBooks(server(), account, grantedNano, [await settledOf(server(), account, first!.requestId)])
})

test('of thirty at once whose first fails one after the other is tried, until one is served, and each key is charged once', async () => {
  const account = await open()
  const failing = ask(server(), account.key, chat, { ...keyed('k'), sandbox: 'latency_ms=400 status=500' })
  await heldNow(account)
  const all = Array.from({ length: 29 }, () => taken(ask(server(), account.key, chat, keyed('k'))))
  // They ask for something else than the first, by a header alone: the call is the same.
  expect((await taken(failing)).status).toBe(503)
  const got = await Promise.all(all)
  const [served, ...others] = got.filter(({ headers }) => headers.get('idempotent-replayed') === null)
  expect([served!.status, others]).toEqual([200, []])
  for (const one of got) if (one !== served) expectReplay(one, served!)
  await expectClosedBooks(server(), account, grantedNano, [await settledOf(server(), account, served!.requestId)])
})

test('more than 32 do not wait for one key: they are asked to come again, and are answered then', async () => {
  const account = await open()
  const first = taken(ask(server(), account.key, chat, { ...keyed('k'), sandbox: 'latency_ms=1500' }))
  await heldNow(account)
  const all = await Promise.all(Array.from({ length: 40 }, () => taken(ask(server(), account.key, chat, keyed('k')))))
  const asked = all.filter(({ status }) => status === 409)
  expect(asked).toHaveLength(8)
  for (const one of asked) {
    expect(reasonOf(one, chat)).toBe('idempotency_key_in_use')
    expect(one.headers.get('x-should-retry')).toBe('true')
    expect(Number(one.headers.get('retry-after-ms'))).toBeGreaterThan(0)
  }
  expectReplay(await taken(ask(server(), account.key, chat, keyed('k'))), await first)
})

test('who waits counts as a request at once, and counts no more once its client has left', async () => {
  const account = await openPurse(server(), '1.00', { concurrency: 3 })
  const first = taken(ask(server(), account.key, chat, { ...keyed('k'), sandbox: 'latency_ms=1500' }))
  await heldNow(account)
  const leave = new AbortController()
  const second = taken(ask(server(), account.key, chat, { ...keyed('k'), signal: leave.signal }))
  const third = taken(ask(server(), account.key, chat, keyed('k')))
  const other = () => taken(ask(server(), account.key, chat, keyed('other')))
  await eventually(
    async () => ((await other()).status === 429 ? true : null),
    5_000,
    () => 'a fourth is served',
  )
  leave.abort()
  expect((await second).status).toBe(0)
  await eventually(
    async () => ((await other()).status === 200 ? true : null),
    1_000,
    () => 'the place of who left is not free',
  )
  expectReplay(await third, await first)
})

test('who has waited is looked at again: a key that was revoked meanwhile is given nothing, and nothing is served for it', async () => {
  const account = await open()
  const path = `/organizations/${account.organizationId}/keys`
  const other = await operate<{ id: string; key: string }>(server(), 'POST', path, { concurrency: 1 })
  const first = taken(ask(server(), account.key, chat, { ...keyed('k'), sandbox: 'latency_ms=1500 status=500' }))
  await heldNow(account)
  const waiting = taken(ask(server(), other.key, chat, keyed('k')))
  await eventually(
    async () => ((await taken(ask(server(), other.key, chat, keyed('other')))).status === 429 ? true : null),
    1_000,
    () => 'nobody waits',
  )
  await operate(server(), 'POST', `/keys/${other.id}/revoke`)
  expect((await first).status).toBe(503)
  const refused = await waiting
  expect([refused.status, reasonOf(refused, chat)]).toEqual([401, 'invalid_api_key'])
  // Its claim came to nothing.
  expect((await taken(ask(server(), account.key, chat, keyed('k')))).status).toBe(200)
})

describe('a client that left mid-stream and repeats is given the whole answer, which was read on for it, and is charged once', () => {
  for (const way of streamedWays)
    test(way.name, async () => {
      const account = await open()
      const leave = new AbortController()
      const asking = { ...keyed('k'), sandbox: 'tokens=100 chunk_ms=10', signal: leave.signal }
      const response = await ask(server(), account.key, way, asking)
      const beginning = await leaveBehind(response, leave, 3)
      const firstId = response.headers.get('x-request-id')!
      // It is being read on: the repeat waits for that.
      const again = await taken(ask(server(), account.key, way, keyed('k')))
      const [served] = await servedOf(server(), firstId)
      expect(served!.complete).toBe(true)
      expect(again.headers.get('original-request')).toBe(firstId)
      expect(again.text.startsWith(beginning)).toBe(true)
      expect(recordsOf(again.text, way).length).toBeGreaterThan(40)
      expect(again.text).toContain(way.dialect === 'openai' ? '"finish_reason":"stop"' : '"finishReason":"STOP"')
      if (way === chatStream) expect(again.text.trimEnd().endsWith('data: [DONE]')).toBe(true)
      const receipt = await settledOf(server(), account, firstId)
      expect(BigInt(receipt.chargeNano)).toBeGreaterThan(0n)
      await expectClosedBooks(server(), account, grantedNano, [receipt])
    })
})

/** Takes so many pieces of an answer, leaves, and gives what came. */
async function leaveBehind(response: Response, leave: AbortController, pieces: number): Promise<string> {
  const reader = response.body!.getReader()
  const came: (Uint8Array | undefined)[] = []
  for (let piece = 0; piece < pieces; piece += 1) came.push((await reader.read()).value)
  leave.abort()
  return Buffer.concat(came.map((piece) => piece ?? new Uint8Array())).toString()
}

describe('a stream that failed behind its beginning is charged for that, and its repeat is given the same beginning and the same end', () => {
  for (const way of streamedWays)
    test(way.name, async () => {
      const account = await open()
      const first = await takenRaw(server(), account.key, way, {
        'idempotency-key': 'k',
        'x-sandbox': 'tokens=50 reset_after=20',
      })
      expect([first.status, first.broke]).toEqual([200, way === generateArray])
      const receipt = await settledOf(server(), account, first.requestId)
      expect(receipt.ending).toBe('upstream-failed')
      expect(BigInt(receipt.chargeNano)).toBeGreaterThan(0n)
      const again = await costsNothing(server(), account, () =>
        takenRaw(server(), account.key, way, { 'idempotency-key': 'k' }),
      )
      expectReplay(again, first)
      expect(again.text.length).toBeGreaterThan(1_000)
      await expectClosedBooks(server(), account, grantedNano, [receipt])
    })
})

test('what is kept of an answer is a file that only its owner reads, named for its request; nothing of it is in the log', async () => {
  const account = await open()
  const prompt = 'Say exactly: xylophone-4711'
  const first = await taken(ask(server(), account.key, chat, { ...keyed('secret-key-4711'), prompt }))
  await taken(ask(server(), account.key, chat, { ...keyed('secret-key-4711'), prompt }))
  const folder = join(server().dataDir, 'answers')
  expect(readdirSync(folder)).toContain(first.requestId)
  const kept = readFileSync(join(folder, first.requestId), 'utf8')
  expect(kept).toContain(first.text)
  for (const word of [account.key, account.organizationId, 'secret-key-4711']) expect(kept).not.toContain(word)
  for (const word of ['xylophone', 'secret-key-4711', first.text]) expect(server().output()).not.toContain(word)
})

test('what came without a key is not kept', async () => {
  const account = await open()
  const { requestId } = await taken(ask(server(), account.key, chat))
  await settledOf(server(), account, requestId)
  expect(readdirSync(join(server().dataDir, 'answers'))).not.toContain(requestId)
})

describe('a call that was not served leaves its key free, and the repeat is served', () => {
  const unserved: readonly (readonly [string, number, (key: string) => Promise<Taken>])[] = [
    ['its body was no JSON', 400, (key) => taken(post(key, '{'))],
    ['its body was too deep', 400, (key) => taken(post(key, '['.repeat(100_000)))],
    ['its model is none', 404, (key) => taken(ask(server(), key, withModel(chat, 'gpt-99'), keyed('k')))],
    [
      'it has a field that is wrong',
      400,
      (key) => taken(ask(server(), key, chat, { ...keyed('k'), fields: { n: 0 } })),
    ],
    [
      'the upstream refused it',
      400,
      (key) => taken(ask(server(), key, chat, { ...keyed('k'), sandbox: 'status=400' })),
    ],
    ['the upstream failed', 503, (key) => taken(ask(server(), key, chat, { ...keyed('k'), sandbox: 'status=500' }))],
    [
      'the upstream hung up',
      503,
      (key) => taken(ask(server(), key, chat, { ...keyed('k'), sandbox: 'reset_after=0' })),
    ],
    [
      'its stream never began',
      503,
      (key) => taken(ask(server(), key, chatStream, { ...keyed('k'), sandbox: 'status=500' })),
    ],
    ['its client left before there was an answer', 0, (key) => left(key)],
  ]
  const post = (key: string, body: string): Promise<Response> =>
    fetch(`${server().baseUrl}${chat.path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, ...keyed('k').headers },
      body,
    })
  const left = async (key: string): Promise<Taken> => {
    const leave = new AbortController()
    const asking = taken(ask(server(), key, chat, { ...keyed('k'), sandbox: 'latency_ms=20000', signal: leave.signal }))
    setTimeout(() => leave.abort(), 300)
    return asking
  }
  for (const [name, status, asked] of unserved)
    test(name, async () => {
      const account = await open()
      const first = await asked(account.key)
      expect(first.status).toBe(status)
      const again = await served(account)
      expectReplay(await taken(ask(server(), account.key, chat, keyed('k'))), again)
      await expectClosedBooks(server(), account, grantedNano, [await settledOf(server(), account, again.requestId)])
    })

  test('there was no credit', async () => {
    const account = await openPurse(server(), null, { concurrency: 64 })
    expect((await taken(ask(server(), account.key, chat, keyed('k')))).status).toBe(429)
    await operate(server(), 'POST', `/organizations/${account.organizationId}/grants`, { usd: '1.00' })
    await served(account)
  })

  /** A client that left is noticed a moment later, and what failed is settled behind its answer: the repeat waits for that. */
  const served = async (account: Account): Promise<Taken> => {
    const got = await taken(ask(server(), account.key, chat, keyed('k')))
    expect([got.status, got.headers.get('idempotent-replayed')]).toEqual([200, null])
    return got
  }
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
      const first = await taken(ask(server(), account.key, chat, keyed('k')))
      const asked = () => taken(ask(server(), account.key, way, { ...keyed('k'), prompt }))
      const other = await costsNothing(server(), account, asked)
      expect([other.status, reasonOf(other, way)]).toEqual([
        way.dialect === 'openai' ? 422 : 400,
        'idempotency_key_reused',
      ])
      expect(factsOf(envelopeOf(other, way.dialect), way)).toMatchObject({ first_request_id: first.requestId })
    })
})

test('the same key is another one for another organization, and the same for another key of the organization', async () => {
  const [account, stranger] = [await open(), await open()]
  const first = await taken(ask(server(), account.key, chat, keyed('k')))
  expect((await taken(ask(server(), stranger.key, chat, keyed('k')))).status).toBe(200)
  const path = `/organizations/${account.organizationId}/keys`
  const { key } = await operate<{ key: string }>(server(), 'POST', path, {})
  expectReplay(await taken(ask(server(), key, chat, keyed('k'))), first)
})

describe('a key that is none costs nothing, and the refusal names the header and what is allowed', () => {
  for (const value of ['', 'two words', 'x'.repeat(256)])
    for (const way of [chat, generate])
      test(`${way.name}: ${JSON.stringify(value.slice(0, 20))}`, async () => {
        const account = await open()
        const got = await costsNothing(server(), account, () => taken(ask(server(), account.key, way, keyed(value))))
        expect(got.status).toBe(400)
        expect(envelopeOf(got, way.dialect).message).toContain('Idempotency-Key must be 1 to 255 visible ASCII')
      })
})

test('what is free ignores the key: counting tokens and listing models', async () => {
  const account = await open()
  const count = { ...withModel(generate, geminiModel), path: generate.path.replace('generateContent', 'countTokens') }
  for (let time = 0; time < 2; time += 1) {
    expect((await taken(ask(server(), account.key, count, keyed('k')))).status).toBe(200)
    const headers = { authorization: `Bearer ${account.key}`, ...keyed('not allowed').headers }
    expect((await fetch(`${server().baseUrl}/v1/models`, { headers })).status).toBe(200)
  }
  expect((await taken(ask(server(), account.key, chat, keyed('k')))).status).toBe(200)
})

test('a large call is told apart by its whole body, and a repeat is answered', async () => {
  const account = await open()
  const prompt = 'word '.repeat(60_000)
  const options = { ...keyed('k'), prompt, outputTokens: 5 }
  const first = await taken(ask(server(), account.key, withModel(chat, chatModel), options))
  expect(first.status).toBe(200)
  expectReplay(await taken(ask(server(), account.key, chat, options)), first)
  const other = await taken(ask(server(), account.key, chat, { ...options, outputTokens: 6 }))
  expect([other.status, reasonOf(other, chat)]).toEqual([422, 'idempotency_key_reused'])
})
