/**
 * The AI SDK with its default for OpenAI, which calls /v1/responses; afterwards the account is audited to the
 * nano-USD. Python's clients that do so are in test/sdk/python/test_clients.py.
 */
import { createOpenAI } from '@ai-sdk/openai'
import { generateText, Output, stepCountIs, streamText, tool } from 'ai'
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { z } from 'zod'
import { audit } from '../support/audit.ts'
import { balanceNano, openAccount, type Account } from '../support/mart.ts'
import { startRecorder, type Recorder } from '../support/recorder.ts'
import { startServer, type Server } from '../support/start-server.ts'

const startMsMax = 60_000
let server: Server
let recorder: Recorder
let account: Account
let beforeNano: bigint
let model: ReturnType<ReturnType<typeof createOpenAI>>

beforeAll(async () => {
  server = await startServer()
  recorder = startRecorder(server.baseUrl)
  account = await openAccount(server, '50.00')
  beforeNano = await balanceNano(server, account.organizationId)
  model = createOpenAI({ baseURL: `${recorder.url}/v1`, apiKey: account.key })('gpt-5.4')
}, startMsMax)

afterAll(async () => {
  await recorder?.stop()
  await server?.stop()
}, startMsMax)

test('the AI SDK answers in words, plain and streamed alike', async () => {
  const prompt = 'Tell me about London.'
  const plain = await generateText({ model, prompt })
  expect(plain.text).toContain('London')
  expect(plain.warnings).toEqual([])
  const streamed = streamText({ model, prompt })
  const pieces = await Array.fromAsync(streamed.textStream)
  expect(pieces.length).toBeGreaterThan(3)
  expect(pieces.join('')).toBe(plain.text)
  expect(await streamed.usage).toMatchObject({
    inputTokens: plain.usage.inputTokens,
    totalTokens: plain.usage.totalTokens,
  })
})

const tools = {
  get_weather: tool({
    description: 'Current weather of a city.',
    inputSchema: z.object({ city: z.string() }),
    execute: ({ city }) => `${city}: rain`,
  }),
}

/** With the first it names what is kept upstream, with the second it sends sealed thoughts. */
test.each([true, false])('the AI SDK calls tools and says what they returned, with store: %p', async (store) => {
  const providerOptions = { openai: { store } }
  const asked = { model, tools, prompt: 'What is the weather in Oslo?', stopWhen: stepCountIs(3), providerOptions }
  const plain = await generateText(asked)
  expect([plain.text, plain.steps.length]).toEqual(['According to get_weather, Oslo: rain.', 2])
  expect(await streamText(asked).text).toBe(plain.text)
})

test('the AI SDK makes objects of a schema', async () => {
  const schema = z.object({ city: z.string(), days: z.number().int() })
  const { output } = await generateText({
    model,
    output: Output.object({ schema }),
    prompt: 'A trip to Oslo for 3 days.',
  })
  expect(output).toEqual({ city: 'Oslo', days: 3 })
})

// Last: it looks back at everything above.
test('every request of these clients has a true receipt, and the balance fell by their sum', async () => {
  const { faults, chargedNano } = await audit(server, account, recorder, beforeNano)
  expect(faults).toEqual([])
  expect(chargedNano).toBeGreaterThan(0n)
})
