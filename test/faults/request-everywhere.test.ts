/** What holds of every answer, whoever asks and whatever for. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { openAccount, type Account } from '../support/mart.ts'
import { startServer, type Server } from '../support/start-server.ts'

let server: Server
let account: Account
beforeAll(async () => {
  server = await startServer()
  account = await openAccount(server, '1.00', ['--models', 'gemini-2.5-flash'])
}, 60_000)
afterAll(() => server.stop())

test.each([
  '/',
  '/healthz',
  '/readyz',
  '/nowhere',
  '/api/admin/organizations',
  '/v1/models',
  '/v1/nowhere',
  '/genai/v1/models',
])('%s has a request id that people can quote', async (path) => {
  const { headers } = await fetch(server.baseUrl + path)
  expect(headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/)
})

const countTokens = (model: string): Promise<Response> =>
  fetch(`${server.baseUrl}/genai/v1beta/models/${model}:countTokens`, {
    method: 'POST',
    headers: { 'x-goog-api-key': account.key, 'content-type': 'application/json' },
    body: '{"contents":[{"parts":[{"text":"hello"}]}]}',
  })

test('a free call says where it was answered and that it is simulated', async () => {
  const { status, headers } = await countTokens('gemini-2.5-flash')
  expect([status, headers.get('x-mart-sandbox'), headers.get('x-mart-region')]).toEqual([200, 'true', 'us'])
})

test('a key that is for some models counts tokens for those alone', async () => {
  const { status } = await countTokens('gemini-2.5-pro')
  expect(status).toBe(404)
})
