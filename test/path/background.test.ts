/** Responses of the background on the path, streamed: what is reserved, and charged where nothing goes on; the upstream is a function. */
import { afterEach, expect, test } from 'bun:test'
import { openai } from '../../src/gateway/dialects/openai/envelope.ts'
import { startGateway, type TestGateway } from './gateway.ts'
import { silence, type Answer } from './upstream.ts'

const config = {
  providers: { one: { kind: 'openai', apiKey: '${KEY}', baseUrl: 'https://one.test/v1' } },
  deployments: [{ name: 'text', provider: 'one', region: 'us', model: 'gpt-5.4' }],
  regions: { us: { serves: ['us'] } },
  defaults: { region: 'us' },
  failover: { jitterMs: 0 },
}
const event = (type: string, fields: object): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`
const response = (fields: object) => ({
  response: { id: 'resp_1', object: 'response', model: 'gpt-5.4', output: [], usage: null, ...fields },
})
const usage = { input_tokens: 1_000, output_tokens: 100, total_tokens: 1_100 }
const delta = event('response.output_text.delta', { sequence_number: 1, delta: 'Hello' })
const created = (background?: boolean): string =>
  event('response.created', { sequence_number: 0, ...response({ status: 'queued', background }) })
const completed = (background?: boolean): string =>
  event('response.completed', { sequence_number: 2, ...response({ status: 'completed', background, usage }) })

let gateway: TestGateway | null = null
afterEach(() => gateway?.stop())
const ask = async (pieces: Answer['pieces']) => {
  gateway = await startGateway(config, () => ({ headers: { 'content-type': 'text/event-stream' }, pieces: pieces! }))
  const body = { model: 'gpt-5.4', input: 'x', background: true, stream: true, max_output_tokens: 500 }
  return { of: gateway, given: await gateway.ask('POST', '/v1/responses', { body }) }
}

test('a stream that says that it goes on is reserved before anything of it is given', async () => {
  const { of, given } = await ask([created(true), delta, completed(true)])
  expect(await given.text()).toBe(created(true) + delta + completed(true))
  expect(of.reserved).toMatchObject([{ resourceId: 'resp_1', settlement: { ending: 'reserved' } }])
  expect(of.settled).toEqual([])
})

test.each([[undefined], [false]])(
  'one whose upstream overlooks the background (%p) is charged as any stream',
  async (background) => {
    const { of, given } = await ask([created(background), delta, completed(background)])
    expect(await given.text()).toBe(created(background) + delta + completed(background))
    expect(of.reserved).toEqual([])
    // 1,000 × 2.5 + 100 × 15 millionths of a USD
    expect(of.settled).toMatchObject([{ ending: 'completed', chargeNano: '4000000' }])
  },
)

test('a client that leaves one ends the call there once, so that its load is not counted below nothing, and it stays reserved', async () => {
  const { of, given } = await ask([created(true) + delta, silence])
  const reader = (given.answer.body as ReadableStream<Uint8Array>).getReader()
  await reader.read()
  const waiting = reader.read().catch(() => undefined)
  // Until the upstream is asked for more.
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve()
  await reader.cancel()
  await waiting
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve()
  const wanted = { model: null, operation: { name: 'responses', dialect: openai } } as const
  const [candidate] = of.deps.fleet.at({ provider: 'one', region: 'us', deployment: 'text' }, wanted, 'live')!.list
  expect([of.reserved.length, candidate!.health.inFlight]).toEqual([1, 0])
})
