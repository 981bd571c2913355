/** Whoever repeats a call with its idempotency key: one execution, one charge, one answer, whatever comes at once. */
import { afterEach, describe, expect, spyOn, test } from 'bun:test'
import fc from 'fast-check'
import type { Asked } from '../../src/gateway/dialect.ts'
import { unmetered } from '../../src/gateway/dialects/unmetered.ts'
import { openai } from '../../src/gateway/dialects/openai/envelope.ts'
import type { Operation } from '../../src/gateway/operation.ts'
import { startGateway, type Given, type TestGateway } from './gateway.ts'
import type { Answer, Answerer } from './upstream.ts'

const config = {
  providers: { one: { kind: 'openai-compatible', baseUrl: 'http://127.0.0.1:1/one' } },
  deployments: [{ name: 'one', model: 'gpt-5.4', provider: 'one', region: 'us' }],
  failover: { jitterMs: 0 },
}
let gateway: TestGateway | null = null
afterEach(() => gateway?.stop())
const start = async (answerer: Answerer): Promise<TestGateway> => (gateway = await startGateway(config, answerer))

const keyed = (key: string) => ({ 'idempotency-key': key })
const bodyOf = (prompt: string, stream: boolean) => ({
  model: 'gpt-5.4',
  messages: [{ role: 'user', content: prompt }],
  ...(stream && { stream }),
})
const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }
const said = (text: string, key: 'message' | 'delta') => [{ index: 0, [key]: { content: text }, finish_reason: 'stop' }]
const record = (json: object): string => `data: ${JSON.stringify({ model: 'gpt-5.4', ...json })}\n\n`
const plain = (text: string): Answer => ({
  pieces: [JSON.stringify({ model: 'gpt-5.4', choices: said(text, 'message'), usage })],
})
const streamed = (text: string, end: readonly (string | Error)[]): Answer => ({
  headers: { 'content-type': 'text/event-stream' },
  pieces: [record({ choices: [{ index: 0, delta: { content: text } }] }), ...end],
})
const wholeEnd = [record({ choices: said('', 'delta') }), record({ choices: [], usage }), 'data: [DONE]\n\n']

test('whatever comes at once, fails, breaks off or is repeated: one charge for a key, one execution that is answered, and the same bytes for everybody', async () => {
  type Ask = { readonly key: number; readonly prompt: number; readonly stream: boolean }
  const outcomes = fc.array(fc.constantFrom('served', 'served', 'failed', 'refused', 'broke'), {
    minLength: 40,
    maxLength: 40,
  })
  const batches = fc.array(
    fc.array(fc.record({ key: fc.nat(2), prompt: fc.nat(1), stream: fc.boolean() }), { minLength: 1, maxLength: 8 }),
    { maxLength: 5 },
  )
  await fc.assert(
    fc.asyncProperty(outcomes, batches, async (fates, list) => {
      const answerer: Answerer = ({ body }, at) => {
        const fate = fates[at % fates.length]!
        const isStream = body.includes('"stream":true')
        if (fate === 'failed') return { status: 500 }
        if (fate === 'refused')
          return { status: 400, pieces: ['{"error":{"message":"no","type":"invalid_request_error"}}'] }
        if (!isStream) return plain(`answer ${at}`)
        return streamed(`answer ${at}`, fate === 'broke' ? [new Error('reset')] : wholeEnd)
      }
      const { ask, settled, stop } = await startGateway(config, answerer)
      const answers = new Map<string, { readonly text: string; readonly madeBy: string }[]>()
      const one = async ({ key, prompt, stream }: Ask): Promise<void> => {
        const body = bodyOf(`prompt ${prompt}`, stream)
        const given = await ask('POST', '/v1/chat/completions', { body, headers: keyed(`k${key}`) })
        const text = await given.text()
        expect([200, 400, 422, 503]).toContain(given.status)
        if (given.status !== 200) return
        const madeBy = String(given.headers['original-request'] ?? given.headers['x-request-id'])
        const place = `k${key}`
        answers.set(place, [...(answers.get(place) ?? []), { text, madeBy }])
      }
      for (const batch of list) await Promise.all(batch.map(one))
      stop()
      for (const given of answers.values()) expect(new Set(given.map((each) => JSON.stringify(each))).size).toBe(1)
      const charged = settled.filter(({ ratedNano }) => ratedNano !== '0')
      const hashes = charged.map(({ idempotency }) => idempotency!.keyHash)
      expect(new Set(hashes).size).toBe(hashes.length)
      const madeBy = [...answers.values()].map(([first]) => first!.madeBy)
      expect(charged.map(({ requestId }) => requestId).toSorted()).toEqual(madeBy.toSorted())
    }),
    // A run is long; the quick ones of `--unit` end none in the middle.
    { numRuns: 25, interruptAfterTimeLimit: 20_000 },
  )
}, 60_000)

test('an answer that took the last credit is given again, however large its call: what has no key that was used is refused unread', async () => {
  const { ask, deps, sent } = await start(() => plain('once'))
  const body = bodyOf('x'.repeat(100_000), false)
  const asked = (key: string, onRead?: () => void) =>
    ask('POST', '/v1/chat/completions', { body, headers: keyed(key), ...(onRead && { onRead }) })
  const first = await (await asked('k')).text()
  const nothing = { grantedNano: 0n, availableNano: 0n, heldNano: 0n, reservedNano: 0n, leasedElsewhereNano: 0n }
  const standing = spyOn(deps.credit, 'standing').mockResolvedValue(nothing as never)
  const again = await asked('k')
  expect([again.status, await again.text()]).toEqual([200, first])
  let isRead = false
  expect((await asked('other', () => (isRead = true))).status).toBe(429)
  expect([isRead, standing.mock.calls.length, sent.length]).toEqual([false, 1, 1])
})

/** One that is free and leaves something behind, as making a conversation is. */
const create = (effects: Operation['effects']): Operation => {
  const asked: Asked = {
    target: { kind: 'model', name: 'gpt-5.4' },
    demand: null,
    wire: { path: () => '/things', body: () => new Uint8Array(0), answer: unmetered },
    effects,
    affinity: () => null,
  }
  return {
    name: 'chat.completions',
    dialect: openai,
    method: 'POST',
    path: '/v1/things',
    kinds: ['text'],
    body: { kind: 'json', bytesMax: 1024 },
    passes: [],
    due: 'free',
    effects,
    read: () => asked,
  }
}

describe('a free call', () => {
  const ask = ({ serve }: TestGateway, effects: Operation['effects'], body: object = {}): Promise<Given> =>
    serve({ operation: create(effects) }, { body, headers: keyed('k') })

  test('that leaves something behind is done once, and its answer given again, for nothing and without a word of a charge', async () => {
    const world = await start((_call, at) => ({ pieces: [`{"id":"thing_${at}"}`] }))
    const first = await ask(world, 'leaves-record')
    const again = await ask(world, 'leaves-record')
    expect([await first.text(), await again.text()]).toEqual(['{"id":"thing_0"}', '{"id":"thing_0"}'])
    expect([first, again].map(({ headers }) => headers['x-mart-charge-usd'])).toEqual([undefined, undefined])
    expect(again.headers).toMatchObject({ 'original-request': String(first.headers['x-request-id']) })
    expect((await ask(world, 'leaves-record', { other: true })).status).toBe(422)
    expect(world.sent).toHaveLength(1)
    expect(world.ended.map(({ replayOf = null, failure }) => replayOf ?? failure)).toEqual([
      null,
      String(first.headers['x-request-id']),
      'idempotency_key_reused',
    ])
  })

  test('that failed or was refused is done when it is repeated', async () => {
    const world = await start((_call, at) =>
      at === 0 ? { status: 400, pieces: ['{"error":{"message":"no"}}'] } : { pieces: ['{}'] },
    )
    expect((await ask(world, 'acts')).status).toBe(400)
    const second = await ask(world, 'acts')
    expect([second.status, second.headers['idempotent-replayed']]).toEqual([200, undefined])
    expect((await ask(world, 'acts')).headers['idempotent-replayed']).toBe('true')
  })

  test('that leaves nothing behind ignores the key', async () => {
    const world = await start(() => ({ pieces: ['{}'] }))
    for (let time = 0; time < 2; time += 1)
      expect((await ask(world, 'none')).headers['idempotent-replayed']).toBeUndefined()
    expect(world.sent).toHaveLength(2)
  })
})
