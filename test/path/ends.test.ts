/** What an odd end of an answer comes to on the whole path: what the client is told, whether another is asked, and what is owed. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { startGateway, type TestGateway } from './gateway.ts'
import type { Answer } from './upstream.ts'

const models = {
  'gpt-5.4': 'one',
  'text-embedding-3-small': 'one',
  'gpt-image-2': 'one',
  'gemini-2.5-flash': 'gemini',
}
const config = {
  providers: {
    one: { kind: 'openai-compatible', apiKey: '${KEY}', baseUrl: 'https://one.test/v1' },
    gemini: { kind: 'gemini-compatible', apiKey: '${KEY}', baseUrl: 'https://gemini.test/v1beta' },
  },
  deployments: Object.entries(models).flatMap(([model, provider]) =>
    [1, 2].map((priority) => ({
      name: `${model.replaceAll('.', '-')}-${priority}`,
      model,
      provider,
      region: 'us',
      priority,
    })),
  ),
}

let gateway: TestGateway
let answer: Answer = {}
beforeAll(async () => {
  gateway = await startGateway(config, () => answer)
})
afterAll(() => gateway.stop())

/** What comes of a call whose upstream answers like this, wherever it is asked. */
async function asked(body: object, pieces: NonNullable<Answer['pieces']>, { target = '/v1/chat/completions' } = {}) {
  answer = { pieces }
  // Whatever broke before is forgotten.
  gateway.pass(3_600_000)
  const [sent, settled] = [gateway.sent.length, gateway.settled.length]
  const given = await gateway.ask('POST', target, { body })
  const text = await given.text()
  const { ending, flags, chargeNano } = gateway.settled[settled]!
  return {
    status: given.status,
    type: given.headers['content-type'],
    text,
    tried: gateway.sent.length - sent,
    ending,
    flags,
    chargeNano,
  }
}

const chat = { model: 'gpt-5.4', messages: [{ role: 'user', content: 'hello there' }] }
const streamed = { ...chat, stream: true }
const record = (data: unknown): string => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`
const chunk = (content: string, reason: string | null = null): string =>
  record({ id: 'c', choices: [{ index: 0, delta: { content }, finish_reason: reason }] })
const counted = record({ id: 'c', choices: [], usage: { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 } })
const done = record('[DONE]')
/** 5 × 2.50 + 7 × 15 USD a million. */
const vendorsNano = '117500'
const failure = { status: 503, tried: 2, ending: 'upstream-failed', chargeNano: '0' }

test('an answer that says that it was broken off has failed: tried elsewhere first, told behind some text', async () => {
  // vLLM says `[DONE]` behind it all the same (vllm-project/vllm#57082).
  expect(await asked(streamed, [chunk('', 'abort'), counted, done])).toMatchObject(failure)
  const late = await asked(streamed, [chunk('hello world'), chunk('', 'abort'), counted, done])
  expect(late).toMatchObject({ status: 200, tried: 1, ending: 'upstream-failed', flags: ['estimated'] })
  expect(late.text).toEndWith('"}}\n\n')
  expect(late.text).toContain('"code":"upstream_failed"')
  expect(late.text).not.toContain('abort')
  const choice = { index: 0, message: { content: 'hello' }, finish_reason: 'insufficient_system_resource' }
  expect(await asked(chat, [JSON.stringify({ choices: [choice] })])).toMatchObject(failure)
})

test('an upstream that overlooks `n` has ended where it says so, and its own count is charged; a close alone is no end', async () => {
  const stream = [chunk('hello world'), chunk('', 'stop'), counted]
  expect(await asked({ ...streamed, n: 2 }, [...stream, 'data: [DONE]\n\n'])).toMatchObject({
    ending: 'completed',
    flags: [],
    chargeNano: vendorsNano,
  })
  for (const broken of [stream, [...stream.slice(0, 2), new Error('reset')]])
    expect(await asked({ ...streamed, n: 2 }, broken)).toMatchObject({
      ending: 'upstream-failed',
      flags: ['estimated'],
    })
})

test('an upstream’s words beside the framing are not told, and the client is told that it failed', async () => {
  for (const words of ['{"error":{"message":"wrong key sk-upstream"}}', '<html>10.0.0.7</html>']) {
    const { text, ...ended } = await asked(streamed, [chunk('hello'), `${words}\n`])
    expect(ended).toMatchObject({ ending: 'upstream-failed', flags: ['estimated'] })
    expect(text).not.toMatch(/sk-upstream|10\.0\.0\.7/)
    expect(text).toContain('"code":"upstream_failed"')
  }
})

test('vectors and pictures that are nothing cost nothing, and another is asked', async () => {
  const embeddings = { target: '/v1/embeddings' }
  const usage = { prompt_tokens: 5, total_tokens: 5 }
  const vectors = JSON.stringify({ data: [{ index: 0, embedding: null }], usage })
  expect(await asked({ model: 'text-embedding-3-small', input: 'x' }, [vectors], embeddings)).toMatchObject(failure)
  const pictures = JSON.stringify({ data: [{ b64_json: null }], usage: { input_tokens: 5, output_tokens: 300 } })
  const images = { target: '/v1/images/generations' }
  expect(await asked({ model: 'gpt-image-2', prompt: 'x' }, [pictures], images)).toMatchObject(failure)
})

test('an upstream that overlooks `alt=sse` is given as the events that were asked for, and an error in its list is one', async () => {
  const target = '/genai/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse'
  const body = { contents: [{ role: 'user', parts: [{ text: 'hello there' }] }] }
  const said = (text: string, more: object = {}): string =>
    JSON.stringify({ candidates: [{ content: { role: 'model', parts: [{ text }] }, index: 0, ...more }] })
  const whole = JSON.stringify({
    candidates: [{ finishReason: 'STOP', index: 0 }],
    usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 3, totalTokenCount: 8 },
  })
  const given = await asked(body, [`[${said('hello')}`, `,\r\n${said(' world')}`, `,\r\n${whole}\r\n]`], { target })
  // 5 × 0.30 + 3 × 2.50 USD a million.
  expect(given).toMatchObject({ status: 200, ending: 'completed', flags: [], chargeNano: '9000' })
  expect(given.type).toBe('text/event-stream')
  expect(given.text).toBe([said('hello'), said(' world'), whole].map((each) => `data: ${each}\r\n\r\n`).join(''))

  const late = await asked(body, [`[${said('hello')}`, ',{"error":{"code":503,"status":"UNAVAILABLE"}}]'], { target })
  expect(late.text).toStartWith(`data: ${said('hello')}\r\n\r\n`)
  expect(late.text).toContain('"status":"UNAVAILABLE"')
  const early = await asked(body, ['[{"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}}]'], { target })
  expect(early).toMatchObject({ status: 429, tried: 2, chargeNano: '0' })
})

test('usage of each piece is no total: what the client was given is counted', async () => {
  const told = (completion: number): string =>
    record({
      choices: [{ index: 0, delta: { content: 'four' } }],
      usage: { prompt_tokens: 5, completion_tokens: completion },
    })
  const pieces = [...[3, 2, 4, 1].map(told), chunk('', 'stop'), done]
  expect(await asked(streamed, pieces)).toMatchObject({
    ending: 'completed',
    flags: ['estimated', 'usage-mismatch'],
    // 5 × 2.50 + 4 × 15
    chargeNano: '72500',
  })
})
