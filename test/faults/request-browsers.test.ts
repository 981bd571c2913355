/** What browsers ask before a page of another origin may call the dialects, and what they look for in the answers. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { eventually } from '../support/eventually.ts'
import type { Account } from '../support/mart.ts'
import { startServer, type Server } from '../support/start-server.ts'
import * as ways from './request-support.ts'

setDefaultTimeout(ways.startMsMax)

const page = 'https://app.example'
const stainless =
  'authorization,content-type,x-stainless-arch,x-stainless-lang,x-stainless-os,x-stainless-retry-count,x-stainless-timeout'
const google = 'content-type,x-goog-api-client,x-goog-api-key'

let server: Server
let account: Account
beforeAll(async () => {
  server = await startServer()
  account = await ways.openPurse(server, '5.00', { rpm: 1000 })
})
afterAll(() => server?.stop())

const preflight = (at: Server, path: string, headers = stainless, origin = page): Promise<ways.Taken> =>
  ways.taken(
    fetch(`${at.baseUrl}${path}`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': headers },
    }),
  )
/** What every answer says that could be had compressed. */
const coded = 'accept-encoding'
const corsOf = ({ headers }: ways.Taken): Record<string, string> =>
  Object.fromEntries(
    [...headers].filter(([name, value]) => name.startsWith('access-control') || (name === 'vary' && value !== coded)),
  )
/** Read without being exposed, or the browser's own business. */
const ofTransport = [
  'content-type',
  'content-length',
  'cache-control',
  'date',
  'transfer-encoding',
  'connection',
  'content-encoding',
  'vary',
]
const exposed = ({ headers }: ways.Taken): string[] => headers.get('access-control-expose-headers')!.split(', ')

describe('a browser that asks first', () => {
  for (const [path, headers] of [
    ['/v1/chat/completions', stainless],
    ['/v1/models', stainless],
    ['/eu/v1/embeddings', stainless],
    ['/openai/deployments/gpt-5.4/chat/completions', 'api-key,content-type'],
    ['/genai/v1beta/models/gemini-3.5-flash:generateContent', google],
    ['/genai/v1beta/models', google],
    ['/chat/completions', stainless],
    ['/v1beta/models/gemini-3.5-flash:generateContent', google],
    ['/v1/not/there', stainless],
  ] as const)
    test(`${path} is told that it may, without a key`, async () => {
      const got = await preflight(server, path, headers)
      expect([got.status, got.text]).toEqual([204, ''])
      expect(got.requestId).toMatch(/^req_/)
      expect(corsOf(got)).toEqual({
        'access-control-allow-origin': '*',
        'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
        'access-control-allow-headers': headers,
        'access-control-max-age': '7200',
        vary: 'origin, access-control-request-headers',
      })
    })

  test('for more headers than there are, or for what is none, is told the usual ones', async () => {
    for (const headers of [`x-${'a'.repeat(5_000)}`, 'a(b)', '']) {
      const allowed = corsOf(await preflight(server, '/v1/models', headers))['access-control-allow-headers']
      expect(allowed).toBe('authorization, content-type, x-goog-api-key, api-key')
    }
  })

  test('for the admin API or a page is told nothing', async () => {
    for (const path of ['/', '/healthz', '/api/admin/organizations', '/api', '/nothing'])
      for (const method of ['OPTIONS', 'GET', 'POST']) {
        const headers = { origin: page, 'access-control-request-method': 'POST' }
        const got = await ways.taken(fetch(`${server.baseUrl}${path}`, { method, headers }))
        expect(corsOf(got)).toEqual({})
        if (method === 'OPTIONS') expect(got.status).toBeGreaterThanOrEqual(400)
      }
  })
})

describe('every answer of a dialect can be read by the page', () => {
  for (const way of [...ways.ways, ways.embed])
    test(`${way.name}: answers and errors`, async () => {
      const post = (key: string, body = JSON.stringify(way.bodyOf('hello', {})), more = {}): Promise<ways.Taken> => {
        const headers = { ...ways.keyHeader(way.dialect, key), origin: page, ...more }
        return ways.taken(fetch(`${server.baseUrl}${way.path}`, { method: 'POST', headers, body }))
      }
      const [ok, noKey, bad, failed] = [
        await post(account.key),
        await post('sk-bf-none'),
        await post(account.key, 'x'),
        await post(account.key, JSON.stringify(way.bodyOf('hello', {})), { 'x-sandbox': 'status=500' }),
      ]
      expect([ok.status, bad.status]).toEqual([200, 400])
      expect(noKey.status).toBeGreaterThanOrEqual(400)
      expect(failed.status).toBeGreaterThanOrEqual(500)
      for (const got of [ok, noKey, bad, failed]) {
        expect(got.headers.get('access-control-allow-origin')).toBe('*')
        expect(got.headers.get('access-control-allow-credentials')).toBeNull()
        const hidden = [...got.headers.keys()].filter(
          (name) => !ofTransport.includes(name) && !name.startsWith('access-control-') && !exposed(got).includes(name),
        )
        expect(hidden).toEqual([])
        for (const name of ['x-request-id', 'x-mart-charge-usd', 'retry-after', 'retry-after-ms', 'x-should-retry'])
          expect(exposed(got)).toContain(name)
      }
    })

  test('lists, receipts, and URLs that are not served', async () => {
    for (const path of [
      '/v1/models',
      '/v1/receipts/x',
      '/v1/nothing',
      '/chat/completions',
      '/genai/v1beta/models',
      '/genai/x',
    ]) {
      const headers = { origin: page, ...ways.keyHeader('openai', account.key) }
      const got = await ways.taken(fetch(`${server.baseUrl}${path}`, { headers }))
      expect(got.headers.get('access-control-allow-origin')).toBe('*')
      expect(exposed(got)).toContain('x-request-id')
    }
  })

  test('what no page asked for has none of it', async () => {
    const headers = ways.keyHeader('openai', account.key)
    expect(corsOf(await ways.taken(fetch(`${server.baseUrl}/v1/models`, { headers })))).toEqual({})
  })
})

test('an operator names the pages that may, or none, and may change that while it runs', async () => {
  const { env } = ways.configured(`cors: { origins: ['${page}', 'http://localhost:3000'] }`)
  const strict = await startServer({ env })
  const ask = (origin: string): Promise<ways.Taken> =>
    ways.taken(fetch(`${strict.baseUrl}/v1/models`, { headers: { origin } }))
  for (const origin of [page, 'http://localhost:3000']) {
    expect(corsOf(await preflight(strict, '/v1/models', stainless, origin))).toMatchObject({
      'access-control-allow-origin': origin,
      vary: 'origin, access-control-request-headers',
    })
    expect(corsOf(await ask(origin))).toMatchObject({ 'access-control-allow-origin': origin, vary: 'origin' })
  }
  for (const origin of ['https://app.example.evil', 'http://app.example', `${page}:444`, 'null']) {
    expect(corsOf(await preflight(strict, '/v1/models', stainless, origin))).toEqual({ vary: 'origin' })
    expect(corsOf(await ask(origin))).toEqual({ vary: 'origin' })
  }
  writeFileSync(env.MART_CONFIG, 'cors: { origins: [] }')
  await ways.operate(strict, 'POST', '/config/reload')
  await eventually(
    async () => (Object.keys(corsOf(await ask(page))).length === 0 ? true : null),
    10_000,
    () => 'pages may still call it',
  )
  expect((await preflight(strict, '/v1/models')).status).toBe(405)
  await strict.stop()
})
