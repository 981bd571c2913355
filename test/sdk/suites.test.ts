/**
 * What the SDKs' own suites look at beyond an answer: parsed output, tool loops, probabilities, sources. Through the
 * gateway, in both dialects; afterwards the account is audited to the nano-USD.
 */
import { FunctionCallingConfigMode, GoogleGenAI, Type, type GenerateContentConfig } from '@google/genai'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import OpenAI, { BadRequestError } from 'openai'
import { zodFunction, zodResponseFormat } from 'openai/helpers/zod'
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
let openai: OpenAI
let genai: GoogleGenAI

beforeAll(async () => {
  server = await startServer()
  recorder = startRecorder(server.baseUrl)
  account = await openAccount(server, '50.00')
  beforeNano = await balanceNano(server, account.organizationId)
  openai = new OpenAI({ baseURL: `${recorder.url}/v1`, apiKey: account.key })
  genai = new GoogleGenAI({ apiKey: account.key, httpOptions: { baseUrl: `${recorder.url}/genai` } })
}, startMsMax)

afterAll(async () => {
  await recorder?.stop()
  await server?.stop()
}, startMsMax)

const say = (content: string, model = 'gpt-5.4') => ({ model, messages: [{ role: 'user' as const, content }] })
const Trip = z.object({
  city: z.string(),
  kind: z.enum(['train', 'plane']),
  days: z.number().int(),
  hotel: z.union([z.object({ stars: z.number() }), z.null()]),
})
const Lookup = z.object({ city: z.string() })

describe('openai 7', () => {
  test('parse() and stream() with zod: enums, unions and numbers of the prompt', async () => {
    const body = { ...say('A train to Oslo for 3 days.'), response_format: zodResponseFormat(Trip, 'trip') }
    const { message } = (await openai.chat.completions.parse(body)).choices[0]!
    expect(message.parsed).toMatchObject({ city: 'Oslo', kind: 'train', days: 3 })
    const stream = openai.chat.completions.stream(body)
    const snapshots: unknown[] = []
    stream.on('content', (_, snapshot) => snapshots.push(snapshot))
    expect((await stream.finalChatCompletion()).choices[0]!.message.parsed).toEqual(message.parsed)
    expect(snapshots.length).toBeGreaterThan(3)
  })

  test('runTools, plain and streamed, without a forced choice ends with what the tool returned', async () => {
    const tools = [zodFunction({ name: 'get_weather', parameters: Lookup, function: ({ city }) => `${city}: rain` })]
    const body = { ...say('What is the weather in Oslo?'), tools }
    const said = 'According to get_weather, Oslo: rain.'
    expect(await openai.chat.completions.runTools(body).finalContent()).toBe(said)
    expect(await openai.chat.completions.runTools({ ...body, stream: true }).finalContent()).toBe(said)
  })

  test('a custom tool, allowed tools and a refusal arrive as the SDK types them', async () => {
    const custom = { type: 'custom' as const, custom: { name: 'run' } }
    const called = await openai.chat.completions.create({ ...say('run it'), tools: [custom], tool_choice: 'required' })
    expect(called.choices[0]!.message.tool_calls).toMatchObject([{ type: 'custom', custom: { name: 'run' } }])
    const format = zodResponseFormat(Trip, 'trip')
    const declined = { ...say('x'), response_format: format }
    const headers = { 'x-sandbox': 'refusal=1' }
    const { message } = (await openai.chat.completions.parse(declined, { headers })).choices[0]!
    expect([message.content, message.parsed]).toEqual([null, null])
    expect(message.refusal).toBeTruthy()
  })

  test('logprobs come through, plain and streamed alike', async () => {
    const body = { ...say('Tell me about tea.', 'gpt-4o'), logprobs: true, top_logprobs: 2 }
    const { message, logprobs } = (await openai.chat.completions.create(body)).choices[0]!
    expect(logprobs!.content!.map(({ token }) => token).join('')).toBe(message.content!)
    const streamed = await openai.chat.completions.stream(body).finalChatCompletion()
    expect(streamed.choices[0]!.logprobs!.content).toEqual(logprobs!.content)
  })

  test('a schema that strict mode does not take is the vendor’s 400', async () => {
    const json_schema = { name: 'open', strict: true, schema: { type: 'object', properties: {} } }
    const failure = await openai.chat.completions
      .create({ ...say('x'), response_format: { type: 'json_schema', json_schema } })
      .then(
        () => null,
        (error: unknown) => error,
      )
    expect(failure).toBeInstanceOf(BadRequestError)
    expect((failure as BadRequestError).message).toContain(
      "Invalid schema for response_format 'open': In context=(), 'additionalProperties' is required",
    )
  })
})

describe('@google/genai 3', () => {
  const ask = (contents: string, config: GenerateContentConfig = {}) =>
    genai.models.generateContent({ model: 'gemini-3.5-flash', contents, config })

  test('a response schema, an enumeration, and functions as their mode has it', async () => {
    const properties = { city: { type: Type.STRING }, days: { type: Type.INTEGER, nullable: true } }
    const responseSchema = { type: Type.OBJECT, properties, propertyOrdering: ['days', 'city'] }
    const json = await ask('Three days in Rome, 3 of them.', { responseMimeType: 'application/json', responseSchema })
    expect(json.text).toBe('{"days":3,"city":"Rome"}')
    const words = { responseMimeType: 'text/x.enum', responseSchema: { type: Type.STRING, enum: ['yes', 'no'] } }
    expect((await ask('Say no.', words)).text).toBe('no')
    const tools = [{ functionDeclarations: [{ name: 'get_weather' }, { name: 'get_time' }] }]
    const only = { mode: FunctionCallingConfigMode.ANY, allowedFunctionNames: ['get_time'] }
    const called = await ask('hi', { tools, toolConfig: { functionCallingConfig: only } })
    expect(called.functionCalls!.map(({ name }) => name)).toEqual(['get_time'])
  })

  test('a search, a page and code come with their metadata, and are paid for', async () => {
    const grounded = await ask('Who won?', { tools: [{ googleSearch: {} }] })
    expect(grounded.candidates![0]!.groundingMetadata!.webSearchQueries).toHaveLength(1)
    const page = await ask('Read https://example.com/a', { tools: [{ urlContext: {} }] })
    expect(page.candidates![0]!.urlContextMetadata!.urlMetadata).toHaveLength(1)
    expect(page.usageMetadata!.toolUsePromptTokenCount).toBe(400)
    expect((await ask('What is 20 + 22?', { tools: [{ codeExecution: {} }] })).codeExecutionResult).toBe('42\n')
  })

  test('logprobs come through', async () => {
    const { candidates, text } = await ask('Tell me about tea.', { responseLogprobs: true, logprobs: 2 })
    const { chosenCandidates, topCandidates } = candidates![0]!.logprobsResult!
    expect(chosenCandidates!.map(({ token }) => token).join('')).toBe(text!)
    expect(topCandidates).toHaveLength(chosenCandidates!.length)
  })
})

// Last: it looks back at everything above.
test(
  'every request of these suites has a true receipt, and the balance fell by their sum',
  async () => {
    const { faults, chargedNano } = await audit(server, account, recorder, beforeNano)
    expect(faults).toEqual([])
    expect(chargedNano).toBeGreaterThan(0n)
  },
  startMsMax,
)
