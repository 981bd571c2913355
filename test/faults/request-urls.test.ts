/** URLs as clients really write them: slips of spelling are served, and wrong base URLs are told the right one. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { AzureOpenAI } from 'openai'
import type { Account } from '../support/mart.ts'
import { startServer, type Server } from '../support/start-server.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import * as ways from './request-support.ts'

setDefaultTimeout(ways.startMsMax)
const { chat, chatStream, embed, generate, generateStream, geminiModel } = ways

let server: Server
let account: Account
beforeAll(async () => {
  server = await startServer()
  account = await ways.openPurse(server, '5.00', { concurrency: null })
})
afterAll(() => server?.stop())

type Options = { readonly method?: string; readonly body?: object; readonly headers?: Record<string, string> }
const ask = (path: string, { method = 'POST', body, headers }: Options = {}): Promise<ways.Taken> =>
  ways.taken(
    fetch(`${server.baseUrl}${path}`, {
      method,
      headers: headers ?? { ...ways.keyHeader('openai', account.key), ...ways.keyHeader('genai', account.key) },
      ...(body && { body: JSON.stringify(body) }),
      ...ways.within(20_000),
    }),
  )

describe('a slip in the spelling is served', () => {
  const chats = [
    '/v1/chat/completions/',
    '//v1/chat/completions',
    '/v1//chat/completions',
    '///v1///chat//completions//',
    '/V1/Chat/Completions',
    '/v1/CHAT/completions/?api-version=2024-10-21',
    '/v1/chat/completions?',
    '/eu/V1/chat/completions/',
    '/EU//v1/chat/completions',
  ]
  for (const path of chats)
    for (const way of [chat, chatStream])
      test(`${way.name}: POST ${path}`, async () => {
        const got = await ask(path, { body: way.bodyOf('hello', {}) })
        expect(got.status).toBe(200)
        expect(ways.answerText(got.text, way)).not.toBe('')
        if (/^\/*eu/i.test(path)) expect(got.headers.get('x-mart-region')).toBe('eu')
      })

  test('POST /V1/Embeddings/', async () => {
    expect((await ask('/V1/Embeddings/', { body: embed.bodyOf('hello', {}) })).status).toBe(200)
  })

  const generations = [
    `/GENAI/v1beta/Models/${geminiModel}:generateContent`,
    `//genai//V1BETA/models/${geminiModel}:GenerateContent/`,
    `/genai/models/${geminiModel}:generateContent`,
    `/genai/Models/${geminiModel}:generatecontent`,
    `/eu/genai/models/${geminiModel}:generateContent`,
  ]
  for (const path of generations)
    test(`POST ${path}`, async () => {
      const got = await ask(path, { body: generate.bodyOf('hello', {}) })
      expect(got.status).toBe(200)
      expect(ways.answerText(got.text, generate)).not.toBe('')
    })

  test('without a version, of streams and counts too', async () => {
    const streamed = await ask(`/genai/models/${geminiModel}:streamGenerateContent?alt=sse`, {
      body: generateStream.bodyOf('hello', {}),
    })
    expect(ways.answerText(streamed.text, generateStream)).not.toBe('')
    const counted = await ask(`/genai/models/${geminiModel}:countTokens`, { body: generate.bodyOf('hello', {}) })
    expect(JSON.parse(counted.text)).toHaveProperty('totalTokens')
  })

  const lists = ['/v1/models/', '/V1/MODELS', '//v1/models?limit=5', '/genai/models', '/GENAI/V1BETA/MODELS/']
  for (const path of lists)
    test(`GET ${path}`, async () => {
      const { status, text } = await ask(path, { method: 'GET' })
      expect(status).toBe(200)
      const { data, models } = JSON.parse(text) as { data?: object[]; models?: object[] }
      expect((data ?? models)!.length).toBeGreaterThan(0)
    })

  test('names of models keep their case', async () => {
    // Of these no vendor has named the day that takes them off the list.
    for (const path of ['/V1/Models/gpt-5.4/', '/v1//models//gpt-5.4', '/Genai/v1Beta/Models/gemini-3.5-flash'])
      expect((await ask(path, { method: 'GET' })).status).toBe(200)
    for (const path of ['/v1/models/GPT-5.4', '/genai/v1beta/models/GEMINI-3.5-FLASH'])
      expect((await ask(path, { method: 'GET' })).status).toBe(404)
  })

  test('a receipt', async () => {
    const { requestId } = await ask('/v1/chat/completions/', { body: chat.bodyOf('hello', {}) })
    const receipt = await ask(`/V1/Receipts/${requestId}/`, { method: 'GET' })
    expect(JSON.parse(receipt.text)).toMatchObject({ requestId })
  })
})

describe('a wrong base URL', () => {
  const { body } = { body: { ...chat.bodyOf('hello', {}), ...generate.bodyOf('hello', {}) } }
  const verb = `models/${geminiModel}:generateContent`
  const wrong: readonly (readonly [dialect: ways.Way['dialect'], method: string, path: string])[] = [
    ...[
      '/chat/completions',
      '/embeddings',
      '/responses',
      '/completions',
      '/images/generations',
      '/v1/v1/chat/completions',
      '/v1/chat/completions/chat/completions',
      '/v1beta/openai/chat/completions',
      '/v1beta/chat/completions',
      '/openai/v1/chat/completions',
      '/openai/chat/completions',
      '/api/v1/chat/completions',
      '/eu/chat/completions',
      '/genai/v1/chat/completions',
      '/genai/v1beta/openai/chat/completions',
      '/genai/openai/embeddings',
      '/some/proxy/v1/chat/completions',
    ].map((path) => ['openai', 'POST', path] as const),
    ...['/models', '/models/gpt-5.4', '/v1/v1/models', '/openai/v1/models', '/api/v1/models', '/api/v1'].map(
      (path) => ['openai', 'GET', path] as const,
    ),
    ...[`/v1beta/${verb}`, `/v1/${verb}`, `/${verb}`, `/v1/genai/v1beta/${verb}`, `/genai/genai/v1beta/${verb}`].map(
      (path) => ['genai', 'POST', path] as const,
    ),
    ...['/v1beta/models', '/v1beta/models/x', '/v1alpha/files', '/genai/genai/models'].map(
      (path) => ['genai', 'GET', path] as const,
    ),
  ]
  const baseOf = { openai: '/v1/', genai: '/genai' }
  for (const [dialect, method, path] of wrong)
    test(`${method} ${path} is a 404 of ${dialect} that says the right one`, async () => {
      const headers = ways.keyHeader(dialect, account.key)
      const got = await ask(path, { method, headers, ...(method === 'POST' && { body }) })
      expect(got.status).toBe(404)
      const { message } = ways.envelopeOf(got, dialect)
      expect(message).toContain(`Unknown request URL: ${method} ${path}.`)
      expect(message).toContain(` ${server.baseUrl}${baseOf[dialect]}`)
      expect(message).toEndWith(`What is served: ${server.baseUrl}/`)
    })

  test('that says nothing of its client is told by its key', async () => {
    for (const [path, method] of [
      ['/models', 'GET'],
      ['/files', 'GET'],
      ['/anything', 'POST'],
    ] as const) {
      const [openai, azure, genai] = await Promise.all(
        [{ authorization: 'Bearer x' }, { 'api-key': 'x' }, { 'x-goog-api-key': 'x' }].map((headers) =>
          ask(path, { method, headers }),
        ),
      )
      ways.envelopeOf(openai!, 'openai')
      ways.envelopeOf(azure!, 'openai')
      ways.envelopeOf(genai!, 'genai')
    }
    ways.envelopeOf(await ask('/models?key=x', { method: 'GET', headers: {} }), 'genai')
    expect((await ask('/anything', { method: 'POST', headers: {} })).text).toContain('nothing at this address')
  })

  test('is told the address that the client asked at', async () => {
    const got = await ask('/chat/completions', { headers: { host: 'gw.example:81' } })
    expect(ways.envelopeOf(got, 'openai').message).toContain('http://gw.example:81/v1/')
    const secret = await ask(`/${account.key}/v1/chat`, { headers: {} })
    expect(secret.text).not.toContain(account.key)
  })

  test('is told the public address, where there is one', async () => {
    const open = await startServer({ env: { PUBLIC_URL: 'https://ai.example/mart/' } })
    const got = await ways.taken(fetch(`${open.baseUrl}/chat/completions`, { method: 'POST' }))
    expect(ways.envelopeOf(got, 'openai').message).toContain('https://ai.example/mart/v1/')
    await open.stop()
  })
})

describe('what is not served under a right base URL', () => {
  const unserved = [
    ['openai', 'POST', '/v1/audio/speech', 'served are: POST /v1/chat/completions'],
    ['openai', 'POST', '/eu/v1/completions', 'served are: POST /v1/chat/completions'],
    [
      'genai',
      'POST',
      '/genai/v1beta/models/gemini-embedding-001:batchEmbedContents',
      'served are: POST /genai/v1beta/models/{model}:generateContent',
    ],
  ] as const
  for (const [dialect, method, path, words] of unserved)
    test(`${method} ${path} is a 404 that says what is, and nothing of base URLs`, async () => {
      const got = await ask(path, { method, headers: ways.keyHeader(dialect, account.key) })
      expect(got.status).toBe(404)
      const { message } = ways.envelopeOf(got, dialect)
      expect(message).toStartWith(`${method} ${path} is not served; ${words}`)
      expect(message).not.toContain('base URL')
    })
})

describe('what is served by another method', () => {
  const others = [
    ['openai', 'GET', '/v1/embeddings', 'POST'],
    ['openai', 'PUT', '/eu/V1/models/', 'GET, HEAD'],
    ['openai', 'DELETE', '/v1/receipts/req_1', 'GET, HEAD'],
    ['openai', 'PATCH', '/openai/deployments/gpt-5.4/embeddings', 'POST'],
    ['genai', 'GET', `/genai/v1beta/models/${geminiModel}:generateContent`, 'POST'],
    ['genai', 'POST', '/genai/models', 'GET, HEAD'],
  ] as const
  for (const [dialect, method, path, allow] of others)
    test(`${method} ${path} is a 405 of ${dialect} that says which`, async () => {
      const got = await ask(path, { method, headers: ways.keyHeader(dialect, account.key) })
      expect([got.status, got.headers.get('allow')]).toEqual([405, allow])
      const { message } = ways.envelopeOf(got, dialect)
      expect(message).toBe(`${method} ${path} is not served; its method is ${allow.split(',')[0]}.`)
    })
})

describe('as Azure does it', () => {
  const azure = (endpoint: string, deployment?: string): AzureOpenAI =>
    new AzureOpenAI({
      endpoint,
      apiKey: account.key,
      apiVersion: '2024-10-21',
      maxRetries: 0,
      ...(deployment && { deployment }),
    })

  for (const at of ['', '/v1', '/eu', '/eu/v1'])
    test(`AzureOpenAI with the endpoint BASE${at}: chat, streams, embeddings, models`, async () => {
      const client = azure(`${server.baseUrl}${at}`)
      const messages = [{ role: 'user', content: 'hello' }] as const
      const { data, response } = await client.chat.completions
        .create({ model: chat.model, messages: [...messages] })
        .withResponse()
      expect(data.choices[0]!.message.content).not.toBe('')
      expect(response.headers.get('x-mart-region')).toBe(at.startsWith('/eu') ? 'eu' : 'us')
      let text = ''
      const stream = await client.chat.completions.create({ model: chat.model, messages: [...messages], stream: true })
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
      expect(text).not.toBe('')
      const { data: vectors } = await client.embeddings.create({ model: embed.model, input: 'hello' })
      expect(vectors[0]!.embedding.length).toBe(1536)
      if (at === '' || at === '/eu') expect((await client.models.list()).data.length).toBeGreaterThan(0)
    })

  test('the deployment is the model, whatever the body says or lacks', async () => {
    const client = azure(server.baseUrl, chat.model)
    const { model } = await client.chat.completions.create({
      model: 'something-else',
      messages: [{ role: 'user', content: 'hello' }],
    })
    expect(model).toStartWith(chat.model)
    const got = await ask(`/openai/deployments/${chat.model}/chat/completions?api-version=2024-10-21`, {
      headers: { 'api-key': account.key },
      body: { messages: [{ role: 'user', content: 'hello' }] },
    })
    expect(got.status).toBe(200)
    expect((await ways.settledOf(server, account, got.requestId)).model).toBe(chat.model)
    const unknown = await ask('/v1/deployments/nothing/chat/completions', { body: chat.bodyOf('hello', {}) })
    expect(ways.envelopeOf(unknown, 'openai').code).toBe('model_not_found')
    const elsewhere = await ask(`/v1/deployments/${chat.model}/nothing`, { body: chat.bodyOf('hello', {}) })
    expect(ways.envelopeOf(elsewhere, 'openai').code).toBe('unknown_url')
  })

  test('what goes upstream names the model, in bytes that are else as they were sent', async () => {
    const upstream: Upstream = await startUpstream()
    const config = {
      providers: { one: { kind: 'openai-compatible', baseUrl: `${upstream.url}/v1` } },
      deployments: [{ model: chat.model, provider: 'one', region: 'us' }],
    }
    const real = await startServer(ways.configured(JSON.stringify(config)))
    const purse = await ways.openPurse(real, '1.00')
    const body = '{ "messages": [{"role":"user","content":"h\\u0069"}],  "max_tokens":20, "seed": 1e2 }'
    const path = `/openai/deployments/${chat.model}/chat/completions?api-version=2024-10-21`
    const got = await fetch(`${real.baseUrl}${path}`, { method: 'POST', headers: { 'api-key': purse.key }, body })
    expect(got.status).toBe(200)
    const sent = upstream.seen[0]!.bytes.toString()
    expect(JSON.parse(sent).model).toBe(chat.model)
    expect(sent).toContain(body.slice(2, -2))
    upstream.stop()
    await real.stop()
  })
})
