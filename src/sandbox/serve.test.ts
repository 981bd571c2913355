/** The official SDKs against a running sandbox. */
import { GoogleGenAI } from '@google/genai'
import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test'
import { encode } from 'gpt-tokenizer/encoding/o200k_base'
import OpenAI from 'openai'
import { sandboxCredential } from './exchange.ts'
import { startSandbox, type Sandbox } from './serve.ts'

let sandbox: Sandbox
let openai: OpenAI
let genai: GoogleGenAI
beforeAll(async () => {
  sandbox = await startSandbox({ port: 0 })
  openai = new OpenAI({ apiKey: sandboxCredential, baseURL: `${sandbox.url}/v1`, maxRetries: 0 })
  genai = new GoogleGenAI({ apiKey: sandboxCredential, httpOptions: { baseUrl: sandbox.url } })
})
afterAll(() => sandbox.stop())
beforeEach(async () => void (await fetch(`${sandbox.url}/sandbox/reset`, { method: 'POST' })))

const say = (content: string) => ({ model: 'gpt-5.4', messages: [{ role: 'user' as const, content }] })
/** Plain JSON, untyped: what is on the wire, not what an SDK's types make of it. */
const wire = (value: unknown) => JSON.parse(JSON.stringify(value))
const jsonOf = async (response: Response) => wire(await response.json())
const count = async () => jsonOf(await fetch(`${sandbox.url}/sandbox/count`))
const served = async () => (await jsonOf(await fetch(`${sandbox.url}/sandbox/requests?limit=10`))).data
const settled = async () => {
  for (let tries = 0; tries < 200; tries += 1) {
    const last = (await served()).at(-1)
    if (last) return last
    await Bun.sleep(5)
  }
}
/** What it fails with. The SDK's promises are lazy thenables, which `expect().rejects` does not await. */
const failureOf = async (work: PromiseLike<unknown>): Promise<unknown> => {
  try {
    return void (await work)
  } catch (error) {
    return error
  }
}
const raw = (
  path: string,
  body: object,
  headers: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<Response> =>
  fetch(sandbox.url + path, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', authorization: `Bearer ${sandboxCredential}`, ...headers },
    ...(signal ? { signal } : {}),
  })

test('chat usage is what a tokenizer counts, and the sandbox counts the same in disjoint classes', async () => {
  const reply = await openai.chat.completions.create(say('Tell me about London and tea.'), {
    headers: { 'x-client-request-id': 'req_1' },
  })
  const text = reply.choices[0]!.message.content!
  const reasoning = reply.usage!.completion_tokens_details!.reasoning_tokens!
  expect(text).toContain('simulated answer')
  expect(reply.model).toBe('gpt-5.4-2026-03-05')
  expect(reply.service_tier).toBe('default')
  expect(reply.usage!.prompt_tokens).toBe(encode('Tell me about London and tea.').length + 6)
  expect(reply.usage!.completion_tokens).toBe(encode(text).length + reasoning)
  expect(reply.usage!.total_tokens).toBe(reply.usage!.prompt_tokens + reply.usage!.completion_tokens)
  expect((await count()).byModel['gpt-5.4']).toEqual({
    requests: 1,
    input: reply.usage!.prompt_tokens,
    cachedInput: 0,
    output: encode(text).length,
    reasoning,
    imageOutput: 0,
    videoSeconds: 0,
    toolInput: 0,
    webSearches: 0,
  })
  const own = await jsonOf(await fetch(`${sandbox.url}/sandbox/requests/req_1`))
  expect(own.data).toMatchObject([
    { complete: true, endpoint: 'chat/completions', servedModel: 'gpt-5.4-2026-03-05', clientRequestId: 'req_1' },
  ])
})

test('a stream says what the plain answer says, and its usage only when asked', async () => {
  const plain = await openai.chat.completions.create({ ...say('hello there'), n: 2 })
  for (const include_usage of [true, false]) {
    const stream = await openai.chat.completions.create({
      ...say('hello there'),
      n: 2,
      stream: true,
      ...(include_usage ? { stream_options: { include_usage } } : {}),
    })
    const chunks = await Array.fromAsync(stream)
    const text = chunks
      .flatMap((chunk) => chunk.choices)
      .filter((choice) => choice.index === 1)
      .map((choice) => choice.delta.content ?? '')
      .join('')
    expect(text).toBe(plain.choices[1]!.message.content!)
    if (include_usage) {
      expect(chunks.at(-1)).toMatchObject({ choices: [], usage: plain.usage })
      expect(chunks.slice(0, -1).every((chunk) => chunk.usage === null && chunk.choices.length === 1)).toBe(true)
    } else expect(chunks.some((chunk) => 'usage' in chunk)).toBe(false)
  }
})

test('max tokens, stop, tokens and reasoning are kept to the token', async () => {
  const cut = await openai.chat.completions.create({ ...say('[[sandbox: tokens=500]]'), max_completion_tokens: 40 })
  expect(cut.usage!.completion_tokens).toBe(40)
  expect(cut.choices[0]!.finish_reason).toBe('length')
  const exact = await openai.chat.completions.create({ ...say('[[sandbox: tokens=333 reasoning=77]]') })
  expect(encode(exact.choices[0]!.message.content!).length).toBe(333)
  expect(exact.usage!.completion_tokens).toBe(410)
  const stopped = await openai.chat.completions.create({
    ...say('The sea'),
    stop: [' answer'],
    reasoning_effort: 'none',
  })
  expect(stopped.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'This is a simulated' } })
  expect(stopped.usage!.completion_tokens).toBe(encode('This is a simulated').length)
  const unicode = await openai.chat.completions.create(say('[[sandbox: unicode=1 tokens=200 split=1]]'))
  expect(encode(unicode.choices[0]!.message.content!).length).toBe(200)
  expect(unicode.choices[0]!.message.content!).toMatch(/[\u0100-\uffff]/)
})

const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['city', 'count', 'tags', 'kind', 'next'],
  properties: {
    city: { type: 'string', minLength: 30 },
    count: { type: 'integer', minimum: 5, maximum: 7 },
    tags: { type: 'array', items: { type: 'string' }, minItems: 3 },
    kind: { enum: ['a', 'b'] },
    next: { anyOf: [{ $ref: '#' }, { type: 'null' }] },
  },
} as const

test('JSON answers and tool arguments conform to their schema, also in a stream', async () => {
  const json = await openai.chat.completions.create({
    ...say('x'),
    response_format: { type: 'json_schema', json_schema: { name: 'city', schema, strict: true } },
  })
  expectConforming(JSON.parse(json.choices[0]!.message.content!))
  const tools = [{ type: 'function' as const, function: { name: 'find_city', parameters: schema } }]
  const called = await openai.chat.completions.create({ ...say('x'), tools, tool_choice: 'required' })
  const [call] = called.choices[0]!.message.tool_calls!
  expect(called.choices[0]!.finish_reason).toBe('tool_calls')
  expectConforming(JSON.parse(wire(call).function.arguments))
  expect(called.usage!.completion_tokens - called.usage!.completion_tokens_details!.reasoning_tokens!).toBe(
    encode('find_city').length + encode(wire(call).function.arguments).length,
  )
  const final = await openai.chat.completions
    .stream({ ...say('x [[sandbox: tool=1]]'), tools, stream_options: { include_usage: true } })
    .finalChatCompletion()
  expectConforming(JSON.parse(wire(final.choices[0]!.message.tool_calls![0]).function.arguments))
})

function expectConforming(value: ReturnType<typeof wire>): void {
  expect(value.city.length).toBeGreaterThanOrEqual(30)
  expect([5, 6, 7]).toContain(value.count)
  expect(value.tags.length).toBeGreaterThanOrEqual(3)
  expect(['a', 'b']).toContain(value.kind)
  if (value.next !== null) expectConforming(value.next)
}

test('a long prompt seen before is reported as cached, in multiples of 128', async () => {
  const long = 'The same long beginning of a prompt. '.repeat(200)
  const first = await openai.chat.completions.create(say(`${long} one`))
  const second = await openai.chat.completions.create(say(`${long} two`))
  expect(first.usage!.prompt_tokens_details!.cached_tokens).toBe(0)
  const cached = second.usage!.prompt_tokens_details!.cached_tokens!
  expect(cached).toBeGreaterThanOrEqual(1_024)
  expect(cached % 128).toBe(0)
  expect((await served())[1].usage).toMatchObject({ cachedInput: cached, input: second.usage!.prompt_tokens - cached })
})

test('embeddings are unit vectors, alike in floats and base64, of the dimensions asked for', async () => {
  const model = 'text-embedding-3-small'
  const decoded = await openai.embeddings.create({ model, input: ['hello', 'world'], dimensions: 256 })
  const float = await openai.embeddings.create({ model, input: 'hello', encoding_format: 'float', dimensions: 256 })
  expect(decoded.data[0]!.embedding.length).toBe(256)
  expect(decoded.data[0]!.embedding).toEqual(float.data[0]!.embedding)
  expect(Math.hypot(...float.data[0]!.embedding)).toBeCloseTo(1, 5)
  expect(decoded.usage).toEqual({ prompt_tokens: 2, total_tokens: 2 })
  expect(
    (await openai.embeddings.create({ model: 'text-embedding-3-large', input: [[1, 2, 3], [4]] })).data[1]!.embedding
      .length,
  ).toBe(3_072)
  for (const wrong of [
    { input: '' },
    { input: 'x', dimensions: 1_537 },
    { input: Array(2_049).fill('x') },
    { input: 'x '.repeat(9_000) },
  ]) {
    expect(await failureOf(openai.embeddings.create({ model, ...wrong }))).toMatchObject({ status: 400 })
  }
})

test('what OpenAI refuses is refused in its envelope, and is not counted', async () => {
  const chat = (body: object, headers = {}) => raw('/v1/chat/completions', body, headers)
  const cases: readonly [object, number, string | null, string | null][] = [
    [{ messages: [{ role: 'user', content: 'x' }] }, 400, 'missing_required_parameter', 'model'],
    [{ model: 'gpt-5.4' }, 400, 'missing_required_parameter', 'messages'],
    [{ model: 'gpt-5.4', messages: 'x' }, 400, 'invalid_type', 'messages'],
    [{ ...say('x'), max_completion_tokens: -1 }, 400, 'integer_below_min_value', 'max_completion_tokens'],
    [{ ...say('x'), n: 0 }, 400, 'integer_below_min_value', 'n'],
    [{ ...say('x'), model: 'gpt-does-not-exist' }, 404, 'model_not_found', 'model'],
    [{ ...say('x'), model: 'llama-3' }, 404, 'model_not_found', 'model'],
    [say('x [[sandbox: nonsense=1]]'), 400, 'sandbox_directive_unknown', null],
  ]
  for (const [body, status, code, param] of cases) {
    const response = await chat(body)
    const { error } = await jsonOf(response)
    expect([response.status, error.code, error.param]).toEqual([status, code, param])
    expect(response.headers.get('x-request-id')).toStartWith('req_')
  }
  expect(
    await failureOf(
      new OpenAI({ apiKey: 'wrong', baseURL: `${sandbox.url}/v1`, maxRetries: 0 }).chat.completions.create(say('x')),
    ),
  ).toMatchObject({ status: 401, code: 'invalid_api_key' })
  expect((await chat(say('x'), { 'x-forwarded-key': 'sk-bf-1' })).status).toBe(400)
  expect((await count()).requests).toBe(0)
})

test('a simulated refusal has the status, the code and the retry-after asked for, in both dialects', async () => {
  const limited = openai.chat.completions.create(say('[[sandbox: status=429 retry_after=2]]'))
  expect(await failureOf(limited)).toMatchObject({ status: 429, code: 'rate_limit_exceeded' })
  expect((await raw('/v1/chat/completions', say('[[sandbox: status=200]]'))).status).toBe(400)
  const won = await raw('/v1/chat/completions', say('[[sandbox: status=500]]'), {
    'x-sandbox': 'status=429 retry_after=7',
  })
  expect([won.status, won.headers.get('retry-after')]).toEqual([429, '7'])
  expect(
    await failureOf(genai.models.generateContent({ model: 'gemini-3.5-flash', contents: '[[sandbox: status=503]]' })),
  ).toMatchObject({ status: 503 })
})

test('a stream reset, truncated, stalled or left is counted as incomplete, with what was sent', async () => {
  for (const ending of ['reset_after=5', 'truncate_after=5', 'stall_after=5', 'stall_after=5 chunk_ms=1']) {
    await fetch(`${sandbox.url}/sandbox/reset`, { method: 'POST' })
    const abort = new AbortController()
    let text = ''
    let failure: unknown = null
    try {
      const response = await raw(
        '/v1/chat/completions',
        { ...say(`[[sandbox: tokens=300 ${ending}]]`), stream: true },
        {},
        abort.signal,
      )
      if (ending.startsWith('stall')) setTimeout(() => abort.abort(), 60)
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) text += chunk
    } catch (error) {
      failure = error
    }
    expect(failure === null).toBe(ending.startsWith('truncate'))
    expect(text.match(/data: /g)?.length).toBe(5)
    const last = await settled()
    const content = [...text.matchAll(/"content":"([^"]*)"/g)].map(([, part]) => part).join('')
    expect(last).toMatchObject({
      complete: false,
      usage: { output: 300 },
      sent: { output: encode(content).length, input: last.usage.input },
    })
  }
})

test('nothing is sent before a reset or in a stall, and a client that leaves is noticed', async () => {
  expect(await failureOf(raw('/v1/chat/completions', say('[[sandbox: reset_after=0]]')))).toBeInstanceOf(Error)
  expect(
    await failureOf(raw('/v1/chat/completions', say('[[sandbox: stall=1]]'), {}, AbortSignal.timeout(50))),
  ).toBeInstanceOf(Error)
  expect(
    await failureOf(raw('/v1/chat/completions', say('[[sandbox: latency_ms=60000]]'), {}, AbortSignal.timeout(50))),
  ).toBeInstanceOf(Error)
  await Bun.sleep(100)
  expect(await served()).toMatchObject([1, 2, 3].map(() => ({ complete: false, sent: { output: 0, input: 0 } })))
  const left = await openai.chat.completions.create({ ...say('[[sandbox: tokens=2000 chunk_ms=2]]'), stream: true })
  for await (const _ of left) break
  await Bun.sleep(50)
  const last = (await served()).at(-1)
  expect(last.complete).toBe(false)
  expect(last.sent.output).toBeLessThan(2_000)
})

test('garbage and false usage go out on the wire while the count keeps the truth', async () => {
  const honest = await openai.chat.completions.create(say('usage?'))
  for (const [kind, prompt_tokens] of [
    ['zero', 0],
    ['huge', 1e9],
    ['garbage', -5],
  ] as const) {
    const reply = await openai.chat.completions.create(say(`usage? [[sandbox: usage=${kind}]]`))
    expect(reply.usage!.prompt_tokens).toBe(prompt_tokens)
    expect((await served()).at(-1).usage.input).toBeGreaterThan(5)
  }
  expect('usage' in (await openai.chat.completions.create(say('[[sandbox: usage=none]]')))).toBe(false)
  const chunks = await Array.fromAsync(
    await openai.chat.completions.create({
      ...say('[[sandbox: usage=none]]'),
      stream: true,
      stream_options: { include_usage: true },
    }),
  )
  expect(chunks.every((chunk) => !chunk.usage)).toBe(true)
  const garbage = await raw('/v1/chat/completions', say('[[sandbox: garbage=1]]'))
  expect(garbage.status).toBe(200)
  expect(async () => JSON.parse(await garbage.text())).toThrow()
  expect(
    await failureOf(
      Array.fromAsync(await openai.chat.completions.create({ ...say('[[sandbox: garbage=1]]'), stream: true })),
    ),
  ).toBeInstanceOf(Error)
  expect(honest.usage!.prompt_tokens).toBeGreaterThan(0)
})

test('served, tier, cached, latency, chunk pace, split and crlf do what they say', async () => {
  const reply = await openai.chat.completions.create(say('[[sandbox: served=gpt-9 tier=flex cached=4]]'))
  expect(reply).toMatchObject({
    model: 'gpt-9',
    service_tier: 'flex',
    usage: { prompt_tokens_details: { cached_tokens: 4 } },
  })
  expect((await openai.chat.completions.create({ ...say('x'), service_tier: 'fast' })).service_tier).toBe('priority')
  const started = performance.now()
  await (
    await raw('/v1/chat/completions', { ...say('[[sandbox: latency_ms=60 chunk_ms=10 tokens=5]]'), stream: true })
  ).text()
  expect(performance.now() - started).toBeGreaterThan(90)
  const crlf = await (await raw('/v1/chat/completions', { ...say('[[sandbox: crlf=1]]'), stream: true })).text()
  expect(crlf.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
  const split = await Array.fromAsync(
    await openai.chat.completions.create({ ...say('[[sandbox: split=1 unicode=1 tokens=60]]'), stream: true }),
  )
  expect(encode(split.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).length).toBe(60)
})

test('both vendors list and describe their models', async () => {
  expect((await Array.fromAsync(openai.models.list())).map(({ id }) => id)).toContain('gpt-5.4')
  expect((await openai.models.retrieve('gpt-5.4')).id).toBe('gpt-5.4')
  expect(await failureOf(openai.models.retrieve('nope'))).toMatchObject({ status: 404 })
  expect((await genai.models.get({ model: 'gemini-3.5-flash' })).name).toBe('models/gemini-3.5-flash')
  expect((await Array.fromAsync(await genai.models.list())).map(({ name }) => name)).toContain(
    'models/gemini-3-pro-image',
  )
  expect(await (await fetch(sandbox.url)).text()).toContain('truncate_after')
})
