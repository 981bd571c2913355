/**
 * Credit, budgets and limits at their edges: what cannot be paid is refused or cut to what can, nothing is
 * overspent by a nano-USD, and every charge is what the sandbox itself counted, at the list price.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { Settlement } from '../../src/store/store.ts'
import type { Account } from '../support/mart.ts'
import { startServer, type Server } from '../support/start-server.ts'
import {
  answerText,
  ask,
  balanceOf,
  chargesOf,
  chat,
  chatModel,
  chatStream,
  costNano,
  envelopeOf,
  expectClosedBooks,
  expectNoMoney,
  factsOf,
  generate,
  generateStream,
  nanoOf,
  openPurse,
  recordsOf,
  servedCount,
  servedOf,
  settledOf,
  startMsMax,
  taken,
  usdOf,
  ways,
  withModel,
  type Way,
} from './request-support.ts'

setDefaultTimeout(startMsMax)

const prompt = 'What is a river?'
let server: Server
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server?.stop())

/** The vendor's own count of a request, priced by the list, must be its charge. */
async function expectListPrice(way: Way, receipt: Settlement): Promise<void> {
  const served = await servedOf(server, receipt.requestId)
  expect(served).toMatchObject([{ complete: true }])
  expect(BigInt(receipt.chargeNano)).toBe(costNano(way.model, served[0]!.usage))
}

describe('credit that does not cover a request', () => {
  for (const way of ways)
    test(`${way.name}: without credit it is refused, saying what is needed and what there is`, async () => {
      const account = await openPurse(server, null)
      const before = await servedCount(server)
      const error = expectNoMoney(await taken(ask(server, account.key, way)), way, 'INSUFFICIENT_CREDIT')
      const { needed_usd: needed, available_usd: available } = factsOf(error, way)
      expect(nanoOf(needed)).toBeGreaterThan(0n)
      expect(nanoOf(available)).toBe(0n)
      for (const amount of [needed, available]) expect(error.message).toContain(`$${String(amount)}`)
      expect(await servedCount(server)).toBe(before)
      await expectClosedBooks(server, account, 0n, [])
    })

  for (const way of ways)
    test(`${way.name}: what it says is needed is enough, and one nano-USD less is not`, async () => {
      const asked = { prompt, outputTokens: 5_000, sandbox: 'tokens=5000 reasoning=0' }
      const refused = await taken(ask(server, (await openPurse(server, null)).key, way, asked))
      const neededNano = nanoOf(factsOf(envelopeOf(refused, way.dialect), way)['needed_usd'])
      const short = await openPurse(server, usdOf(neededNano - 1n))
      const error = expectNoMoney(await taken(ask(server, short.key, way, asked)), way, 'INSUFFICIENT_CREDIT')
      expect(nanoOf(factsOf(error, way)['available_usd'])).toBe(neededNano - 1n)
      await expectClosedBooks(server, short, neededNano - 1n, [])
      const enough = await openPurse(server, usdOf(neededNano))
      const got = await taken(ask(server, enough.key, way, asked))
      expect(got.status).toBe(200)
      const receipt = await settledOf(server, enough, got.requestId)
      expect(receipt.tokens.output).toBe(16)
      await expectListPrice(way, receipt)
      await expectClosedBooks(server, enough, neededNano, [receipt])
    })

  for (const way of ways)
    for (const outputTokens of [5_000, undefined])
      test(`${way.name}, limit ${outputTokens ?? 'unstated'}: the answer is cut to what the credit covers`, async () => {
        const account = await openPurse(server, '0.0008')
        const sandbox = 'tokens=5000 reasoning=0'
        const got = await taken(
          ask(server, account.key, way, { prompt, sandbox, ...(outputTokens && { outputTokens }) }),
        )
        expect(got.status).toBe(200)
        expect(got.text).toMatch(/"finish_reason":"length"|"finishReason":"MAX_TOKENS"/)
        const receipt = await settledOf(server, account, got.requestId)
        expect(receipt.flags).toEqual(['output-clamped'])
        expect(receipt.tokens.output).toBeGreaterThanOrEqual(16)
        expect(receipt.tokens.output).toBeLessThan(5_000)
        expect(BigInt(receipt.chargeNano)).toBeLessThanOrEqual(800_000n)
        await expectListPrice(way, receipt)
        await expectClosedBooks(server, account, 800_000n, [receipt])
      })

  test('two answers share what the credit covers', async () => {
    const account = await openPurse(server, '0.0008')
    const asked = { prompt, fields: { n: 2 }, outputTokens: 5_000, sandbox: 'tokens=5000' }
    const got = await taken(ask(server, account.key, chat, asked))
    const { choices } = JSON.parse(got.text) as { choices: { finish_reason: string }[] }
    expect(choices.map(({ finish_reason: reason }) => reason)).toEqual(['length', 'length'])
    const receipt = await settledOf(server, account, got.requestId)
    await expectListPrice(chat, receipt)
    await expectClosedBooks(server, account, 800_000n, [receipt])
  })

  test('a limit that is not stated is cut to 16,384 tokens while credit is not plentiful, and never with plenty', async () => {
    const asked = { prompt, sandbox: 'tokens=20000' }
    for (const [credit, tokens, flags] of [
      ['0.50', 16_384, ['output-clamped']],
      ['50.00', 20_000, []],
    ] as const) {
      const account = await openPurse(server, credit)
      const got = await taken(ask(server, account.key, chat, asked))
      const receipt = await settledOf(server, account, got.requestId)
      expect(receipt).toMatchObject({ tokens: { output: tokens }, flags })
      await expectClosedBooks(server, account, nanoOf(credit), [receipt])
    }
  })

  test('an upstream that exceeds its hold is paid as far as the credit reaches; the rest is written off', async () => {
    const asked = { prompt, outputTokens: 500, sandbox: 'tokens=500 served=gpt-5.4' }
    const facts = envelopeOf(await taken(ask(server, (await openPurse(server, null)).key, chat, asked)), 'openai')
    const fullNano = nanoOf(facts['full_usd'])
    const account = await openPurse(server, usdOf(fullNano))
    const got = await taken(ask(server, account.key, chat, asked))
    const receipt = await settledOf(server, account, got.requestId)
    const [served] = await servedOf(server, got.requestId)
    expect(receipt.flags).toContain('over-hold')
    expect(BigInt(receipt.ratedNano)).toBe(costNano('gpt-5.4', served!.usage))
    expect(BigInt(receipt.chargeNano)).toBe(fullNano)
    expect(BigInt(receipt.writeOffNano)).toBe(BigInt(receipt.ratedNano) - fullNano)
    await expectClosedBooks(server, account, fullNano, [receipt])
    expect(await balanceOf(server, account)).toMatchObject({ balanceNano: 0n, availableNano: 0n })
  })
})

describe('many at once', () => {
  for (const limit of ['stated', 'unstated', 'both'] as const)
    test(`200 concurrent requests against credit for 10, limit ${limit}: never overspent by a nano-USD`, async () => {
      const tenNano = 10n * costNano(chatModel, { input: 11, cachedInput: 0, output: 100, reasoning: 0 })
      const account = await openPurse(server, usdOf(tenNano), { concurrency: null })
      const before = await servedCount(server)
      const polled = pollBalance(account)
      const asked = Array.from({ length: 200 }, (_, at) => {
        const isStated = limit === 'both' ? at % 2 === 0 : limit === 'stated'
        const way = ways[at % ways.length]!
        const sandbox = 'tokens=100 reasoning=0 chunk_ms=1'
        return taken(ask(server, account.key, way, { prompt, sandbox, ...(isStated && { outputTokens: 100 }) }))
      })
      const answers = await Promise.all(asked)
      const lows = await polled.stop()
      expect(lows.filter((nano) => nano < 0n)).toEqual([])
      for (const { status } of answers) expect([200, 429]).toContain(status)
      const paid = answers.filter(({ status }) => status === 200)
      expect(paid.length).toBeGreaterThan(0)
      for (const { broke } of paid) expect(broke).toBe(false)
      const receipts = await Promise.all(paid.map(({ requestId }) => settledOf(server, account, requestId)))
      expect(new Set(paid.map(({ requestId }) => requestId)).size).toBe(paid.length)
      expect(receipts.filter(({ ending }) => ending !== 'completed')).toEqual([])
      const served = (await Promise.all(paid.map(({ requestId }) => servedOf(server, requestId)))).flat()
      expect(served.length).toBe(paid.length)
      expect(await servedCount(server)).toBe(before + paid.length)
      expect(served.reduce((total, { model, usage }) => total + costNano(model, usage), 0n)).toBe(chargesOf(receipts))
      expect(chargesOf(receipts)).toBeLessThanOrEqual(tenNano)
      await expectClosedBooks(server, account, tenNano, receipts)
    })

  test('credit is spent to the last request that fits, one after the other, and no further', async () => {
    const account = await openPurse(server, '0.001')
    const receipts: Settlement[] = []
    for (;;) {
      const got = await taken(ask(server, account.key, chat, { prompt, outputTokens: 64, sandbox: 'tokens=64' }))
      if (got.status === 429) break
      receipts.push(await settledOf(server, account, got.requestId))
    }
    expect(receipts.length).toBeGreaterThan(3)
    await expectClosedBooks(server, account, 1_000_000n, receipts)
    // What is left does not pay for the shortest answer.
    const { availableNano } = await balanceOf(server, account)
    expect(availableNano).toBeLessThan(BigInt(receipts.at(-1)!.holdNano))
  })
})

/** Asks for the balance all the while; `stop` gives the smallest of each kind that was seen. */
function pollBalance(account: Account): { readonly stop: () => Promise<bigint[]> } {
  const lows: bigint[] = []
  let isStopped = false
  const poll = async (): Promise<void> => {
    while (!isStopped) {
      const { balanceNano, heldNano, availableNano } = await balanceOf(server, account)
      lows.push(balanceNano, heldNano, availableNano, balanceNano - heldNano)
    }
  }
  const polling = poll()
  return {
    async stop() {
      isStopped = true
      await polling
      return lows
    },
  }
}

describe('what is charged is what was served', () => {
  const cases: readonly [name: string, sandbox: string, tier: 'standard' | 'flex' | 'priority'][] = [
    ['served at flex', 'tier=flex tokens=50', 'flex'],
    ['served at priority', 'tier=priority tokens=50', 'priority'],
    ['cached input', 'cached=9 tokens=50', 'standard'],
    ['reasoning', 'reasoning=300 tokens=50', 'standard'],
    ['all of it', 'cached=5 reasoning=100 tokens=50 tier=priority', 'priority'],
  ]
  for (const way of [withModel(chat, 'gpt-5.4'), withModel(chatStream, 'gpt-5.4'), generate, generateStream])
    for (const [name, sandbox, tier] of cases)
      test(`${way.name}: ${name}`, async () => {
        const account = await openPurse(server, '1.00')
        const got = await taken(ask(server, account.key, way, { prompt, sandbox, outputTokens: 2_000 }))
        const receipt = await settledOf(server, account, got.requestId)
        const [served] = await servedOf(server, got.requestId)
        expect(receipt.serviceTier).toBe(tier)
        expect(receipt.tokens).toMatchObject(tokensOf(served!.usage))
        expect(BigInt(receipt.chargeNano)).toBe(costNano(way.model, served!.usage, tier))
        await expectClosedBooks(server, account, 1_000_000_000n, [receipt])
      })

  for (const [way, other] of [
    [chat, 'gpt-4.1-nano'],
    [chatStream, 'gpt-5.4'],
    [generate, 'gemini-2.5-flash-lite'],
    [generateStream, 'gemini-2.5-pro'],
  ] as const)
    test(`${way.name}: an answer that another model served is charged at that model's price`, async () => {
      const account = await openPurse(server, '1.00')
      const got = await taken(
        ask(server, account.key, way, { prompt, sandbox: `served=${other} tokens=40`, outputTokens: 900 }),
      )
      const receipt = await settledOf(server, account, got.requestId)
      const [served] = await servedOf(server, got.requestId)
      expect(receipt).toMatchObject({ model: way.model, servedModel: other, writeOffNano: '0' })
      expect(receipt.priceFrom).toStartWith(`${other} from `)
      expect(receipt.flags).toContain('other-model-served')
      expect(BigInt(receipt.chargeNano)).toBe(costNano(other, served!.usage))
      await expectClosedBooks(server, account, 1_000_000_000n, [receipt])
    })

  test('the header, the receipt and the answer of a plain request say the same', async () => {
    const account = await openPurse(server, '1.00')
    const got = await taken(ask(server, account.key, chat, { prompt, sandbox: 'tokens=40' }))
    const receipt = await settledOf(server, account, got.requestId)
    expect(nanoOf(got.headers.get('x-mart-charge-usd'))).toBe(BigInt(receipt.chargeNano))
    expect(recordsOf(got.text, chat)[0]).toMatchObject({ usage: receipt.vendorUsage })
    expect(answerText(got.text, chat).length).toBeGreaterThan(0)
  })
})

const tokensOf = (usage: Settlement['tokens']): Settlement['tokens'] => {
  const { input, cachedInput, output, reasoning } = usage
  return { input, cachedInput, output, reasoning }
}
