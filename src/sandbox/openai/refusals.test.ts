/** What OpenAI's endpoints refuse, and in which words; what they take beside it. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import OpenAI, { BadRequestError } from 'openai'
import { sandboxCredential } from '../exchange.ts'
import { startSandbox, type Sandbox } from '../serve.ts'

let sandbox: Sandbox
beforeAll(async () => void (sandbox = await startSandbox({ port: 0 })))
afterAll(() => sandbox.stop())

const user = (content: string) => [{ role: 'user' as const, content }]
const say = (content: string, model = 'gpt-5.4') => ({ model, messages: user(content) })
const send = (body: object, path = 'chat/completions'): Promise<Response> =>
  fetch(`${sandbox.url}/v1/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${sandboxCredential}` },
    body: JSON.stringify(body),
  })
type Envelope = {
  readonly message: string
  readonly type: string
  readonly param: string | null
  readonly code: string | null
}
/** The envelope of what is refused with 400. */
async function refused(body: object, path?: string): Promise<Envelope> {
  const response = await send(body, path)
  const { error } = (await response.json()) as { error: Envelope }
  expect([response.status, error?.type]).toEqual([400, 'invalid_request_error'])
  return error
}

const weather = { type: 'function' as const, function: { name: 'get_weather' } }

const fields: readonly (readonly [object, string | null, string | null, string])[] = [
  [{ made_up: 1 }, 'made_up', 'unknown_parameter', "Unknown parameter: 'made_up'."],
  [
    { messages: [{ role: 'user', content: 'x', made_up: 1 }] },
    'messages[0].made_up',
    'unknown_parameter',
    'Unknown parameter',
  ],
  [{ tools: [{ ...weather, strict: true }] }, 'tools[0].strict', 'unknown_parameter', 'Unknown parameter'],
  [{ temperature: 'hot' }, 'temperature', 'invalid_type', 'expected a decimal number, but got a string instead'],
  [{ temperature: 3 }, 'temperature', 'decimal_above_max_value', 'Expected a value <= 2, but got 3 instead'],
  [{ n: 0 }, 'n', 'integer_below_min_value', 'Expected a value >= 1, but got 0 instead'],
  [{ n: 1.5 }, 'n', 'invalid_type', 'expected an integer, but got a decimal number instead'],
  [
    { stop: ['1', '2', '3', '4', '5'] },
    'stop',
    'array_above_max_length',
    'maximum length 4, but got an array with length 5',
  ],
  [{ stop: 5 }, 'stop', 'invalid_type', 'expected one of a string or an array, but got an integer instead'],
  [{ messages: [] }, 'messages', 'empty_array', 'but got an empty array instead'],
  [{ messages: undefined }, 'messages', 'missing_required_parameter', "Missing required parameter: 'messages'."],
  [
    { messages: [{ role: 'boss', content: 'x' }] },
    'messages[0].role',
    'invalid_value',
    "Invalid value: 'boss'. Supported values are: 'system', ",
  ],
  [{ messages: [{ role: 'user', content: 7 }] }, 'messages[0].content', 'invalid_type', 'a string or an array'],
  [{ messages: [{ role: 'user', content: null }] }, 'messages.[0].content', null, 'expected a string, got null'],
  [{ messages: [{ role: 'user' }] }, 'messages[0].content', 'missing_required_parameter', 'Missing required parameter'],
  [
    { messages: [{ role: 'user', content: [{ type: 'smell', smell: 'x' }] }] },
    'messages[0].content[0].type',
    'invalid_value',
    "Invalid value: 'smell'",
  ],
  [
    { messages: [{ role: 'system', content: [{ type: 'image_url', image_url: { url: 'x' } }] }] },
    'messages[0].content[0].type',
    'invalid_value',
    "Supported values are: 'text'",
  ],
  [
    { messages: [{ role: 'tool', content: 'x' }] },
    'messages.[0].tool_call_id',
    null,
    "Missing parameter 'tool_call_id'",
  ],
  [
    { messages: [{ role: 'tool', content: 'x', tool_call_id: 'call_1' }] },
    'messages.[0].role',
    null,
    "must be a response to a preceeding message with 'tool_calls'",
  ],
  [
    {
      messages: [
        {
          role: 'assistant',
          tool_calls: [{ id: 'call_7', type: 'function', function: { name: 'f', arguments: '{}' } }],
        },
        ...user('x'),
      ],
    },
    'messages.[0].role',
    null,
    'did not have response messages: call_7',
  ],
  [{ tool_choice: 'auto' }, 'tool_choice', null, "'tool_choice' is only allowed when 'tools' are specified"],
  [{ parallel_tool_calls: true }, 'parallel_tool_calls', null, "only allowed when 'tools' are specified"],
  [{ tools: [weather], tool_choice: 'often' }, 'tool_choice', 'invalid_value', "Invalid value: 'often'"],
  [
    { tools: [weather], tool_choice: { type: 'function', function: { name: 'nobody' } } },
    'tool_choice',
    null,
    "'nobody' was not found",
  ],
  [{ tools: [] }, 'tools', 'empty_array', 'empty array'],
  [
    { tools: [{ type: 'function', function: { name: 'a b' } }] },
    'tools[0].function.name',
    'invalid_value',
    "pattern '^[a-zA-Z0-9_-]+$'",
  ],
  [
    { tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'string' } } }] },
    'tools[0].function.parameters',
    'invalid_function_parameters',
    `schema must be a JSON Schema of 'type: "object"', got 'type: "string"'`,
  ],
  [{ response_format: { type: 'json_object' } }, 'messages', null, "must contain the word 'json'"],
  [
    { response_format: { type: 'json_schema' } },
    'response_format.json_schema',
    'missing_required_parameter',
    'Missing required',
  ],
  [{ response_format: { type: 'yaml' } }, 'response_format.type', 'invalid_value', "Invalid value: 'yaml'"],
  [{ top_logprobs: 2 }, 'top_logprobs', null, "only allowed when 'logprobs' is enabled"],
  [{ stream_options: {} }, 'stream_options', null, "only allowed when 'stream' is enabled"],
  [{ max_completion_tokens: 200_000 }, 'max_completion_tokens', 'invalid_value', 'at most 128000 completion tokens'],
  [{ temperature: 0.5 }, 'temperature', 'unsupported_value', 'Only the default (1) value is supported'],
  [{ top_p: 0.5 }, 'top_p', 'unsupported_parameter', 'is not supported with this model'],
  [{ logprobs: true }, 'logprobs', 'unsupported_parameter', 'is not supported with this model'],
  [
    { reasoning_effort: 'minimal' },
    'reasoning_effort',
    'unsupported_value',
    "Supported values are: 'none', 'low', 'medium', 'high', and 'xhigh'.",
  ],
  [
    { model: 'gpt-4o', reasoning_effort: 'low' },
    'reasoning_effort',
    'unsupported_parameter',
    'is not supported with this model',
  ],
  [{ model: 'gpt-4o', max_tokens: 20_000 }, 'max_tokens', 'invalid_value', 'at most 16384 completion tokens'],
  [{ web_search_options: {} }, 'web_search_options', null, 'Web search options not supported with this model.'],
]

for (const [more, param, code, words] of fields)
  test(`refused as OpenAI refuses: ${JSON.stringify(more)?.slice(0, 90)}`, async () => {
    const error = await refused({ ...say('hi'), ...more })
    expect([error.param, error.code]).toEqual([param, code])
    expect(error.message).toContain(words)
  })

test('what the model takes is taken: sampling without reasoning, every null', async () => {
  const taken = [
    { ...say('hi'), reasoning_effort: 'none', temperature: 0.2, top_p: 0.5, logprobs: true },
    { ...say('hi'), temperature: 1, top_p: 1, presence_penalty: 0 },
    {
      ...say('hi', 'gpt-4o'),
      max_tokens: 20,
      temperature: 0,
      presence_penalty: 1,
      frequency_penalty: -1,
      logit_bias: { 5: 1 },
    },
    {
      ...say('hi'),
      tools: null,
      tool_choice: null,
      stop: null,
      temperature: null,
      max_tokens: null,
      response_format: null,
    },
    {
      ...say('hi'),
      user: 'u',
      metadata: { a: 'b' },
      store: false,
      verbosity: 'low',
      safety_identifier: 's',
      prompt_cache_key: 'k',
    },
  ]
  for (const body of taken) expect((await send(body)).status).toBe(200)
})

test('a prompt beyond the context of its model is refused in the words for that model, and one within is not', async () => {
  const words = (count: number): string => ' word'.repeat(count)
  const refusedAt = async (model: string, count: number, more: object = {}): Promise<string> => {
    const { message, param, code } = await refused({ ...say(words(count), model), ...more })
    expect([param, code]).toEqual(['messages', 'context_length_exceeded'])
    return message
  }
  // A message and the whole cost three tokens each.
  expect(await refusedAt('gpt-5.4-mini', 272_000)).toBe(
    'Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 272006 tokens. Please reduce the length of the messages.',
  )
  expect(await refusedAt('gpt-4o', 128_000)).toBe(
    "This model's maximum context length is 128000 tokens. However, your messages resulted in 128006 tokens. Please reduce the length of the messages.",
  )
  expect(await refusedAt('gpt-4o', 127_000, { max_tokens: 1_000 })).toBe(
    "This model's maximum context length is 128000 tokens. However, you requested 128006 tokens (127006 in the messages, 1000 in the completion). Please reduce the length of the messages or completion.",
  )
  for (const model of ['gpt-5.4', 'gpt-4.1']) expect((await send(say(words(272_000), model))).status).toBe(200)
  expect((await send({ ...say(words(127_994), 'gpt-4o') })).status).toBe(200)
}, 30_000)

test('embeddings refuse what OpenAI refuses', async () => {
  const embed = (more: object): Promise<Envelope> =>
    refused({ model: 'text-embedding-3-small', input: 'x', ...more }, 'embeddings')
  expect((await embed({ made_up: 1 })).code).toBe('unknown_parameter')
  expect((await embed({ input: [] })).code).toBe('empty_array')
  expect((await embed({ input: { a: 1 } })).message).toContain("'$.input' is invalid")
  expect((await embed({ input: ['a', 1] })).message).toContain("'$.input' is invalid")
  expect((await embed({ input: undefined })).code).toBe('missing_required_parameter')
  expect((await embed({ encoding_format: 'hex' })).code).toBe('invalid_value')
  expect((await embed({ dimensions: 4_000 })).param).toBe('dimensions')
  expect((await embed({ input: Array.from({ length: 2_049 }, () => 'x') })).code).toBe('array_above_max_length')
  expect((await embed({ input: Array.from({ length: 8_193 }, () => 5) })).code).toBe('context_length_exceeded')
  const many = Array.from({ length: 40 }, () => Array.from({ length: 8_000 }, () => 5))
  expect((await embed({ input: many })).code).toBe('max_tokens_per_request')
})

test('what is refused is a BadRequestError of the SDK', async () => {
  const openai = new OpenAI({ apiKey: sandboxCredential, baseURL: `${sandbox.url}/v1`, maxRetries: 0 })
  const failure = await openai.chat.completions.create({ ...say('x'), temperature: 5 }).then(
    () => null,
    (error: unknown) => error,
  )
  expect(failure).toBeInstanceOf(BadRequestError)
  expect(failure).toMatchObject({ status: 400, param: 'temperature', code: 'decimal_above_max_value' })
})
