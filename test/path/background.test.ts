/** Responses of the background on the path, streamed: what is reserved, and charged where nothing goes on; the upstream is a function. */
import { afterEach, expect, test } from 'bun:test'
import { askJob } from '../../src/gateway/ask-job.ts'
import { openai } from '../../src/gateway/dialects/openai/envelope.ts'
import { endReservation, type JobEnd } from '../../src/money/reservations.ts'
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
const compatible = { ...config.providers.one, kind: 'openai-compatible', responses: 'native' }

let says: Answer = {}
const ask = async (pieces: Answer['pieces'], fields: object = {}, provider: object = config.providers.one) => {
  gateway = await startGateway({ ...config, providers: { one: provider } }, ({ method }) =>
    method === 'GET' ? says : { headers: { 'content-type': 'text/event-stream' }, pieces: pieces! },
  )
  const body = { model: 'gpt-5.4', input: 'x', background: true, stream: true, max_output_tokens: 500, ...fields }
  return { of: gateway, given: await gateway.ask('POST', '/v1/responses', { body }) }
}

test('a stream that says that it goes on is reserved before anything of it is given', async () => {
  const { of, given } = await ask([created(true), delta, completed(true)])
  expect(await given.text()).toBe(created(true) + delta + completed(true))
  expect(of.reserved).toMatchObject([{ resourceId: 'resp_1', settlement: { ending: 'reserved' } }])
  expect(of.settled).toEqual([])
})

test.each([[true], [false]])(
  'one that is not stored, as projects without data retention have them, is reserved and can be asked for (streamed: %p)',
  async (stream) => {
    const queued = { status: 'queued', background: true, store: false }
    const { of, given } = await ask(
      stream
        ? [event('response.created', { sequence_number: 0, ...response(queued) }), delta, completed(true)]
        : [JSON.stringify(response(queued).response)],
      { stream, store: false },
    )
    await given.text()
    expect([of.reserved.length, of.settled.length]).toEqual([1, 0])
    says = { pieces: [JSON.stringify(response({ ...queued, status: 'completed', usage }).response)] }
    const asked = await of.ask('GET', '/v1/responses/resp_1')
    expect([asked.status, JSON.parse(await asked.text())]).toMatchObject([200, { status: 'completed' }])
    expect(await askJob(of.reserved[0]!, AbortSignal.timeout(1_000), of.deps)).toMatchObject({ state: 'done' })
  },
)

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

test('what its tools may bring in at worst is reserved, since no more than that is ever charged', async () => {
  const { of, given } = await ask([created(true), completed(true)], { tools: [{ type: 'web_search' }] })
  await given.text()
  const done = { state: 'done', tier: null, servedModel: null, vendorUsage: null } as const
  const used = { input: 922_000, output: 500, webSearchCall: 100 }
  expect(endReservation(of.reserved[0]!, { ...done, usage: used }, 0)).toMatchObject({ writeOffNano: '0', flags: [] })
})

test('a tier that was not asked for is the vendor’s to name, and no compatible upstream’s', async () => {
  const usual = { tier: null, servedModel: null, vendorUsage: null, usage: { input: 1_000, output: 100 } } as const
  for (const [provider, asked, said, nano] of [
    [config.providers.one, 'default', 'priority', '8000000'],
    [compatible, 'default', 'priority', '4000000'],
    [compatible, 'flex', 'priority', '2000000'],
    [compatible, 'priority', 'priority', '8000000'],
  ] as const) {
    const { of, given } = await ask([created(true), completed(true)], { service_tier: asked }, provider)
    await given.text()
    const ended = endReservation(of.reserved[0]!, { ...usual, state: 'done', tier: said }, 0)
    expect([asked, said, ended.ratedNano]).toEqual([asked, said, nano])
  }
})

const poll = async (of: TestGateway, object: Answer) => {
  says = object
  return askJob(of.reserved[0]!, new AbortController().signal, of.deps)
}

test('an upstream whose clock is far behind has neither lost nor outlived what it has just begun', async () => {
  for (const created_at of [0, -5, 1_796_000_000 - 86_400 * 60, 1.5, 1e300]) {
    const { of, given } = await ask([
      event('response.created', response({ status: 'queued', background: true, created_at })) + delta,
      completed(true),
    ])
    await given.text()
    expect(await poll(of, { status: 404 })).toMatchObject({ state: 'pending' })
    const ended = { ...response({ status: 'completed', usage }).response, created_at }
    expect(await poll(of, { pieces: [JSON.stringify(ended)] })).toMatchObject({ state: 'done' })
  }
})

const doubts = (of: TestGateway) => of.logged.filter((each) => (each as { event?: string }).event === 'create-in-doubt')

test('a stream that breaks off behind the name of its job is reserved, and charged for what the job comes to', async () => {
  for (const broken of [[created(true)], [created(true), new Error('reset')]]) {
    const { of, given } = await ask(broken)
    expect(given.status).toBe(200)
    expect(await given.text()).toContain('"code":"upstream_failed"')
    expect([of.reserved.length, of.settled, doubts(of)]).toMatchObject([1, [], []])
    const object = { ...response({ status: 'completed', usage }).response, model: 'gpt-5.4-mini' }
    const end = await poll(of, { pieces: [JSON.stringify(object)] })
    expect(endReservation(of.reserved[0]!, end as JobEnd, 0)).toMatchObject({
      // At the price of gpt-5.4, which was reserved: 1,000 × 2.5 + 100 × 15 millionths of a USD.
      chargeNano: '4000000',
      flags: ['other-model-served'],
    })
  }
})

test('one that breaks off before its job has a name is charged nothing, and the operator is told that it may go on', async () => {
  for (const broken of [[new Error('reset')], [': beginning\n\n', new Error('reset')], [': beginning\n\n']]) {
    const { of, given } = await ask(broken)
    await given.text()
    expect(of.reserved).toEqual([])
    expect(of.settled).toMatchObject([{ chargeNano: '0' }])
    expect(doubts(of)).toMatchObject([{ requestId: of.settled[0]!.requestId, upstream: 'text' }])
  }
})

test('a completed job without usage is charged by what it says and by the guess of its input', async () => {
  const { of, given } = await ask([created(true), completed(true)], { input: 'x'.repeat(4_000) })
  await given.text()
  const output = [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'y'.repeat(400) }] }]
  const end = await poll(of, { pieces: [JSON.stringify({ ...response({ status: 'completed', output }).response })] })
  const settled = endReservation(of.reserved[0]!, end as JobEnd, 0)
  expect(settled.flags).toEqual(['estimated'])
  expect(settled.tokens.output).toBe(100)
  expect(settled.tokens.input).toBeGreaterThan(1_000)
  expect(settled.tokens.input).toBeLessThan(1_100)
  expect(BigInt(settled.chargeNano)).toBe(BigInt(settled.tokens.input) * 2_500n + 100n * 15_000n)
})
