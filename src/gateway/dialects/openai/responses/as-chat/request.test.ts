/** A response as a chat completion: what an upstream without responses is asked. */
import { describe, expect, test } from 'bun:test'
import { wholeBodyOf } from '../../../../body.ts'
import { creationOf } from '../creation.ts'
import type { Fields } from '../items.ts'
import { untranslatable } from './refuse.ts'
import { chatBody } from './request.ts'

const change = { outputTokensPerAnswer: null, upstreamModel: null, reportsStreamUsage: true, rewrite: null }
function chatOf(fields: object, more: object = {}): Fields {
  const body = wholeBodyOf(new TextEncoder().encode(JSON.stringify({ model: 'llama', ...fields })))
  const bytes = chatBody(creationOf(body.json), body, { ...change, ...more }, 'max_tokens')
  return JSON.parse(new TextDecoder().decode(bytes)) as Fields
}
const messagesOf = (input: unknown, more: object = {}): unknown => chatOf({ input, ...more })['messages']

describe('the messages', () => {
  test('a text is one of the user, and instructions stand in front of it', () => {
    expect(messagesOf('hi', { instructions: 'Be brief.' })).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'hi' },
    ])
  })

  test('parts are as chat has them: texts, pictures, files, sound', () => {
    const audio = { type: 'input_audio', input_audio: { data: 'UklG', format: 'wav' } }
    const content = [
      { type: 'input_text', text: 'What is this?' },
      { type: 'input_image', image_url: 'data:image/png;base64,iVBO', detail: 'low' },
      { type: 'input_file', file_data: 'data:application/pdf;base64,JVBE', filename: 'a.pdf' },
      audio,
    ]
    expect(messagesOf([{ role: 'user', content }])).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBO', detail: 'low' } },
          { type: 'file', file: { file_data: 'data:application/pdf;base64,JVBE', filename: 'a.pdf' } },
          audio,
        ],
      },
    ])
  })

  test('a developer is the system, and a single text is a text', () => {
    expect(messagesOf([{ type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'x' }] }])).toEqual([
      { role: 'system', content: 'x' },
    ])
  })

  test('what an answer only thought, or said nothing in, is no message: servers refuse an empty one', () => {
    const user = (content: string) => ({ role: 'user', content })
    const thought = { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm.' }] }
    const empty = { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: '', annotations: [] }] }
    for (const items of [[thought], [empty], [thought, empty]])
      expect(messagesOf([user('a'), ...items, user('b')])).toEqual([user('a'), user('b')])
  })

  test('an answer with its calls is one message, and what the calls gave are the tools’', () => {
    expect(
      messagesOf([
        { role: 'user', content: 'Weather?' },
        { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Look it up.' }] },
        {
          type: 'message',
          role: 'assistant',
          content: [{ type: 'output_text', text: 'Let me see.', annotations: [] }],
        },
        {
          type: 'function_call',
          call_id: 'a',
          name: 'get_weather',
          arguments: '{"city":"Paris"}',
          extra_content: { google: {} },
        },
        { type: 'custom_tool_call', call_id: 'b', name: 'apply', input: 'a "patch"\n' },
        { type: 'function_call_output', call_id: 'a', output: 'rain' },
        { type: 'custom_tool_call_output', call_id: 'b', output: [{ type: 'input_text', text: 'done' }] },
        { role: 'user', content: 'Thanks' },
      ]),
    ).toEqual([
      { role: 'user', content: 'Weather?' },
      {
        role: 'assistant',
        content: 'Let me see.',
        reasoning_content: 'Look it up.',
        tool_calls: [
          {
            id: 'a',
            type: 'function',
            function: { name: 'get_weather', arguments: '{"city":"Paris"}' },
            extra_content: { google: {} },
          },
          { id: 'b', type: 'function', function: { name: 'apply', arguments: '{"input":"a \\"patch\\"\\n"}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'a', content: 'rain' },
      { role: 'tool', tool_call_id: 'b', content: 'done' },
      { role: 'user', content: 'Thanks' },
    ])
  })

  test('reasoning without a call is left out, and an answer is its text', () => {
    expect(
      messagesOf([
        { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'x' }] },
        { role: 'assistant', content: 'Hello' },
        { role: 'user', content: 'hi' },
      ]),
    ).toEqual([
      { role: 'assistant', content: 'Hello' },
      { role: 'user', content: 'hi' },
    ])
  })

  test('pictures that tools gave follow behind all of what the tools gave', () => {
    const picture = { type: 'input_image', image_url: 'https://example.com/a.png' }
    expect(
      messagesOf([
        { type: 'function_call', call_id: 'a', name: 'look', arguments: '{}' },
        { type: 'function_call', call_id: 'b', name: 'look', arguments: '{}' },
        { type: 'function_call_output', call_id: 'a', output: [picture] },
        { type: 'function_call_output', call_id: 'b', output: 'nothing' },
      ]),
    ).toMatchObject([
      { role: 'assistant', content: null },
      { role: 'tool', tool_call_id: 'a', content: 'The result is in the next message.' },
      { role: 'tool', tool_call_id: 'b', content: 'nothing' },
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }] },
    ])
  })
})

describe('the settings', () => {
  test('are called as chat calls them', () => {
    const chat = chatOf({
      input: 'hi',
      max_output_tokens: 100,
      reasoning: { effort: 'low', summary: 'auto' },
      text: { format: { type: 'json_schema', name: 'n', schema: { type: 'object' }, strict: true }, verbosity: 'low' },
      include: ['message.output_text.logprobs'],
      top_logprobs: 2,
      temperature: 0.5,
      store: true,
      metadata: { a: 'b' },
      truncation: 'auto',
      previous_response_id: null,
      stream: true,
      top_k: 40,
    })
    expect(chat).toEqual({
      model: 'llama',
      messages: [{ role: 'user', content: 'hi' }],
      max_tokens: 100,
      reasoning_effort: 'low',
      response_format: { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'object' }, strict: true } },
      verbosity: 'low',
      logprobs: true,
      top_logprobs: 2,
      temperature: 0.5,
      stream: true,
      stream_options: { include_usage: true },
      top_k: 40,
    })
  })

  test('a limit of ours and the upstream’s name for the model count', () => {
    const chat = chatOf(
      { input: 'hi', max_output_tokens: 100 },
      { outputTokensPerAnswer: 50, upstreamModel: 'llama3:8b' },
    )
    expect([chat['max_tokens'], chat['model']]).toEqual([50, 'llama3:8b'])
    expect(chatOf({ input: 'hi', stream: true }, { reportsStreamUsage: false })).not.toHaveProperty('stream_options')
  })

  test('plain text and JSON are formats as well', () => {
    expect(chatOf({ input: 'hi', text: { format: { type: 'text' } } })).not.toHaveProperty('response_format')
    const json = { type: 'json_object' }
    expect(chatOf({ input: 'hi', text: { format: json } })['response_format']).toEqual(json)
  })
})

describe('the tools', () => {
  const weather = {
    type: 'function',
    name: 'get_weather',
    description: 'd',
    parameters: { type: 'object' },
    strict: true,
  }
  const custom = {
    type: 'custom',
    name: 'apply',
    description: 'Applies.',
    format: { type: 'grammar', syntax: 'lark', definition: 'start: "a"' },
  }
  test('functions are functions, and a custom tool is one of a text', () => {
    expect(
      chatOf({ input: 'hi', tools: [weather, custom], tool_choice: 'required', parallel_tool_calls: false }),
    ).toMatchObject({
      tools: [
        {
          type: 'function',
          function: { name: 'get_weather', description: 'd', parameters: { type: 'object' }, strict: true },
        },
        {
          type: 'function',
          function: {
            name: 'apply',
            description: 'Applies.\n\nThe input must follow this grammar (lark):\nstart: "a"',
            parameters: { properties: { input: { type: 'string' } }, required: ['input'] },
          },
        },
      ],
      tool_choice: 'required',
      parallel_tool_calls: false,
    })
  })

  test.each([
    [{ type: 'function', name: 'get_weather' }, { type: 'function', function: { name: 'get_weather' } }, 2],
    [{ type: 'custom', name: 'apply' }, { type: 'function', function: { name: 'apply' } }, 2],
    [{ type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'get_weather' }] }, 'required', 1],
    ['auto', 'auto', 2],
  ])('a choice: %j', (choice, chosen, many) => {
    const chat = chatOf({ input: 'hi', tools: [weather, custom], tool_choice: choice })
    expect([chat['tool_choice'], (chat['tools'] as unknown[]).length]).toEqual([chosen, many])
  })

  test('none are none', () => {
    expect(chatOf({ input: 'hi', tools: [], tool_choice: 'auto', parallel_tool_calls: true })).toEqual({
      model: 'llama',
      messages: [{ role: 'user', content: 'hi' }],
    })
  })
})

describe('what no chat can say is refused by the name of its field', () => {
  const refusedFor = (fields: object): string | null => {
    const json = { model: 'llama', input: 'hi', ...fields }
    return untranslatable(creationOf(json), json)?.details.param ?? null
  }
  test.each([
    [{ tools: [{ type: 'function', name: 'f' }, { type: 'web_search' }] }, 'tools[1].type'],
    [{ tools: [{ type: 'image_generation' }] }, 'tools[0].type'],
    [{ tools: [{ type: 'mcp' }] }, 'tools[0].type'],
    [{ input: [{ type: 'web_search_call', id: 'ws_1' }] }, 'input[0].type'],
    [{ input: [{ type: 'reasoning', id: 'rs_1', encrypted_content: 'gAAA' }] }, 'input[0].encrypted_content'],
    [{ tool_choice: { type: 'web_search' } }, 'tool_choice'],
    [{ context_management: [{ type: 'compaction' }] }, 'context_management'],
  ])('%j', (fields, param) => {
    expect(refusedFor(fields)).toBe(param)
  })

  test('and nothing else', () => {
    for (const fields of [
      { previous_response_id: null, background: false, context_management: [] },
      { store: true, include: ['reasoning.encrypted_content'], truncation: 'auto', metadata: { a: 'b' } },
      {
        input: [
          { role: 'user', content: 'x' },
          { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: null },
        ],
      },
      { tools: [{ type: 'custom', name: 'c' }], tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [] } },
    ])
      expect(refusedFor(fields)).toBeNull()
  })
})
