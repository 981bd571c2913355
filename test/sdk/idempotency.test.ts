/** What users of the official SDKs see who send an `Idempotency-Key`: paid once, and answered again. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { GoogleGenAI, type ApiError } from '@google/genai'
import OpenAI, { toFile, UnprocessableEntityError } from 'openai'
import sharp from 'sharp'
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

test('openai: a call that is repeated is answered as the first was, told by a header, and paid once', async () => {
  const { client } = countingClient()
  const first = await client.chat.completions.create(hello, keyed('a')).withResponse()
  const charged = await balanceNano(server, account.organizationId)
  const again = await client.chat.completions.create(hello, keyed('a')).withResponse()
  expect({ ...again.data, _request_id: null }).toEqual({ ...first.data, _request_id: null })
  expect(again.response.headers.get('idempotent-replayed')).toBe('true')
  expect(again.response.headers.get('original-request')).toBe(first.request_id)
  expect(again.request_id).not.toBe(first.request_id!)
  expect(await balanceNano(server, account.organizationId)).toBe(charged)
})

test('openai: a stream that its reader left is given whole to whoever repeats it, and paid once', async () => {
  const { client } = countingClient()
  const streamed = { ...hello, stream: true, stream_options: { include_usage: true } } as const
  const ask = () => client.chat.completions.create(streamed, keyed('s', 'tokens=60 chunk_ms=5'))
  for await (const chunk of await ask()) if (chunk.choices[0]?.delta.content) break
  const chunks = await Array.fromAsync(await ask())
  const again = await Array.fromAsync(await ask())
  expect(again).toEqual(chunks)
  const { usage } = chunks.at(-1)!
  expect(usage?.completion_tokens).toBeGreaterThan(0)
})

test('openai: a call that is repeated while the first is under way waits for it, in one attempt', async () => {
  const first = countingClient().client.chat.completions.create(hello, keyed('b', 'latency_ms=1000'))
  await eventually(
    async () => ((await heldNano(server, account.organizationId)) > 0n ? true : null),
    10_000,
    () => 'nothing is held',
  )
  const { client, attempts } = countingClient()
  const second = await client.chat.completions.create(hello, keyed('b'))
  expect(second.id).toBe((await first).id)
  expect(attempts()).toBe(1)
}, 30_000)

test('openai: another call under the same key is refused after one attempt', async () => {
  const { client, attempts } = countingClient()
  await client.chat.completions.create(hello, keyed('c'))
  const asking = client.chat.completions.create({ ...hello, n: 2 }, keyed('c'))
  const error = await asking.catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(UnprocessableEntityError)
  expect(error).toMatchObject({ status: 422, code: 'idempotency_key_reused' })
  expect(attempts()).toBe(2)
})

/** As docs/guide/receipts.md advises: every call then has a key of its own, and the SDK's own tries share it. */
class SafeOpenAI extends OpenAI {
  protected override idempotencyHeader = 'Idempotency-Key'
}

test('openai: a client that names the header repeats by itself what was lost on its way, and pays once', async () => {
  const ids: (string | null)[] = []
  const losing = async (...args: Parameters<typeof fetch>): Promise<Response> => {
    const response = await fetch(...args)
    ids.push(response.headers.get('original-request') ?? response.headers.get('x-request-id'))
    if (ids.length % 2 === 0) return response
    await response.arrayBuffer()
    throw new TypeError('the connection broke')
  }
  const client = new SafeOpenAI({ baseURL: `${server.baseUrl}/v1/`, apiKey: account.key, fetch: losing })
  const before = await balanceNano(server, account.organizationId)
  for (const options of [{}, { idempotencyKey: 'order-4711' }]) await client.chat.completions.create(hello, options)
  expect(ids[0]).toBe(ids[1])
  expect(ids[2]).toBe(ids[3])
  expect(ids[0]).not.toBe(ids[2])
  const receipts = await Promise.all([ids[0], ids[2]].map((id) => receiptOf(server.baseUrl, account.key, id!)))
  const charged = receipts.reduce((sum, receipt) => sum + BigInt(receipt!.chargeNano), 0n)
  expect(before - (await balanceNano(server, account.organizationId))).toBe(charged)
})

/** What the SDK sends again has another boundary, and is the same form all the same. */
test('openai: a picture that is made of pictures is made once, though its form is written anew for the repeat', async () => {
  const { client } = countingClient()
  const image = await toFile(await sharp(picture).png().toBuffer(), 'fox.png', { type: 'image/png' })
  const edit = { model: 'gpt-image-2', prompt: 'In snow', size: '1024x1024', quality: 'low', image } as const
  const first = await client.images.edit(edit, keyed('edit')).withResponse()
  const charged = await balanceNano(server, account.organizationId)
  const again = await client.images.edit(edit, keyed('edit')).withResponse()
  expect(again.data.data).toEqual(first.data.data)
  expect(again.response.headers.get('original-request')).toBe(first.request_id)
  const other = client.images.edit({ ...edit, prompt: 'In rain' }, keyed('edit'))
  expect(await other.catch((thrown: unknown) => thrown)).toBeInstanceOf(UnprocessableEntityError)
  expect(await balanceNano(server, account.organizationId)).toBe(charged)
})
const picture = { create: { width: 64, height: 64, channels: 3, background: '#c50' } } as const

test('openai: a response, plain and streamed, a conversation and a file are made once, and what is made can be found by its id', async () => {
  const { client } = countingClient()
  const ask = { model: 'gpt-5.4', input: 'Hello' } as const
  const [response, responseAgain] = [
    await client.responses.create(ask, keyed('response')),
    await client.responses.create(ask, keyed('response')),
  ]
  expect(responseAgain.id).toBe(response.id)
  expect((await client.responses.retrieve(response.id)).id).toBe(response.id)
  const events = async () => Array.fromAsync(await client.responses.create({ ...ask, stream: true }, keyed('events')))
  expect(await events()).toEqual(await events())
  const create = () =>
    client.conversations.create({ metadata: { order: '4711' } }, keyed('conversation')).withResponse()
  const [made, again] = [await create(), await create()]
  expect(again.data.id).toBe(made.data.id)
  expect(again.response.headers.get('original-request')).toBe(made.request_id)
  expect((await client.conversations.retrieve(made.data.id)).metadata).toEqual({ order: '4711' })
  const upload = async () =>
    client.files.create({ file: await toFile(Buffer.from('{"a":1}'), 'a.jsonl'), purpose: 'batch' }, keyed('file'))
  const file = await upload()
  expect((await upload()).id).toBe(file.id)
  await server.kill('SIGKILL')
  await server.restart()
  expect((await create()).data.id).toBe(made.data.id)
  expect((await upload()).id).toBe(file.id)
  expect(await (await client.files.content(file.id)).text()).toBe('{"a":1}')
}, 60_000)

test('@google/genai: a call that is repeated is answered as the first was, whole and streamed, and paid once', async () => {
  const headers = { 'Idempotency-Key': 'c-genai' }
  const httpOptions = { baseUrl: `${server.baseUrl}/genai`, headers, retryOptions: { attempts: 5 } }
  const client = new GoogleGenAI({ apiKey: account.key, httpOptions })
  const asked = { model: 'gemini-3.5-flash', contents: 'Hello' }
  const ask = () => client.models.generateContent(asked)
  const [first, again] = [await ask(), await ask()]
  const headersOf = ({ sdkHttpResponse }: typeof first) => sdkHttpResponse!.headers!
  expect(again.text).toBe(first.text)
  expect(again.responseId).toBe(first.responseId)
  expect(headersOf(again)['original-request']).toBe(headersOf(first)['x-request-id'])
  const other = await client.models.generateContentStream(asked).catch((thrown: unknown) => thrown)
  expect((other as ApiError).status).toBe(400)
  expect((other as ApiError).message).toContain('IDEMPOTENCY_KEY_REUSED')

  const streaming = new GoogleGenAI({
    apiKey: account.key,
    httpOptions: { ...httpOptions, headers: { 'Idempotency-Key': 's-genai' } },
  })
  const textsOf = async () =>
    (await Array.fromAsync(await streaming.models.generateContentStream(asked))).map(({ text }) => text)
  expect(await textsOf()).toEqual(await textsOf())
})
