/** The sandbox as Google AI Studio. */
import { describe, expect, test } from 'bun:test'
import { chat, contents, control, post, send, servedAs, useSandbox, type Got } from './pose-support.ts'

useSandbox()

const base = '/as/ai-studio/a'
const key = { 'x-goog-api-key': 'key-a' }
const model = 'gemini-3.5-flash'
const generate = `${base}/v1beta/models/${model}:generateContent`
const compatible = `${base}/v1beta/openai/chat/completions`
const ask = (path: string, body: object = contents('hello'), headers: Record<string, string> = key): Promise<Got> =>
  post(path, body, headers)

describe('who is let in', () => {
  test('its key, in the header or the URL', async () => {
    expect((await ask(generate)).status).toBe(200)
    expect((await ask(`${generate}?key=key-a`, contents('x'), {})).status).toBe(200)
    const wrong = await ask(generate, contents('x'), { 'x-goog-api-key': 'key-b' })
    expect(wrong.json.error).toMatchObject({
      code: 400,
      status: 'INVALID_ARGUMENT',
      details: [{ reason: 'API_KEY_INVALID', domain: 'googleapis.com' }, { locale: 'en-US' }],
    })
    expect((await ask(generate, contents('x'), {})).status).toBe(403)
    expect((await ask(generate, contents('x'), { authorization: 'Bearer key-a' })).status).toBe(401)
  })

  test('at the endpoint for OpenAI’s clients as a bearer too; its errors come in an array', async () => {
    const body = chat('x', { model })
    expect((await ask(compatible, body, { authorization: 'Bearer key-a' })).json.object).toBe('chat.completion')
    expect((await ask(compatible, body)).status).toBe(200)
    const wrong = await ask(compatible, body, { authorization: 'Bearer key-b' })
    expect([wrong.status, wrong.json[0].error.details[0].reason]).toEqual([400, 'API_KEY_INVALID'])
    expect((await ask(compatible, chat('x'))).json[0].error).toMatchObject({ code: 404, status: 'NOT_FOUND' })
  })
})

test('generates, streams, counts and lists', async () => {
  const stream = await ask(`${base}/v1beta/models/${model}:streamGenerateContent?alt=sse`)
  expect(stream.headers.get('content-type')).toBe('text/event-stream')
  expect((await ask(`${base}/v1beta/models/${model}:countTokens`)).json.totalTokens).toBeGreaterThan(0)
  const wrapped = { generateContentRequest: { model: `models/${model}`, ...contents('x') } }
  expect((await ask(`${base}/v1beta/models/${model}:countTokens`, wrapped)).status).toBe(200)
  expect((await send('GET', `${base}/v1beta/models`, undefined, key)).json.models.length).toBeGreaterThan(5)
  expect((await send('GET', `${base}/v1beta/models/${model}`, undefined, key)).json.name).toBe(`models/${model}`)
  expect((await ask(`${base}/v1beta/models/gpt-5:generateContent`)).status).toBe(404)
})

test('fields of Vertex are unknown names, wherever they stand', async () => {
  const unknown = async (more: object, path = generate): Promise<string> => {
    const { status, json } = await ask(path, contents('x', more))
    expect([status, json.error?.status]).toEqual([400, 'INVALID_ARGUMENT'])
    return json.error.message
  }
  expect(await unknown({ modelArmorConfig: {} })).toContain('Unknown name "modelArmorConfig": Cannot find field.')
  expect(await unknown({ model_armor_config: {} })).toContain('Unknown name "model_armor_config"')
  expect(await unknown({ generationConfig: { audioTimestamp: true } })).toContain(
    '"audioTimestamp" at \'generation_config\'',
  )
  expect(await unknown({ generation_config: { routingConfig: {} } })).toContain('"routingConfig"')
  const count = `${base}/v1beta/models/${model}:countTokens`
  expect(await unknown({ store: false }, count)).toContain('"store"')
  expect((await ask(generate, contents('x', { labels: { a: 'b' } }))).status).toBe(200)
})

test('whether store was sent, and what it said, is on record', async () => {
  for (const [id, more] of Object.entries({ s_none: {}, s_false: { store: false }, s_null: { store: null } }))
    await ask(generate, contents('x', more), { ...key, 'x-client-request-id': id })
  const sent = async (id: string) => (await servedAs(id))[0].sent
  expect('store' in (await sent('s_none'))).toBe(false)
  expect([(await sent('s_false')).store, (await sent('s_null')).store]).toEqual([false, null])
  expect(await servedAs('s_false')).toMatchObject([{ store: false, clientHeaders: expect.any(Array) }])
  expect('store' in (await servedAs('s_none'))[0]).toBe(false)
})

test('429 says which quota, of which project, and when to come back; a spent day is told by the quota’s id', async () => {
  await control('ai-studio/a', { status: 429, retryAfter: 37 })
  const limited = (await ask(generate)).json.error
  const details = Object.fromEntries(
    limited.details.map((detail: { '@type': string }) => [detail['@type'].split('.').at(-1), detail]),
  )
  expect(limited.status).toBe('RESOURCE_EXHAUSTED')
  expect(details.QuotaFailure.violations[0]).toMatchObject({
    quotaId: 'GenerateRequestsPerMinutePerProjectPerModel',
    quotaDimensions: { model },
  })
  expect(details.Help.links[0].url).toMatch(/projects\/123456789\d{3}$/)
  expect(details.RetryInfo.retryDelay).toBe('37s')
  await control('ai-studio/a', { quota: true })
  const spent = await ask(generate)
  expect(spent.headers.get('retry-after')).toBeNull()
  expect(spent.text).toContain('GenerateRequestsPerDayPerProjectPerModel')
  await control('ai-studio/a', { rpm: 1 })
  expect((await ask(generate)).status).toBe(200)
  expect(Number((await ask(generate)).headers.get('retry-after'))).toBeGreaterThan(50)
  await control('ai-studio/a', {})
})

test('a blocked prompt is an answer without candidates that costs the prompt', async () => {
  const headers = { ...key, 'x-sandbox': 'blocked=1', 'x-client-request-id': 'req_blocked' }
  const { status, json } = await ask(generate, contents('hello'), headers)
  expect([status, json.promptFeedback.blockReason, json.candidates]).toEqual([200, 'PROHIBITED_CONTENT', undefined])
  expect(json.usageMetadata.totalTokenCount).toBe(json.usageMetadata.promptTokenCount)
  expect(json.usageMetadata.candidatesTokenCount).toBeUndefined()
  const [served] = await servedAs('req_blocked')
  expect(served).toMatchObject({ complete: true, usage: { input: json.usageMetadata.promptTokenCount, output: 0 } })
  const array = await ask(`${base}/v1beta/models/${model}:streamGenerateContent`, contents('hello'), headers)
  expect(array.json).toMatchObject([{ promptFeedback: { blockReason: 'PROHIBITED_CONTENT' } }])
})
