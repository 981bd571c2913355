/** Responses through the official OpenAI SDK from TypeScript, native and translated, the account audited afterwards to the nano-USD. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import OpenAI, { BadRequestError } from 'openai'
import { audit } from '../support/audit.ts'
import { balanceNano, openAccount, type Account } from '../support/mart.ts'
import { receiptOf } from '../support/receipt.ts'
import { startRecorder, type Recorder } from '../support/recorder.ts'
import { startServer, type Server } from '../support/start-server.ts'

const startMsMax = 60_000
let server: Server
let recorder: Recorder
let account: Account
let client: OpenAI
let beforeNano: bigint

beforeAll(async () => {
  server = await startServer()
  recorder = startRecorder(server.baseUrl)
  account = await openAccount(server, '20.00')
  beforeNano = await balanceNano(server, account.organizationId)
  client = new OpenAI({ baseURL: `${recorder.url}/v1/`, apiKey: account.key, maxRetries: 0 })
}, startMsMax)
afterAll(async () => {
  await recorder?.stop()
  await server?.stop()
}, startMsMax)

const model = 'gpt-5.4'
const weather = {
  type: 'function',
  name: 'get_weather',
  parameters: {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  },
  strict: true,
} as const
const eventFormat = {
  type: 'json_schema',
  name: 'event',
  strict: true,
  schema: {
    type: 'object',
    properties: { name: { type: 'string' }, year: { type: 'integer' } },
    required: ['name', 'year'],
    additionalProperties: false,
  },
} as const
const linesOf = async (requestId: string): Promise<readonly string[]> =>
  (await receiptOf(server.baseUrl, account.key, requestId))!.lines.map((line) => line.class)

test('an answer, with usage that adds up and its charge in a header', async () => {
  const { data, response } = await client.responses.create({ model, input: 'Say hello.' }).withResponse()
  expect(data).toMatchObject({ object: 'response', status: 'completed' })
  expect(data.output_text).not.toBe('')
  const { input_tokens: input, output_tokens: output, total_tokens: total } = data.usage!
  expect([input > 0, output > 0, total]).toEqual([true, true, input + output])
  expect(response.headers.get('x-mart-charge-usd')).toMatch(/^0\.\d+$/)
  expect(response.headers.get('x-mart-sandbox')).toBe('true')
})

test('a stream, event by event and put together', async () => {
  let text = ''
  const types = new Set<string>()
  for await (const event of await client.responses.create({ model, input: 'Tell a story.', stream: true })) {
    types.add(event.type)
    if (event.type === 'response.output_text.delta') text += event.delta
  }
  expect(types).toContain('response.completed')
  expect(text.length).toBeGreaterThan(20)
  const final = await client.responses.stream({ model, input: 'Tell a story.' }).finalResponse()
  expect(final.output_text).toBe(text)
})

test('a call of a tool, and an answer to what it gave', async () => {
  const question = { role: 'user', content: 'What is the weather in Paris?' } as const
  const called = await client.responses.create({ model, input: [question], tools: [weather], tool_choice: 'required' })
  const call = called.output.find((item) => item.type === 'function_call')!
  expect(JSON.parse(call.arguments)).toHaveProperty('city')
  const output = { type: 'function_call_output', call_id: call.call_id, output: 'Sunny.' } as const
  const answered = await client.responses.create({ model, input: [question, call, output], tools: [weather] })
  expect(answered.status).toBe('completed')
})

test('an answer that fits a schema', async () => {
  const { output_text: text } = await client.responses.parse({
    model,
    input: 'An event.',
    text: { format: eventFormat },
  })
  expect(JSON.parse(text)).toMatchObject({ name: expect.any(String), year: expect.any(Number) })
})

test('a limit is told as what ended it', async () => {
  const cut = await client.responses.create({
    model,
    input: 'Write a long story about the sea.',
    max_output_tokens: 16,
  })
  expect(cut).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } })
})

test('a search and a picture are on lines of their own', async () => {
  const tools = [
    { type: 'web_search' },
    { type: 'image_generation', quality: 'low', size: '1024x1024' },
  ] as OpenAI.Responses.Tool[]
  const { data, request_id: id } = await client.responses
    .create({ model, input: 'Search the web and draw a picture.', tools })
    .withResponse()
  expect(data.output.map(({ type }) => type)).toContain('image_generation_call')
  const lines = await linesOf(id!)
  expect(lines).toContain('webSearchCall')
  expect(lines).toContain('toolImageOutput')
})

test('an input is counted for nothing, and compacted for its usage', async () => {
  const counted = await client.responses.inputTokens.count({ model, input: 'Say hello.' })
  expect(counted.input_tokens).toBeGreaterThan(0)
  const compacted = await client.responses.compact({ model, input: [{ role: 'user', content: 'Say hello.' }] })
  expect([compacted.object, compacted.usage.total_tokens > 0]).toEqual(['response.compaction', true])
})

describe('what is wrong is told by the name of its field', () => {
  test.each([
    [{ model: '' }, 'model'],
    [{ max_output_tokens: 'many' }, 'max_output_tokens'],
    [{ tools: [{ type: 'code_interpreter', container: { type: 'auto' } }] }, 'tools[0].type'],
  ])('%j', async (fields, param) => {
    const wrong = { model, input: 'x', ...fields } as OpenAI.Responses.ResponseCreateParamsNonStreaming
    const error: unknown = await client.responses.create(wrong).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(BadRequestError)
    expect((error as BadRequestError).param).toBe(param)
  })
})

test('everything above is on a receipt, and the balance fell by exactly that', async () => {
  const { faults, receipts } = await audit(server, account, recorder, beforeNano)
  expect(faults).toEqual([])
  expect(receipts.length).toBeGreaterThan(8)
})
