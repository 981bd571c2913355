/** What users of the official SDKs see who send an `Idempotency-Key` of their own: paid once, and told so after one attempt. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { ApiError, GoogleGenAI } from '@google/genai'
import OpenAI, { ConflictError } from 'openai'
import { eventually } from '../support/eventually.ts'
import { balanceNano, heldNano, openAccount, type Account } from '../support/mart.ts'
import { receiptOf } from '../support/receipt.ts'
import { startServer, type Server } from '../support/start-server.ts'

const startMsMax = 60_000
const hello: OpenAI.ChatCompletionCreateParamsNonStreaming = {
  model: 'gpt-5.4',
  messages: [{ role: 'user', content: 'Hello' }],
}

let server: Server
let account: Account
beforeAll(async () => {
  server = await startServer()
  account = await openAccount(server, '50.00')
}, startMsMax)
afterAll(() => server?.stop(), startMsMax)

/** A client that counts its attempts. */
function countingClient(): { readonly client: OpenAI; readonly attempts: () => number } {
  let attempts = 0
  const counting = (...args: Parameters<typeof fetch>): Promise<Response> => {
    attempts += 1
    return fetch(...args)
  }
  const client = new OpenAI({ baseURL: `${server.baseUrl}/v1/`, apiKey: account.key, fetch: counting })
  return { client, attempts: () => attempts }
}
const keyed = (key: string, sandbox?: string) => ({
  headers: { 'Idempotency-Key': key, ...(sandbox !== undefined && { 'x-sandbox': sandbox }) },
})
async function conflictOf(asking: Promise<unknown>): Promise<ConflictError> {
  const error = await asking.catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ConflictError)
  return error as ConflictError
}

test('openai: a call that is repeated is refused after one attempt, with the first request and its charge', async () => {
  const { client, attempts } = countingClient()
  const { request_id: firstId } = await client.chat.completions.create(hello, keyed('a')).withResponse()
  const charged = await balanceNano(server, account.organizationId)
  const error = await conflictOf(client.chat.completions.create(hello, keyed('a')))
  expect(error).toMatchObject({ status: 409, code: 'idempotency_key_used', error: { first_request_id: firstId } })
  const { chargeUsd } = (await receiptOf(server.baseUrl, account.key, firstId!)) as unknown as { chargeUsd: string }
  expect(error.error).toMatchObject({ charge_usd: chargeUsd })
  expect(attempts()).toBe(2)
  expect(await balanceNano(server, account.organizationId)).toBe(charged)
})

test('openai: a call that is repeated while the first is under way waits by itself, and is told then that it was served', async () => {
  const first = countingClient().client.chat.completions.create(hello, keyed('b', 'latency_ms=1000'))
  await eventually(
    async () => ((await heldNano(server, account.organizationId)) > 0n ? true : null),
    10_000,
    () => 'nothing is held',
  )
  const { client, attempts } = countingClient()
  const error = await conflictOf(client.chat.completions.create(hello, keyed('b')))
  expect(error.code).toBe('idempotency_key_used')
  expect(attempts()).toBe(2)
  expect((await first).choices[0]!.finish_reason).toBe('stop')
}, 30_000)

test('@google/genai: a call that is repeated is refused, with the first request and its charge', async () => {
  const headers = { 'Idempotency-Key': 'c' }
  const httpOptions = { baseUrl: `${server.baseUrl}/genai`, headers, retryOptions: { attempts: 5 } }
  const client = new GoogleGenAI({ apiKey: account.key, httpOptions })
  const ask = () => client.models.generateContent({ model: 'gemini-3.5-flash', contents: 'Hello' })
  const { sdkHttpResponse } = await ask()
  const error = await ask().catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ApiError)
  expect((error as ApiError).status).toBe(409)
  const { error: envelope } = JSON.parse((error as ApiError).message) as {
    error: { status: string; details: object[] }
  }
  expect(envelope.status).toBe('ALREADY_EXISTS')
  expect(envelope.details).toMatchObject([
    { reason: 'IDEMPOTENCY_KEY_USED', metadata: { first_request_id: sdkHttpResponse!.headers!['x-request-id'] } },
  ])
})
