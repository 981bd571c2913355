/** A request keeps the offer that it came under: nothing on its way looks at another one. */
import { afterEach, expect, test } from 'bun:test'
import type { Settlement } from '../../src/store/store.ts'
import { startGateway, until, type TestGateway } from './gateway.ts'
import type { Answer } from './upstream.ts'

const model = 'acme-chat'
const configOf = (usdPerMillion: string, providers: readonly string[]) => ({
  models: {
    [model]: { contextTokens: 8_192, price: { usdPerMillion: { input: usdPerMillion, output: usdPerMillion } } },
  },
  providers: Object.fromEntries(
    providers.map((name) => [name, { kind: 'openai-compatible', baseUrl: `http://127.0.0.1:1/${name}` }]),
  ),
  deployments: providers.map((provider, priority) => ({ name: provider, model, provider, region: 'us', priority })),
  priceBook: { markupPpm: 100_000 },
  failover: { jitterMs: 0 },
})
const usage = { prompt_tokens: 100, completion_tokens: 100, total_tokens: 200 }
const completion = JSON.stringify({ model, choices: [{ message: { content: 'hi' }, finish_reason: 'stop' }], usage })
const body = { model, messages: [{ role: 'user', content: 'hi' }], max_tokens: 100 }

const figures = ({ chargeNano, costNano, upstream }: Settlement) => [chargeNano, costNano, upstream]

let gateway: TestGateway | null = null
afterEach(() => gateway?.stop())

test('prices, models and deployments that change while a request is under way are for the next one', async () => {
  const waiting: ((answer: Answer) => void)[] = []
  gateway = await startGateway(configOf('10', ['old', 'spare']), () => ({ pieces: [completion] }))
  const { ask, change, deps, settled, sent } = gateway
  const { send } = deps.http
  // The first upstream takes its time, and then fails.
  Object.assign(deps.http, {
    send(request: Parameters<typeof send>[0]) {
      const call = send(request)
      if (sent.length > 1) return call
      const late = new Promise<Answer>((resolve) => waiting.push(resolve))
      return { ...call, response: late.then(() => Promise.reject(new Error('reset'))) }
    },
  })
  const asking = ask('POST', '/v1/chat/completions', { body })
  await until(() => waiting.length === 1)
  change(configOf('99', ['new']))
  waiting[0]!({})
  expect((await asking).status).toBe(200)
  // Tried at the deployment that it found when it came, and charged as it was admitted, 200 tokens at $11 a million; they cost $10.
  expect(sent.map(({ url }) => url.split('/')[3])).toEqual(['old', 'spare'])
  expect(settled.map(figures)).toEqual([['2200000', '2000000', 'spare']])
  await ask('POST', '/v1/chat/completions', { body })
  expect(settled.map(figures)).toEqual([
    ['2200000', '2000000', 'spare'],
    ['21780000', '19800000', 'new'],
  ])
})
