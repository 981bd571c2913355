import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { wholeBodyOf } from '../../../body.ts'
import type { Asked, JsonBody, StreamReader } from '../../../dialect.ts'
import { GatewayError } from '../../../errors.ts'
import { chatCompletions } from './completions.ts'
import { followChat } from './stream.ts'
import { readerOf } from '../../test-reader.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const body = (text: string): JsonBody => wholeBodyOf(encode(text))
const read = (text: string): Asked => chatCompletions.read(body(text), {}, new URLSearchParams())
const sent = (text: string, outputTokensPerAnswer: number | null = null): string =>
  decode(read(text).wire.body({ ...unchanged, outputTokensPerAnswer }) as Uint8Array)

const unchanged = { outputTokensPerAnswer: null, upstreamModel: null, reportsStreamUsage: true, rewrite: null }
const noWays = { hasAnnotationChunks: false, reportsStreamUsage: true, recordBytesMax: 1024 * 1024 }

const plain = '{"model":"gpt-5.4","messages":[{"role":"user","content":"hi"}],"x_unknown":{"kept": 1.50}}'

describe('what goes upstream', () => {
  test('a plain request goes as the bytes that came', () => {
    const came = body(plain)
    expect(chatCompletions.read(came, {}, new URLSearchParams()).wire.body(unchanged)).toBe(came.bytes)
  })

  test('a stream is asked for its usage, whatever the client said of it, and nothing else changes', () => {
    expect(sent('{"stream":true,"model":"gpt-5.4","messages":[{}]}')).toBe(
      '{"stream_options":{"include_usage":true},"stream":true,"model":"gpt-5.4","messages":[{}]}',
    )
    expect(
      sent('{"stream":true,"stream_options":{"include_usage":false,"a":1},"model":"gpt-5.4","messages":[{}]}'),
    ).toBe('{"stream":true,"stream_options":{"include_usage":true,"a":1},"model":"gpt-5.4","messages":[{}]}')
    expect(sent('{"stream":true,"stream_options":null,"model":"gpt-5.4","messages":[{}]}')).toContain(
      '"stream_options":{"include_usage":true}',
    )
  })

  test('an output limit is written where the client wrote it, and as the newer name where it wrote none', () => {
    expect(sent('{"model":"gpt-4o","messages":[{}],"max_tokens": 500}', 16)).toBe(
      '{"model":"gpt-4o","messages":[{}],"max_tokens": 16}',
    )
    expect(sent('{"model":"gpt-4o","messages":[{}]}', 16)).toBe(
      '{"max_completion_tokens":16,"model":"gpt-4o","messages":[{}]}',
    )
  })
})

const problem = (text: string): GatewayError => {
  try {
    read(text)
  } catch (error) {
    if (error instanceof GatewayError) return error
  }
  throw new Error('nothing was refused')
}

describe('what cannot be billed on is refused in OpenAI’s words, with its codes', () => {
  const asked = (fields: string): string => `{"model":"gpt-5.4","messages":[{}],${fields}}`
  test.each([
    ['{"messages":[{}]}', 'model', 'missing_required_parameter', "Missing required parameter: 'model'."],
    ['{"model":"","messages":[{}]}', 'model', 'missing_required_parameter', "Missing required parameter: 'model'."],
    ['{"model":5,"messages":[{}]}', 'model', 'invalid_type', 'expected a string, but got an integer instead'],
    ['{"model":"gpt-5.4"}', 'messages', 'missing_required_parameter', "Missing required parameter: 'messages'."],
    [
      '{"model":"gpt-5.4","messages":"hi"}',
      'messages',
      'invalid_type',
      'expected an array of objects, but got a string',
    ],
    [
      '{"model":"gpt-5.4","messages":[]}',
      'messages',
      'empty_array',
      'empty array. Expected an array with minimum length 1',
    ],
    ['{"model":"gpt-5.4","messages":["hi"]}', 'messages[0]', 'invalid_type', 'expected an object, but got a string'],
    [
      '{"model":"gpt-5.4","messages":[7],"n":0.5}',
      'messages[0]',
      'invalid_type',
      'expected an object, but got an integer',
    ],
    [asked('"stream":"yes"'), 'stream', 'invalid_type', 'expected a boolean, but got a string'],
    [asked('"stream_options":[]'), 'stream_options', 'invalid_type', 'expected an object, but got an empty array'],
    [asked('"stream_options":{"include_usage":1}'), 'stream_options.include_usage', 'invalid_type', 'got an integer'],
    [asked('"service_tier":5'), 'service_tier', 'invalid_type', 'expected a string, but got an integer'],
    [asked('"n":1.5'), 'n', 'invalid_type', 'expected an integer, but got a decimal number instead'],
    [asked('"n":"2"'), 'n', 'invalid_type', 'expected an integer, but got a string instead'],
    [asked('"n":true'), 'n', 'invalid_type', 'expected an integer, but got a boolean instead'],
    [asked('"n":1025'), 'n', 'integer_above_max_value', 'Expected a value <= 128, but got 1025 instead'],
    [asked('"max_tokens":"5"'), 'max_tokens', 'invalid_type', 'expected an integer, but got a string instead'],
    [asked('"max_tokens":1.5'), 'max_tokens', 'invalid_type', 'got a decimal number'],
    [asked('"max_tokens":[5]'), 'max_tokens', 'invalid_type', 'got an array'],
    [asked('"max_tokens":{}'), 'max_tokens', 'invalid_type', 'got an object'],
    [asked('"max_tokens":1e999'), 'max_tokens', 'integer_above_max_value', 'Expected a value <= 10000000'],
    [asked('"max_tokens":18446744073709551616'), 'max_tokens', 'integer_above_max_value', 'Expected a value <='],
    [asked('"max_completion_tokens":-1e30'), 'max_completion_tokens', 'integer_below_min_value', 'a value >= 1'],
    [asked('"max_completion_tokens":false'), 'max_completion_tokens', 'invalid_type', 'got a boolean'],
  ])('%s', (text, param, code, said) => {
    const { details, message } = problem(text)
    expect([details.param, details.vendorCode]).toEqual([param, code])
    expect(message).toContain(said)
  })

  test.each([
    ['{"model":"gpt-5-nano","messages":[{}],"model":"gpt-5.4"}', 'model'],
    [asked('"max_tok\\u0065ns":1,"max_tokens":9000'), 'max_tokens'],
  ])('%s', (text, param) => {
    const { details, message } = problem(text)
    expect(details.param).toBe(param)
    expect(message).toContain('more than once')
  })
})

describe('a number that is the upstream’s to judge', () => {
  test.each([
    [
      '"max_tokens":0',
      1,
      'integer_below_min_value',
      "Invalid 'max_tokens': integer below minimum value. Expected a value >= 1, but got 0 instead.",
    ],
    [
      '"max_tokens":-1',
      1,
      'integer_below_min_value',
      "Invalid 'max_tokens': integer below minimum value. Expected a value >= 1, but got -1 instead.",
    ],
    [
      '"max_completion_tokens":0',
      1,
      'integer_below_min_value',
      "Invalid 'max_completion_tokens': integer below minimum value. Expected a value >= 1, but got 0 instead.",
    ],
    [
      '"max_tokens":0,"max_completion_tokens":50',
      1,
      'integer_below_min_value',
      "Invalid 'max_tokens': integer below minimum value. Expected a value >= 1, but got 0 instead.",
    ],
    [
      '"max_tokens":10000001',
      1,
      'integer_above_max_value',
      "Invalid 'max_tokens': integer above maximum value. Expected a value <= 10000000, but got 10000001 instead.",
    ],
    [
      '"n":0',
      1,
      'integer_below_min_value',
      "Invalid 'n': integer below minimum value. Expected a value >= 1, but got 0 instead.",
    ],
    [
      '"n":-3,"max_tokens":9',
      1,
      'integer_below_min_value',
      "Invalid 'n': integer below minimum value. Expected a value >= 1, but got -3 instead.",
    ],
    [
      '"n":130,"max_tokens":9',
      130,
      'integer_above_max_value',
      "Invalid 'n': integer above maximum value. Expected a value <= 128, but got 130 instead.",
    ],
  ])('%s goes up as it came, and counts as unstated', (fields, answers, code, words) => {
    const text = `{"model":"gpt-5.4","messages":[{}],${fields}}`
    const asked = read(text)
    expect(decode(asked.wire.body(unchanged) as Uint8Array)).toBe(text)
    expect(asked).toMatchObject({ demand: { output: { max: null, answers } } })
    expect([asked.demand!.judged?.message, asked.demand!.judged?.details.vendorCode]).toEqual([words, code])
  })

  test('is none of these', () => {
    for (const fields of ['"n":1', '"n":128', '"max_tokens":1', '"max_tokens":10000000', '"n":null,"max_tokens":null'])
      expect(read(`{"model":"gpt-5.4","messages":[{}],${fields}}`).demand!.judged).toBeNull()
  })
})

const chunk = (fields: object): string =>
  JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    model: 'gpt-5.4-2026-03-05',
    service_tier: 'default',
    ...fields,
  })
const delta = (content: string, usage: '' | ',"usage":null'): string =>
  `${chunk({ choices: [{ index: 0, delta: { content }, finish_reason: null }] }).slice(0, -1)}${usage}}`
const usage = {
  prompt_tokens: 8,
  completion_tokens: 9,
  total_tokens: 17,
  prompt_tokens_details: { cached_tokens: 3 },
  completion_tokens_details: { reasoning_tokens: 4 },
}
const streamWith = (nulls: '' | ',"usage":null', words: readonly string[], end = '\n\n'): string =>
  [...words.map((word) => delta(word, nulls)), ...(nulls === '' ? [] : [chunk({ choices: [], usage })]), '[DONE]']
    .map((data) => `data: ${data}${end}`)
    .join('')

/** Feeds a stream in pieces of the given sizes. */
function feed(follow: StreamReader, stream: string, sizes: readonly number[]): string {
  const bytes = encode(stream)
  const passed: Uint8Array[] = []
  let at = 0
  for (const size of [...sizes, bytes.length]) {
    if (at < bytes.length) passed.push(follow.take(bytes.subarray(at, at + size)))
    at += size
  }
  passed.push(follow.close())
  return decode(Buffer.concat(passed))
}

describe('a stream', () => {
  // Of one that says nothing, it is not told what it is: a stream that ends so has failed.
  const words = fc
    .array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 8 })
    .filter((said) => said.join('') !== '')
  const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 60 })
  const end = fc.constantFrom('\n\n', '\r\n\r\n')

  test('a client that did not ask for usage gets, byte for byte, what it would have got without it', () => {
    fc.assert(
      fc.property(words, sizes, end, (said, cuts, blank) => {
        expect(feed(followChat(false, noWays), streamWith(',"usage":null', said, blank), cuts)).toBe(
          streamWith('', said, blank),
        )
      }),
    )
  })

  test('a client that asked gets every byte, and the usage is read all the same', () => {
    fc.assert(
      fc.property(words, sizes, (said, cuts) => {
        const follow = followChat(true, noWays)
        const stream = streamWith(',"usage":null', said)
        expect(feed(follow, stream, cuts)).toBe(stream)
        expect(follow.reading().usage).toEqual({ input: 5, cachedInput: 3, output: 5, reasoning: 4 })
        expect(follow.state()).toBe('over')
        expect(follow.reading().output().text).toBe(said.join(''))
      }),
    )
  })

  test('usage on a chunk that also carries text is taken out of it, wherever it stands', () => {
    const follow = followChat(false, noWays)
    const record = (usageMember: string): string =>
      `data: {${usageMember}"choices":[{"delta":{"content":"\\"usage\\":null"}}]}\n\n`
    expect(feed(follow, record(`"usage": ${JSON.stringify(usage)} , `), [])).toBe(record(''))
    expect(follow.reading().usage?.output).toBe(5)
    expect(feed(followChat(false, noWays), 'data: {"choices":[{}], "usage" : null}\n\n', [])).toBe(
      'data: {"choices":[{}]}\n\n',
    )
  })

  const stream = (...chunks: object[]): string => chunks.map((fields) => `data: ${chunk(fields)}\n\n`).join('')
  const readOf = (text: string) => {
    const follow = followChat(false, noWays)
    feed(follow, text, [])
    return follow.reading()
  }
  const counted = { input: 5, cachedInput: 3, output: 5, reasoning: 4 }
  test.each<[string, object[]]>([
    [
      'partial ones in front of the full one',
      [
        { choices: [], usage: { prompt_tokens_details: { cached_tokens: 0 } } },
        { choices: [], usage },
      ],
    ],
    [
      'partial and empty ones behind it',
      [
        { choices: [], usage },
        { choices: [], usage: { prompt_tokens_details: null } },
        { choices: [], usage: {} },
      ],
    ],
    [
      'zeros behind it',
      [
        { choices: [], usage },
        { choices: [], usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 } },
      ],
    ],
    [
      'running totals',
      [
        { choices: [], usage: { ...usage, completion_tokens: 5, total_tokens: 13 } },
        { choices: [], usage },
      ],
    ],
    [
      'the prompt first, the completion last',
      [
        { usage: { prompt_tokens: 8, prompt_tokens_details: { cached_tokens: 3 } } },
        { usage: { completion_tokens: 9, completion_tokens_details: { reasoning_tokens: 4 } } },
      ],
    ],
    ['in the choice', [{ usage: null, choices: [{ index: 0, delta: {}, finish_reason: 'stop', usage }] }]],
    ['in x_groq', [{ choices: [], x_groq: { id: 'req', usage } }]],
  ])('of all usage that chunks tell the most complete counts: %s', (_, chunks) => {
    const reading = readOf(stream(...chunks))
    expect(reading).toMatchObject({
      usage: counted,
      mismatch: false,
      servedModel: 'gpt-5.4-2026-03-05',
      tier: 'standard',
    })
    expect(reading.vendorUsage).toMatchObject({ prompt_tokens: 8, completion_tokens: 9 })
  })

  test('a connection that ends early is not an answer that ended', () => {
    const follow = followChat(false, noWays)
    feed(follow, `data: ${delta('hel', '')}\n\n`, [])
    expect(follow.state()).toBe('open')
    expect(follow.reading()).toMatchObject({ usage: null, mismatch: false, hasUnknown: false })
    expect(follow.reading().output().text).toBe('hel')
  })
})

describe('a plain answer', () => {
  const read = (answer: object) =>
    readerOf(chatCompletions.read(body(plain), {}, new URLSearchParams())).read(
      encode(JSON.stringify(answer)),
      new Headers(),
    )

  test('tells its usage, the model and the tier that served', () => {
    const choices = [
      { message: { role: 'assistant', content: 'hello', tool_calls: [{ function: { name: 'f', arguments: '{}' } }] } },
    ]
    const reading = read({ model: 'gpt-5.4-2026-03-05', choices, usage, service_tier: 'flex' })
    expect(reading).toMatchObject({
      usage: { input: 5, cachedInput: 3, output: 5, reasoning: 4 },
      servedModel: 'gpt-5.4-2026-03-05',
      tier: 'flex',
      vendorUsage: usage,
    })
    expect(reading.output().text).toBe('hellof{}')
  })

  test('that is no completion cannot be read', () => {
    for (const answer of [
      { hello: 'there' },
      { choices: null },
      { choices: [] },
      { choices: [null] },
      { choices: ['hi'] },
    ])
      expect(() => read({ ...answer, usage })).toThrow('choices')
  })

  test('with an error beside its choices, or in one of them, is none', () => {
    const error = { message: 'Provider disconnected', code: 502 }
    expect(() => read({ choices: [{ message: {} }], error })).toThrow('error')
    expect(() => read({ choices: [{ message: {}, error, finish_reason: 'error' }] })).toThrow('error')
    expect(() => read({ choices: [{ message: { content: 'half' }, finish_reason: 'error' }] })).toThrow('error')
    expect(read({ choices: [{ message: {}, error: null }], error: null }).usage).toBeNull()
  })
})
