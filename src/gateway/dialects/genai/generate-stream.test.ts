/** When a streamed Gemini answer has ended, and when it has only stopped, in both framings. */
import { describe, expect, test } from 'bun:test'
import type { Framing, StreamReader } from '../../dialect.ts'
import { followGenerate } from './generate-stream.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const follow = (framing: Framing): StreamReader =>
  followGenerate({ framing, recordBytesMax: 1024 * 1024 }, new Headers())

const usageMetadata = { promptTokenCount: 20, candidatesTokenCount: 5, totalTokenCount: 25 }
const said = (text: string, more: object = {}, beside: object = {}): string =>
  JSON.stringify({ candidates: [{ content: { parts: [{ text }] }, index: 0, ...more }], ...beside })
const stop = (beside: object = {}): string => said('', { finishReason: 'STOP' }, beside)

const framed = (framing: Framing, elements: readonly string[]): string =>
  framing === 'sse' ? elements.map((element) => `data: ${element}\r\n\r\n`).join('') : `[${elements.join('\n,\r\n')}`
function after(framing: Framing, ...elements: readonly string[]): StreamReader {
  const reader = follow(framing)
  reader.take(encode(framed(framing, elements)))
  return reader
}

for (const framing of ['sse', 'array'] as const)
  describe(`a stream of Gemini, ${framing}`, () => {
    test('has ended when its candidate has said why and its usage has come, never by running usage', () => {
      expect(after(framing, said('a', {}, { usageMetadata })).state()).toBe('open')
      expect(after(framing, said('a', {}, { usageMetadata }), stop()).state()).toBe('finished')
      expect(after(framing, said('a'), stop()).state()).toBe('finished')
      expect(after(framing, said('a'), stop({ usageMetadata })).state()).toBe('whole')
      expect(after(framing, said('a'), stop(), JSON.stringify({ usageMetadata })).state()).toBe('whole')
      expect(after(framing, said('a', { finishReason: 'FINISH_REASON_UNSPECIFIED' })).state()).toBe('open')
    })

    test('has ended only when every candidate that was seen has said why', () => {
      const other = (more: object): string => said('b', { index: 1, ...more })
      expect(after(framing, said('a'), other({}), stop()).state()).toBe('open')
      expect(after(framing, said('a'), other({}), stop(), other({ finishReason: 'STOP' })).state()).toBe('finished')
    })

    test('has ended when the prompt was blocked', () => {
      const blocked = JSON.stringify({ promptFeedback: { blockReason: 'SAFETY' }, usageMetadata })
      expect(after(framing, blocked).state()).toBe('whole')
      const unblocked = said('a', {}, { promptFeedback: { blockReason: 'BLOCK_REASON_UNSPECIFIED' } })
      expect(after(framing, unblocked).state()).toBe('open')
    })

    test('has ended when every candidate that came has said why, however many were asked for', () => {
      const reader = after(framing, said('a'), stop({ usageMetadata }))
      reader.close()
      expect(reader.state()).toBe('whole')
    })

    test('in which an error is reported has failed, and the error is not passed', () => {
      const error = { code: 503, message: 'overloaded in projects/secret', status: 'UNAVAILABLE' }
      for (const spelling of [
        JSON.stringify({ error }),
        JSON.stringify({ error }, null, framing === 'sse' ? 0 : 2),
        said('', {}, { error }),
        JSON.stringify({ candidates: [], error }),
        JSON.stringify({ error: 'overloaded in projects/secret' }),
      ])
        for (const before of [[], [said('a')]]) {
          const reader = follow(framing)
          const passed = decode(reader.take(encode(framed(framing, [...before, spelling]))))
          expect(passed).not.toContain('overloaded')
          expect(reader.state()).toBe('failed')
          expect(decode(reader.error()!.body)).toContain('overloaded')
        }
    })

    test('in which a call or a text only speaks of errors goes on', () => {
      const call = { content: { parts: [{ functionCall: { name: 'f', args: { error: 'x', finishReason: 'STOP' } } }] } }
      const elements = [said('"error": {}'), said('', call), said('a', {}, { error: null })]
      const reader = follow(framing)
      expect(decode(reader.take(encode(framed(framing, elements))))).toBe(framed(framing, elements))
      expect(reader.state()).toBe('open')
    })

    test('that is cut in the middle of a record passes none of it', () => {
      const reader = follow(framing)
      const first = framed(framing, [said('a')])
      const second = framed(framing, [said('a'), said('b')])
      expect(decode(reader.take(encode(second.slice(0, -8))))).toBe(first)
      expect(reader.close().length).toBe(0)
      expect(reader.state()).toBe('open')
      expect(reader.reading().output().text).toBe('a')
    })
  })

test('an error that Google writes into a stream of events as it is, over several lines, fails it (maximhq/bifrost#5262)', () => {
  const error = { error: { code: 429, message: 'used up in projects/secret', status: 'RESOURCE_EXHAUSTED' } }
  for (const end of ['\n', '\n\n', '']) {
    const reader = after('sse', said('a'))
    const rest = reader.take(encode(`${JSON.stringify(error, null, 2)}${end}`))
    expect(Buffer.concat([rest, reader.close()]).length).toBe(0)
    expect([reader.state(), reader.error()!.status]).toEqual(['failed', 429])
  }
})

test('an array that comes although events were asked for is given as events, however it is cut', () => {
  const elements = [said('Grüße [1], {2}'), said('b'), stop({ usageMetadata })]
  const pretty = elements.map((element) => JSON.stringify(JSON.parse(element), null, 2))
  const bytes = encode(`${framed('array', pretty)}\n]\n`)
  for (const size of [1, 7, bytes.length]) {
    const reader = followGenerate({ framing: 'array', recordBytesMax: 1024 * 1024 }, new Headers(), true)
    const passed: Uint8Array[] = []
    for (let at = 0; at < bytes.length; at += size) passed.push(reader.take(bytes.subarray(at, at + size)))
    passed.push(reader.close())
    const events = decode(Buffer.concat(passed)).split('\r\n\r\n')
    expect(events.pop()).toBe('')
    expect(events.map((event) => JSON.parse(event.slice('data: '.length)))).toEqual(
      elements.map((element) => JSON.parse(element)),
    )
    expect([reader.state(), reader.reading().usage]).toEqual(['whole', { input: 20, output: 5 }])
  }
})

test('what no SDK can read is not passed, and half a record ends the answer', () => {
  const reader = after('sse', said('a'))
  expect(decode(reader.take(encode(`<html>\n\ndata:\n\n: ping\n\n${framed('sse', [stop()])}`)))).toBe(
    `: ping\n\n${framed('sse', [stop()])}`,
  )
  expect(reader.state()).toBe('finished')
  expect(after('sse', said('a'), stop().slice(0, 9)).state()).toBe('failed')
})

test('an array is whole at its bracket, behind which only a line ends, and an empty one is no answer', () => {
  const reader = after('array', said('a'))
  expect(decode(reader.take(encode('\n]\n')))).toBe('\n]')
  expect(reader.state()).toBe('whole')
  expect(decode(reader.close())).toBe('\n')
  expect(reader.take(encode(`,${said('more')}`)).length).toBe(0)
  expect(after('array', ']').state()).toBe('failed')
})
