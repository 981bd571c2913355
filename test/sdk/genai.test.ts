/** What Google's official SDK can do from TypeScript; afterwards the account is audited to the nano-USD. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import {
  ApiError,
  FinishReason,
  FunctionCallingConfigMode,
  GoogleGenAI,
  type GenerateContentResponse,
} from '@google/genai'
import sharp from 'sharp'
import { audit } from '../support/audit.ts'
import { eventually } from '../support/eventually.ts'
import { balanceNano, heldNano, openAccount, type Account } from '../support/mart.ts'
import { startRecorder, type Recorder } from '../support/recorder.ts'
import { startServer, type Server } from '../support/start-server.ts'

const startMsMax = 60_000
const model = 'gemini-3.5-flash'
const imageModel = 'gemini-3.1-flash-image'
const unknownKey = 'sk-bf-00000000-0000-4000-8000-000000000000'
const london = 'Tell me about London in one sentence.'
const story = 'Write a long story about the sea.'
const weather = {
  name: 'get_weather',
  parametersJsonSchema: {
    type: 'object',
    properties: { city: { type: 'string' }, unit: { type: 'string', enum: ['celsius', 'fahrenheit'] } },
    required: ['city', 'unit'],
  },
}
const mustCall = {
  tools: [{ functionDeclarations: [weather] }],
  toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.ANY } },
}

let server: Server
let recorder: Recorder
let account: Account
let empty: Account
let client: GoogleGenAI
let beforeNano: bigint

beforeAll(async () => {
  server = await startServer()
  recorder = startRecorder(server.baseUrl)
  account = await openAccount(server, '50.00')
  empty = await openAccount(server, null)
  beforeNano = await balanceNano(server, account.organizationId)
  client = clientFor(account.key)
}, startMsMax)

afterAll(async () => {
  await recorder?.stop()
  await server?.stop()
}, startMsMax)

const clientFor = (apiKey: string, options = {}): GoogleGenAI =>
  new GoogleGenAI({ apiKey, httpOptions: { baseUrl: `${recorder.url}/genai`, ...options } })

function expectToAddUp({ usageMetadata }: GenerateContentResponse): void {
  const { promptTokenCount, candidatesTokenCount = 0, thoughtsTokenCount = 0, totalTokenCount } = usageMetadata!
  expect(promptTokenCount).toBeGreaterThan(0)
  expect(totalTokenCount).toBe(promptTokenCount! + candidatesTokenCount + thoughtsTokenCount)
}

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of stream) items.push(item)
  return items
}

type Envelope = { code: number; status: string; message: string; details?: { '@type': string; reason?: string }[] }

/** The envelope that the SDK carries in its error's message. */
async function refused(call: () => PromiseLike<unknown>): Promise<Envelope> {
  try {
    await call()
  } catch (error) {
    expect(error).toBeInstanceOf(ApiError)
    const { status, message } = error as ApiError
    const envelope = (JSON.parse(message) as { error: Envelope }).error
    expect(envelope.code).toBe(status)
    return envelope
  }
  throw new Error('expected an ApiError, but the call succeeded')
}

const reasonsOf = ({ details = [] }: Envelope): (string | undefined)[] =>
  details.filter((detail) => detail['@type'].endsWith('google.rpc.ErrorInfo')).map(({ reason }) => reason)

describe('@google/genai 3: text', () => {
  for (const name of [model, `models/${model}`]) {
    test(`${name} answers, plain and streamed`, async () => {
      const plain = await client.models.generateContent({ model: name, contents: london })
      expect(plain.text).toBeTruthy()
      expect(plain.candidates![0]!.finishReason).toBe(FinishReason.STOP)
      expectToAddUp(plain)
      const chunks = await all(await client.models.generateContentStream({ model: name, contents: london }))
      expect(chunks.map(({ text }) => text ?? '').join('')).toBeTruthy()
      expect(chunks.at(-1)!.candidates![0]!.finishReason).toBe(FinishReason.STOP)
      expectToAddUp(chunks.at(-1)!)
    })
  }

  for (const apiVersion of ['v1', 'v1beta', 'v1alpha']) {
    test(`${apiVersion} is spoken`, async () => {
      const versioned = clientFor(account.key, { apiVersion })
      expect((await versioned.models.generateContent({ model, contents: london })).text).toBeTruthy()
      expect((await versioned.models.countTokens({ model, contents: london })).totalTokens).toBeGreaterThan(0)
      expect((await versioned.models.get({ model })).name).toBe(`models/${model}`)
    })
  }

  test('headers name request, charge and sandbox', async () => {
    const { sdkHttpResponse } = await client.models.generateContent({ model, contents: london })
    const headers = new Headers(sdkHttpResponse!.headers)
    expect(headers.get('x-request-id')).toMatch(/^req_/)
    expect(headers.get('x-mart-charge-usd')).toMatch(/^\d+\.\d{2,9}$/)
    expect(headers.get('x-mart-sandbox')).toBe('true')
  })

  test('a stream can be aborted, and the next call works', async () => {
    const abort = new AbortController()
    const config = { abortSignal: abort.signal }
    const stream = await client.models.generateContentStream({ model, contents: story, config })
    expect((await stream.next()).done).toBe(false)
    abort.abort()
    await stream.return(undefined).catch(() => {})
    expect((await client.models.generateContent({ model, contents: london })).text).toBeTruthy()
  })

  test('tokens are counted as they are charged, for nothing', async () => {
    const counted = await client.models.countTokens({ model, contents: london })
    const answered = await client.models.generateContent({ model, contents: london })
    expect(counted.totalTokens).toBe(answered.usageMetadata!.promptTokenCount)
  })

  test('models are listed and got', async () => {
    const names = (await all(await client.models.list())).map(({ name }) => name)
    expect(names).toContain(`models/${model}`)
    expect(names).toContain(`models/${imageModel}`)
    const paged = (await all(await client.models.list({ config: { pageSize: 3 } }))).map(({ name }) => name)
    expect(paged).toEqual(names)
    expect((await client.models.get({ model: `models/${model}` })).name).toBe(`models/${model}`)
  })
})

describe('@google/genai 3: structure, functions, pictures', () => {
  test('fills a JSON schema', async () => {
    const responseJsonSchema = {
      type: 'object',
      properties: { name: { type: 'string' }, minutes: { type: 'integer' } },
      required: ['name', 'minutes'],
    }
    const config = { responseMimeType: 'application/json', responseJsonSchema }
    const { text } = await client.models.generateContent({ model, contents: 'A recipe with apples.', config })
    expect(JSON.parse(text!)).toMatchObject({ name: expect.any(String), minutes: expect.any(Number) })
  })

  test('calls the function it must, plain and streamed', async () => {
    const asked = { model, contents: 'What is the weather in Paris?', config: mustCall }
    const plain = await client.models.generateContent(asked)
    const streamed = await all(await client.models.generateContentStream(asked))
    const calls = [plain.functionCalls?.[0], streamed.flatMap(({ functionCalls }) => functionCalls ?? [])[0]]
    const args = { city: expect.any(String), unit: expect.stringMatching(/^(?:celsius|fahrenheit)$/) }
    for (const call of calls) expect(call).toMatchObject({ name: 'get_weather', args })
  })

  for (const [imageSize, pixels] of [
    ['1K', 1024],
    ['4K', 4096],
  ] as const) {
    test(`draws in ${imageSize}`, async () => {
      const config = { responseModalities: ['IMAGE'], imageConfig: { imageSize } }
      const answer = await client.models.generateContent({ model: imageModel, contents: 'A red fox', config })
      const parts = answer.candidates![0]!.content!.parts!
      const picture = Buffer.from(parts.find(({ inlineData }) => inlineData)!.inlineData!.data!, 'base64')
      expect(await sharp(picture).metadata()).toMatchObject({ format: 'png', width: pixels, height: pixels })
      expectToAddUp(answer)
    })
  }
})

describe('@google/genai 3: refusals', () => {
  test('an unknown key', async () => {
    const envelope = await refused(() => clientFor(unknownKey).models.generateContent({ model, contents: 'Hello' }))
    expect(envelope).toMatchObject({ code: 400, status: 'INVALID_ARGUMENT' })
    expect(reasonsOf(envelope)).toEqual(['API_KEY_INVALID'])
  })

  test('an unknown model', async () => {
    const asked = { model: 'gemini-99-imaginary', contents: 'Hello' }
    const envelope = await refused(() => client.models.generateContent(asked))
    expect(envelope).toMatchObject({ code: 404, status: 'NOT_FOUND' })
    expect(envelope.message).toContain('gemini-99-imaginary')
    expect((await refused(() => client.models.get({ model: asked.model }))).code).toBe(404)
  })

  test('insufficient credit, with nothing that invites a retry', async () => {
    const envelope = await refused(() => clientFor(empty.key).models.generateContent({ model, contents: 'Hello' }))
    expect(envelope).toMatchObject({ code: 429, status: 'RESOURCE_EXHAUSTED' })
    expect(reasonsOf(envelope)).toEqual(['INSUFFICIENT_CREDIT'])
    expect(envelope.details!.filter((detail) => detail['@type'].endsWith('google.rpc.RetryInfo'))).toEqual([])
  })

  test('a live key where nothing real serves its model is told so, and why', async () => {
    const { key } = await openAccount(server, null, ['--live'])
    const envelope = await refused(() => clientFor(key).models.generateContent({ model, contents: 'Hello' }))
    expect(envelope).toMatchObject({ code: 503, status: 'UNAVAILABLE' })
    expect(envelope.message).toContain(`No real provider serves the model '${model}'`)
    expect(reasonsOf(envelope)).toEqual(['NO_PROVIDER'])
  })

  for (const extraBody of [{ contents: 'not a list' }, { generationConfig: { maxOutputTokens: 'many' } }]) {
    test(`a malformed request: ${JSON.stringify(extraBody)}`, async () => {
      const config = { httpOptions: { extraBody } }
      const envelope = await refused(() => client.models.generateContent({ model, contents: 'Hello', config }))
      expect(envelope).toMatchObject({ code: 400, status: 'INVALID_ARGUMENT', message: expect.any(String) })
    })
  }
})

test(
  'credit that another request holds is waited for by the SDK itself, where it is told to retry',
  async () => {
    const purse = await openAccount(server, '0.01')
    // Beside the recorder, whose requests are audited as the other account's.
    const clientOf = (httpOptions: object): GoogleGenAI =>
      new GoogleGenAI({ apiKey: purse.key, httpOptions: { baseUrl: `${server.baseUrl}/genai`, ...httpOptions } })
    const headers = { 'x-sandbox': 'latency_ms=1500 tokens=5 reasoning=0' }
    const ask = (own: GoogleGenAI, maxOutputTokens: number): Promise<GenerateContentResponse> =>
      own.models.generateContent({ model, contents: london, config: { maxOutputTokens } })
    const holding = ask(clientOf({ headers }), 60_000)
    await eventually(
      async () => ((await heldNano(server, purse.organizationId)) > 0n ? true : null),
      10_000,
      () => 'nothing is held',
    )
    const envelope = await refused(() => ask(clientOf({}), 20))
    expect(reasonsOf(envelope)).toEqual(['CREDIT_HELD'])
    const waited = await ask(clientOf({ retryOptions: { attempts: 5 } }), 20)
    expect(waited.usageMetadata!.totalTokenCount).toBeGreaterThan(0)
    expect((await holding).usageMetadata!.candidatesTokenCount).toBe(5)
  },
  startMsMax,
)

// Last: it looks back at everything above.
test(
  '@google/genai 3: every request has a true receipt, and the balance fell by their sum',
  async () => {
    const { faults, chargedNano, receipts } = await audit(server, account, recorder, beforeNano)
    expect(faults).toEqual([])
    expect(receipts.filter(({ streamed }) => streamed).length).toBeGreaterThan(0)
    expect(chargedNano).toBeGreaterThan(0n)
  },
  startMsMax,
)
