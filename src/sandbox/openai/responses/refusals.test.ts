/** What OpenAI's responses refuse, and in which words. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { sandboxCredential } from '../../exchange.ts'
import { startSandbox, type Sandbox } from '../../serve.ts'

let sandbox: Sandbox
beforeAll(async () => void (sandbox = await startSandbox({ port: 0 })))
afterAll(() => sandbox.stop())

const send = (body: object): Promise<Response> =>
  fetch(`${sandbox.url}/v1/responses`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${sandboxCredential}` },
    body: JSON.stringify({ model: 'gpt-5.4', input: 'x', ...body }),
  })

const user = (content: unknown) => ({ role: 'user', content })
const f = { type: 'function', name: 'f' }
const call = { type: 'function_call', call_id: 'call_1', name: 'f', arguments: '{}' }
const output = { type: 'function_call_output', call_id: 'call_1', output: 'y' }
const schema = (schema: object, strict = true) => ({
  text: { format: { type: 'json_schema', name: 'n', strict, schema } },
})

const refused: readonly (readonly [body: object, param: string | null, code: string | null, words: string])[] = [
  [{ made_up: 1 }, 'made_up', 'unknown_parameter', "Unknown parameter: 'made_up'."],
  [{ messages: [] }, 'messages', 'unknown_parameter', "Unknown parameter: 'messages'."],
  [{ model: undefined }, 'model', 'missing_required_parameter', "Missing required parameter: 'model'."],
  [{ input: undefined }, 'input', 'missing_required_parameter', 'One of "input" or "previous_response_id"'],
  [{ input: 5 }, 'input', 'invalid_type', 'expected one of a string or an array, but got an integer instead'],
  [{ input: [{ role: 'boss', content: 'x' }] }, 'input[0].role', 'invalid_value', "Invalid value: 'boss'."],
  [
    { input: [{ type: 'made_up' }] },
    'input[0].type',
    'invalid_value',
    "Invalid value: 'made_up'. Supported values are",
  ],
  [
    { input: [user([{ type: 'text', text: 'x' }])] },
    'input[0].content[0].type',
    'invalid_value',
    "Invalid value: 'text'.",
  ],
  [
    { input: [user([{ type: 'output_text', text: 'x' }])] },
    'input[0].content[0]',
    'invalid_value',
    "Supported values are: 'input_text', 'input_image', 'input_file' and 'input_audio'.",
  ],
  [{ input: [{ ...user('x'), made_up: 1 }] }, 'input[0].made_up', 'unknown_parameter', 'Unknown parameter'],
  [
    { input: [{ ...call, id: 'call_1' }, output] },
    'input[0].id',
    'invalid_value',
    "Invalid 'input[0].id': 'call_1'. Expected an ID that begins with 'fc'.",
  ],
  [{ input: [output] }, 'input', null, 'No tool call found for function call output with call_id call_1.'],
  [{ input: [user('x'), call] }, 'input', null, 'No tool output found for function call call_1.'],
  [
    { max_output_tokens: 15 },
    'max_output_tokens',
    'integer_below_min_value',
    'Expected a value >= 16, but got 15 instead',
  ],
  [{ max_tokens: 100 }, 'max_tokens', 'unknown_parameter', 'Unknown parameter'],
  [{ include: ['everything'] }, 'include[0]', 'invalid_value', "Invalid value: 'everything'."],
  [{ stream_options: {} }, 'stream_options', null, "only allowed when 'stream' is enabled"],
  [
    { stream: true, stream_options: { include_usage: true } },
    'stream_options.include_usage',
    'unknown_parameter',
    'Unknown',
  ],
  [{ temperature: 0.5 }, 'temperature', 'unsupported_parameter', "'temperature' is not supported with this model"],
  [{ top_logprobs: 2 }, 'top_logprobs', 'unsupported_parameter', "'top_logprobs' is not supported with this model"],
  [
    { reasoning: { effort: 'minimal' } },
    'reasoning.effort',
    'unsupported_value',
    "'minimal' is not supported with the 'gpt-5.4'",
  ],
  [
    { model: 'gpt-4o', reasoning: { effort: 'low' } },
    'reasoning.effort',
    'unsupported_parameter',
    'not supported with this model',
  ],
  [
    { model: 'gpt-4o', include: ['reasoning.encrypted_content'] },
    'include',
    null,
    'Encrypted content is not supported',
  ],
  [{ text: { format: { type: 'json_object' } } }, 'input', null, "must contain the word 'json' in some form"],
  [
    schema({ type: 'object', properties: {} }),
    'text.format.schema',
    'invalid_json_schema',
    "'additionalProperties' is required",
  ],
  [
    { text: { format: { type: 'json_schema', name: 'n' } } },
    'text.format.schema',
    'missing_required_parameter',
    'Missing',
  ],
  [
    { tools: [{ ...f, strict: true, parameters: { type: 'object', properties: { a: {} } } }] },
    'tools[0].parameters',
    'invalid_function_parameters',
    "Invalid schema for function 'f'",
  ],
  [
    { tools: [{ type: 'function', function: { name: 'f' } }] },
    'tools[0].name',
    'missing_required_parameter',
    'Missing required',
  ],
  [{ tools: [{ type: 'made_up' }] }, 'tools[0].type', 'invalid_value', "Invalid value: 'made_up'."],
  [
    { tools: [f], tool_choice: { type: 'function', name: 'g' } },
    'tool_choice',
    null,
    "Tool choice 'g' not found in 'tools'",
  ],
  [
    { tools: [f], tool_choice: { type: 'image_generation' } },
    'tool_choice',
    null,
    "'image_generation' not found in 'tools'",
  ],
  [{ tool_choice: 'required' }, 'tool_choice', null, "must be specified with 'tools'"],
  [
    { tools: [{ type: 'image_generation', size: '5x5' }], tool_choice: 'required' },
    'size',
    'invalid_value',
    "Invalid size '5x5'",
  ],
  [
    { previous_response_id: 'resp_1', conversation: 'conv_1' },
    'conversation',
    'mutually_exclusive_parameters',
    'Mutually exclusive parameters',
  ],
  [{ previous_response_id: 'resp_1' }, 'previous_response_id', 'previous_response_not_found', "'resp_1' not found"],
  [
    { metadata: Object.fromEntries(Array.from({ length: 17 }, (_, at) => [`k${at}`, 'v'])) },
    'metadata',
    'object_above_max_properties',
    'at most 16 properties, but got an object with 17',
  ],
  [{ input: 'word '.repeat(930_000) }, 'input', 'context_length_exceeded', 'exceeds the context window of this model'],
]

test.each(refused)('%j is refused at %s by %s: %s', async (body, param, code, words) => {
  const response = await send(body)
  const { error } = (await response.json()) as { error: { message: string } & Record<string, unknown> }
  expect([response.status, error['type'], error['param'], error['code']]).toEqual([
    400,
    'invalid_request_error',
    param,
    code,
  ])
  expect(error.message).toContain(words)
})

test('models, prompts and conversations that are not there are 404, and nothing refused is counted', async () => {
  for (const body of [
    { model: 'gemini-3.5-flash' },
    { model: 'gpt-does-not-exist' },
    { prompt: { id: 'p' } },
    { conversation: 'conv_1' },
  ])
    expect((await send(body)).status).toBe(404)
  expect(await (await fetch(`${sandbox.url}/sandbox/count`)).json()).toMatchObject({ requests: 0 })
})

test.each([
  [{ input: [user('x'), { ...call, status: 'completed', id: 'fc_1' }, output] }],
  [{ input: [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'x' }] }, user('y')] }],
  [{ input: [{ type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search' } }, user('y')] }],
  [{ input: [{ type: 'shell_call', call_id: 'c', action: { commands: [] } }, user('y')] }],
  [{ model: 'gpt-4o', temperature: 0.5, top_p: 0.5, top_logprobs: 3 }],
  [{ reasoning: { effort: 'none' }, temperature: 0.5 }],
  [{ tools: [{ type: 'mcp', server_label: 'a', server_url: 'https://a.example' }, { type: 'local_shell' }] }],
  [{ client_metadata: { 'x-codex-window-id': '1' } }],
  [{ prompt_cache_key: 'k', safety_identifier: 's', truncation: 'disabled', moderation: { model: 'm' } }],
  [schema({ type: 'object', properties: {} }, false)],
])('%j is taken', async (body) => {
  const response = await send(body)
  expect([response.status, ((await response.json()) as { status: string }).status]).toEqual([200, 'completed'])
})

test('what is longer than the model reads loses its oldest items where truncation says so', async () => {
  const input = Array.from({ length: 40 }, () => user('word '.repeat(25_000)))
  const response = await send({ input, truncation: 'auto' })
  const { usage } = (await response.json()) as { usage: { input_tokens: number } }
  expect(response.status).toBe(200)
  expect(usage.input_tokens).toBeLessThanOrEqual(922_000)
  expect(usage.input_tokens).toBeGreaterThan(700_000)
})
