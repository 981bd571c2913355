/** A chat's stream as that of a response: events in the vendor's order, whatever the chat says and however it comes. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { ResponseStream } from 'openai/lib/responses/ResponseStream'
import type { StreamReader } from '../../../../dialect.ts'
import type { Fields } from '../items.ts'
import { createResponseWriter } from './response.ts'
import { followAsChat } from './stream.ts'

const ways = { hasAnnotationChunks: false, reportsStreamUsage: true, recordBytesMax: 16 * 1024 * 1024 }
const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const asked: Fields = {
  model: 'llama',
  input: 'hi',
  instructions: 'Be brief.',
  tools: [
    { type: 'function', name: 'get_weather' },
    { type: 'custom', name: 'apply_patch' },
  ],
}
const follow = (of: Fields = asked): StreamReader => followAsChat(of, '7', ways)

const about = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_763_800_000, model: 'llama-3' }
const chunk = (delta: object, reason: string | null = null, more: object = {}): string =>
  `data: ${JSON.stringify({ ...about, choices: [{ index: 0, delta, finish_reason: reason }], ...more })}\n\n`
const usage = {
  prompt_tokens: 20,
  completion_tokens: 9,
  total_tokens: 29,
  completion_tokens_details: { reasoning_tokens: 4 },
}
const counted = `data: ${JSON.stringify({ ...about, choices: [], usage })}\n\n`
const over = 'data: [DONE]\n\n'
const call = (index: number, given: string, first?: object): object => ({
  tool_calls: [{ index, ...first, function: { ...(first && { name: 'get_weather' }), arguments: given } }],
})

type Event = Fields & { readonly type: string; readonly sequence_number: number; readonly response: Fields }

function eventsOf(stream: string, cuts: readonly number[] = [], reader = follow()): readonly Event[] {
  const bytes = encode(stream)
  let given = ''
  let at = 0
  for (const cut of [...cuts, bytes.length]) {
    if (at < bytes.length) given += decode(reader.take(bytes.subarray(at, at + cut)))
    at += cut
  }
  given += decode(reader.close())
  return [...given.matchAll(/^event: (.+)\ndata: (.+)\n\n/gm)].map(([, name, data]) => {
    const event = JSON.parse(data!) as Event
    expect(event.type).toBe(name!)
    return event
  })
}
const typesOf = (events: readonly Event[]): readonly string[] => events.map(({ type }) => type.replace('response.', ''))

/** What OpenAI's own SDK makes of the events; it throws where their order or their ids are wrong. */
async function readBySdk(events: readonly Event[]): Promise<Fields> {
  const lines = events.map((event) => `${JSON.stringify(event)}\n`)
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const line of lines) controller.enqueue(encode(line))
      controller.close()
    },
  })
  return (await ResponseStream.fromReadableStream(stream).finalResponse()) as unknown as Fields
}

describe('a chat that says', () => {
  test('a text is a response with a message', () => {
    const events = eventsOf(
      [
        chunk({ role: 'assistant' }),
        chunk({ content: 'Grüße' }),
        chunk({ content: ' 🌊' }),
        chunk({}, 'stop'),
        counted,
        over,
      ].join(''),
    )
    expect(typesOf(events)).toEqual([
      'created',
      'in_progress',
      'output_item.added',
      'content_part.added',
      'output_text.delta',
      'output_text.delta',
      'output_text.done',
      'content_part.done',
      'output_item.done',
      'completed',
    ])
    expect(events.at(-1)!.response).toMatchObject({
      id: 'resp_7',
      object: 'response',
      created_at: 1_763_800_000,
      model: 'llama-3',
      status: 'completed',
      instructions: 'Be brief.',
      store: false,
      output: [
        {
          id: 'msg_7_0',
          type: 'message',
          role: 'assistant',
          status: 'completed',
          content: [{ type: 'output_text', text: 'Grüße 🌊', annotations: [] }],
        },
      ],
      usage: {
        input_tokens: 20,
        input_tokens_details: { cached_tokens: 0 },
        output_tokens: 9,
        output_tokens_details: { reasoning_tokens: 4 },
        total_tokens: 29,
      },
    })
  })

  test.each([['reasoning_content'], ['reasoning'], ['thinking']])(
    'what it thinks, as %s, is reasoning with a summary, which ends where the text begins',
    (name) => {
      const events = eventsOf(
        [
          chunk({ [name]: 'Hm, ' }),
          chunk({ [name]: 'yes.' }),
          chunk({ content: 'Hi' }),
          chunk({}, 'stop'),
          counted,
        ].join(''),
      )
      expect(typesOf(events)).toEqual([
        'created',
        'in_progress',
        'output_item.added',
        'reasoning_summary_part.added',
        'reasoning_summary_text.delta',
        'reasoning_summary_text.delta',
        'reasoning_summary_text.done',
        'reasoning_summary_part.done',
        'output_item.done',
        'output_item.added',
        'content_part.added',
        'output_text.delta',
        'output_text.done',
        'content_part.done',
        'output_item.done',
        'completed',
      ])
      expect(events.at(-1)!.response['output']).toMatchObject([
        { id: 'rs_7_0', type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm, yes.' }] },
        { id: 'msg_7_1', type: 'message' },
      ])
    },
  )

  test('calls of functions, two at once, are items with their arguments', () => {
    const events = eventsOf(
      [
        chunk(call(0, '', { id: 'call_a', type: 'function' })),
        chunk(call(1, '{"b"', { id: 'call_b', type: 'function' })),
        chunk(call(0, '{"a":1}')),
        chunk(call(1, ':2}')),
        chunk({}, 'tool_calls'),
        counted,
      ].join(''),
    )
    expect(events.at(-1)!.response).toMatchObject({
      status: 'completed',
      output: [
        {
          type: 'function_call',
          id: 'fc_7_0',
          call_id: 'call_a',
          name: 'get_weather',
          arguments: '{"a":1}',
          status: 'completed',
        },
        {
          type: 'function_call',
          id: 'fc_7_1',
          call_id: 'call_b',
          name: 'get_weather',
          arguments: '{"b":2}',
          status: 'completed',
        },
      ],
    })
  })

  test('calls without ids, or of one id, get ids that tell them apart', () => {
    const none = { tool_calls: [{ function: { name: 'get_weather', arguments: { a: 1 } } }] }
    const output = eventsOf([chunk(none), chunk({}, 'tool_calls'), counted].join('')).at(-1)!.response['output']
    expect(output).toMatchObject([{ call_id: 'call_7_0', arguments: '{"a":1}' }])
    const same = [call(0, '{}', { id: 'x' }), call(1, '{}', { id: 'x' })].map((each) => chunk(each)).join('')
    const ids = eventsOf(same + chunk({}, 'tool_calls') + counted).at(-1)!.response['output'] as readonly Fields[]
    expect(ids.map(({ call_id }) => call_id)).toEqual(['x', 'call_7_1'])
  })

  test('a call of a custom tool is its text, and not the JSON around it', () => {
    const first = { id: 'call_c', function: { name: 'apply_patch', arguments: '{"input":"*** Beg' } }
    const events = eventsOf(
      [
        chunk({ tool_calls: [{ index: 0, ...first }] }),
        chunk(call(0, 'in\\n"}')),
        chunk({}, 'tool_calls'),
        counted,
      ].join(''),
    )
    expect(typesOf(events).slice(2)).toEqual([
      'output_item.added',
      'custom_tool_call_input.delta',
      'custom_tool_call_input.done',
      'output_item.done',
      'completed',
    ])
    expect(events.at(-1)!.response['output']).toMatchObject([
      { id: 'ctc_7_0', type: 'custom_tool_call', name: 'apply_patch', input: '*** Begin\n', call_id: 'call_c' },
    ])
  })

  test('what Gemini signs of a call is kept with it', () => {
    const signed = {
      index: 0,
      id: 'c',
      extra_content: { google: { thought_signature: 'abc' } },
      function: { name: 'f', arguments: '{}' },
    }
    const { response } = eventsOf(chunk({ tool_calls: [signed] }) + chunk({}, 'tool_calls') + counted).at(-1)!
    expect(response['output']).toMatchObject([{ extra_content: { google: { thought_signature: 'abc' } } }])
  })

  test('no is a refusal; nothing at all is an empty message', () => {
    const no = eventsOf(chunk({ refusal: 'I cannot' }) + chunk({}, 'stop') + counted)
    expect(no.at(-1)!.response['output']).toMatchObject([{ content: [{ type: 'refusal', refusal: 'I cannot' }] }])
    const empty = eventsOf(chunk({ role: 'assistant', content: '' }) + chunk({}, 'stop') + counted)
    expect(empty.at(-1)!.response['output']).toMatchObject([{ content: [{ type: 'output_text', text: '' }] }])
  })

  test.each([
    ['length', 'incomplete', 'max_output_tokens'],
    ['content_filter', 'incomplete', 'content_filter'],
    ['stop', 'completed', null],
    ['tool_calls', 'completed', null],
  ])('that it ends by %s is %s', (reason, status, why) => {
    const last = eventsOf(chunk({ content: 'a' }) + chunk({}, reason) + counted).at(-1)!
    expect(last.type).toBe(`response.${status}`)
    expect(last.response).toMatchObject({ status, incomplete_details: why && { reason: why } })
    expect((last.response['output'] as readonly Fields[])[0]!['status']).toBe(status)
  })
})

describe('how it ends', () => {
  const states = (...records: string[]): readonly string[] => {
    const reader = follow()
    return records.map((record) => {
      reader.take(encode(record))
      return reader.state()
    })
  }
  test('the last event comes with the usage, or with [DONE]', () => {
    expect(states(chunk({ role: 'assistant' }), chunk({ content: 'a' }), chunk({}, 'stop'), counted)).toEqual([
      'silent',
      'open',
      'finished',
      'over',
    ])
    expect(states(chunk({ content: 'a' }), chunk({}, 'stop'), over)).toEqual(['open', 'finished', 'over'])
  })

  test('or when the connection closes behind a finished answer', () => {
    const events = eventsOf(chunk({ content: 'a' }) + chunk({}, 'stop'))
    expect(events.at(-1)).toMatchObject({ type: 'response.completed', response: { usage: null } })
  })

  test('an answer that broke off has no last event, and its last words are the response that failed, numbered on', () => {
    const reader = follow()
    const events = eventsOf(chunk({ content: 'a' }), [], reader)
    expect([events.at(-1)!.type, reader.state()]).toEqual(['response.output_text.delta', 'open'])
    const words = reader.lastWords!(
      'data: {"error":{"message":"It broke.","type":"t","param":null,"code":"upstream_failed"}}\n\n',
    )
    expect(words).toStartWith('event: response.failed\ndata: {"type":"response.failed","sequence_number":5,')
    expect(words).toContain('"id":"resp_7"')
  })

  test('an error is one of the chat', () => {
    const reader = follow()
    expect(eventsOf('data: {"error":{"message":"no","code":429}}\n\n', [], reader)).toEqual([])
    expect([reader.state(), reader.error()?.status, reader.hasBegun()]).toEqual(['failed', 429, false])
  })
})

// ---- Whatever a chat says, and however it comes ----------------------------------------------------

const word = fc.constantFrom('a', 'ß', '🌊', '"', '\\', '\n', '{"x":1}', ' data: ')
const piece = fc.oneof(
  word.map((text): object => ({ content: text })),
  word.map((text): object => ({ reasoning_content: text })),
  fc.constant({ refusal: 'no' }),
  fc.constant({ content: '' }),
  fc.tuple(fc.nat(2), word).map(([index, text]) => ({
    tool_calls: [
      { index, id: `call_${index}`, function: { name: index === 2 ? 'apply_patch' : 'get_weather', arguments: text } },
    ],
  })),
)
const anyChat = fc.record({
  pieces: fc.array(piece, { maxLength: 12 }),
  reason: fc.constantFrom('stop', 'length', 'tool_calls', 'content_filter'),
  end: fc.constantFrom(counted + over, counted, over, ''),
  between: fc.constantFrom('', ': ping\n\n'),
})
type Chat = {
  readonly pieces: readonly object[]
  readonly reason: string
  readonly end: string
  readonly between: string
}
const streamOf = ({ pieces, reason, end, between }: Chat): string =>
  [...pieces.map((each) => chunk(each)), chunk({}, reason)].join(between) + end
const cuts = fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 60 })

test('any chat gives events without a gap in their numbers, that the SDK reads to the very response that the last one has', async () => {
  await fc.assert(
    fc.asyncProperty(anyChat, async (chat) => {
      const events = eventsOf(streamOf(chat))
      expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, at) => at))
      expect(new Set(events.flatMap(({ response }) => (response ? [response['id']] : []))).size).toBe(1)
      const last = events.at(-1)!.response
      const final = await readBySdk(events)
      expect(final).toMatchObject({ id: 'resp_7', status: last['status'] })
      const texts = (last['output'] as readonly Fields[]).flatMap(({ content }) => (content as readonly Fields[]) ?? [])
      expect(final['output_text']).toBe(texts.map(({ text }) => (typeof text === 'string' ? text : '')).join(''))
    }),
    { numRuns: 500 },
  )
})

test('however a chat is cut, its events are the same', () => {
  fc.assert(
    fc.property(anyChat, cuts, (chat, sizes) => {
      const stream = streamOf(chat)
      expect(eventsOf(stream, sizes)).toEqual(eventsOf(stream) as Event[])
    }),
    { numRuns: 1_000 },
  )
})

test('a whole answer is the response that its stream ends with', () => {
  fc.assert(
    fc.property(anyChat, (chat) => {
      const last = eventsOf(streamOf({ ...chat, end: counted })).at(-1)!.response
      const merged: Fields = {
        ...about,
        choices: [{ index: 0, message: messageOf(chat.pieces), finish_reason: chat.reason }],
      }
      const writer = createResponseWriter(asked, '7')
      writer.add(merged)
      writer.end({ input: 20, output: 5, reasoning: 4 })
      const kinds = (response: Fields): unknown =>
        (response['output'] as readonly Fields[])
          .map(({ type, arguments: given, input }) => [type, given, input])
          .toSorted((one, other) => JSON.stringify(one).localeCompare(JSON.stringify(other)))
      // Where a chat thinks again and again, its stream tells when.
      if (kindsOnce(last)) expect(kinds(writer.response())).toEqual(kinds(last))
      expect(writer.response()).toMatchObject({ id: 'resp_7', status: last['status'], usage: last['usage'] })
    }),
    { numRuns: 500 },
  )
})

const kindsOnce = ({ output }: Fields): boolean =>
  (output as readonly Fields[]).filter(({ type }) => type === 'reasoning').length <= 1

const textIn = (fields: Fields, name: string): string => (typeof fields[name] === 'string' ? fields[name] : '')

/** Its pieces put together, as the upstream itself would have answered. */
function messageOf(pieces: readonly object[]): Fields {
  const join = (name: string): string => pieces.map((each) => textIn(each as Fields, name)).join('')
  const calls = new Map<number, { id: string; function: { name: string; arguments: string } }>()
  for (const each of pieces as readonly {
    tool_calls?: readonly { index: number; id: string; function: { name: string; arguments: string } }[]
  }[])
    for (const { index, id, function: called } of each.tool_calls ?? []) {
      const before = calls.get(index)
      calls.set(index, {
        id,
        function: { name: called.name, arguments: (before?.function.arguments ?? '') + called.arguments },
      })
    }
  return {
    content: join('content'),
    reasoning_content: join('reasoning_content'),
    refusal: join('refusal'),
    tool_calls: [...calls.values()],
  }
}
