/** Headers that no answer of ours could carry must not keep a paid answer from its client. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { createServer, type AddressInfo, type Server as TcpServer } from 'node:net'
import { balanceNano, openAccount } from '../support/mart.ts'
import { startServer, type Server } from '../support/start-server.ts'
import { ask, chat, chatStream, geminiModel, generate, keyHeader, startMsMax, taken } from './request-support.ts'

const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }
const message = { role: 'assistant', content: 'Hi.' }
const plain = JSON.stringify({ id: 'x', choices: [{ index: 0, message, finish_reason: 'stop' }], usage })
const counted = JSON.stringify({ totalTokens: 3 })
const chunk = (fields: object): string => `data: ${JSON.stringify({ id: 'x', ...fields })}\n\n`
const streamed = `${chunk({ choices: [{ index: 0, delta: message }] })}${chunk({ choices: [], usage })}data: [DONE]\n\n`

const odd = ['openai-version: 2020\x01', 'server-timing: a\nb', 'openai-processing-ms: 7']

let upstream: TcpServer
let server: Server
/** Further headers of its answers. */
let more: readonly string[] = []

beforeAll(async () => {
  upstream = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (request) => {
      const isFree = request.includes(':countTokens')
      const body = isFree ? counted : request.includes('"stream":true') ? streamed : plain
      const type = isFree ? 'application/json\x01' : body === streamed ? 'text/event-stream' : 'application/json'
      socket.write(
        `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\n${(more.length > 0 ? more : odd).join('\r\n')}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      )
    })
  })
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
  const { port } = upstream.address() as AddressInfo
  server = await startServer({ sandbox: 'built-in', env: { MART_SANDBOX_URL: `http://127.0.0.1:${port}` } })
}, startMsMax)
afterAll(async () => {
  await server?.stop()
  upstream?.close()
})

for (const way of [chat, chatStream])
  test(`${way.name}: the answer comes whole without them, and is charged`, async () => {
    const account = await openAccount(server, '1.00')
    const got = await taken(ask(server, account.key, way))
    expect([got.status, got.broke]).toEqual([200, false])
    expect(got.text).toContain('Hi.')
    const names = ['openai-version', 'server-timing', 'openai-processing-ms']
    expect(names.map((name) => got.headers.get(name))).toEqual([null, null, '7'])
    expect(await balanceNano(server, account.organizationId)).toBeLessThan(1_000_000_000n)
  })

const named = [
  'x-content-type-options: nosniff',
  'openai-version: 2020-10-01',
  'x-should-retry: false',
  'x-gemini-service-tier: flex',
  'server-timing: gfet4t7; dur=603',
]
const hidden = [
  'openai-organization: org-1',
  'x-ms-region: East',
  'set-cookie: a=b',
  'x-request-id: theirs',
  'via: proxy',
]

test('what means something to SDKs passes, free or paid, and what names an account or a host does not', async () => {
  more = [...named, ...hidden]
  const { key } = await openAccount(server, '1.00')
  const way = { ...generate, path: `/genai/v1beta/models/${geminiModel}:countTokens`, model: geminiModel }
  for (const asked of [chat, chatStream, way]) {
    const got = await taken(ask(server, key, asked))
    expect(got.status).toBe(200)
    for (const line of named) {
      const [name, value] = line.split(/: (.*)/) as [string, string]
      expect([name, got.headers.get(name)]).toEqual([name, value])
    }
    for (const line of hidden) expect(JSON.stringify([...got.headers])).not.toContain(line.split(': ')[1]!)
  }
  more = []
})

test('a free answer comes without them as well', async () => {
  const { key } = await openAccount(server, '1.00')
  const path = `/genai/v1beta/models/${geminiModel}:countTokens`
  const headers = { ...keyHeader('genai', key), 'content-type': 'application/json' }
  const got = await taken(fetch(server.baseUrl + path, { method: 'POST', headers, body: '{"contents":[]}' }))
  expect([got.status, got.text, got.headers.get('content-type')]).toEqual([200, counted, 'application/json'])
})
