/** The limits of a key: budgets, requests and tokens per minute, requests at once. Each is named when it is reached. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { Settlement } from '../../src/store/store.ts'
import { eventually } from '../support/eventually.ts'
import { mart, type Account } from '../support/mart.ts'
import { startServer, type Server } from '../support/start-server.ts'
import {
  ask,
  chargesOf,
  chat,
  chatStream,
  detailOf,
  envelopeOf,
  expectClosedBooks,
  expectNoMoney,
  factsOf,
  generate,
  generateStream,
  nanoOf,
  openPurse,
  operate,
  servedCount,
  settledOf,
  startMsMax,
  taken,
  type Taken,
  type Way,
} from './request-support.ts'

setDefaultTimeout(startMsMax)

const prompt = 'What is a river?'
const short = { prompt, outputTokens: 50, sandbox: 'tokens=50 reasoning=0' }
const dollarNano = 1_000_000_000n

let server: Server
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server?.stop())

/** Asks until the key is refused, and gives the receipts of what was answered. */
async function untilRefused(account: Account): Promise<Settlement[]> {
  const receipts: Settlement[] = []
  for (;;) {
    const got = await taken(ask(server, account.key, chat, short))
    if (got.status !== 200) return receipts
    receipts.push(await settledOf(server, account, got.requestId))
  }
}

const receiptsOf = (account: Account, answers: readonly Taken[]): Promise<Settlement[]> =>
  Promise.all(answers.map(({ requestId }) => settledOf(server, account, requestId)))

type Facts = { readonly limit: 'requests' | 'tokens' | 'concurrency'; readonly allowed: number; readonly used: number }

/** The refusal of a rate limit: named, with what is used and allowed, and when to come back, in the dialect's own way. */
function expectLimited(got: Taken, way: Way, { limit, allowed, used }: Facts): number {
  expect(got.status).toBe(429)
  const error = envelopeOf(got, way.dialect)
  expect(factsOf(error, way)).toMatchObject({ limit_name: limit, allowed: String(allowed), used: String(used) })
  expect(error.message).toContain(String(allowed))
  const retryAfter = Number(got.headers.get('retry-after'))
  expect(retryAfter).toBeGreaterThanOrEqual(1)
  expect(retryAfter).toBeLessThanOrEqual(60)
  if (way.dialect === 'openai') {
    expect(error).toMatchObject({ code: 'rate_limit_exceeded', type: limit })
    expect(got.headers.get('x-should-retry')).not.toBe('false')
  } else {
    expect(error.status).toBe('RESOURCE_EXHAUSTED')
    expect(detailOf(error, 'RetryInfo')).toMatchObject({ retryDelay: `${retryAfter}s` })
  }
  return retryAfter
}

/** `x-ratelimit-*` of a unit: limit, what remains, and the seconds until it is whole again. */
function standingOf({ headers }: Taken, unit: 'requests' | 'tokens') {
  const [limit, remaining] = ['limit', 'remaining'].map((name) => Number(headers.get(`x-ratelimit-${name}-${unit}`)))
  const [, minutes = '0', seconds = '0'] =
    /^(?:(\d+)m(?!s))?(?:(\d+)s)?(?:\d+ms)?$/.exec(headers.get(`x-ratelimit-reset-${unit}`)!) ?? []
  return { limit, remaining, resetSeconds: Number(minutes) * 60 + Number(seconds) }
}

describe('budgets of a key', () => {
  for (const way of [chat, generateStream])
    test(`${way.name}: a spent budget is refused with its period, what is spent, and when it resets`, async () => {
      const account = await openPurse(server, '1.00', { budget: '0.0004/day' })
      const asked = { prompt, outputTokens: 50, sandbox: 'tokens=50 reasoning=0' }
      const receipts: Settlement[] = []
      let got = await taken(ask(server, account.key, way, asked))
      for (; got.status === 200; got = await taken(ask(server, account.key, way, asked)))
        receipts.push(await settledOf(server, account, got.requestId))
      expect(receipts.length).toBeGreaterThan(0)
      expect(chargesOf(receipts)).toBeLessThanOrEqual(400_000n)
      const error = expectNoMoney(got, way, 'BUDGET_EXCEEDED')
      expect(error.message).toContain('per day')
      const tomorrow = new Date(Math.ceil(Date.now() / 86_400_000) * 86_400_000).toISOString()
      expect(error.message).toContain(tomorrow)
      expect(nanoOf(factsOf(error, way)['budget_usd'])).toBe(400_000n)
      expect(nanoOf(factsOf(error, way)['spent_usd'])).toBe(chargesOf(receipts))
      await expectClosedBooks(server, account, dollarNano, receipts)
    })

  test('many at once never exceed a budget either', async () => {
    const account = await openPurse(server, '1.00', { budget: '0.0008/month', concurrency: null })
    const asked = { prompt, outputTokens: 100, sandbox: 'tokens=100 chunk_ms=1' }
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, at) => taken(ask(server, account.key, at % 2 ? chat : chatStream, asked))),
    )
    const paid = answers.filter(({ status }) => status === 200)
    const receipts = await Promise.all(paid.map(({ requestId }) => settledOf(server, account, requestId)))
    expect(paid.length).toBeGreaterThan(0)
    expect(chargesOf(receipts)).toBeLessThanOrEqual(800_000n)
    await expectClosedBooks(server, account, dollarNano, receipts)
  })

  test('a raised budget holds at once and forgives nothing of what was spent', async () => {
    const account = await openPurse(server, '1.00', { budget: '0.0002/day' })
    const first = await untilRefused(account)
    await mart(server, ['key', 'update', account.keyId, '--budget', '0.0004/day'])
    const second = await untilRefused(account)
    expect(second.length).toBeGreaterThan(0)
    const receipts = [...first, ...second]
    expect(chargesOf(first)).toBeLessThanOrEqual(200_000n)
    expect(chargesOf(receipts)).toBeGreaterThan(200_000n)
    expect(chargesOf(receipts)).toBeLessThanOrEqual(400_000n)
    for (const budget of ['0.0002/day', '0.0002/week', '0.0002/total']) {
      await operate(server, 'PATCH', `/keys/${account.keyId}`, { budget: null })
      await operate(server, 'PATCH', `/keys/${account.keyId}`, { budget })
      const error = expectNoMoney(await taken(ask(server, account.key, chat, short)), chat, 'BUDGET_EXCEEDED')
      expect(nanoOf(error['spent_usd'])).toBe(chargesOf(receipts))
    }
    await expectClosedBooks(server, account, dollarNano, receipts)
  })

  test('a budget outlives the process: what was spent of it is spent after a restart', async () => {
    const account = await openPurse(server, '1.00', { budget: '0.0002/day' })
    const receipts = await untilRefused(account)
    await server.kill()
    await server.restart()
    const error = expectNoMoney(await taken(ask(server, account.key, chat, short)), chat, 'BUDGET_EXCEEDED')
    expect(nanoOf(error['spent_usd'])).toBe(chargesOf(receipts))
    await expectClosedBooks(server, account, dollarNano, receipts)
  })
})

describe('rates of a key', () => {
  for (const way of [chat, chatStream, generate, generateStream])
    test(`${way.name}: requests per minute`, async () => {
      const account = await openPurse(server, '1.00', { rpm: 3 })
      const before = await servedCount(server)
      const answers: Taken[] = []
      for (let at = 0; at < 3; at += 1) {
        const got = await taken(ask(server, account.key, way, short))
        expect(standingOf(got, 'requests')).toMatchObject({ limit: 3, remaining: 2 - at })
        answers.push(got)
      }
      const refused = await taken(ask(server, account.key, way, short))
      const retryAfter = expectLimited(refused, way, { limit: 'requests', allowed: 3, used: 3 })
      expect(retryAfter).toBeGreaterThanOrEqual(15)
      expect(retryAfter).toBeLessThanOrEqual(20)
      const { limit, remaining, resetSeconds } = standingOf(refused, 'requests')
      expect({ limit, remaining }).toEqual({ limit: 3, remaining: 0 })
      expect(resetSeconds).toBeGreaterThan(50)
      expect(resetSeconds).toBeLessThanOrEqual(60)
      expect(await servedCount(server)).toBe(before + 3)
      await operate(server, 'PATCH', `/keys/${account.keyId}`, { rpm: null })
      await expectClosedBooks(server, account, dollarNano, await receiptsOf(account, answers))
    })

  for (const way of [chat, generate])
    test(`${way.name}: tokens per minute, refused in time and put right by what was really used`, async () => {
      const account = await openPurse(server, '1.00', { tpm: 2_000 })
      const asked = { prompt, outputTokens: 1_000, sandbox: 'tokens=20 reasoning=0' }
      const answers: Taken[] = []
      for (let at = 0; at < 5; at += 1) answers.push(await taken(ask(server, account.key, way, asked)))
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
      const receipts = await receiptsOf(account, answers)
      const spent = receipts.reduce((total, { tokens }) => total + tokens.input + tokens.output, 0)
      const dear = await taken(ask(server, account.key, way, { ...asked, sandbox: 'tokens=1000 reasoning=0' }))
      receipts.push(await settledOf(server, account, dear.requestId))
      const { limit, remaining } = standingOf(
        await taken(ask(server, account.key, way, { ...short, outputTokens: 990 })),
        'tokens',
      )
      expect(limit).toBe(2_000)
      // A minute's allowance refills at 33 a second.
      expect(remaining).toBeGreaterThanOrEqual(2_000 - spent - 1_020)
      expect(remaining).toBeLessThan(2_000 - spent - 1_000 + 70)
      const refused = await taken(ask(server, account.key, way, asked))
      expect(refused.status).toBe(429)
      expect(envelopeOf(refused, way.dialect).message).toContain('2000 tokens per minute')
      expect(factsOf(envelopeOf(refused, way.dialect), way)).toMatchObject({ limit_name: 'tokens', allowed: '2000' })
      expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(60)
      await expectClosedBooks(server, account, dollarNano, receipts)
    })

  for (const way of [chatStream, generateStream])
    test(`${way.name}: requests at once; the place is free again when the answer has ended`, async () => {
      const account = await openPurse(server, '1.00', { concurrency: 2 })
      const slow = { prompt, outputTokens: 60, sandbox: 'tokens=60 reasoning=0 chunk_ms=20' }
      const running = await Promise.all([ask(server, account.key, way, slow), ask(server, account.key, way, slow)])
      const refused = await taken(ask(server, account.key, way, short))
      expectLimited(refused, way, { limit: 'concurrency', allowed: 2, used: 2 })
      const answers = await Promise.all(running.map((response) => taken(response)))
      const after = await taken(ask(server, account.key, way, short))
      expect(after.status).toBe(200)
      await expectClosedBooks(server, account, dollarNano, await receiptsOf(account, [...answers, after]))
    })

  test('a refused request takes nothing from any limit', async () => {
    const account = await openPurse(server, '1.00', { rpm: 2, concurrency: 1 })
    const running = await ask(server, account.key, chatStream, { ...short, sandbox: 'tokens=50 chunk_ms=10' })
    for (let at = 0; at < 5; at += 1) expect((await taken(ask(server, account.key, chat, short))).status).toBe(429)
    const first = await taken(running)
    const second = await taken(ask(server, account.key, chat, short))
    expect(second.status).toBe(200)
    await operate(server, 'PATCH', `/keys/${account.keyId}`, { rpm: null })
    await expectClosedBooks(server, account, dollarNano, await receiptsOf(account, [first, second]))
  })

  test('a raised limit of requests holds at once and forgives none of those made', async () => {
    const account = await openPurse(server, '1.00', { rpm: 3 })
    const answers: Taken[] = []
    for (let at = 0; at < 3; at += 1) answers.push(await taken(ask(server, account.key, chat, short)))
    expect((await taken(ask(server, account.key, chat, short))).status).toBe(429)
    await mart(server, ['key', 'update', account.keyId, '--rpm', '10'])
    const raised = await taken(ask(server, account.key, chat, short))
    expect(raised.status).toBe(200)
    // Four of ten are used; one comes back every six seconds.
    expect([6, 7]).toContain(standingOf(raised, 'requests').remaining!)
    await operate(server, 'PATCH', `/keys/${account.keyId}`, { rpm: 4 })
    expect((await taken(ask(server, account.key, chat, short))).status).toBe(429)
    await operate(server, 'PATCH', `/keys/${account.keyId}`, { rpm: null })
    await expectClosedBooks(server, account, dollarNano, await receiptsOf(account, [...answers, raised]))
  })

  test('a raised limit of requests at once holds at once', async () => {
    const account = await openPurse(server, '1.00', { concurrency: 1 })
    const slow = { prompt, outputTokens: 100, sandbox: 'tokens=100 chunk_ms=20' }
    const running = await ask(server, account.key, chatStream, slow)
    expect((await taken(ask(server, account.key, chat, short))).status).toBe(429)
    await operate(server, 'PATCH', `/keys/${account.keyId}`, { concurrency: 2 })
    const second = await taken(ask(server, account.key, chat, short))
    expect(second.status).toBe(200)
    const first = await taken(running)
    await expectClosedBooks(server, account, dollarNano, await receiptsOf(account, [first, second]))
  })

  test('a refused request is let in after the time that it was told to wait', async () => {
    const account = await openPurse(server, '1.00', { rpm: 60, concurrency: null })
    const burst = await Promise.all(Array.from({ length: 60 }, () => taken(ask(server, account.key, chat, short))))
    const paid = burst.filter(({ status }) => status === 200)
    const wait = await eventually(
      async () => {
        const got = await taken(ask(server, account.key, chat, short))
        if (got.status === 200) paid.push(got)
        return got.status === 429 && got.headers.get('x-ratelimit-remaining-requests') === '0' ? got : null
      },
      10_000,
      () => 'the key is never refused',
    )
    await Bun.sleep(Number(wait.headers.get('retry-after')) * 1_000)
    const after = await taken(ask(server, account.key, chat, short))
    expect(after.status).toBe(200)
    await operate(server, 'PATCH', `/keys/${account.keyId}`, { rpm: null })
    await expectClosedBooks(server, account, dollarNano, await receiptsOf(account, [...paid, after]))
  })
})
