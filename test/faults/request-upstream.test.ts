/**
 * An upstream that refuses, vanishes, breaks off, stalls or talks nonsense: the client is told so in its
 * own dialect, and is charged by the rule that docs/decisions/0003 publishes.
 */
import { GoogleGenAI } from '@google/genai'
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import OpenAI, { APIError } from 'openai'
import type { Settlement } from '../../src/store/store.ts'
import type { Account } from '../support/mart.ts'
import { startServer, type Server } from '../support/start-server.ts'
import {
  answerText,
  ask,
  askSandbox,
  chatStream,
  configured,
  costNano,
  detailOf,
  embed,
  envelopeOf,
  expectClosedBooks,
  generate,
  generateArray,
  openPurse,
  plainWays,
  servedCount,
  servedOf,
  servedSince,
  settledOf,
  startMsMax,
  streamedWays,
  taken,
  ways,
  within,
  type Taken,
  type Way,
} from './request-support.ts'

// A test that takes longer than this has its server killed under it by the runner.
setDefaultTimeout(startMsMax)

const grantedNano = 1_000_000_000n
const prompt = 'What is a river?'
const paidWays: readonly Way[] = [...ways, embed]

let server: Server
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server?.stop())

type Asked = { readonly account: Account; readonly got: Taken; readonly receipt: Settlement }

/** Asks once with an account of its own, and closes its books. */
async function askOnce(at: Server, way: Way, sandbox?: string, outputTokens = 1_000): Promise<Asked> {
  const account = await openPurse(at, '1.00')
  const options = { prompt, outputTokens, ...within(10_000), ...(sandbox !== undefined && { sandbox }) }
  const got = await taken(ask(at, account.key, way, options))
  const receipt = await settledOf(at, account, got.requestId)
  await expectClosedBooks(at, account, grantedNano, [receipt])
  return { account, got, receipt }
}

/** What the official SDK makes of it; an array stream is nobody's SDK. */
async function throughSdk(way: Way, sandbox: string): Promise<{ readonly text: string; readonly error: unknown }> {
  const { key } = await openPurse(server, '1.00')
  const headers = { 'x-sandbox': sandbox }
  let text = ''
  try {
    if (way.dialect === 'openai') {
      const client = new OpenAI({
        baseURL: `${server.baseUrl}/v1/`,
        apiKey: key,
        maxRetries: 0,
        defaultHeaders: headers,
      })
      const asked = { model: way.model, messages: [{ role: 'user' as const, content: prompt }] }
      if (!way.streamed) text = (await client.chat.completions.create(asked)).choices[0]!.message.content ?? ''
      else
        for await (const chunk of await client.chat.completions.create({ ...asked, stream: true }))
          text += chunk.choices[0]?.delta.content ?? ''
    } else {
      const client = new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: `${server.baseUrl}/genai`, headers } })
      const asked = { model: way.model, contents: prompt }
      if (!way.streamed) text = (await client.models.generateContent(asked)).text ?? ''
      else for await (const chunk of await client.models.generateContentStream(asked)) text += chunk.text ?? ''
    }
    return { text, error: null }
  } catch (error) {
    return { text, error }
  }
}

function expectOurFault(got: Taken, way: Way, status = 503): void {
  expect(got.status).toBe(status)
  expect(Number(got.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
  const error = envelopeOf(got, way.dialect)
  if (way.dialect === 'openai') expect(error.type).toBe(status === 429 ? 'requests' : 'server_error')
  else {
    expect(error.status).toBe(status === 429 ? 'RESOURCE_EXHAUSTED' : 'UNAVAILABLE')
    expect(detailOf(error, 'RetryInfo')).toBeDefined()
  }
}

function expectNothingOwed({ receipt }: Asked, ending: Settlement['ending']): void {
  expect(receipt).toMatchObject({ ending, chargeNano: '0', ratedNano: '0', writeOffNano: '0', lines: [] })
  expect(receipt.flags).not.toContain('estimated')
}

describe('the upstream refuses', () => {
  for (const way of paidWays) {
    for (const status of [400, 404, 413, 422])
      test(`${way.name}: ${status} is the client's own doing, told in the vendor's words, for nothing`, async () => {
        const asked = await askOnce(server, way, `status=${status} code=its_own_code`)
        const vendor = await taken(askSandbox(server, way, { prompt, sandbox: `status=${status} code=its_own_code` }))
        expect(asked.got.status).toBe(status)
        expect(JSON.parse(asked.got.text)).toEqual(JSON.parse(vendor.text))
        expect(asked.got.text).toContain('its_own_code')
        expectNothingOwed(asked, 'upstream-refused')
        expect(asked.receipt.attempts).toMatchObject([{ status }])
        expect(await servedOf(server, asked.got.requestId)).toEqual([])
      })
    for (const status of [401, 403, 429, 500, 503])
      test(`${way.name}: ${status} is our account's trouble: 503, or 429 where it was one, and nothing owed`, async () => {
        const asked = await askOnce(server, way, `status=${status} code=its_own_code retry_after=7`)
        expectOurFault(asked.got, way, status === 429 ? 429 : 503)
        expect(asked.got.headers.get('retry-after')).toBe('7')
        expect(asked.got.text).not.toContain('its_own_code')
        expect(asked.got.text).not.toContain('Simulated')
        expectNothingOwed(asked, 'upstream-failed')
        // What ails our account is the operator's to know.
        const told = [401, 403].includes(status) ? { status: null, error: 'unavailable' } : { status }
        expect(asked.receipt.attempts).toMatchObject([told])
        expect(await servedOf(server, asked.got.requestId)).toEqual([])
      })
  }
})

describe('the upstream is not there', () => {
  let alone: Server
  beforeAll(async () => {
    // Port 9 discards: nothing listens there.
    alone = await startServer({ sandbox: 'built-in', env: { MART_SANDBOX_URL: 'http://127.0.0.1:9' } })
  })
  afterAll(() => alone?.stop())

  for (const way of paidWays)
    test(`${way.name}: a refused connection is a 503 that says when to come back, for nothing`, async () => {
      const account = await openPurse(alone, '1.00')
      for (let round = 0; round < 3; round += 1) {
        const got = await taken(ask(alone, account.key, way, within(10_000)))
        expectOurFault(got, way)
        expect(await settledOf(alone, account, got.requestId)).toMatchObject({
          ending: 'upstream-failed',
          chargeNano: '0',
        })
      }
    })
})

describe('the upstream breaks off', () => {
  for (const way of paidWays)
    test(`${way.name}: a reset before any byte is a 503, and nothing owed`, async () => {
      const asked = await askOnce(server, way, 'reset_after=0')
      expectOurFault(asked.got, way)
      expectNothingOwed(asked, 'upstream-failed')
    })

  // The dialect whose plain answers are skimmed, not parsed, comes last in this file.
  for (const way of plainWays.filter((way) => way !== generate))
    for (const sandbox of ['reset_after=1', 'truncate_after=1', 'garbage=1']) wholeAnswerIsUseless(way, sandbox)
  wholeAnswerIsUseless(generate, 'reset_after=1')
  wholeAnswerIsUseless(generate, 'garbage=1')
  for (const sandbox of ['reset_after=1', 'garbage=1']) wholeAnswerIsUseless(embed, sandbox)

  for (const way of streamedWays)
    for (const sandbox of ['reset_after=6 tokens=40', 'truncate_after=6 tokens=40'])
      test(`${way.name}, ${sandbox}: never a clean end, and what was received is owed, estimated`, async () => {
        const { got, receipt } = await askOnce(server, way, `${sandbox} chunk_ms=10`)
        expect(got.status).toBe(200)
        expectBroken(got, way)
        const [served] = await servedOf(server, got.requestId)
        const text = answerText(readablePart(got.text, way), way)
        expect(text.length).toBeGreaterThan(0)
        expect(receipt.ending).toBe('upstream-failed')
        expect(receipt.tokens.output).toBe(countTokens(text))
        expect(receipt.tokens.output).toBeLessThanOrEqual(served!.sent.output)
        expect(receipt.tokens.input).toBeGreaterThan(0)
        expect(receipt.tokens.input).toBeLessThanOrEqual(served!.sent.input)
        expect(BigInt(receipt.chargeNano)).toBe(costNano(way.model, receipt.tokens))
        expect(receipt.flags).toContain('estimated')
      })

  test('genai, streamed as an array: what is charged of a broken stream was also delivered', async () => {
    for (let round = 0; round < 10; round += 1) {
      const account = await openPurse(server, '1.00')
      const seen = (await servedSince(server, 0)).at(-1)?.sequence ?? 0
      const got = await taken(ask(server, account.key, generateArray, { sandbox: 'reset_after=6 tokens=40' }))
      const [served] = await servedSince(server, seen)
      const receipt = await settledOf(server, account, served!.clientRequestId!)
      await expectClosedBooks(server, account, grantedNano, [receipt])
      const delivered = got.text === '' ? '' : answerText(readablePart(got.text, generateArray), generateArray)
      expect(countTokens(delivered)).toBe(receipt.tokens.output)
    }
  })

  test('openai, streamed: a stream that broke before its first word is a refusal like any other, and owes nothing', async () => {
    const asked = await askOnce(server, chatStream, 'reset_after=1')
    expectOurFault(asked.got, chatStream)
    expectNothingOwed(asked, 'upstream-failed')
  })

  for (const way of [
    ...plainWays.filter((way) => way !== generate),
    ...streamedWays.filter((way) => way !== generateArray),
  ])
    for (const sandbox of way.streamed
      ? ['reset_after=6', 'truncate_after=6', 'garbage=1']
      : ['reset_after=1', 'garbage=1'])
      test(`${way.name}, ${sandbox}: the official SDK raises`, async () => {
        const { error } = await throughSdk(way, `tokens=40 ${sandbox}`)
        expect(error).toBeInstanceOf(Error)
        if (way.dialect === 'openai' && !(way.streamed && sandbox === 'garbage=1'))
          expect(error).toBeInstanceOf(APIError)
      })

  for (const way of streamedWays)
    test(`${way.name}: a broken record in a stream is never hidden, and the charge is never above the vendor's`, async () => {
      const account = await openPurse(server, '1.00')
      const seen = (await servedSince(server, 0)).at(-1)?.sequence ?? 0
      const got = await taken(ask(server, account.key, way, { sandbox: 'garbage=1 tokens=40 reasoning=0' }))
      const [served] = await servedSince(server, seen)
      const receipt = await settledOf(server, account, served!.clientRequestId!)
      await expectClosedBooks(server, account, grantedNano, [receipt])
      const isRefused = got.status !== 200
      // A refusal, an error as a record, or an end that is none; else a record that nobody can read.
      const isTold = isRefused || got.broke || got.text.includes('{"error":')
      if (!isTold) expect(() => answerText(got.text, way)).toThrow()
      expect(BigInt(receipt.chargeNano)).toBeLessThanOrEqual(costNano(way.model, served!.usage))
      if (isRefused || got.text === '') expect(receipt.chargeNano).toBe('0')
    })
})

function wholeAnswerIsUseless(way: Way, sandbox: string): void {
  test(`${way.name}, ${sandbox}: half an answer is a 503, and nothing owed`, async () => {
    const asked = await askOnce(server, way, sandbox)
    expectOurFault(asked.got, way)
    expectNothingOwed(asked, 'upstream-failed')
    expect(asked.receipt.attempts[0]!.error).not.toBeNull()
  })
}

/** A stream that failed says so in a last record, or breaks the connection; it never looks complete. */
function expectBroken({ text, broke }: Taken, way: Way): void {
  if (way === generateArray) return expect(broke).toBe(true)
  expect(text).not.toContain('[DONE]')
  const last = text.trimEnd().split('\n\n').at(-1)!
  const { error } = JSON.parse(last.slice('data: '.length)) as { error: { message: string } }
  expect(error.message.length).toBeGreaterThan(10)
}

const readablePart = (text: string, way: Way): string =>
  way === generateArray ? `${text.trimEnd().replace(/,$/, '')}]` : text

describe('the upstream stalls', () => {
  let impatient: Server
  beforeAll(async () => {
    impatient = await startServer(configured('deadlines: {firstByteMs: 600, idleMs: 600, totalMs: 1500}'))
  })
  afterAll(() => impatient?.stop())

  for (const way of paidWays)
    test.concurrent(`${way.name}: no first byte within the deadline is a timeout, for nothing`, async () => {
      const asked = await askOnce(impatient, way, 'stall=1')
      expect([503, 504]).toContain(asked.got.status)
      envelopeOf(asked.got, way.dialect)
      expectNothingOwed(asked, 'upstream-failed')
      expect(asked.receipt.attempts).toMatchObject([{ error: 'first-byte', status: null }])
    })

  for (const way of [...plainWays, embed])
    test.concurrent(`${way.name}: an answer that stops half-way is a timeout, for nothing`, async () => {
      const asked = await askOnce(impatient, way, 'stall_after=1')
      expect([503, 504]).toContain(asked.got.status)
      expectNothingOwed(asked, 'upstream-failed')
    })

  for (const way of streamedWays)
    for (const [name, sandbox] of [
      ['falls silent', 'stall_after=6 tokens=40 reasoning=0'],
      ['never ends', 'chunk_ms=100 tokens=200 reasoning=0'],
    ] as const)
      test.concurrent(`${way.name}: a stream that ${name} is ended with an error, and what was received is owed`, async () => {
        const { got, receipt } = await askOnce(impatient, way, sandbox)
        expectBroken(got, way)
        expect(receipt.ending).toBe('upstream-failed')
        expect(receipt.flags).toContain('estimated')
        expect(receipt.tokens.output).toBe(countTokens(answerText(readablePart(got.text, way), way)))
        expect(BigInt(receipt.chargeNano)).toBe(costNano(way.model, receipt.tokens))
      })
})

describe('the upstream talks nonsense about usage', () => {
  for (const way of ways)
    for (const usage of ['none', 'garbage', 'huge', 'zero'])
      test(`${way.name}, usage=${usage}: counted by ourselves, flagged, within the hold`, async () => {
        const { got, receipt } = await askOnce(server, way, `usage=${usage} tokens=30 reasoning=0`)
        const [served] = await servedOf(server, got.requestId)
        expect(got.status).toBe(200)
        expect(receipt.ending).toBe('completed')
        expect(receipt.flags).toContain('estimated')
        expect(receipt.flags.includes('usage-mismatch')).toBe(usage !== 'none')
        expect(receipt.tokens).toMatchObject({ output: 30, reasoning: 0, cachedInput: 0 })
        expect(receipt.tokens.input).toBeGreaterThan(0)
        expect(receipt.tokens.input).toBeLessThanOrEqual(served!.usage.input)
        expect(BigInt(receipt.chargeNano)).toBe(costNano(way.model, receipt.tokens))
      })

  for (const way of ways)
    test(`${way.name}, usage=odd: the figures beside the odd ones are the vendor's, all of them are owed, flagged`, async () => {
      const { receipt, got } = await askOnce(server, way, 'usage=odd tokens=30')
      const [served] = await servedOf(server, got.requestId)
      const { input, cachedInput, output, reasoning } = receipt.tokens
      expect(receipt.flags).toEqual(['usage-mismatch'])
      expect(input + cachedInput).toBe(served!.usage.input + served!.usage.cachedInput)
      expect(output + reasoning).toBe(served!.usage.output + served!.usage.reasoning)
      expect(BigInt(receipt.chargeNano)).toBe(costNano(way.model, receipt.tokens))
    })

  for (const way of ways)
    test(`${way.name}: an estimate is never above the hold`, async () => {
      const { receipt } = await askOnce(server, way, 'usage=huge tokens=20 reasoning=0 unicode=1', 16)
      expect(receipt.flags).toContain('estimated')
      expect(BigInt(receipt.chargeNano)).toBeLessThanOrEqual(BigInt(receipt.holdNano))
    })

  for (const usage of ['none', 'garbage', 'huge', 'zero'])
    test(`embeddings, usage=${usage}: their input is owed, counted by ourselves`, async () => {
      const { receipt } = await askOnce(server, embed, `usage=${usage}`)
      expect(receipt.flags).toContain('estimated')
      expect(receipt.tokens.input).toBeGreaterThan(0)
      expect(BigInt(receipt.chargeNano)).toBe(costNano(embed.model, receipt.tokens))
    })
})

describe('the upstream cuts its bytes anywhere', () => {
  for (const way of ways)
    for (const sandbox of ['split=1', 'crlf=1', 'unicode=1', 'split=1 crlf=1 unicode=1'])
      test(`${way.name}, ${sandbox}: every character arrives, and the vendor's usage is charged`, async () => {
        const { got, receipt } = await askOnce(server, way, `${sandbox} tokens=60`)
        const unicode = sandbox.includes('unicode') ? ' unicode=1' : ''
        const direct = await taken(
          askSandbox(server, way, { prompt, outputTokens: 1_000, sandbox: `tokens=60${unicode}` }),
        )
        expect(answerText(got.text, way)).toBe(answerText(direct.text, way))
        expect(got.text).not.toContain('\uFFFD')
        const served = await servedOf(server, got.requestId)
        expect(served).toMatchObject([{ complete: true }])
        expect(receipt).toMatchObject({ ending: 'completed', flags: [] })
        expect(BigInt(receipt.chargeNano)).toBe(costNano(way.model, served[0]!.usage))
        if (way === chatStream) expect(got.text).toMatch(/data: \[DONE\]\r?\n\r?\n$/)
        if (way === chatStream) expect(got.text).not.toContain('"usage"')
      })
})

describe('an answer cut short that is skimmed, not parsed', () => {
  wholeAnswerIsUseless(embed, 'truncate_after=1')
  // Last in this file: a gateway that looks for the missing end for ever takes everything else with it.
  wholeAnswerIsUseless(generate, 'truncate_after=1')
  test('the gateway goes on serving', async () => {
    expect((await fetch(`${server.baseUrl}/healthz`, within(5_000))).status).toBe(200)
    const before = await servedCount(server)
    const { got } = await askOnce(server, chatStream)
    expect(got.status).toBe(200)
    expect(await servedCount(server)).toBe(before + 1)
  })
})
