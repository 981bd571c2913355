/** What an upstream may say at once: whatever is large is read for what matters, and what names more than any answer does is none. */
import { afterEach, expect, spyOn, test } from 'bun:test'
import type { Settlement } from '../../src/store/store.ts'
import { silence, type Answer } from './upstream.ts'
import { startGateway, type TestGateway } from './gateway.ts'

const chatModel = 'gpt-5.4-nano'
const config = {
  providers: { one: { kind: 'openai', apiKey: '${KEY}', responses: 'translated' } },
  deployments: [chatModel, 'text-embedding-3-small', 'gpt-image-1.5'].map((model) => ({
    model,
    provider: 'one',
    region: 'us',
  })),
}
const chat = { model: chatModel, messages: [{ role: 'user', content: 'hi' }] }
const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }
const message = { role: 'assistant', content: 'ok' }
const completion = {
  id: 'c',
  object: 'chat.completion',
  choices: [{ index: 0, message, finish_reason: 'stop' }],
  usage,
}
const json = { 'content-type': 'application/json' }
const sse = { 'content-type': 'text/event-stream' }

let gateway: TestGateway
afterEach(() => gateway?.stop())

async function answered(path: string, body: object, answer: Answer) {
  gateway = await startGateway(config, () => answer)
  const given = await gateway.ask('POST', path, { body })
  return { status: given.status, text: await given.text(), settlement: gateway.settled.at(-1) }
}

const quantities = (settlement: Settlement | undefined) =>
  Object.fromEntries((settlement?.lines ?? []).map((line) => [line.class, line.quantity]))

const many = (count: number, text: string): string => Array.from({ length: count }, () => text).join(',')

test('vectors in digits, log probabilities and pictures of megabytes pass byte for byte, and are billed by their usage', async () => {
  const vectors = `{"object":"list","data":[${many(60, `{"object":"embedding","index":0,"embedding":[${many(1_536, '-0.0123456')}]}`)}],"model":"m","usage":{"prompt_tokens":60,"total_tokens":60}}`
  const logprobs = JSON.stringify(completion).replace(
    '"index":0',
    `"index":0,"logprobs":{"content":[${many(120_000, '{"token":"a","logprob":-0.1,"bytes":[97],"top_logprobs":[]}')}]}`,
  )
  const picture = `{"created":1,"data":[{"b64_json":"${'A'.repeat(9_000_000)}"}],"usage":{"input_tokens":10,"output_tokens":1056,"total_tokens":1066,"input_tokens_details":{"text_tokens":10,"image_tokens":0}}}`
  for (const [path, body, text, counted] of [
    ['/v1/embeddings', { model: 'text-embedding-3-small', input: 'x' }, vectors, { input: 60 }],
    ['/v1/chat/completions', chat, logprobs, { input: 10, output: 5 }],
    ['/v1/images/generations', { model: 'gpt-image-1.5', prompt: 'x' }, picture, { input: 10, imageOutput: 1_056 }],
  ] as const) {
    const given = await answered(path, body, { headers: json, pieces: [text] })
    expect({ path, status: given.status, isSame: given.text === text }).toEqual({ path, status: 200, isSame: true })
    expect(quantities(given.settlement)).toEqual(counted)
    gateway.stop()
  }
})

test('a large answer is read a little in each turn, so that whoever else asks need not wait for it', async () => {
  const vectors = `{"object":"list","data":[${many(300, `{"object":"embedding","index":0,"embedding":[${many(1_536, '-0.0123456')}]}`)}],"model":"m","usage":{"prompt_tokens":60,"total_tokens":60}}`
  gateway = await startGateway(config, () => ({ headers: json, pieces: [vectors] }))
  const added = spyOn(gateway.deps.turns, 'add')
  await gateway.ask('POST', '/v1/embeddings', { body: { model: 'text-embedding-3-small', input: 'x' } })
  expect(added.mock.calls.length).toBeGreaterThan(vectors.length / (256 * 1024))
})

const excessive = `[${many(250_000, '{}')}]`
test('an answer that names more than any does cannot be read, and nothing is owed', async () => {
  const text = JSON.stringify(completion).replace('"index":0', `"index":0,"x":${excessive}`)
  const paths = [
    ['/v1/chat/completions', chat],
    ['/v1/chat/completions', { ...chat, stream: true }],
    ['/v1/responses', { model: chatModel, input: 'hi', store: false }],
  ] as const
  for (const [path, body] of paths) {
    const given = await answered(path, body, { headers: json, pieces: [text] })
    expect(given.status).toBe(503)
    expect(given.text).toContain('an answer that cannot be read')
    expect(BigInt(given.settlement?.chargeNano ?? 0)).toBe(0n)
    gateway.stop()
  }
})

const chunk = (more = ''): string =>
  `data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"ok"}}]${more}}\n\n`

test('a record that names more than any does ends its stream with an error', async () => {
  const given = await answered(
    '/v1/chat/completions',
    { ...chat, stream: true },
    {
      headers: sse,
      pieces: [chunk(), chunk(`,"x":${excessive}`), silence],
    },
  )
  expect(given.text.startsWith(chunk())).toBe(true)
  expect(given.text).toContain('"error"')
  expect(given.text).not.toContain('{},{}')
})

test('an upstream that sends nothing but comments, however fast, is passed on and not kept', async () => {
  const comments = `: ${'x'.repeat(1024 * 1024)}\n\n`
  const given = await answered(
    '/v1/chat/completions',
    { ...chat, stream: true },
    {
      headers: sse,
      pieces: [...Array.from({ length: 9 }, () => comments), new Error('it breaks off')],
    },
  )
  expect(given.status).toBe(200)
  expect(given.text.length).toBeGreaterThan(9 * 1024 * 1024)
})
