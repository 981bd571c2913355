/** An operator's test call of a deployment: small, real, and nobody's but the operator's. */
import { afterEach, expect, test } from 'bun:test'
import { testCall } from '../../src/gateway/test-call.ts'
import { UnreachableError } from '../../src/lib/http-client/contract.ts'
import { startGateway, type TestGateway } from './gateway.ts'
import type { Answer, Answerer } from './upstream.ts'

const key = '${KEY}'
const config = {
  providers: {
    openai: { kind: 'openai', apiKey: key },
    azure: { kind: 'azure-openai', apiKey: key, endpoint: 'https://${RESOURCE}.openai.azure.com/' },
    google: { kind: 'google-ai-studio', apiKey: key },
    mine: { kind: 'openai-compatible', baseUrl: 'http://127.0.0.1:1/mine', apiKey: key },
  },
  deployments: [
    { name: 'chat', model: 'gpt-5.4', provider: 'openai', region: 'us' },
    { name: 'azure', model: 'gpt-5.4', provider: 'azure', region: 'us', upstreamModel: 'my-own-name' },
    { name: 'own', model: 'gpt-5.4', provider: 'mine', region: 'us' },
    { name: 'embeddings', model: 'text-embedding-3-small', provider: 'openai', region: 'us' },
    { name: 'pictures', model: 'gpt-image-2', provider: 'openai', region: 'us' },
    { name: 'videos', model: 'sora-2', provider: 'openai', region: 'us' },
    { name: 'gemini', model: 'gemini-3.5-flash', provider: 'google', region: 'us' },
    { name: 'nano', model: 'gemini-3.1-flash-image', provider: 'google', region: 'us' },
  ],
}

let gateway: TestGateway | null = null
afterEach(() => gateway?.stop())

async function tested(name: string, answer: Answer | Error) {
  const answerer: Answerer = () => answer
  gateway = await startGateway(config, answerer)
  const { deps, sent } = gateway
  const { deployment, health } = deps.fleet.list.find(({ deployment: { id } }) => id === name)!
  const result = await testCall(deployment, deps)
  return { result, call: sent[0]!, many: sent.length, health, gateway }
}

const error = (message: string, code: string | null = null) => ({
  pieces: [JSON.stringify({ error: { message, code, type: 'invalid_request_error' } })],
})

test('each kind of model is asked for as little as there is, at its own address and with its own credential', async () => {
  const asked: Record<string, [string, object]> = {
    chat: ['https://api.openai.com/v1/chat/completions', { model: 'gpt-5.4', max_completion_tokens: 16 }],
    azure: ['https://contoso.openai.azure.com/openai/v1/chat/completions', { model: 'my-own-name' }],
    own: ['http://127.0.0.1:1/mine/chat/completions', { model: 'gpt-5.4', max_tokens: 16 }],
    embeddings: ['https://api.openai.com/v1/embeddings', { model: 'text-embedding-3-small', input: 'Say ok.' }],
    gemini: [
      'https://generativelanguage.googleapis.com/v1beta/models/gemini-3.5-flash:generateContent',
      { generationConfig: { maxOutputTokens: 16 } },
    ],
  }
  for (const [name, [url, fields]] of Object.entries(asked)) {
    const { result, call, many } = await tested(name, { pieces: ['{}'] })
    expect(result).toMatchObject({ ok: true, status: 200, fault: null, words: 'It answered.' })
    expect([call.method, call.url.replace(/\?.*/, ''), many]).toEqual(['POST', url, 1])
    expect(JSON.parse(call.body)).toMatchObject(fields)
    expect(JSON.stringify(call.headers)).toContain('upstream-key-0123456789')
  }
})

test('pictures and videos, which are dear, are asked for with an empty prompt, and its refusal is a good sign', async () => {
  for (const name of ['pictures', 'videos']) {
    const { result, call } = await tested(name, { status: 400, ...error('prompt must not be empty') })
    expect(JSON.parse(call.body)).toMatchObject({ prompt: '' })
    expect(result).toMatchObject({ ok: true, status: 400, fault: null })
    expect(result.words).toContain('Nothing was made.')
  }
  const google = { error: { code: 400, message: 'contents is not specified', status: 'INVALID_ARGUMENT' } }
  const { result, call } = await tested('nano', { status: 400, pieces: [JSON.stringify(google)] })
  expect(JSON.parse(call.body)).toMatchObject({ contents: [] })
  expect(result).toMatchObject({ ok: true, status: 400 })
})

test('what is wrong is said in our words and never in the vendor’s, which may quote a secret', async () => {
  const quoted = 'Incorrect API key provided: upstream-key-0123456789'
  const wrong: [Answer | Error, object][] = [
    [
      { status: 401, ...error(quoted) },
      { status: 401, fault: 'credential', words: 'Its credential was refused (401).' },
    ],
    [
      { status: 429, ...error('slow down') },
      { status: 429, fault: 'rate' },
    ],
    [
      { status: 404, ...error('no such model', 'model_not_found') },
      { status: 404, fault: 'missing' },
    ],
    [
      { status: 500, pieces: ['oops'] },
      { status: 500, fault: 'upstream', words: 'It failed (500).' },
    ],
    [
      { status: 400, ...error(quoted) },
      { status: 400, fault: 'client', words: 'It refused a request (400).' },
    ],
    [new UnreachableError('refused'), { status: null, fault: 'connect', words: 'It could not be reached.' }],
    [new Error('reset'), { status: null, fault: 'upstream', words: 'The connection broke off.' }],
  ]
  for (const [answer, expected] of wrong) {
    const { result } = await tested('chat', answer)
    expect(result).toMatchObject({ ok: false, ...expected })
    expect(JSON.stringify(result)).not.toContain('upstream-key')
  }
})

test('it is in no book, holds nothing, and changes nothing of how the deployment is judged', async () => {
  const { health, gateway: asked } = await tested('chat', { status: 500, pieces: ['oops'] })
  expect([health.state(0), health.inFlight, health.lastFault, health.lastHour.seen(0).calls]).toEqual([
    'healthy',
    0,
    null,
    0,
  ])
  expect([asked.intended, asked.settled, asked.ended, asked.alerts, asked.attempts]).toEqual([[], [], [], [], []])
})
