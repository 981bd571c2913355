/** What Google's endpoint refuses, in its words, wherever it stands and however it is spelled. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { sandboxCredential } from '../exchange.ts'
import { startSandbox, type Sandbox } from '../serve.ts'

let sandbox: Sandbox
beforeAll(async () => void (sandbox = await startSandbox({ port: 0 })))
afterAll(() => sandbox.stop())

const contents = [{ role: 'user', parts: [{ text: 'hi' }] }]
const send = (body: object, model = 'gemini-3.5-flash', verb = 'generateContent'): Promise<Response> =>
  fetch(`${sandbox.url}/v1beta/models/${model}:${verb}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-goog-api-key': sandboxCredential },
    body: JSON.stringify(body),
  })
type Envelope = {
  code: number
  status: string
  message: string
  details?: { fieldViolations: { field?: string; description: string }[] }[]
}
async function refused(body: object, model?: string): Promise<Envelope> {
  const response = await send(body, model)
  const { error } = (await response.json()) as { error: Envelope }
  expect([response.status, error?.code, error?.status]).toEqual([400, 400, 'INVALID_ARGUMENT'])
  return error
}
const config = (generationConfig: object): object => ({ generationConfig })
const schema = (responseSchema: object): object => config({ responseMimeType: 'application/json', responseSchema })
const functions = (...functionDeclarations: object[]): object => ({ tools: [{ functionDeclarations }] })

const names: readonly (readonly [object, string, string | undefined])[] = [
  [{ made_up: 1 }, 'Unknown name "made_up": Cannot find field.', undefined],
  [{ systemInstructions: {} }, 'Unknown name "systemInstructions": Cannot find field.', undefined],
  [
    config({ maxTokens: 5 }),
    `Unknown name "maxTokens" at 'generation_config': Cannot find field.`,
    'generation_config',
  ],
  [
    { generation_config: { max_tokens: 5 } },
    `Unknown name "max_tokens" at 'generation_config': Cannot find field.`,
    'generation_config',
  ],
  [
    config({ thinkingConfig: { budget: 5 } }),
    `"budget" at 'generation_config.thinking_config'`,
    'generation_config.thinking_config',
  ],
  [{ contents: [{ parts: [{ txt: 'x' }] }] }, `"txt" at 'contents[0].parts[0]'`, 'contents[0].parts[0]'],
  [
    { contents: [{ parts: [{ text: null, inlineData: { mime: 'x' } }] }] },
    `"mime" at 'contents[0].parts[0].inline_data'`,
    'contents[0].parts[0].inline_data',
  ],
  [
    { tools: [{ function_declarations: [{ name: 'f', args: {} }] }] },
    `"args" at 'tools[0].function_declarations[0]'`,
    'tools[0].function_declarations[0]',
  ],
  [{ tools: [{ google_serach: {} }] }, `"google_serach" at 'tools[0]'`, 'tools[0]'],
  [
    schema({ type: 'OBJECT', additionalProperties: false }),
    `"additionalProperties" at 'generation_config.response_schema'`,
    'generation_config.response_schema',
  ],
  [
    schema({ type: 'OBJECT', properties: { a: { type: 'STRING', min_lenght: 1 } } }),
    `"min_lenght" at 'generation_config.response_schema.properties[a].value'`,
    'generation_config.response_schema.properties[a].value',
  ],
  [
    { toolConfig: { functionCallingConfig: { mod: 'ANY' } } },
    `"mod" at 'tool_config.function_calling_config'`,
    'tool_config.function_calling_config',
  ],
  [
    { safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', level: 1 }] },
    `"level" at 'safety_settings[0]'`,
    'safety_settings[0]',
  ],
  [
    { generationConfig: [] },
    'Unknown name "generationConfig": Proto field is not repeating, cannot start list.',
    undefined,
  ],
]

for (const [more, words, field] of names)
  test(`an unknown name is refused: ${words}`, async () => {
    const { message, details } = await refused({ contents, ...more })
    expect(message).toContain('Invalid JSON payload received. ')
    expect(message).toContain(words)
    expect(details![0]!.fieldViolations[0]).toEqual({ ...(field !== undefined && { field }), description: message })
  })

const values: readonly (readonly [object, string])[] = [
  [config({ temperature: 'hot' }), `Invalid value at 'generation_config.temperature' (TYPE_FLOAT), "hot"`],
  [config({ maxOutputTokens: 1.5 }), `Invalid value at 'generation_config.max_output_tokens' (TYPE_INT32), 1.5`],
  [config({ response_logprobs: 'yes' }), `Invalid value at 'generation_config.response_logprobs' (TYPE_BOOL), "yes"`],
  [config({ stopSequences: [5] }), `Invalid value at 'generation_config.stop_sequences[0]' (TYPE_STRING), 5`],
  [
    { contents: ['hi'] },
    `Invalid value at 'contents[0]' (type.googleapis.com/google.ai.generativelanguage.v1beta.Content), "hi"`,
  ],
  [
    { contents: [{ parts: [{ inlineData: { mimeType: 'image/png', data: 'no base64!' } }] }] },
    `Invalid value at 'contents[0].parts[0].inline_data.data' (TYPE_BYTES), Base64 decoding failed for "no base64!"`,
  ],
  [
    { contents: [{ parts: [{ text: 'x', functionCall: { name: 'f' } }] }] },
    `Invalid value at 'contents[0].parts[0]' (oneof), oneof field 'data' is already set. Cannot set 'functionCall'`,
  ],
  [
    config({ thinkingConfig: { thinkingLevel: 'DEEP' } }),
    '(type.googleapis.com/google.ai.generativelanguage.v1beta.ThinkingConfig.ThinkingLevel), "DEEP"',
  ],
  [
    { safetySettings: [{ category: 'HARM' }] },
    '(type.googleapis.com/google.ai.generativelanguage.v1beta.HarmCategory), "HARM"',
  ],
  [schema({ type: 'TEXT' }), '(type.googleapis.com/google.ai.generativelanguage.v1beta.Type), "TEXT"'],
]

for (const [more, words] of values)
  test(`a value of another type is refused: ${words}`, async () => {
    expect((await refused({ contents, ...more })).message).toContain(words)
  })

test('all that is wrong is said at once', async () => {
  const { message, details } = await refused({ contents, a: 1, generationConfig: { b: 2, topP: 'x' } })
  expect(message.split('\n')).toHaveLength(3)
  expect(details![0]!.fieldViolations).toHaveLength(3)
})

const rules: readonly (readonly [object, string])[] = [
  [{ contents: [] }, '* GenerateContentRequest.contents: contents is not specified'],
  [{ contents: [{ role: 'assistant', parts: [{ text: 'x' }] }] }, 'Please use a valid role: user, model.'],
  [
    { contents: [...contents, { role: 'user', parts: [{ functionResponse: { name: 'f', response: {} } }] }] },
    'function response turn comes immediately after a function call turn',
  ],
  [config({ temperature: 3 }), 'temperature must be in the range [0.0, 2.0].'],
  [config({ topP: -1 }), 'top_p must be in the range [0.0, 1.0].'],
  [config({ candidateCount: 9 }), 'candidate_count must be in the range'],
  [config({ maxOutputTokens: 0 }), 'max_output_tokens must be positive.'],
  [config({ logprobs: 3 }), 'logprobs is only allowed when response_logprobs is true.'],
  [
    config({ responseMimeType: 'text/html' }),
    'allowed mimetypes are `text/plain`, `application/json`, `application/xml`, `application/yaml` and `text/x.enum`.',
  ],
  [config({ responseSchema: { type: 'STRING' } }), 'only allowed with response_mime_type'],
  [config({ responseMimeType: 'text/x.enum' }), 'text/x.enum'],
  [
    schema({ type: 'OBJECT', properties: {} }),
    'generation_config.response_schema.properties: should be non-empty for OBJECT type',
  ],
  [
    schema({ type: 'OBJECT', properties: { a: { type: 'ARRAY' } } }),
    'response_schema.properties[a].items: missing field.',
  ],
  [
    schema({ type: 'OBJECT', properties: { a: { type: 'STRING' } }, required: ['b'] }),
    'response_schema.required[0]: property is not defined',
  ],
  [schema({ type: 'STRING', format: 'uri' }), "only 'enum' and 'date-time' are supported for STRING type"],
  [functions({ name: '1st' }), 'tools[0].function_declarations[0].name: Invalid function name.'],
  [functions({ name: 'f' }, { name: 'f' }), 'Duplicate function declaration found: f'],
  [
    { toolConfig: { functionCallingConfig: { mode: 'ANY' } } },
    'Function calling config is set without function_declarations.',
  ],
  [
    { ...functions({ name: 'f' }), toolConfig: { functionCallingConfig: { allowedFunctionNames: ['f'] } } },
    'only be set when mode is ANY or VALIDATED',
  ],
  [
    config({ thinkingConfig: { thinkingBudget: 5, thinkingLevel: 'LOW' } }),
    'only set only one of thinking budget and thinking level',
  ],
]

for (const [more, words] of rules)
  test(`refused as Google refuses: ${words}`, async () => {
    expect((await refused({ contents, ...more })).message).toContain(words)
  })

test('each model thinks, and is penalised, as it can', async () => {
  const level = { contents, ...config({ thinkingConfig: { thinkingLevel: 'low' } }) }
  expect((await refused(level, 'gemini-2.5-flash')).message).toBe('Thinking level is not supported for this model.')
  const off = { contents, ...config({ thinkingConfig: { thinkingBudget: 0 } }) }
  expect((await refused(off, 'gemini-2.5-pro')).message).toBe(
    'Budget 0 is invalid. This model only works in thinking mode.',
  )
  const penalty = { contents, ...config({ presencePenalty: 1 }) }
  expect((await refused(penalty, 'gemini-3.6-flash')).message).toBe(
    'Penalty is not enabled for models/gemini-3.6-flash',
  )
  expect((await send(penalty)).status).toBe(200)
  expect((await send(off)).status).toBe(200)
  expect((await send(level)).status).toBe(200)
})

test('snake_case is read at every level, inside schemas too', async () => {
  const response = await send({
    system_instruction: { parts: { text: 'x' } },
    contents: { parts: { text: 'hi' } },
    safety_settings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }],
    generation_config: {
      response_mime_type: 'application/json',
      response_schema: {
        type: 'object',
        property_ordering: ['b', 'a'],
        properties: {
          a: {
            type: 'array',
            min_items: '3',
            max_items: 3,
            items: { any_of: [{ type: 'integer' }, { type: 'null' }] },
          },
          b: { type: 'string', min_length: 30, max_length: 31, nullable: true },
        },
      },
    },
  })
  const reply = (await response.json()) as { candidates: { content: { parts: { text: string }[] } }[] }
  const given = JSON.parse(reply.candidates[0]!.content.parts[0]!.text) as { a: number[]; b: string }
  expect(Object.keys(given)).toEqual(['b', 'a'])
  expect(given.a).toEqual([expect.any(Number), expect.any(Number), expect.any(Number)])
  expect(given.b.length).toBeGreaterThanOrEqual(30)
})

test('what is no object, or no JSON, is refused', async () => {
  const text = async (body: string): Promise<string> => {
    const response = await fetch(`${sandbox.url}/v1beta/models/gemini-3.5-flash:generateContent`, {
      method: 'POST',
      headers: { 'x-goog-api-key': sandboxCredential },
      body,
    })
    return `${response.status} ${await response.text()}`
  }
  expect(await text('[]')).toContain('Root element must be a message.')
  expect(await text('{')).toContain('400 {"error":{"code":400')
})

test('a prompt beyond the context of its model is refused with both counts', async () => {
  const prompt = (count: number): object => ({ contents: [{ role: 'user', parts: [{ text: ' word'.repeat(count) }] }] })
  expect((await refused(prompt(65_536), 'gemini-2.5-flash-image')).message).toBe(
    'The input token count (65542) exceeds the maximum number of tokens allowed (65536).',
  )
  expect((await refused(prompt(1_048_576))).message).toBe(
    'The input token count (1048582) exceeds the maximum number of tokens allowed (1048576).',
  )
  expect((await send(prompt(65_536), 'gemini-3.1-flash-image')).status).toBe(200)
}, 30_000)
