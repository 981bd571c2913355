/**
 * What is held: media and tools by what was sent, output by what credit covers, and told when it is lowered;
 * credit that other requests hold is not credit that is gone.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { eventually } from '../support/eventually.ts'
import type { Account } from '../support/mart.ts'
import { startServer, type Server } from '../support/start-server.ts'
import {
  ask,
  balanceOf,
  chat,
  chatModel,
  configured,
  detailOf,
  envelopeOf,
  expectClosedBooks,
  expectNoMoney,
  factsOf,
  generate,
  nanoOf,
  openPurse,
  operate,
  settledOf,
  startMsMax,
  taken,
  ways,
  withModel,
  type Taken,
  type Way,
} from './request-support.ts'

setDefaultTimeout(startMsMax)

let server: Server
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server?.stop())

const gemini = withModel(generate, 'gemini-3.5-flash')
const gpt = withModel(chat, 'gpt-5.4')
const sixKilobytes = Buffer.alloc(6_000).toString('base64')
const withPart = (part: object): object => ({ contents: [{ role: 'user', parts: [part, { text: 'What is this?' }] }] })
const inline = (mimeType: string): object => withPart({ inlineData: { mimeType, data: sixKilobytes } })
const pdf = {
  type: 'file',
  file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${sixKilobytes}` },
}

describe('$1 of credit', () => {
  const cases: readonly [string, Way, object][] = [
    ...['audio/wav', 'audio/ogg', 'application/pdf', 'video/mp4', 'image/png'].map(
      (mimeType): [string, Way, object] => [`6 KB of ${mimeType}`, gemini, inline(mimeType)],
    ),
    ['code execution', gemini, { tools: [{ codeExecution: {} }] }],
    ['URL context', gemini, { tools: [{ url_context: {} }] }],
    ['a 6 KB PDF', gpt, { messages: [{ role: 'user', content: [pdf, { type: 'text', text: 'sum up' }] }] }],
  ]
  for (const [name, way, fields] of cases)
    test(`serves ${name} with ${way.model}`, async () => {
      const account = await openPurse(server, '1.00')
      const got = await taken(ask(server, account.key, way, { fields, outputTokens: 200 }))
      expect({ status: got.status, text: got.text }).toMatchObject({ status: 200 })
      const receipt = await settledOf(server, account, got.requestId)
      expect(receipt.flags).toEqual([])
      await expectClosedBooks(server, account, 1_000_000_000n, [receipt])
    })
})

describe('media that counts more than it seems', () => {
  /** A vendor that makes a million tokens of whatever it is sent. */
  const answer = {
    candidates: [{ content: { role: 'model', parts: [{ text: 'silence' }] }, finishReason: 'STOP' }],
    usageMetadata: { promptTokenCount: 1_000_000, candidatesTokenCount: 1, totalTokenCount: 1_000_001 },
  }

  test('is paid as far as credit goes, and from then on held at all that the model takes', async () => {
    const upstream = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => Response.json(answer) })
    const wary = await startServer(
      configured(`
providers: { mine: { kind: gemini-compatible, baseUrl: 'http://127.0.0.1:${upstream.port}/v1beta' } }
deployments: [{ model: gemini-3.5-flash, provider: mine, region: us }]
`),
    )
    try {
      const account = await openPurse(wary, '1.00')
      const asked = { fields: inline('audio/ogg'), outputTokens: 100 }
      const got = await taken(ask(wary, account.key, gemini, asked))
      expect(got.status).toBe(200)
      const receipt = await settledOf(wary, account, got.requestId)
      expect(receipt.flags).toContain('over-hold')
      expect(BigInt(receipt.chargeNano)).toBe(1_000_000_000n)
      expect(BigInt(receipt.chargeNano) + BigInt(receipt.writeOffNano)).toBe(BigInt(receipt.ratedNano))
      await operate(wary, 'POST', `/organizations/${account.organizationId}/grants`, { usd: '1.00' })
      const refused = await taken(ask(wary, account.key, gemini, asked))
      expect(expectNoMoney(refused, gemini, 'INSUFFICIENT_CREDIT').message).toContain('more input than its media')
      // What is not in doubt is served as before, and so are others.
      expect((await taken(ask(wary, account.key, gemini, { outputTokens: 100 }))).status).toBe(200)
      const other = await openPurse(wary, '1.00')
      expect((await taken(ask(wary, other.key, gemini, asked))).status).toBe(200)
    } finally {
      await wary.stop()
      await upstream.stop(true)
    }
  })

  test('is let in only as far as credit and a stated risk go: a small balance cannot have a crowd of it under way', async () => {
    const account = await openPurse(server, '1.00', { concurrency: null })
    const asked = { fields: inline('audio/ogg'), outputTokens: 20, sandbox: 'tokens=5 reasoning=0 latency_ms=1500' }
    const answers = await Promise.all(Array.from({ length: 30 }, () => taken(ask(server, account.key, gemini, asked))))
    const [served, refused] = [200, 429].map((status) => answers.filter((each) => each.status === status))
    expect(served!.length + refused!.length).toBe(30)
    // At worst each costs what a million tokens cost, less its hold: $1 and $10 go far enough for seven.
    expect(served!.length).toBeGreaterThanOrEqual(5)
    expect(served!.length).toBeLessThanOrEqual(7)
    for (const got of refused!) {
      expect(got.headers.get('x-should-retry')).toBe('true')
      expect(detailOf(envelopeOf(got, 'genai'), 'ErrorInfo')!.reason).toBe('CREDIT_HELD')
    }
    const receipts = await Promise.all(served!.map(({ requestId }) => settledOf(server, account, requestId)))
    const later = await taken(ask(server, account.key, gemini, asked))
    receipts.push(await settledOf(server, account, later.requestId))
    await expectClosedBooks(server, account, 1_000_000_000n, receipts)
  })
})

describe('an output limit that was lowered', () => {
  for (const way of ways)
    test(`${way.name}: is told by a header, which says what the upstream was given`, async () => {
      const account = await openPurse(server, '0.0008')
      const asked = { outputTokens: 5_000, sandbox: 'tokens=5000 reasoning=0' }
      const got = await taken(ask(server, account.key, way, asked))
      const receipt = await settledOf(server, account, got.requestId)
      expect(receipt.flags).toEqual(['output-clamped'])
      expect(got.headers.get('x-mart-output-limit')).toBe(String(receipt.tokens.output))
      await expectClosedBooks(server, account, 800_000n, [receipt])
    })

  test('is for each answer, and is not told where nothing was lowered', async () => {
    const account = await openPurse(server, '0.0008')
    const asked = { fields: { n: 2 }, outputTokens: 5_000, sandbox: 'tokens=5000 reasoning=0' }
    const got = await taken(ask(server, account.key, chat, asked))
    const receipt = await settledOf(server, account, got.requestId)
    expect(2 * Number(got.headers.get('x-mart-output-limit'))).toBe(receipt.tokens.output)
    const rich = await openPurse(server, '50.00')
    for (const outputTokens of [5_000, undefined]) {
      const whole = await taken(ask(server, rich.key, chat, outputTokens === undefined ? {} : { outputTokens }))
      expect({ status: whole.status, limit: whole.headers.get('x-mart-output-limit') }).toEqual({
        status: 200,
        limit: null,
      })
    }
  })

  test('the limit of calls that state none, and when it begins, are settings that are read again', async () => {
    const yaml = (holds: string): string =>
      `providers: { sandbox: { kind: sandbox } }\ndeployments: [{ model: '*', provider: sandbox, region: us }]\n${holds}\n`
    const { env } = configured(yaml('holds: { outputTokensUnstated: 1000, plentyTimes: 20 }'))
    const own = await startServer({ env })
    try {
      const account = await openPurse(own, '0.50')
      const limitOf = async (): Promise<string | null> => {
        const got = await taken(ask(own, account.key, chat, { sandbox: 'tokens=30' }))
        expect(got.status).toBe(200)
        return got.headers.get('x-mart-output-limit')
      }
      expect(await limitOf()).toBe('1000')
      writeFileSync(env.MART_CONFIG, yaml('holds: { outputTokensUnstated: 2000 }'))
      await eventually(
        async () => ((await limitOf()) === '2000' ? true : null),
        10_000,
        () => 'no new limit',
      )
      writeFileSync(env.MART_CONFIG, yaml('holds: { plentyTimes: 1 }'))
      await eventually(
        async () => ((await limitOf()) === null ? true : null),
        10_000,
        () => 'still short',
      )
    } finally {
      await own.stop()
    }
  })

  test('is never more than the deployment can do; what the client states itself passes untouched', async () => {
    const limits: unknown[] = []
    const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }
    const choices = [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }]
    const upstream = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      async fetch(request) {
        limits.push(((await request.json()) as { max_completion_tokens?: number }).max_completion_tokens)
        return Response.json({ object: 'chat.completion', choices, usage })
      },
    })
    const own = await startServer(
      configured(`
providers: { mine: { kind: openai-compatible, baseUrl: 'http://127.0.0.1:${upstream.port}/v1' } }
deployments: [{ model: ${chatModel}, provider: mine, region: us, outputTokensMax: 300 }]
`),
    )
    try {
      const [poor, rich] = [await openPurse(own, '0.0008'), await openPurse(own, '50.00')]
      const got = await taken(ask(own, poor.key, chat, { outputTokens: 5_000 }))
      expect(got.headers.get('x-mart-output-limit')).toBe('300')
      await taken(ask(own, rich.key, chat, { outputTokens: 5_000 }))
      // All that the deployment can make is covered: it is left to the deployment.
      const small = await openPurse(own, '0.05')
      expect((await taken(ask(own, small.key, chat))).headers.get('x-mart-output-limit')).toBeNull()
      expect(limits).toEqual([300, 5_000, undefined])
    } finally {
      await own.stop()
      await upstream.stop(true)
    }
  })
})

describe('credit that other requests hold', () => {
  const everything = { outputTokens: 5_000, sandbox: 'tokens=20 reasoning=0 latency_ms=1500' }

  for (const way of ways)
    test(`${way.name}: is not insufficient: a 429 of its own says when to try again, and then it is served`, async () => {
      const account = await openPurse(server, '0.0008', { concurrency: null })
      const holding = taken(ask(server, account.key, chat, everything))
      await heldBy(account)
      const refused = await taken(ask(server, account.key, way, { outputTokens: 100 }))
      expectHeld(refused, way, 'credit_held')
      const facts = factsOf(envelopeOf(refused, way.dialect), way)
      expect(nanoOf(facts['available_usd']) + nanoOf(facts['held_usd'])).toBeGreaterThanOrEqual(
        nanoOf(facts['needed_usd']),
      )
      expect(nanoOf(facts['full_usd'])).toBeGreaterThanOrEqual(nanoOf(facts['needed_usd']))
      const first = await holding
      const second = await taken(ask(server, account.key, way, { outputTokens: 100 }))
      expect([first.status, second.status]).toEqual([200, 200])
      const receipts = await Promise.all([first, second].map(({ requestId }) => settledOf(server, account, requestId)))
      await expectClosedBooks(server, account, 800_000n, receipts)
    })

  for (const way of [chat, generate])
    test(`${way.name}: more than there is with all of it back is insufficient, and no try helps`, async () => {
      const account = await openPurse(server, '0.0008', { concurrency: null })
      const holding = taken(ask(server, account.key, chat, everything))
      await heldBy(account)
      const refused = await taken(ask(server, account.key, way, { prompt: 'river '.repeat(2_000), outputTokens: 100 }))
      expectNoMoney(refused, way, 'INSUFFICIENT_CREDIT')
      expect(refused.headers.get('retry-after-ms')).toBeNull()
      await holding
    })

  for (const way of [chat, generate])
    test(`${way.name}: a budget that other requests hold is not used up either`, async () => {
      const account = await openPurse(server, '50.00', { concurrency: null, budget: '0.0008/total' })
      const holding = taken(ask(server, account.key, chat, everything))
      await heldBy(account)
      expectHeld(await taken(ask(server, account.key, way, { outputTokens: 100 })), way, 'budget_held')
      const big = { prompt: 'river '.repeat(2_000), outputTokens: 100 }
      expectNoMoney(await taken(ask(server, account.key, way, big)), way, 'BUDGET_EXCEEDED')
      expect((await holding).status).toBe(200)
      expect((await taken(ask(server, account.key, way, { outputTokens: 100 }))).status).toBe(200)
    })

  /** Waits until a request under way holds nearly all there is. */
  const heldBy = (account: Account): Promise<true> =>
    eventually(
      async () => ((await balanceOf(server, account)).heldNano > 700_000n ? true : null),
      10_000,
      () => 'nothing is held',
    )

  function expectHeld(got: Taken, way: Way, code: string): void {
    expect({ status: got.status, retry: got.headers.get('x-should-retry') }).toEqual({ status: 429, retry: 'true' })
    expect(Number(got.headers.get('retry-after-ms'))).toBeGreaterThan(0)
    expect(Number(got.headers.get('retry-after'))).toBeGreaterThan(0)
    const error = envelopeOf(got, way.dialect)
    if (way.dialect === 'openai') expect(error).toMatchObject({ code, type: code })
    else {
      expect(error.status).toBe('RESOURCE_EXHAUSTED')
      expect(detailOf(error, 'ErrorInfo')!.reason).toBe(code.toUpperCase())
      expect(detailOf(error, 'RetryInfo')!.retryDelay).toBe('2s')
    }
  }
})
