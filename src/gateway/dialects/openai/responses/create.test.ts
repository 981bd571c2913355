/** `POST /v1/responses`: what is read of a request, what is held for it, and what of it is changed on its way. */
import { describe, expect, test } from 'bun:test'
import type { Asked, RecordsReader } from '../../../dialect.ts'
import { wholeBodyOf } from '../../../body.ts'
import { GatewayError } from '../../../errors.ts'
import { compactResponse } from './compact.ts'
import { createResponse } from './create.ts'
import { readerOf } from '../../test-reader.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const readText = (text: string, endpoint = createResponse): Asked =>
  endpoint.read(wholeBodyOf(encode(text)), {}, new URLSearchParams())
const textOf = (fields: object): string => JSON.stringify({ model: 'gpt-5.4', input: 'hi', ...fields })
const read = (fields: object): Asked => readText(textOf(fields))
const refusedText = (text: string): GatewayError => {
  try {
    readText(text)
  } catch (error) {
    if (error instanceof GatewayError) return error
  }
  throw new Error('it was taken')
}
const refused = (fields: object): GatewayError => refusedText(textOf(fields))
const sent = (asked: Asked, change: object = {}): unknown =>
  decode(
    asked.wire.body({
      outputTokensPerAnswer: null,
      upstreamModel: null,
      reportsStreamUsage: true,
      rewrite: null,
      ...change,
    }) as Uint8Array,
  )

describe('a request', () => {
  test('is sent as it came, byte for byte, where nothing must change', () => {
    const bytes = encode('{ "model":"gpt-5.4" , "input" : "h\\u00ef", "store":true, "x":1.0e2 }')
    const asked = createResponse.read(wholeBodyOf(bytes), {}, new URLSearchParams())
    const change = { outputTokensPerAnswer: null, upstreamModel: null, reportsStreamUsage: true, rewrite: null }
    expect(asked.wire.body(change)).toBe(bytes)
  })

  test('gets its limit of output where it stands, or a new one, and never fewer than OpenAI takes', () => {
    const clamped = (fields: object, tokens = 50): unknown => sent(read(fields), { outputTokensPerAnswer: tokens })
    expect(clamped({ max_output_tokens: 100 })).toBe('{"model":"gpt-5.4","input":"hi","max_output_tokens":50}')
    expect(clamped({})).toBe('{"max_output_tokens":50,"model":"gpt-5.4","input":"hi"}')
    expect(clamped({}, 3)).toContain('"max_output_tokens":16')
    expect(read({}).demand!.output!.floor).toBe(16)
  })

  test('names its model as its upstream does', () => {
    expect(sent(read({}), { upstreamModel: 'my-deployment' })).toBe('{"model":"my-deployment","input":"hi"}')
  })

  test('streams where it says so, and without stream_options of ours', () => {
    expect(read({ stream: true }).wire.answer.kind).toBe('records')
    expect(sent(read({ stream: true }))).not.toContain('stream_options')
  })

  test('has no input at all, a text, or items', () => {
    for (const input of ['hi', [], [{ role: 'user', content: 'hi' }], null, undefined])
      expect(read({ input })).toBeTruthy()
  })
})

describe('what is wrong is told with its field, in the words of OpenAI', () => {
  test.each<[object, string, string]>([
    [{ model: undefined }, 'model', "Missing required parameter: 'model'."],
    [{ model: '' }, 'model', "Missing required parameter: 'model'."],
    [{ model: 4 }, 'model', "Invalid type for 'model': expected a string, but got an integer instead."],
    [
      { input: 4 },
      'input',
      "Invalid type for 'input': expected a string or an array of objects, but got an integer instead.",
    ],
    [{ input: ['hi'] }, 'input[0]', "Invalid type for 'input[0]': expected an object, but got a string instead."],
    [{ stream: 'yes' }, 'stream', "Invalid type for 'stream': expected a boolean, but got a string instead."],
    [
      { max_output_tokens: '9' },
      'max_output_tokens',
      "Invalid type for 'max_output_tokens': expected an integer, but got a string instead.",
    ],
    [
      { max_output_tokens: 16.5 },
      'max_output_tokens',
      "Invalid type for 'max_output_tokens': expected an integer, but got a decimal number instead.",
    ],
    [{ tools: {} }, 'tools', "Invalid type for 'tools': expected an array of objects, but got an object instead."],
    [{ tools: [1] }, 'tools[0]', "Invalid type for 'tools[0]': expected an object, but got an integer instead."],
    [{ store: 1 }, 'store', "Invalid type for 'store': expected a boolean, but got an integer instead."],
  ])('%j', (fields, param, message) => {
    const error = refused(fields)
    expect([error.code, error.details.param, error.message]).toEqual(['invalid_request', param, message])
  })

  test('more items than anybody has, which would keep everybody waiting', () => {
    const input = (many: number) => Array.from({ length: many }, () => ({ role: 'user', content: 'a' }))
    expect(read({ input: input(10_000) })).toBeTruthy()
    expect(refused({ input: input(10_001) }).message).toBe(
      "Invalid 'input': array too long. Expected an array with maximum length 10000, but got an array with length 10001 instead.",
    )
  })

  test('a field that is billed by is given once', () => {
    for (const key of ['model', 'input', 'tools', 'previous_response_id'])
      expect(refusedText(`{"${key}":null,"${key}":null,${textOf({}).slice(1)}`).message).toContain('more than once')
  })

  test('a limit below 16 is the upstream’s to judge: it is sent as it came, and said by us where credit is short', () => {
    const asked = read({ max_output_tokens: 5 })
    expect(sent(asked)).toContain('"max_output_tokens":5')
    expect(asked.demand!.output!.max).toBeNull()
    expect(asked.demand!.judged?.message).toBe(
      "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got 5 instead.",
    )
  })
})

describe('what was made before is named with its field, to be found in the account that made it', () => {
  const named = (fields: object): unknown => {
    const { target } = read(fields)
    return target.kind === 'model' && target.references!.map(({ kind, id, field }) => [kind, id, field])
  }
  test.each<[object, readonly string[]]>([
    [{ previous_response_id: 'resp_1' }, ['response', 'resp_1', 'previous_response_id']],
    [{ conversation: 'conv_1' }, ['conversation', 'conv_1', 'conversation']],
    [{ conversation: { id: 'conv_1' } }, ['conversation', 'conv_1', 'conversation']],
    [{ input: [{ type: 'item_reference', id: 'msg_1' }] }, ['response.item', 'msg_1', 'input[0].id']],
    [{ input: [{ id: 'msg_1' }] }, ['response.item', 'msg_1', 'input[0].id']],
    [
      { input: [{ type: 'reasoning', id: 'rs_1', encrypted_content: 'g' }] },
      ['response.item', 'enc_zQqphWFHtsW0_yt9_uXaIKo4', 'input[0].encrypted_content'],
    ],
    [
      { input: [{ type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: null }] },
      ['response.item', 'rs_1', 'input[0].id'],
    ],
    [
      { input: [{ type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'So it is.' }] }] },
      ['response.item', 'rs_1', 'input[0].id'],
    ],
    [
      { input: [{ role: 'user', content: [{ type: 'input_image', file_id: 'file-1' }] }] },
      ['file', 'file-1', 'input[0].file_id'],
    ],
    [
      { input: [{ type: 'computer_call_output', call_id: 'c', output: { file_id: 'file-1' } }] },
      ['file', 'file-1', 'input[0].file_id'],
    ],
    [
      { input: [{ type: 'function_call_output', call_id: 'c', output: [{ file_id: 'file-1' }] }] },
      ['file', 'file-1', 'input[0].file_id'],
    ],
    [
      { tools: [{ type: 'image_generation', input_image_mask: { file_id: 'file-1' } }] },
      ['file', 'file-1', 'tools[0].input_image_mask.file_id'],
    ],
  ])('%j', (fields, reference) => {
    expect(named(fields)).toEqual([reference])
  })

  test('and what only looks like it is not', () => {
    for (const fields of [
      { previous_response_id: null, conversation: null, prompt: null, background: false },
      { input: [{ type: 'message', role: 'assistant', id: 'msg_1', content: [] }] },
      { input: [{ type: 'function_call', id: 'fc_1', call_id: 'c', name: 'f', arguments: '{}' }] },
      { input: [{ type: 'reasoning', summary: [{ type: 'summary_text', text: 'So it is.' }] }] },
    ])
      expect(named(fields)).toEqual([])
  })

  test('what is brought in is held at all that the model takes; what is added to a conversation is never added twice', () => {
    for (const fields of [{ previous_response_id: 'resp_1' }, { conversation: 'conv_1' }, { input: [{ id: 'msg_1' }] }])
      expect(read(fields).demand!.input.max).toBe(Number.POSITIVE_INFINITY)
    expect(read({ conversation: 'conv_1' }).effects).toBe('acts')
    expect(read({ previous_response_id: 'resp_1' }).effects).toBe('leaves-record')
    const background = read({ background: true })
    expect([background.effects, background.demand!.isDeferred]).toEqual(['acts', true])
  })
})

describe('what lies in an account of many is refused by the name of its field', () => {
  test.each<[object, string]>([
    [{ prompt: { id: 'pmpt_1' } }, 'prompt'],
    [{ previous_response_id: 4 }, 'previous_response_id'],
    [{ conversation: {} }, 'conversation'],
    [{ tools: [{ type: 'file_search', vector_store_ids: ['vs_1'] }] }, 'tools[0].type'],
    [{ tools: [{ type: 'code_interpreter', container: { type: 'auto' } }] }, 'tools[0].type'],
    [{ tools: [{ type: 'function' }, { type: 'shell', environment: { type: 'container_auto' } }] }, 'tools[1].type'],
  ])('%j', (fields, param) => {
    expect(refused(fields).details.param).toBe(param)
  })

  test('and a shell of the client’s is not', () => {
    for (const tools of [[{ type: 'shell', environment: { type: 'local' } }], [{ type: 'shell' }]])
      expect(read({ tools })).toBeTruthy()
  })
})

describe('what is held', () => {
  test('is a token for each byte of text, and what media and tools count', () => {
    const text = textOf({})
    expect(readText(text).demand!.input.max).toBe(text.length + 64)
    const picture = [{ role: 'user', content: [{ type: 'input_image', image_url: 'https://example.com/a.png' }] }]
    const pictured = textOf({ input: picture })
    expect(readText(pictured).demand!.input.max).toBe(pictured.length + 10_240 + 64)
  })

  test('media that are sent count by their bytes, and those that are only named all that the model takes', () => {
    const withPart = (part: object): Asked => read({ input: [{ role: 'user', content: [part] }] })
    expect(withPart({ type: 'input_file', file_url: 'https://example.com/a.pdf' }).demand!.input.max).toBe(Infinity)
    const file = withPart({ type: 'input_file', file_data: `data:application/pdf;base64,${'A'.repeat(4_000)}` })
    expect([file.demand!.input.isAssumed, Number.isFinite(file.demand!.input.max)]).toEqual([true, true])
    const sound = withPart({ type: 'input_audio', input_audio: { data: 'A'.repeat(4_000), format: 'wav' } })
    expect([sound.demand!.input.isAssumed, sound.demand!.input.max > 60 * 50]).toEqual([true, true])
  })

  test('the media of what tools gave back, and pictures made before, count alike', () => {
    const image = 10_240
    for (const item of [
      { type: 'function_call_output', call_id: 'c', output: [{ type: 'input_image', image_url: 'https://x/a.png' }] },
      { type: 'computer_call_output', call_id: 'c', output: { type: 'computer_screenshot', image_url: 'https://x' } },
      { type: 'image_generation_call', id: 'ig', result: 'iVBO' },
    ]) {
      const asked = read({ input: [item] })
      expect(asked.demand!.input.max).toBeGreaterThanOrEqual(image)
      expect(asked.demand!.prompt().other).toEqual({ imageInput: 765 })
    }
  })

  test('searches: ten, or as many as the client allows; at worst a hundred', () => {
    const tools = [{ type: 'web_search' }]
    expect(read({ tools }).demand).toMatchObject({
      pieces: { webSearchCall: 10 },
      piecesMax: { webSearchCall: 100 },
      input: { isAssumed: true },
    })
    expect(read({ tools, max_tool_calls: 2 }).demand).toMatchObject({
      pieces: { webSearchCall: 2 },
      piecesMax: { webSearchCall: 2 },
    })
    expect(read({ tools: [{ type: 'web_search_preview_2025_03_11' }] }).demand!.pieces).toEqual({ webSearchCall: 10 })
  })

  test('a picture at the table’s dearest for what is asked, with its partial ones; at worst ten', () => {
    const tool = {
      type: 'image_generation',
      model: 'gpt-image-2',
      quality: 'low',
      size: '1024x1024',
      partial_images: 2,
    }
    const asked = read({ tools: [tool] })
    expect(asked.demand!.tool).toEqual({ modelName: 'gpt-image-2', field: 'tools[0].model' })
    expect(asked.demand!.pieces).toEqual({ toolImageInput: 16_384, toolImageOutput: 396 })
    expect(asked.demand!.piecesMax).toEqual({ toolImageInput: 163_840, toolImageOutput: 3_960 })
  })

  test('tools of the client’s own cost nothing, and unknown ones may bring in much', () => {
    const own = [{ type: 'function', name: 'f' }, { type: 'custom', name: 'c' }, { type: 'local_shell' }]
    expect(read({ tools: own }).demand).toMatchObject({ input: { isAssumed: false }, pieces: {}, tool: null })
    expect(read({ tools: [{ type: 'mcp', server_url: 'https://x' }] }).demand!.input.max).toBeGreaterThan(131_072)
  })
})

test('a picture tool without a model gets the newest that has a price here, and nothing else is changed', () => {
  const before =
    '{"model":"gpt-5.4","input":"hi","tools":[ {"type":"function","name":"f"}, {"type":"image_generation", "size":"auto"} ]}'
  expect(sent(readText(before))).toBe(
    before.replace('{"type":"image_generation"', '{"model":"gpt-image-2","type":"image_generation"'),
  )
  const named = before.replace('"size":"auto"', '"model":"gpt-image-1.5"')
  expect(sent(readText(named))).toBe(named)
  expect(sent(readText(before.replace('"size":"auto"', '"model":null')))).toContain('"model":"gpt-image-2"')
  expect(refused({ tools: [{ type: 'image_generation' }, { type: 'image_generation' }] }).details.param).toBe('tools')
})

test('what other people’s servers do may not be done twice; a stored response may be made elsewhere', () => {
  expect(read({ tools: [{ type: 'mcp', server_url: 'https://x' }] }).effects).toBe('acts')
  expect(read({ store: true }).effects).toBe('leaves-record')
})

test('compacting holds all that the model can say, and is given no limit that it does not know', () => {
  const asked = readText(textOf({}), compactResponse)
  expect([asked.wire.path('gpt-5.4'), asked.demand!.output!.max, asked.demand!.output!.floor]).toEqual([
    '/responses/compact',
    10_000_000,
    10_000_000,
  ])
})

test('what is counted by ourselves is every text of it', () => {
  const { text } = read({
    instructions: 'Be brief.',
    input: [
      { role: 'user', content: [{ type: 'input_text', text: 'Weather?' }] },
      { type: 'function_call', call_id: 'c', name: 'get_weather', arguments: '{"city":"Paris"}' },
      { type: 'function_call_output', call_id: 'c', output: 'rain' },
      { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'hmm' }], encrypted_content: 'gAAAA' },
    ],
    text: { format: { type: 'json_schema', name: 'n', schema: {} } },
  }).demand!.prompt()
  for (const part of ['Be brief.', 'Weather?', 'get_weather', '{"city":"Paris"}', 'rain', 'hmm', 'json_schema'])
    expect(text).toContain(part)
  expect(text).not.toContain('gAAAA')
})

describe('a plain answer', () => {
  const answered = (answer: object) =>
    readerOf(read({})).read(
      encode(JSON.stringify({ id: 'resp_1', object: 'response', status: 'completed', ...answer })),
      new Headers(),
    )
  const usage = { input_tokens: 20, output_tokens: 5, total_tokens: 25 }
  const output = [{ type: 'message', content: [{ type: 'output_text', text: 'hello' }] }]

  test('tells its usage, the model and the tier that served', () => {
    const reading = answered({ output, usage, model: 'gpt-5.4-2026-03-05', service_tier: 'priority' })
    expect(reading).toMatchObject({
      usage: { input: 20, output: 5 },
      servedModel: 'gpt-5.4-2026-03-05',
      tier: 'priority',
    })
    expect(reading.output().text).toBe('hello')
  })

  test('without an output cannot be read, whatever it says that it used', () => {
    for (const answer of [{}, { output: null }, { output: 'hello' }, { output: {} }])
      expect(() => answered({ ...answer, usage })).toThrow('output')
  })

  test('that says it goes on, to somebody who waits for its end, owes what it says and no running total, and leaves no id', () => {
    for (const status of ['in_progress', 'queued']) {
      const told = { ...usage, output_tokens: 900 }
      for (const more of [{}, { usage: told }, { usage: told, background: true }]) {
        const reading = answered({ status, output, ...more })
        expect(reading).toMatchObject({ usage: null, vendorUsage: 'usage' in more ? told : null })
        expect(reading.output().text).toBe('hello')
        expect(reading.made).toBeUndefined()
      }
      // Its client was given nothing: no answer, which another deployment may give.
      for (const begun of [[], [{ type: 'message', status, content: [] }]])
        expect(() => answered({ status, output: begun, usage })).toThrow('has ended')
    }
  })

  test('of one that was asked for in the background may go on', () => {
    const begun = { object: 'response', id: 'resp_1', status: 'queued', background: true, output: [] }
    const reading = readerOf(read({ background: true })).read(encode(JSON.stringify(begun)), new Headers())
    expect(reading.made).toMatchObject([{ kind: 'response', id: 'resp_1' }])
  })

  test('that failed is a failure', () => {
    for (const answer of [
      { status: 'failed', output: [], error: { code: 'server_error', message: 'Sorry.' }, usage },
      { status: 'failed', output: [], error: null },
      { output, error: { message: 'no' } },
    ])
      expect(() => answered(answer)).toThrow('error')
  })

  test('that came instead of a stream is made one', () => {
    const events = decode(
      (read({ stream: true }).wire.answer as RecordsReader).asStream(
        encode(JSON.stringify({ id: 'resp_1', status: 'completed', output, usage })),
      ),
    )
    expect([...events.matchAll(/^event: (.*)$/gm)].map(([, name]) => name)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ])
  })
})
