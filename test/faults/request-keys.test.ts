/**
 * Keys: where they may stand, when they stop working, and that they never travel on, neither upwards to a
 * provider nor back in a message or a log. What else a client sends passes through byte for byte.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mart, type Account } from '../support/mart.ts'
import { startServer, type Server } from '../support/start-server.ts'
import {
  ask,
  chat,
  chatModel,
  chatStream,
  costsNothing,
  detailOf,
  embed,
  envelopeOf,
  expectClosedBooks,
  generate,
  generateArray,
  generateStream,
  keyHeader,
  oneServer,
  openPurse,
  operate,
  settledOf,
  taken,
  ways,
  within,
  type Taken,
  type Way,
} from './request-support.ts'

const grantedNano = 1_000_000_000n
const server = oneServer()

/** A request whose credentials are these headers, and this query, alone. */
const askWith = (way: Way, headers: Record<string, string>, query = '', fields: object = {}): Promise<Taken> => {
  const separator = way.path.includes('?') ? '&' : '?'
  const init = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, ...within(10_000) }
  const body = JSON.stringify(way.bodyOf('Hi', { outputTokens: 20, fields }))
  return taken(fetch(`${server().baseUrl}${way.path}${query && separator + query}`, { ...init, body }))
}

/** A bad key, in the dialect's terms: its SDKs must not take it for anything that is worth another try. */
function expectNoKey(got: Taken, way: Way): string {
  const error = envelopeOf(got, way.dialect)
  if (way.dialect === 'openai') {
    expect(got.status).toBe(401)
    expect(error).toMatchObject({ code: 'invalid_api_key', type: 'invalid_request_error' })
  } else {
    expect(got.status).toBe(400)
    expect(error.status).toBe('INVALID_ARGUMENT')
    expect(detailOf(error, 'ErrorInfo')!.reason).toBe('API_KEY_INVALID')
  }
  return error.message
}

describe('a key that is not accepted', () => {
  for (const way of [...ways, embed]) {
    test(`${way.name}: none, an unknown one, or one in the wrong place`, async () => {
      const account = await openPurse(server(), '1.00')
      const { key } = account
      const unknown = `sk-bf-${crypto.randomUUID()}`
      const wrong: readonly (() => Promise<Taken>)[] = [
        () => askWith(way, {}),
        () => askWith(way, { authorization: `Bearer ${unknown}` }),
        () => askWith(way, { 'x-goog-api-key': unknown }),
        () => askWith(way, {}, `key=${unknown}`),
        () => askWith(way, { authorization: key }),
        () => askWith(way, { authorization: `Basic ${btoa(`${key}:`)}` }),
        () => askWith(way, { authorization: `Token ${key}` }),
        () => askWith(way, { authorization: 'Bearer' }),
        () => askWith(way, { authorization: `Bearer ${key.toUpperCase()}` }),
        () => askWith(way, { authorization: `Bearer ${key}x` }),
        () => askWith(way, { authorization: `Bearer ${key.slice(0, -1)}` }),
        () => askWith(way, { 'x-api-key': key }),
        () => askWith(way, { cookie: `key=${key}` }),
        () => askWith(way, {}, `api_key=${key}`),
        () => askWith(way, {}, '', { api_key: key, key, user: key }),
      ]
      for (const asking of wrong) {
        const got = await costsNothing(server(), account, asking)
        expectNoKey(got, way)
        expect(got.text).not.toContain(unknown)
      }
      await expectClosedBooks(server(), account, grantedNano, [])
    })

    test(`${way.name}: revoked, expired, and replaced`, async () => {
      const revoked = await openPurse(server(), '1.00')
      await mart(server(), ['key', 'revoke', revoked.keyId])
      const soon = new Date(Date.now() + 400).toISOString()
      const expired = await openPurse(server(), '1.00', { expires: soon })
      expect((await taken(ask(server(), expired.key, way))).status).toBe(200)
      const replaced = await openPurse(server(), '1.00')
      await mart(server(), ['key', 'rotate', replaced.keyId])
      await Bun.sleep(450)
      for (const [{ key }, word] of [
        [revoked, 'revoked'],
        [expired, 'expired'],
        [replaced, 'API key'],
      ] as const) {
        const got = await taken(ask(server(), key, way))
        expect(expectNoKey(got, way)).toContain(word)
        expect(got.text).not.toContain(key)
      }
    })
  }
})

describe('a key that is accepted', () => {
  for (const way of [...ways, embed])
    test(`${way.name}: in each of the four places, and never sent on`, async () => {
      const account = await openPurse(server(), '1.00')
      const { key } = account
      const answers: Taken[] = []
      // The sandbox refuses a request that carries a virtual key anywhere but in its body.
      for (const [headers, query] of [
        [{ authorization: `Bearer ${key}` }, ''],
        [{ authorization: `bearer ${key}` }, ''],
        [{ 'x-goog-api-key': key }, ''],
        [{ 'api-key': key }, ''],
        [{}, `key=${key}`],
        [{ authorization: `Bearer ${key}`, 'x-goog-api-key': key, 'api-key': key, 'x-copy': key }, `key=${key}`],
      ] as const)
        answers.push(await askWith(way, headers, query))
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
      const receipts = await Promise.all(answers.map(({ requestId }) => settledOf(server(), account, requestId)))
      await expectClosedBooks(server(), account, grantedNano, receipts)
    })

  test('a rotated key works beside its successor for as long as its grace, and no longer', async () => {
    const account = await openPurse(server(), '1.00')
    const rotated = await mart<{ key: string }>(server(), ['key', 'rotate', account.keyId, '--grace', '2s'])
    const states = async (): Promise<number[]> =>
      Promise.all(
        [account.key, rotated.key].map(
          async (key) => (await fetch(`${server().baseUrl}/v1/models`, { headers: keyHeader('openai', key) })).status,
        ),
      )
    expect(await states()).toEqual([200, 200])
    await Bun.sleep(2_100)
    expect(await states()).toEqual([401, 200])
  })

  test('a key that was mistaken for something else is not repeated either', async () => {
    const account = await openPurse(server(), '1.00')
    const headers = keyHeader('openai', account.key)
    const asModel = (): Promise<Taken> => askWith(chat, headers, '', { model: account.key })
    const asPath = (path: string) => (): Promise<Taken> => taken(fetch(`${server().baseUrl}${path}`, { headers }))
    const places = [
      asModel,
      ...['/v1/models/', '/v1/receipts/', '/v1/', '/genai/v1beta/models/'].map((path) => asPath(path + account.key)),
    ]
    for (const asking of places) expect((await costsNothing(server(), account, asking)).status).toBe(404)
    expect(server().output()).not.toContain(account.key)
  })
})

describe('what passes through', () => {
  type Seen = { readonly url: string; readonly headers: Headers; readonly body: Buffer }
  const seen: Seen[] = []
  const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }
  const usageMetadata = { promptTokenCount: 3, candidatesTokenCount: 2, totalTokenCount: 5 }
  const candidates = [{ content: { parts: [{ text: 'Hi' }], role: 'model' }, finishReason: 'STOP', index: 0 }]
  const said = { index: 0, delta: { content: 'Hi' }, finish_reason: 'stop' }
  const answers: Readonly<Record<string, string>> = {
    [chat.path]: JSON.stringify({ model: chatModel, choices: [{ index: 0, message: { content: 'Hi' } }], usage }),
    [chatStream.name]: [{ choices: [said] }, { choices: [], usage }]
      .map((chunk) => `data: ${JSON.stringify({ model: chatModel, ...chunk })}\n\n`)
      .concat('data: [DONE]\n\n')
      .join(''),
    [embed.path]: JSON.stringify({
      object: 'list',
      model: embed.model,
      data: [{ object: 'embedding', index: 0, embedding: [0.5] }],
      usage: { prompt_tokens: 3, total_tokens: 3 },
    }),
    [generate.name]: JSON.stringify({ candidates, usageMetadata }),
    [generateStream.name]: `data: ${JSON.stringify({ candidates, usageMetadata })}\r\n\r\n`,
    [generateArray.name]: `[${JSON.stringify({ candidates, usageMetadata })}]`,
  }
  const answerTo = (url: string, body: Buffer): string => {
    if (url.includes('alt=sse')) return answers[generateStream.name]!
    if (url.includes(':stream')) return answers[generateArray.name]!
    if (url.includes(':generate')) return answers[generate.name]!
    return body.includes('"stream"') ? answers[chatStream.name]! : answers[new URL(url).pathname]!
  }
  const vendorHeaders = {
    'openai-organization': 'org-secret',
    'openai-project': 'proj-secret',
    'x-ratelimit-limit-requests': '10000',
    'x-ratelimit-remaining-tokens': '7',
    'x-request-id': 'req-of-vendor',
    'set-cookie': '__cf_bm=secret',
    'cf-ray': 'secret',
    'x-goog-quota-user': 'secret',
    'retry-after': '99',
    authorization: 'secret',
    server: 'vendor',
    'x-should-retry': 'true',
  }
  let upstream: ReturnType<typeof Bun.serve>
  let recorded: Server
  let account: Account

  beforeAll(async () => {
    upstream = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      async fetch(request) {
        const body = Buffer.from(await request.arrayBuffer())
        seen.push({ url: request.url, headers: request.headers, body })
        const text = answerTo(request.url, body)
        const type = text.startsWith('data:') ? 'text/event-stream' : 'application/json'
        return new Response(text, { headers: { ...vendorHeaders, 'content-type': type } })
      },
    })
    recorded = await startServer({
      sandbox: 'built-in',
      env: { MART_SANDBOX_URL: `http://127.0.0.1:${upstream.port}` },
    })
    account = await openPurse(recorded, '5000.00')
  })
  afterAll(async () => {
    await recorded?.stop()
    await upstream?.stop(true)
  })

  /** Numbers that no double holds, odd spaces, escapes, unknown and repeated unknown fields, every kind of character. */
  const odd =
    '  "x_unknown" : {"deep":[1.0, 1e2,12345678901234567890, -0.0,"\\u00e9\\ud83d\\ude00/\\/"]},\t"again":1,"again":2 ,\r\n "ünï":"😀漢字\u2028","user" :null '
  const bodies: readonly [Way, string][] = [
    [chat, `\n{ "messages" :[ {"content":"Hi é","role":"user","x":1.50}],${odd},"model"  : "${chatModel}"\n}\n`],
    [
      chatStream,
      `{"stream" : true,"stream_options":{"include_usage" : true, "x":1},${odd},"messages":[{"role":"user","content":"Hi"}],"model":"${chatModel}"}`,
    ],
    [embed, `{ "input" : ["a" ,"b"],${odd}, "model":"${embed.model}"} `],
    [
      generate,
      `{"contents" : [{"parts":[{"text":"Hi","y":1.0}]}],${odd},"generation_config":{"max_output_tokens" : 50,"z":[]}}`,
    ],
    [generateStream, `{${odd},"contents":{"parts":{"text":"Hi"}}}`],
    [generateArray, `{"contents":[{"parts":[{"text":"Hi"}]}],${odd}}`],
  ]
  const sent = async (
    way: Way,
    body: string,
    headers: Record<string, string> = {},
    query = '',
  ): Promise<{ got: Taken; up: Seen }> => {
    const path = way.path + (query && (way.path.includes('?') ? '&' : '?') + query)
    const allHeaders = { ...keyHeader(way.dialect, account.key), 'content-type': 'application/json', ...headers }
    const got = await taken(fetch(`${recorded.baseUrl}${path}`, { method: 'POST', headers: allHeaders, body }))
    expect(got.status).toBe(200)
    return { got, up: seen.at(-1)! }
  }

  for (const [way, body] of bodies)
    test(`${way.name}: the very bytes that were sent, both ways`, async () => {
      const { got, up } = await sent(way, body)
      expect(up.body.equals(Buffer.from(body))).toBe(true)
      expect(got.text).toBe(answerTo(up.url, up.body))
    })

  test('openai, streamed: asking for usage on the client’s behalf changes nothing else', async () => {
    const body = `{"stream" : true,${odd},"messages":[{"role":"user","content":"Hi"}],"model":"${chatModel}"}`
    const { got, up } = await sent(chatStream, body)
    const text = up.body.toString()
    expect(JSON.parse(text)).toMatchObject({ stream_options: { include_usage: true } })
    expect(text.replace(/"stream_options":\{"include_usage":true\},?/, '')).toBe(body)
    const withoutUsage = `data: ${JSON.stringify({ model: chatModel, choices: [said] })}\n\n`
    expect(got.text).toBe(`${withoutUsage}data: [DONE]\n\n`)
  })

  for (const [way, body] of bodies)
    test(`${way.name}: no credential of the client goes up, and none of the account's headers comes down`, async () => {
      const { key } = account
      const client = { authorization: `Bearer ${key}`, 'x-goog-api-key': key, 'api-key': key, cookie: `session=${key}` }
      const more = {
        'openai-organization': 'org-client',
        'x-forwarded-for': '10.1.2.3',
        'x-other': key,
        'x-goog-user-project': 'p',
      }
      const { got, up } = await sent(way, body, { ...client, ...more }, `key=${key}`)
      expect(up.url + JSON.stringify([...up.headers])).not.toContain('sk-bf-')
      const credential = way.dialect === 'openai' ? up.headers.get('authorization') : up.headers.get('x-goog-api-key')
      expect(credential).toContain('sandbox-credential')
      expect(up.headers.get('x-client-request-id')).toBe(got.requestId)
      for (const name of [
        'cookie',
        'api-key',
        'openai-organization',
        'x-forwarded-for',
        'x-other',
        'x-goog-user-project',
      ])
        expect(up.headers.get(name)).toBeNull()
      expect(got.requestId).toMatch(/^req_[0-9a-f]+$/)
      const came = JSON.stringify([...got.headers])
      for (const word of ['secret', 'of-vendor', 'vendor', '"99"', '10000']) expect(came).not.toContain(word)
    })

  test('what was sent was paid, and no more', async () => {
    const { balanceNano } = await operate<{ balanceNano: string }>(
      recorded,
      'GET',
      `/organizations/${account.organizationId}/balance`,
    )
    const ids = seen.map(({ headers }) => headers.get('x-client-request-id')!)
    const receipts = await Promise.all(ids.map((id) => settledOf(recorded, account, id)))
    const charged = receipts.reduce((total, { chargeNano }) => total + BigInt(chargeNano), 0n)
    expect(5_000n * grantedNano - BigInt(balanceNano)).toBe(charged)
  })
})
