import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { MessageError, MessageReader } from '../http/message-reader.ts'
import { RequestHead } from './request-head.ts'

type Read = { target: string; method: string; id: string | null; isKept: boolean; body: string; isWhole: boolean }

/** Every request that these pieces of one connection hold, read as the server does. */
function read(pieces: readonly Buffer[]): Read[] {
  const requests: Read[] = []
  const unread: Buffer[] = []
  const reader = new MessageReader({
    mayBegin: (text) => /^[A-Z]+(?: |$)/.test(text),
    opened(text) {
      const { target, method, isKept, framing, ...head } = new RequestHead(text)
      const id = new RequestHead(text).get('x-id')
      expect(head).toBeObject()
      requests.push({ target, method, isKept, id, body: '', isWhole: false })
      return framing
    },
    received(piece) {
      expect(piece.length).toBeGreaterThan(0)
      requests.at(-1)!.body += Buffer.from(piece).toString('latin1')
    },
    ended(rest) {
      requests.at(-1)!.isWhole = true
      if (rest.length > 0) unread.push(rest)
    },
  })
  for (const piece of pieces) {
    reader.push(piece)
    while (unread.length > 0) reader.push(unread.shift()!)
  }
  return requests
}

const byByte = (bytes: Buffer): Buffer[] => Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))

function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const cuts = [...new Set(places.map((place) => place % (bytes.length + 1)))].toSorted((a, b) => a - b)
  return [0, ...cuts].map((from, nth) => bytes.subarray(from, cuts[nth] ?? bytes.length))
}

// Bytes of the framing itself, so that bodies look like it.
const bodyByte = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(13, 10, 48, 49, 58, 71))
const body = fc.array(bodyByte, { maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('latin1'))
const further = fc.subarray(['date: today', 'X-Other: x-id: 7', 'not-x-id: 8', 'content-length-not: 9', 'empty:'])

type Framed = { readonly lines: readonly string[]; readonly tail: string; readonly body: string }
const bodiless = fc.constant<Framed>({ lines: [], tail: '', body: '' })
const sized = body.map((text): Framed => ({ lines: [`Content-Length:${text.length} `], tail: text, body: text }))
const chunked = fc
  .tuple(
    fc.array(fc.tuple(body, fc.constantFrom('', ';a', ' ; a="b;c"', ';\t'), fc.nat({ max: 2 }))),
    fc.constantFrom('', 'x-id: trailer\r\n', 'content-length: 3\r\nc: d\r\n'),
    fc.constantFrom('chunked', 'Chunked', ' \tchunked '),
  )
  .map(([chunks, trailers, coding]): Framed => {
    const parts = chunks.filter(([text]) => text !== '')
    const lines = parts.map(
      ([text, extension, zeros]) => `${'0'.repeat(zeros)}${text.length.toString(16)}${extension}\r\n${text}\r\n`,
    )
    const tail = `${lines.join('')}0\r\n${trailers}\r\n`
    return { lines: [`Transfer-Encoding:${coding}`], tail, body: parts.map(([text]) => text).join('') }
  })

const request = fc
  .record({
    method: fc.constantFrom('GET', 'POST', 'DELETE', 'OPTIONS'),
    target: fc.constantFrom('/', '/v1/chat/completions', '/a?b=c:d&e', '//x'),
    framed: fc.oneof(bodiless, sized, chunked),
    closing: fc.constantFrom(null, 'connection: close', 'Connection: keep-alive, Close', 'connection: keep-alive'),
    id: fc.stringMatching(/^[a-z0-9]{1,8}$/),
    further,
  })
  .map(({ method, target, framed, closing, id, further }) => {
    const lines = ['Host: a', ...framed.lines, ...further, `X-Id:  ${id} `, ...(closing === null ? [] : [closing])]
    const bytes = Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${framed.tail}`, 'latin1')
    const isKept = closing === null || !/close/i.test(closing)
    return { bytes, whole: { method, target, id, isKept, body: framed.body, isWhole: true } satisfies Read }
  })
const places = fc.array(fc.nat(), { maxLength: 8 })

describe('a request', () => {
  test('is read the same however it is cut, and so are those behind it on its connection', () => {
    fc.assert(
      fc.property(fc.array(request, { minLength: 1, maxLength: 3 }), places, (requests, cuts) => {
        const bytes = Buffer.concat(requests.map((one) => one.bytes))
        const whole = requests.map((one) => one.whole)
        for (const pieces of [cutAt(bytes, cuts), byByte(bytes), [bytes]]) expect(read(pieces)).toEqual(whole)
      }),
      { numRuns: 300 },
    )
  })

  test('that is cut once, at each of its bytes, is read the same', () => {
    fc.assert(
      fc.property(request, request, ({ bytes, whole }, next) => {
        const both = Buffer.concat([bytes, next.bytes])
        for (let at = 0; at <= both.length; at++) expect(read(cutAt(both, [at]))).toEqual([whole, next.whole])
      }),
      { numRuns: 15 },
    )
  })

  test('that is cut short never passes for whole', () => {
    fc.assert(
      fc.property(request, fc.nat(), places, ({ bytes }, end, cuts) => {
        const short = bytes.subarray(0, end % bytes.length)
        expect(read(cutAt(short, cuts)).filter(({ isWhole }) => isWhole)).toEqual([])
      }),
    )
  })

  test('whose bytes are changed is read the same however it is cut, or refused however it is cut', () => {
    const noise = fc.tuple(request, fc.array(fc.tuple(fc.nat(), bodyByte), { minLength: 1, maxLength: 3 }), places)
    fc.assert(
      fc.property(noise, ([{ bytes }, changes, cuts]) => {
        const changed = Buffer.from(bytes)
        for (const [at, byte] of changes) changed[at % changed.length] = byte
        const [one, other] = [cutAt(changed, cuts), [changed]].map((pieces) => {
          try {
            return read(pieces)
          } catch (error) {
            expect(error).toBeInstanceOf(MessageError)
            return 'refused'
          }
        })
        expect(one).toEqual(other)
      }),
      { numRuns: 500 },
    )
  })
})

describe('the head of a request', () => {
  const headOf = (...lines: readonly string[]): RequestHead =>
    new RequestHead([`GET /x HTTP/1.1`, 'host: a', ...lines].join('\r\n'))

  test('gives headers by their names alone, joined where there are several', () => {
    const head = headOf('X-Not-This: x-this: 1', 'X-This:\t 2 \t', 'x-this:3', 'x-empty:', 'x-latin: \xe9\xff')
    expect(head.get('x-this')).toBe('2, 3')
    expect(head.get('x-empty')).toBe('')
    expect(head.get('x-latin')).toBe('\xe9\xff')
    for (const name of ['this', 'x', 'get /x http/1.1', 'not-this']) expect(head.get(name)).toBeNull()
  })

  test('gives every header as it stands there, by its name in lower case', () => {
    const head = headOf('Cookie: a:b; c', 'X:', 'cookie:  d ')
    expect([...head.entries()]).toEqual([
      ['host', 'a'],
      ['cookie', 'a:b; c'],
      ['x', ''],
      ['cookie', 'd'],
    ])
    expect([...new RequestHead('GET / HTTP/1.0').entries()]).toEqual([])
  })

  test('may be one of HTTP/1.0, which has no host, no chunks, no wait for a word, and a second request only where it asks', () => {
    const head = new RequestHead(
      'POST / HTTP/1.0\r\ncontent-length: 3\r\nexpect: 100-continue\r\nconnection: keep-alive',
    )
    expect(head).toMatchObject({ isCurrent: false, isKept: true, framing: 3, expectsContinue: false })
    for (const connection of ['', 'connection: x-keep-alive', 'connection: keep-alive, close'])
      expect(new RequestHead(`GET / HTTP/1.0\r\n${connection}`.trimEnd()).isKept).toBe(false)
    expect(new RequestHead('GET / HTTP/1.0\r\nConnection: TE, Keep-Alive').isKept).toBe(true)
    expect(headOf('Expect: 100-Continue')).toMatchObject({ isCurrent: true, isKept: true, expectsContinue: true })
    expect(headOf()).toMatchObject({ framing: 0, expectsContinue: false })
  })

  test('has its path and query, also where the whole URL was sent', () => {
    const targetOf = (sent: string): string => new RequestHead(`GET ${sent} HTTP/1.1\r\nhost: a`).target
    expect(targetOf('http://a.example/v1/x?y=http://z')).toBe('/v1/x?y=http://z')
    expect(targetOf('HTTPS://a:443')).toBe('/')
    expect(targetOf('http://a?b')).toBe('/?b')
    expect(targetOf('/http://a/b')).toBe('/http://a/b')
    expect(targetOf('/%00%0d%0a?"<>{}|\\^`')).toBe('/%00%0d%0a?"<>{}|\\^`')
  })
})
