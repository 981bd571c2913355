/** What is free is served as what is paid is: tried, cut off, told, logged. */
import { afterEach, expect, test } from 'bun:test'
import { UnreachableError } from '../../src/lib/http-client/contract.ts'
import { startGateway, until, type TestGateway } from './gateway.ts'
import { silence, type Answerer } from './upstream.ts'

const config = {
  providers: {
    one: { kind: 'gemini-compatible', baseUrl: 'http://127.0.0.1:1/one' },
    two: { kind: 'gemini-compatible', baseUrl: 'http://127.0.0.1:1/two' },
  },
  deployments: ['one', 'two'].map((provider, priority) => ({
    name: provider,
    model: 'gemini-3.5-flash',
    provider,
    region: 'us',
    priority,
  })),
  failover: { jitterMs: 0 },
}
const url = '/genai/v1beta/models/gemini-3.5-flash:countTokens'
const body = { contents: [{ parts: [{ text: 'hi' }] }] }
const counted = { pieces: ['{"totalTokens":3}'] }

let gateway: TestGateway | null = null
afterEach(() => gateway?.stop())
const start = async (answerer: Answerer): Promise<TestGateway> => (gateway = await startGateway(config, answerer))

test('a free call takes no hold, is in no book, and its end, its attempt and its headers are as those of a paid one', async () => {
  const { ask, sent, ended, attempts, settled, intended } = await start(() => counted)
  const given = await ask('POST', url, { body })
  expect([given.status, await given.text()]).toEqual([200, '{"totalTokens":3}'])
  expect(given.headers['x-mart-region']).toBe('us')
  expect(given.headers['x-mart-charge-usd']).toBeUndefined()
  expect(sent.map((call) => [call.method, call.url, call.body])).toEqual([
    ['POST', 'http://127.0.0.1:1/one/models/gemini-3.5-flash:countTokens', JSON.stringify(body)],
  ])
  expect(ended).toMatchObject([
    {
      endpoint: 'countTokens',
      model: 'gemini-3.5-flash',
      status: 200,
      failure: null,
      settlement: null,
      relayed: { upstream: 'one', region: 'us', ending: 'completed', streamed: false },
    },
  ])
  expect(attempts).toMatchObject([{ deployment: 'one', status: 200, error: null }])
  expect([settled, intended]).toEqual([[], []])
})

test('it is made elsewhere where one fails, and both attempts are told', async () => {
  const { ask, ended, attempts } = await start(({ url: at }) => (at.includes('/one/') ? { status: 500 } : counted))
  expect((await ask('POST', url, { body })).status).toBe(200)
  expect(attempts.map(({ deployment, status }) => [deployment, status])).toEqual([
    ['one', 500],
    ['two', 200],
  ])
  expect(ended[0]!.relayed!.attempts).toHaveLength(2)
})

test('a client that leaves ends it upstream', async () => {
  const { ask, sent, ended } = await start(() => silence)
  let leave = (): void => undefined
  const asking = ask('POST', url, { body, leaver: (leaves) => (leave = leaves) })
  await until(() => sent.length === 1)
  leave()
  await asking
  expect(sent[0]!.abortedBy?.message).toBe('cut off: client-left')
  await until(() => ended.length === 1)
  expect(ended).toMatchObject([{ status: 499, relayed: { ending: 'client-left' } }])
  expect(sent).toHaveLength(1)
})

test('what only an operator can mend is an alert, and the client is told nothing of our account', async () => {
  const { ask, alerts } = await start(() => ({ status: 401, pieces: ['{"error":{"message":"API key expired"}}'] }))
  const given = await ask('POST', url, { body })
  expect(given.status).toBe(503)
  expect(await given.text()).not.toContain('expired')
  expect(alerts.map(({ event }) => event)).toEqual(['upstream-credential-refused', 'upstream-credential-refused'])
})

test('the client’s own fault is told in the vendor’s words, once', async () => {
  const error = { error: { code: 400, message: 'contents is not specified', status: 'INVALID_ARGUMENT' } }
  const { ask, sent, ended } = await start(() => ({ status: 400, pieces: [JSON.stringify(error)] }))
  const given = await ask('POST', url, { body })
  expect([given.status, await given.text()]).toEqual([400, expect.stringContaining('contents is not specified')])
  expect(sent).toHaveLength(1)
  expect(ended).toMatchObject([{ status: 400, relayed: { ending: 'upstream-refused' } }])
})

test('an error under 200, and what is no JSON, are failures like any other', async () => {
  for (const pieces of [['{"error":{"code":500,"message":"x"}}'], ['<html>'], []]) {
    const { ask, attempts, stop } = await start(() => ({ pieces }))
    expect((await ask('POST', url, { body })).status).toBe(503)
    expect(attempts).toHaveLength(2)
    stop()
  }
})

test('deadlines hold for it', async () => {
  const { ask, pass, sent } = await start((_, at) => (at === 0 ? silence : new UnreachableError('away')))
  const asking = ask('POST', url, { body })
  await until(() => sent.length === 1)
  pass(600_001)
  expect((await asking).status).toBeOneOf([503, 504])
  expect(sent[0]!.abortedBy?.message).toBe('cut off: first-byte')
})
