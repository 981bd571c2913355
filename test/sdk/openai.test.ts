/** What the official OpenAI SDK can do from TypeScript; afterwards the account is audited to the nano-USD. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import OpenAI, {
  type APIError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
} from 'openai'
import { audit } from '../support/audit.ts'
import { eventually } from '../support/eventually.ts'
import { balanceNano, heldNano, openAccount, type Account } from '../support/mart.ts'
import { startRecorder, type Recorder } from '../support/recorder.ts'
import { startServer, type Server } from '../support/start-server.ts'

const startMsMax = 60_000
const model = 'gpt-5.4'
const embeddingModel = 'text-embedding-3-small'
const unknownKey = 'sk-bf-00000000-0000-4000-8000-000000000000'
const hello = [{ role: 'user', content: 'Say hello in one short sentence.' }] as const
const story = [{ role: 'user', content: 'Write a long story about the sea.' }] as const
const weatherQuestion = { role: 'user', content: 'What is the weather in Paris?' } as const
const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' }, unit: { type: 'string', enum: ['celsius', 'fahrenheit'] } },
      required: ['city', 'unit'],
      additionalProperties: false,
    },
    strict: true,
  },
} as const
const eventFormat = {
  type: 'json_schema',
  json_schema: {
    name: 'event',
    strict: true,
    schema: {
      type: 'object',
      properties: {
        name: { type: 'string' },
        year: { type: 'integer' },
        participants: { type: 'array', items: { type: 'string' } },
      },
      required: ['name', 'year', 'participants'],
      additionalProperties: false,
    },
  },
} as const

let server: Server
let recorder: Recorder
let account: Account
let empty: Account
let client: OpenAI
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

const clientFor = (apiKey: string, options = {}): OpenAI =>
  new OpenAI({ baseURL: `${recorder.url}/v1/`, apiKey, ...options })

function expectToAddUp(usage: OpenAI.CompletionUsage | null | undefined): void {
  expect(usage!.prompt_tokens).toBeGreaterThan(0)
  expect(usage!.completion_tokens).toBeGreaterThan(0)
  expect(usage!.total_tokens).toBe(usage!.prompt_tokens + usage!.completion_tokens)
}

function expectWeather(call: { name?: string | undefined; arguments?: string | undefined }): void {
  expect(call.name).toBe('get_weather')
  expect(JSON.parse(call.arguments ?? '')).toEqual({
    city: expect.any(String),
    unit: expect.stringMatching(/^(?:celsius|fahrenheit)$/),
  })
}

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of stream) items.push(item)
  return items
}

/** What the SDK threw, which must be of the class that a user would catch. */
async function thrown<E extends APIError>(
  type: abstract new (...args: never[]) => E,
  call: () => PromiseLike<unknown>,
): Promise<E> {
  try {
    await call()
  } catch (error) {
    expect(error).toBeInstanceOf(type)
    return error as E
  }
  throw new Error(`expected ${type.name}, but the call succeeded`)
}

describe('openai 7: chat', () => {
  test('answers, and its headers name request, charge and sandbox', async () => {
    const asking = client.chat.completions.create({ model, messages: [...hello] })
    const { data, response, request_id } = await asking.withResponse()
    expect(data.choices[0]!.message.content).toBeTruthy()
    expect(data.choices[0]!.finish_reason).toBe('stop')
    expect(request_id).toMatch(/^req_/)
    expectToAddUp(data.usage)
    expect(response.headers.get('x-request-id')).toBe(request_id)
    expect(response.headers.get('x-mart-charge-usd')).toMatch(/^\d+\.\d{2,9}$/)
    expect(response.headers.get('x-mart-sandbox')).toBe('true')
  })

  test('gives n answers', async () => {
    const { choices, usage } = await client.chat.completions.create({ model, messages: [...hello], n: 2 })
    expect(choices.map(({ index }) => index)).toEqual([0, 1])
    expectToAddUp(usage)
  })

  test('streams without usage: a choice in every chunk, and no usage key', async () => {
    const chunks = await all(await client.chat.completions.create({ model, messages: [...hello], stream: true }))
    expect(chunks.length).toBeGreaterThan(2)
    expect(chunks.filter(({ choices }) => choices.length === 0)).toEqual([])
    expect(chunks.filter((chunk) => 'usage' in chunk)).toEqual([])
    expect(chunks.at(-1)!.choices[0]!.finish_reason).toBe('stop')
  })

  test('streams with usage: the last chunk has it', async () => {
    const options = { stream: true, stream_options: { include_usage: true } } as const
    const chunks = await all(await client.chat.completions.create({ model, messages: [...hello], ...options }))
    expect(chunks.at(-1)!.choices).toEqual([])
    expectToAddUp(chunks.at(-1)!.usage)
    expect(chunks.slice(0, -1).filter(({ usage }) => usage)).toEqual([])
  })

  test('streams by the helper', async () => {
    const stream = client.chat.completions.stream({ model, messages: [...hello] })
    let text = ''
    stream.on('content', (delta) => (text += delta))
    const final = await stream.finalChatCompletion()
    expect(text).toBeTruthy()
    expect(final.choices[0]!.message.content).toBe(text)
  })

  test('a stream can be aborted, and the next call works', async () => {
    const stream = await client.chat.completions.create({ model, messages: [...story], stream: true })
    for await (const chunk of stream) {
      expect(chunk.choices).toHaveLength(1)
      stream.controller.abort()
      break
    }
    expect((await client.chat.completions.create({ model, messages: [...hello] })).choices).toHaveLength(1)
  })
})

describe('openai 7: tools and structured output', () => {
  test('calls the required tool with arguments that fit', async () => {
    const asked = { model, messages: [weatherQuestion], tools: [weather], tool_choice: 'required' } as const
    const { choices } = await client.chat.completions.create({
      ...asked,
      messages: [weatherQuestion],
      tools: [weather],
    })
    expect(choices[0]!.finish_reason).toBe('tool_calls')
    const call = choices[0]!.message.tool_calls?.[0]
    expectWeather(call?.type === 'function' ? call.function : {})
  })

  test('calls the required tool when streamed', async () => {
    const stream = client.chat.completions.stream({
      model,
      messages: [weatherQuestion],
      tools: [weather],
      tool_choice: 'required',
    })
    const { choices } = await stream.finalChatCompletion()
    const call = choices[0]!.message.tool_calls?.[0]
    expectWeather(call?.type === 'function' ? call.function : {})
    expect(choices[0]!.finish_reason).toBe('tool_calls')
  })

  test('runs a tool loop by the helper', async () => {
    const ran: string[] = []
    const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
    const look = (args: { city: string }): string => {
      ran.push(args.city)
      return '18 degrees, light rain'
    }
    const tool = { name: 'get_weather', description: 'The weather', parameters, parse: JSON.parse, function: look }
    const runner = client.chat.completions.runTools({
      model,
      messages: [weatherQuestion],
      tools: [{ type: 'function', function: tool }],
      tool_choice: { type: 'function', function: { name: 'get_weather' } },
    })
    await runner.done()
    expect(ran).toHaveLength(1)
  })

  test('fills a JSON schema', async () => {
    const messages = [{ role: 'user', content: 'Alice and Bob go to a science fair in 2026.' }] as const
    const asked = { model, messages: [...messages], response_format: eventFormat }
    const { choices } = await client.chat.completions.parse(asked)
    expect(choices[0]!.message.parsed).toEqual({
      name: expect.any(String),
      year: expect.any(Number),
      participants: expect.any(Array),
    })
  })
})

describe('openai 7: embeddings and models', () => {
  test('floats and base64 hold the same numbers', async () => {
    const asked = { model: embeddingModel, input: 'fox' }
    const byDefault = (await client.embeddings.create(asked)).data[0]!.embedding
    const floats = (await client.embeddings.create({ ...asked, encoding_format: 'float' })).data[0]!.embedding
    const raw: unknown = (await client.embeddings.create({ ...asked, encoding_format: 'base64' })).data[0]!.embedding
    expect(byDefault).toHaveLength(1536)
    const decoded = new Float32Array(new Uint8Array(Buffer.from(raw as string, 'base64')).buffer)
    const apart = (a: ArrayLike<number>): number =>
      Math.max(...floats.map((value, index) => Math.abs(value - a[index]!)))
    expect(apart(byDefault)).toBeLessThan(1e-6)
    expect(apart(decoded)).toBeLessThan(1e-6)
  })

  test('dimensions, batches and token arrays', async () => {
    const small = await client.embeddings.create({ model: 'text-embedding-3-large', input: 'fox', dimensions: 256 })
    expect(small.data[0]!.embedding).toHaveLength(256)
    const batch = await client.embeddings.create({ model: embeddingModel, input: ['one', 'two', 'one'] })
    expect(batch.data.map(({ index }) => index)).toEqual([0, 1, 2])
    expect(batch.data[0]!.embedding).toEqual(batch.data[2]!.embedding)
    const tokens = await client.embeddings.create({ model: embeddingModel, input: [[1820, 4062], [14198]] })
    expect(tokens.data).toHaveLength(2)
    expect(tokens.usage.total_tokens).toBe(3)
  })

  test('models are listed and retrieved', async () => {
    const ids = (await all(client.models.list())).map(({ id }) => id)
    expect(ids).toContain(model)
    expect(ids).toContain(embeddingModel)
    expect(await client.models.retrieve(model)).toMatchObject({ id: model, object: 'model' })
  })
})

describe('openai 7: refusals', () => {
  test('an unknown key is an AuthenticationError', async () => {
    const refused = clientFor(unknownKey)
    const error = await thrown(AuthenticationError, () =>
      refused.chat.completions.create({ model, messages: [...hello] }),
    )
    expect(error).toMatchObject({ status: 401, code: 'invalid_api_key', requestID: expect.stringMatching(/^req_/) })
    await thrown(AuthenticationError, () => refused.models.list())
  })

  test('an unknown model is a NotFoundError that names it', async () => {
    const asked = { model: 'gpt-99-imaginary', messages: [...hello] }
    const error = await thrown(NotFoundError, () => client.chat.completions.create(asked))
    expect(error).toMatchObject({
      status: 404,
      code: 'model_not_found',
      message: expect.stringContaining('gpt-99-imaginary'),
    })
    expect((await thrown(NotFoundError, () => client.models.retrieve('gpt-99-imaginary'))).code).toBe('model_not_found')
  })

  for (const stream of [false, true]) {
    test(`insufficient credit is said once (${stream ? 'streamed' : 'plain'})`, async () => {
      let attempts = 0
      const counting = (...args: Parameters<typeof fetch>): Promise<Response> => {
        attempts += 1
        return fetch(...args)
      }
      const poor = clientFor(empty.key, { fetch: counting })
      const error = await thrown(RateLimitError, () =>
        poor.chat.completions.create({ model, messages: [...hello], stream }),
      )
      expect(error).toMatchObject({ status: 429, code: 'insufficient_quota' })
      expect(error.headers.get('x-should-retry')).toBe('false')
      expect(attempts).toBe(1)
    })
  }

  test('a live key where nothing real serves its model is told so once, and why', async () => {
    const live = await openAccount(server, null, ['--live'])
    let attempts = 0
    const counting = (...args: Parameters<typeof fetch>): Promise<Response> => {
      attempts += 1
      return fetch(...args)
    }
    const refused = clientFor(live.key, { fetch: counting })
    const error = await thrown(InternalServerError, () =>
      refused.chat.completions.create({ model, messages: [...hello] }),
    )
    expect(error).toMatchObject({ status: 503, code: 'no_provider' })
    expect(error.message).toContain(`No real provider serves the model '${model}'`)
    expect(attempts).toBe(1)
  })

  const malformed: readonly [string, object][] = [
    ['messages that are no list', { messages: 'not a list' }],
    ['n in words', { n: 'two' }],
    ['no model', { model: null }],
    ['stream in words', { stream: 'yes' }],
  ]
  for (const [name, change] of malformed) {
    test(`${name}: a BadRequestError`, async () => {
      const asked = { model, messages: [...hello], ...change } as OpenAI.ChatCompletionCreateParamsNonStreaming
      const error = await thrown(BadRequestError, () => client.chat.completions.create(asked))
      expect(error).toMatchObject({ status: 400, type: 'invalid_request_error', message: expect.any(String) })
    })
  }
})

test(
  'credit that another request holds is waited for by the SDK itself, plain and streamed',
  async () => {
    const purse = await openAccount(server, '0.01')
    // Beside the recorder, whose requests are audited as the other account's.
    const baseURL = `${server.baseUrl}/v1/`
    const own = clientFor(purse.key, { baseURL })
    for (const stream of [false, true]) {
      // All of it, for a second and a half.
      const holding = own.chat.completions.create(
        { model, messages: [...hello], max_completion_tokens: 100_000 },
        { headers: { 'x-sandbox': 'latency_ms=1500 tokens=5 reasoning=0' } },
      )
      await eventually(
        async () => ((await heldNano(server, purse.organizationId)) > 0n ? true : null),
        10_000,
        () => 'nothing is held',
      )
      const impatient = clientFor(purse.key, { baseURL, maxRetries: 0 })
      const asked = { model, messages: [...hello], max_completion_tokens: 20 }
      const error = (await impatient.chat.completions
        .create(asked)
        .catch((thrown: unknown) => thrown)) as RateLimitError
      expect(error).toBeInstanceOf(RateLimitError)
      expect(error.code).toBe('credit_held')
      const waited = await own.chat.completions.create({ ...asked, stream })
      if ('choices' in waited) expect(waited.choices[0]!.message.content).toBeString()
      else {
        let chunks = 0
        for await (const chunk of waited) chunks += chunk.choices.length
        expect(chunks).toBeGreaterThan(0)
      }
      expect((await holding).choices[0]!.finish_reason).toBe('stop')
    }
  },
  startMsMax,
)

// Last: it looks back at everything above.
test(
  'openai 7: every request has a true receipt, and the balance fell by their sum',
  async () => {
    const { faults, chargedNano, receipts } = await audit(server, account, recorder, beforeNano)
    expect(faults).toEqual([])
    expect(receipts.filter(({ streamed }) => streamed).length).toBeGreaterThan(0)
    expect(chargedNano).toBeGreaterThan(0n)
  },
  startMsMax,
)
