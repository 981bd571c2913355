/** When a streamed completion has ended, and when it has only stopped: the reader's states, record by record. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { TooLongError } from '../../../../lib/record-buffer.ts'
import type { StreamReader } from '../../../dialect.ts'
import { followChat } from './stream.ts'

const ways = { hasAnnotationChunks: false, reportsStreamUsage: true, recordBytesMax: 1024 * 1024 }
const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const decode = (bytes: Uint8Array): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)

const json = (choices: unknown, more: object = {}): string => JSON.stringify({ id: 'c', model: 'm', choices, ...more })
const delta = (content: string, index = 0, more: object = {}): string =>
  json([{ index, delta: { content }, finish_reason: null }], more)
const stop = (index = 0, reason: unknown = 'stop', more: object = {}): string =>
  json([{ index, delta: {}, finish_reason: reason }], more)
const usage = { prompt_tokens: 20, completion_tokens: 5, total_tokens: 25 }
const counted = json([], { usage })
const record = (data: string): string => `data: ${data}\n\n`

/** The reader's state after each record, and what it gave. */
function states(records: readonly string[], follow = followChat(true, ways)): string[] {
  return records.map((each) => {
    follow.take(encode(each))
    return follow.state()
  })
}
const followAfter = (...data: readonly string[]): StreamReader => {
  const follow = followChat(true, ways)
  states(data.map(record), follow)
  return follow
}
const stateAfter = (...data: readonly string[]): string => states(data.map(record)).at(-1)!

test('whose turn it is says nothing yet: what fails behind it can still be asked of another', () => {
  const turn = json([{ index: 0, delta: { role: 'assistant', content: '', refusal: null, tool_calls: [] } }])
  expect(states([turn, delta('a')].map(record))).toEqual(['silent', 'open'])
  expect(stateAfter(turn, stop())).toBe('finished')
  for (const failure of [JSON.stringify({ error: { message: 'no' } }), '[DONE]'])
    expect([stateAfter(turn, failure), followAfter(turn, failure).hasBegun()]).toEqual(['failed', false])
})

describe('an answer has ended', () => {
  test('when its choice has said why, its usage has come, or it says that it is over', () => {
    const records = [': ping\n\n', ...[delta('a'), stop(), counted, '[DONE]'].map(record)]
    expect(states(records)).toEqual(['silent', 'open', 'finished', 'whole', 'over'])
  })

  test('without usage, when none can be asked for', () => {
    const follow = followChat(true, { ...ways, reportsStreamUsage: false })
    expect(states([delta('a'), stop()].map(record), follow)).toEqual(['open', 'whole'])
  })

  test('only when every choice that was asked for, or seen, has said why', () => {
    const two = (): StreamReader => followChat(true, ways, 2)
    expect(states([delta('a'), stop(0)].map(record), two()).at(-1)).toBe('open')
    expect(states([delta('a'), stop(0), delta('b', 1), stop(1)].map(record), two()).at(-1)).toBe('finished')
    expect(stateAfter(delta('a'), delta('b', 1), stop(0))).toBe('open')
    expect(stateAfter(delta('a'), delta('b', 1), stop(0), stop(1))).toBe('finished')
  })

  test('of several that were asked for, not before each has said why: one that has and a count may be all that is left of two', () => {
    const three = (): StreamReader => followChat(true, ways, 3)
    expect(states([delta('a'), stop(), counted].map(record), three())).toEqual(['open', 'open', 'open'])
    // abetlen/llama-cpp-python#1906, InternLM/lmdeploy#4073 and others overlook `n`, and say that it is over.
    expect(states([delta('a'), stop(), counted, '[DONE]'].map(record), three()).at(-1)).toBe('over')
  })

  test.each([[null], [''], ['null']])('not by a reason that is none: %p', (reason) => {
    expect(stateAfter(delta('a'), stop(0, reason))).toBe('open')
  })

  test('never by running usage', () => {
    expect(stateAfter(delta('a', 0, { usage }), delta('b', 0, { usage }))).toBe('open')
    expect(stateAfter(delta('a', 0, { usage }), stop())).toBe('finished')
    expect(stateAfter(delta('a', 0, { usage }), stop(0, 'stop', { usage: null }))).toBe('finished')
    expect(stateAfter(delta('a', 0, { usage }), stop(0, 'stop', { usage }))).toBe('whole')
    expect(stateAfter(delta('a', 0, { usage }), stop(), counted)).toBe('whole')
  })

  test('and what comes behind its end is not passed', () => {
    const follow = followChat(true, ways)
    const stream = [delta('a'), stop(), '[DONE]'].map(record).join('')
    expect(decode(follow.take(encode(`${stream}${record(delta('more'))}: ping\n\n`)))).toBe(stream)
    expect(follow.take(encode(record(delta('more')))).length).toBe(0)
    expect(follow.reading().output().text).toBe('a')
  })

  test('when its last record lacks its blank line, or its line end', () => {
    for (const [tail, state] of [
      [`data: ${counted}`, 'whole'],
      [`data: ${counted}\n`, 'whole'],
      ['data: [DONE]', 'over'],
      ['data: [DONE]\r\n\r', 'over'],
    ] as const) {
      const follow = followChat(true, ways)
      const given = follow.take(encode(`${[delta('a'), stop()].map(record).join('')}${tail}`))
      expect(decode(Buffer.concat([given, follow.close()])).endsWith(tail)).toBe(true)
      expect(follow.state()).toBe(state)
    }
  })

  test('but a record that broke off in its middle is none, and is not passed', () => {
    const follow = followChat(true, ways)
    expect(decode(follow.take(encode(`${record(delta('a'))}data: ${stop().slice(0, -9)}`)))).toBe(record(delta('a')))
    expect(follow.close().length).toBe(0)
    expect(follow.state()).toBe('open')
  })

  test('[DONE] before anything else is no answer, and is not passed', () => {
    const follow = followChat(true, ways)
    expect(decode(follow.take(encode(`: ping\n\n${record('[DONE]')}`)))).toBe(': ping\n\n')
    expect(follow.state()).toBe('failed')
    expect(follow.error()).toBeNull()
  })
})

describe('an error in a stream', () => {
  const error = { message: 'overloaded at org-secret', type: 'server_error', code: 503 }
  const spellings: readonly string[] = [
    record(JSON.stringify({ error })),
    `data:${JSON.stringify({ error })}\n\n`,
    `data: { "error" : ${JSON.stringify(error)} }\r\n\r\n`,
    `id: 1\nevent: error\ndata: ${JSON.stringify(error)}\n\n`,
    'event: error\ndata: overloaded at org-secret\n\n',
    record(json([], { error })),
    record(json(null, { error })),
    record(delta('', 0, { error })),
    record(json([{ index: 0, delta: { content: '' }, finish_reason: 'error' }], { error })),
    record(json([{ index: 0, delta: {}, finish_reason: 'error', error }])),
    record(stop(0, 'stop', { x_groq: { id: 'req', error: 'overloaded at org-secret' } })),
    record(JSON.stringify({ error: 'overloaded at org-secret' })),
    record(JSON.stringify([{ error }])),
    record(JSON.stringify({ type: 'error', error })),
    record(JSON.stringify({ detail: 'overloaded at org-secret' })),
    record(JSON.stringify({ message: 'overloaded at org-secret', code: 503 })),
    JSON.stringify({ error }, null, 1)
      .split('\n')
      .map((line) => `data: ${line}\n`)
      .join('') + '\n',
    // Beside the framing, as a server writes it that knows nothing of the stream that it is in.
    `${JSON.stringify({ error })}\n\n`,
    `${JSON.stringify({ error }, null, 2)}\r\n\r\n`,
  ]
  for (const spelling of spellings)
    test(`is seen, first or behind some text, and not passed: ${JSON.stringify(spelling)}`, () => {
      for (const before of ['', ': processing\n\n', record(delta('a'))]) {
        const follow = followChat(true, ways)
        expect(decode(follow.take(encode(`${before}${spelling}${record('[DONE]')}`)))).toBe(before)
        expect(follow.state()).toBe('failed')
        expect(decode(follow.error()!.body)).toContain('overloaded at org-secret')
      }
    })

  test.each([
    'error',
    'abort',
    'insufficient_system_resource',
    'network_error',
    'error_finish',
    { type: 'abort', message: 'gone' },
  ])('is a reason that says that the answer was broken off: %j', (reason) => {
    expect(stateAfter(stop(0, reason))).toBe('failed')
    const follow = followAfter(delta('a'), stop(0, reason), counted, '[DONE]')
    expect([follow.state(), follow.hasBegun(), follow.reading().output().text]).toEqual(['failed', true, 'a'])
  })

  test('is a record that broke off in its middle, as when another was written into it', () => {
    const follow = followAfter(delta('a'))
    expect(decode(follow.take(encode(`data: ${delta('b').slice(0, 60)}\n${record(JSON.stringify({ error }))}`)))).toBe(
      '',
    )
    expect(follow.state()).toBe('failed')
  })

  test('is none where it is null, or a word of the answer', () => {
    const ordinary = [
      delta('a', 0, { error: null }),
      delta('{"error": "no"}'),
      delta('error: "error"'),
      json([{ index: 0, delta: { tool_calls: [{ index: 0, function: { arguments: '{"error":{}}' } }] } }]),
    ]
    const follow = followChat(true, ways)
    const stream = [...ordinary, stop(), '[DONE]'].map(record).join('')
    expect(decode(follow.take(encode(stream)))).toBe(stream)
    expect(follow.state()).toBe('over')
  })
})

test('what no SDK can read is not passed, and the answer goes on', () => {
  const noise = [
    'retry: 3000\n\n',
    'id: 1\n\n',
    'data:\n\n',
    'data: : OPENROUTER PROCESSING\n\n',
    'event: ping\ndata: {"type": "ping"}\n\n',
    'data: {"type":"ping"}\n\n',
    '<html>502</html>\n\n',
    'upstream connect error at 10.0.0.7\n\n',
  ]
  const follow = followChat(true, ways)
  const answer = [delta('a'), stop(), counted].map(record)
  const given = answer.map((each) => decode(follow.take(encode(noise.join('') + each)))).join('')
  expect(given).toBe(answer.join(''))
  expect([follow.state(), follow.reading().usage]).toEqual(['whole', { input: 20, output: 5 }])
  expect(decode(Buffer.concat([follow.take(encode('<html>')), follow.close()]))).toBe('')
})

describe('usage that is told again and again', () => {
  const telling = (completions: readonly number[], answers = 1) => {
    const follow = followChat(true, ways, answers)
    const each = completions.map((completion) =>
      record(delta('text', 0, { usage: { ...usage, completion_tokens: completion, total_tokens: 20 + completion } })),
    )
    states([...each, record(stop())], follow)
    const { usage: counted, mismatch } = follow.reading()
    return { counted, mismatch }
  }

  test('is a running total, of which the last counts', () => {
    expect(telling([0, 1, 2, 2, 7])).toEqual({ counted: { input: 20, output: 7 }, mismatch: false })
    expect(telling([5])).toEqual({ counted: { input: 20, output: 5 }, mismatch: false })
  })

  test('says nothing of the output where it cannot be one: what the client was given is counted then, flagged', () => {
    for (const increments of [[3, 2, 4, 1], Array.from({ length: 20 }, () => 1)])
      expect(telling(increments)).toEqual({ counted: { input: 20 }, mismatch: true })
  })

  test('may be of one choice after the other where there are several', () => {
    expect(telling([3, 1, 4, 2], 2)).toEqual({ counted: { input: 20, output: 2 }, mismatch: false })
  })
})

describe('every spelling of a stream', () => {
  const chunks = [delta('Grüße 🌊'), stop(), counted]
  const lineEnd = fc.constantFrom('\n', '\r', '\r\n')
  const fields = fc.array(fc.constantFrom(': comment', 'id: 7', 'event: message', 'retry: 3'), { maxLength: 2 })
  const spelled = fc
    .tuple(lineEnd, fields, fields, fc.constantFrom('data:', 'data: '), fc.boolean(), fc.boolean())
    .map(([end, before, behind, name, isMarked, isSpaced]) => {
      const records = [...chunks, '[DONE]'].map((data) =>
        [...before, `${name}${isSpaced ? data.replaceAll('":', '" : ') : data}`, ...behind, '', ''].join(end),
      )
      return (isMarked ? '\ufeff' : '') + records.join('')
    })
  const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 60 })

  test('is metered and passed byte for byte, however it is cut', () => {
    fc.assert(
      fc.property(spelled, sizes, (stream, cuts) => {
        const follow = followChat(true, ways)
        const bytes = encode(stream)
        const passed: Uint8Array[] = []
        let at = 0
        for (const cut of [...cuts, bytes.length]) {
          if (at < bytes.length) passed.push(follow.take(bytes.subarray(at, at + cut)))
          at += cut
        }
        passed.push(follow.close())
        // A line feed that ends the last line behind its carriage return may be left out: the answer is over by then.
        expect(stream.replace(/\n$/, '')).toStartWith(decode(Buffer.concat(passed)).replace(/\n$/, ''))
        expect(decode(Buffer.concat(passed)).trimEnd()).toBe(stream.trimEnd())
        expect(follow.state()).toBe('over')
        expect(follow.reading().usage).toEqual({ input: 20, output: 5 })
        expect(follow.reading().output().text).toBe('Grüße 🌊')
      }),
      { numRuns: 1_000 },
    )
  })

  test('whole records are given as the very bytes that came', () => {
    const follow = followChat(true, ways)
    const bytes = encode([delta('a'), delta('b')].map(record).join(''))
    expect(follow.take(bytes)).toBe(bytes)
  })

  test('bytes that are no UTF-8 pass as they came', () => {
    const follow = followChat(false, ways)
    const bytes = Buffer.concat([
      encode('data: {"id":"'),
      Buffer.from([0xff, 0xc3, 0x28]),
      encode(`",${delta('x').slice(1)}\n\n`),
    ])
    expect(Buffer.from(follow.take(bytes.subarray(0, 20)))).toEqual(Buffer.alloc(0))
    expect(Buffer.from(follow.take(bytes.subarray(20)))).toEqual(bytes)
  })

  test('usage that is written over several lines is taken out as well', () => {
    const follow = followChat(false, ways)
    const lines = JSON.stringify({ choices: [{ index: 0, delta: { content: 'ü' } }], usage }, null, 1).split('\n')
    const given = decode(follow.take(encode(`${lines.map((line) => `data: ${line}\n`).join('')}\n`)))
    expect(given).not.toContain('usage')
    const data = given.replaceAll(/^data: ?/gm, '')
    expect(JSON.parse(data)).toEqual({ choices: [{ index: 0, delta: { content: 'ü' } }] })
    expect(follow.reading().usage).toEqual({ input: 20, output: 5 })
  })
})

test('a record longer than may be is an error', () => {
  const follow = followChat(true, ways)
  const filler = encode('a'.repeat(64 * 1024))
  expect(() => {
    for (let times = 0; times < 17; times += 1) follow.take(filler)
  }).toThrow(TooLongError)
})
