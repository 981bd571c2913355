import { expect, test } from 'bun:test'
import type { Intent } from '../money/journal.ts'
import { loadPriceBook } from '../money/price-book.ts'
import { rate } from '../money/rating.ts'
import { settleInDoubt } from './settle.ts'

const book = (input: string) => loadPriceBook([{ id: 'llama', prices: [priceOf(input)] }])
const priceOf = (input: string) => ({
  from: '2026-01-01',
  tiers: { standard: [{ usdPerMillion: { input, output: '2' } }] },
})
const nobody = loadPriceBook([])
const now = Date.parse('2026-11-30')
const intent: Intent = {
  requestId: 'req_a',
  organizationId: 'org_a',
  keyId: 'key_a',
  mode: 'live',
  admittedAt: now - 5_000,
  dialect: 'openai',
  endpoint: 'chat.completions',
  model: 'llama',
  upstream: 'vllm',
  region: 'us',
  pricePpm: 1_000_000,
  onAbort: 'cut',
  streamed: true,
  serviceTier: 'standard',
  priceFrom: 'llama from 2026-01-01',
  holdNano: '1000000',
  idempotency: null,
}
const counted = { input: 100, output: 50 }
const { lines } = rate(counted, book('1').priceOf('llama', now)!, 'standard')
const noted = { requestId: 'req_a', inputTokens: 100, outputTokens: 50, lines }

test('a stream in doubt is charged at the price of its admission, whatever the price book says at the restart', () => {
  for (const restarted of [book('1'), book('9'), nobody]) {
    const settlement = settleInDoubt(intent, noted, restarted, now)
    expect(settlement).toMatchObject({
      chargeNano: '200000',
      ratedNano: '200000',
      lines: [...lines],
      flags: ['estimated'],
    })
  }
})

test('never above its hold', () => {
  expect(settleInDoubt({ ...intent, holdNano: '150000' }, noted, nobody, now)).toMatchObject({
    chargeNano: '150000',
    ratedNano: '200000',
    writeOffNano: '50000',
  })
})

test('a note of before that has no price is rated by the book; without a price there either, nothing is charged, and a flag says so', () => {
  const { lines: _, ...bare } = noted
  expect(settleInDoubt(intent, bare, book('3'), now)).toMatchObject({ chargeNano: '400000', flags: ['estimated'] })
  expect(settleInDoubt(intent, bare, nobody, now)).toMatchObject({
    chargeNano: '0',
    lines: [],
    flags: ['estimated', 'price-fallback'],
  })
})

test('what never reached its client is owed nothing, nor what was to be billed later, with or without a price', () => {
  for (const [plain, progress] of [
    [{ ...intent, streamed: false }, noted],
    [intent, null],
    [{ ...intent, deferred: true }, noted],
  ] as const)
    expect(settleInDoubt(plain, progress, nobody, now)).toMatchObject({ chargeNano: '0', flags: ['estimated'] })
})
