import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { TooLongError } from './record-buffer.ts'
import { createRecordSplitter, dataOf, fieldsOf, isComment, latin1Of } from './sse.ts'

const latin1 = (text: string): string => latin1Of(new TextEncoder().encode(text))
const charsMax = 1024 * 1024

/** What comes out of a stream cut at these sizes: its records, and what is left of it. */
function cut(stream: string, sizes: readonly number[]): string[] {
  const splitter = createRecordSplitter(charsMax)
  const found: string[] = []
  let at = 0
  for (const size of [...sizes, stream.length]) {
    found.push(...splitter.push(stream.slice(at, at + size)))
    at += size
  }
  expect(splitter.isBetween()).toBe(found.join('').length === stream.length)
  return [...found, splitter.rest()]
}

// Hostile to a splitter: nearly nothing but line ends, marks and letters of several bytes.
const hostile = fc
  .array(fc.constantFrom('\r', '\n', '\r\n', 'data', ':', ' ', 'é🌊', 'x', '\ufeff', 'data: {"a":1}', ': ping'))
  .map((parts) => latin1(parts.join('')))
const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 80 })

test('a thousand random cuts of any stream give the same records and the same bytes', () => {
  fc.assert(
    fc.property(hostile, sizes, (stream, cuts) => {
      const whole = cut(stream, [])
      expect(cut(stream, cuts)).toEqual(whole)
      expect(whole.join('')).toBe(stream)
    }),
    { numRuns: 1_000 },
  )
})

/** WHATWG's own algorithm, on the whole text: the data of each event. */
function eventsOf(stream: string): string[] {
  const events: string[] = []
  let data: string[] = []
  for (const line of stream
    .replace(/^\ufeff/, '')
    .split(/\r\n|\r|\n/)
    .slice(0, -1)) {
    const [, name, value = ''] = /^([^:]*)(?:: ?([^]*))?$/.exec(line)!
    if (name === 'data') data.push(value)
    if (line !== '') continue
    if (data.length > 0) events.push(data.join('\n'))
    data = []
  }
  return events
}

test('every spelling that the grammar allows says what it says by the grammar, however it is cut', () => {
  const lineEnd = fc.constantFrom('\n', '\r', '\r\n')
  const text = fc.constantFrom('{"a":"é🌊"}', '[DONE]', '', ' two spaces', 'a:b')
  const line = fc.oneof(
    text.map((value) => `data: ${value}`),
    text.map((value) => `data:${value}`),
    fc.constantFrom(
      'data',
      'data:',
      ': comment',
      ':',
      'event: error',
      'id: 7',
      'id',
      'retry: 3',
      'nonsense',
      'datax: 1',
    ),
  )
  const record = fc.tuple(fc.array(fc.tuple(line, lineEnd), { minLength: 1, maxLength: 4 }), lineEnd, fc.boolean())
  const spelled = fc
    .tuple(fc.boolean(), fc.array(record, { maxLength: 6 }))
    .map(([marked, records]) =>
      [
        marked ? '\ufeff' : '',
        ...records.flatMap(([lines, blank, more]) => [lines.flat().join(''), blank, more ? blank : '']),
      ].join(''),
    )
    // A CR and a LF that came together by chance are one line end, for the algorithm above as well.
    .map((stream) => `${stream}\n\n`)
  fc.assert(
    fc.property(spelled, sizes, (stream, cuts) => {
      const records = cut(latin1(stream), cuts)
      const said = records.map((each) => fieldsOf(each).data).filter((data) => data !== null)
      expect(said).toEqual(eventsOf(stream))
    }),
    { numRuns: 1_000 },
  )
})

test('the data of a record is its data lines, with or without the space, behind a mark or other fields', () => {
  expect(dataOf('data: {"a":1}')).toBe('{"a":1}')
  expect(dataOf('event: x\r\ndata:{"a":\r\ndata: 1}\r\n\r\n')).toBe('{"a":\n1}')
  expect(dataOf(latin1('\ufeffdata: grüße\n\n'))).toBe('grüße')
  expect(fieldsOf('id: 1\revent:error\rdata\r\r')).toEqual({ data: '', event: 'error', stray: '' })
  expect(fieldsOf(': data: no\n\n')).toEqual({ data: null, event: '', stray: '' })
})

test('what is no field of an event stream, and no comment, is told apart', () => {
  expect(fieldsOf('data: 1\nid: 2\nretry:3\nretry\n\n').stray).toBe('')
  expect(fieldsOf(latin1('{\n  "error": "grüße"\n}\n\n'))).toEqual({
    data: null,
    event: '',
    stray: '{\n  "error": "grüße"\n}\n',
  })
  for (const comment of [': ping\n\n', '\ufeff:\r\n\r\n', '\n\n']) expect(isComment(latin1(comment))).toBe(true)
  for (const none of ['id: 1\n\n', ': ping\nx\n\n', '<html>']) expect(isComment(none)).toBe(false)
})

test('a record is given when its blank line has come, in every kind of line end', () => {
  for (const end of ['\n\n', '\r\n\r\n', '\r\r', '\n\r\n', '\r\n\n'])
    expect(createRecordSplitter(charsMax).push(`data: 1${end}`)).toEqual([`data: 1${end}`])
})

test('a record as long as may be passes, a longer one is an error as soon as it is', () => {
  const splitter = createRecordSplitter(1_000)
  const longest = `${'a'.repeat(998)}\n\n`
  expect(splitter.push(longest.slice(0, 600))).toEqual([])
  expect(splitter.push(longest.slice(600))).toEqual([longest])
  splitter.push('a'.repeat(900))
  expect(() => splitter.push('a'.repeat(200))).toThrow(TooLongError)
})
