import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { MessageReader } from '../http/message-reader.ts'
import { createResponseReader, ResponseHead } from './response-reader.ts'

type Read = { status: number | null; id: string | null; body: Buffer; isReusable: boolean | null }

/** Reads one response that comes in these pieces, after which the server closes when it says so. */
function read(pieces: readonly Buffer[], closes: boolean, reader = readerInto(newRead())): Read {
  for (const piece of pieces) reader.push(piece)
  if (closes) reader.closed()
  return reader.read
}

const newRead = (): Read => ({ status: null, id: null, body: Buffer.alloc(0), isReusable: null })

function readerInto(first: Read): MessageReader & { read: Read } {
  const reader = createResponseReader({
    isHeadAlone: () => false,
    answered: (head) => Object.assign(box.read, { status: head.status, id: head.get('x-id') }),
    received: (piece) => {
      expect(box.read.status).not.toBeNull()
      expect(piece.length).toBeGreaterThan(0)
      box.read.body = Buffer.concat([box.read.body, piece])
    },
    ended: (isReusable) => {
      expect(box.read.isReusable).toBeNull()
      box.read.isReusable = isReusable
    },
  })
  const box = Object.assign(reader, { read: first })
  return box
}

const byByte = (bytes: Buffer): Buffer[] => Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))

function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const cuts = [...new Set(places.map((place) => place % (bytes.length + 1)))].toSorted((a, b) => a - b)
  return [0, ...cuts].map((from, nth) => bytes.subarray(from, cuts[nth] ?? bytes.length))
}

// Bytes of the framing itself, so that bodies look like it.
const bodyByte = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(13, 10, 48, 49, 58, 72))
const body = fc.array(bodyByte, { maxLength: 300 }).map((bytes) => Buffer.from(bytes))
const interim = fc.array(
  fc.constantFrom('HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 103 Early Hints\r\nx-id: no\r\nlink: </a>\r\n\r\n'),
  { maxLength: 2 },
)
const further = fc.subarray(['date: today', 'X-Other: x-id: 7', 'not-x-id: 8', 'content-length-not: 9', 'empty:'])
const id = fc.stringMatching(/^[a-z0-9]{1,8}$/)

type Shape = { readonly head: string; readonly tail: Buffer; readonly isKept: boolean; readonly closes: boolean }

const sized = body.map((bytes): Shape => ({
  head: `HTTP/1.1 200 OK\r\nContent-Length: ${bytes.length}`,
  tail: bytes,
  isKept: true,
  closes: false,
}))
const closing = fc
  .tuple(sized, fc.constantFrom('connection: close', 'Connection: keep-alive, Close'))
  .map(([shape, line]): Shape => ({ ...shape, head: `${shape.head}\r\n${line}`, isKept: false }))
const old = sized.map((shape): Shape => ({ ...shape, head: shape.head.replace('1.1', '1.0'), isKept: false }))
const chunked = fc
  .tuple(
    fc.array(fc.tuple(body, fc.constantFrom('', ';a', ' ; a="b;c"', ';\t'), fc.nat({ max: 2 }))),
    fc.constantFrom('', 'x-id: trailer\r\n', 'a: b\r\nc: d\r\n'),
    fc.constantFrom('chunked', 'Chunked', ' \tchunked '),
  )
  .map(([chunks, trailers, coding]): Shape => {
    const parts = chunks
      .filter(([bytes]) => bytes.length > 0)
      .map(([bytes, extension, zeros]) => [
        `${'0'.repeat(zeros)}${bytes.length.toString(16)}${extension}\r\n`,
        bytes,
        '\r\n',
      ])
    const tail = Buffer.concat([...parts.flat(), `0\r\n${trailers}\r\n`].map((part) => Buffer.from(part)))
    return { head: `HTTP/1.1 200 OK\r\nTransfer-Encoding:${coding}`, tail, isKept: true, closes: false }
  })
const untilClosed = body.map((tail): Shape => ({ head: 'HTTP/1.1 200', tail, isKept: false, closes: true }))
const empty = fc.constantFrom(
  'HTTP/1.1 204 No Content',
  'HTTP/1.1 304 Not Modified',
  'HTTP/1.1 200 OK\r\ncontent-length: 0',
)
const bodiless = empty.map((head): Shape => ({ head, tail: Buffer.alloc(0), isKept: true, closes: false }))

const bodyOf = ({ head, tail }: Shape): Buffer => {
  if (!/chunked/i.test(head)) return tail
  const pieces: Buffer[] = []
  for (let at = 0; ;) {
    const line = tail.indexOf('\r\n', at)
    const size = Number.parseInt(tail.toString('latin1', at, line), 16)
    if (size === 0) return Buffer.concat(pieces)
    pieces.push(tail.subarray(line + 2, line + 2 + size))
    at = line + 2 + size + 2
  }
}

const response = fc
  .tuple(fc.oneof(sized, closing, old, chunked, untilClosed, bodiless), interim, further, id)
  .map(([shape, before, lines, name]) => {
    const head = `${before.join('')}${[shape.head, ...lines, `X-Id:  ${name} `].join('\r\n')}\r\n\r\n`
    const whole = { status: Number(shape.head.slice(9, 12)), id: name, body: bodyOf(shape), isReusable: shape.isKept }
    return { bytes: Buffer.concat([Buffer.from(head), shape.tail]), headLength: head.length, shape, whole }
  })
const places = fc.array(fc.nat(), { maxLength: 8 })

describe('a response', () => {
  test('is read the same however it is cut, and so is the next one on its connection', () => {
    fc.assert(
      fc.property(fc.array(response, { minLength: 1, maxLength: 3 }), places, (responses, cuts) => {
        for (const pieces of [(bytes: Buffer) => cutAt(bytes, cuts), byByte, (bytes: Buffer) => [bytes]]) {
          const reader = readerInto(newRead())
          for (const { bytes, shape, whole } of responses) {
            reader.read = newRead()
            expect(read(pieces(bytes), shape.closes, reader)).toEqual(whole)
          }
        }
      }),
      { numRuns: 300 },
    )
  })

  test('that is cut short never passes for whole', () => {
    fc.assert(
      fc.property(response, fc.nat(), places, ({ bytes, shape, headLength }, end, cuts) => {
        const short = bytes.subarray(0, end % (shape.closes ? headLength : bytes.length))
        const reader = readerInto(newRead())
        read(cutAt(short, cuts), false, reader)
        expect(() => reader.closed()).toThrow('before the end')
        expect(reader.read.isReusable).toBeNull()
      }),
    )
  })

  test('with more behind it than its own bytes ends, and ends its connection', () => {
    fc.assert(
      fc.property(
        response,
        fc.constantFrom('\r\n', 'x', 'HTTP/1.1 200 OK\r\n\r\n'),
        ({ bytes, shape, whole }, more) => {
          fc.pre(!shape.closes)
          expect(read([Buffer.concat([bytes, Buffer.from(more)])], false)).toEqual({ ...whole, isReusable: false })
        },
      ),
    )
  })

  test('without a body that announces one all the same has none, and ends its connection', () => {
    for (const announced of ['content-length: 5', 'transfer-encoding: chunked'])
      for (const status of [204, 304])
        expect(read([Buffer.from(`HTTP/1.1 ${status} No\r\n${announced}\r\n\r\n`)], false)).toEqual({
          ...newRead(),
          status,
          isReusable: false,
        })
  })

  test('with length and chunks goes by its chunks, and ends its connection', () => {
    const text = 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n'
    expect(read(byByte(Buffer.from(text)), false)).toMatchObject({ body: Buffer.from('x'), isReusable: false })
  })
})

const chunkedHead = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'
const long = 'a'.repeat(70_000)
const malformed: Record<string, string> = {
  'another protocol': 'SSH-2.0-OpenSSH_9.9\r\n',
  'HTTP/2': '\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x64',
  'HTTP/2 in words': 'HTTP/2 200\r\n\r\n',
  'HTTP/0.9': '<html>',
  'a status of four digits': 'HTTP/1.1 2000 OK\r\n\r\n',
  'a status below 100': 'HTTP/1.1 099 OK\r\n\r\n',
  'no status': 'HTTP/1.1 OK\r\n\r\n',
  'an empty line first': '\r\nHTTP/1.1 200 OK\r\n\r\n',
  'switching protocols': 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n',
  'two lengths': 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n',
  'two lengths in one': 'HTTP/1.1 200 OK\r\ncontent-length: 1, 2\r\n\r\n',
  'a negative length': 'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n',
  'a signed length': 'HTTP/1.1 200 OK\r\ncontent-length: +1\r\n\r\n',
  'a huge length': 'HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\n',
  'a hexadecimal length': 'HTTP/1.1 200 OK\r\ncontent-length: 0x1\r\n\r\n',
  'an empty length': 'HTTP/1.1 200 OK\r\ncontent-length:\r\n\r\n',
  'a folded length': 'HTTP/1.1 200 OK\r\ncontent-length:\r\n 5\r\n\r\n',
  'a length between odd blanks': 'HTTP/1.1 200 OK\r\ncontent-length: \x0b5\r\n\r\n',
  'a length with a bare line feed': 'HTTP/1.1 200 OK\r\ncontent-length: 5\n\r\n\r\n',
  'another coding': 'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n',
  'a coding below the chunks': 'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n',
  'chunks twice': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n',
  'an empty coding': 'HTTP/1.1 200 OK\r\ntransfer-encoding:\r\n\r\n',
  'a chunk without size': `${chunkedHead}\r\n`,
  'a chunk whose size is a word': `${chunkedHead}five\r\n`,
  'a chunk of a negative size': `${chunkedHead}-1\r\n`,
  'a chunk of a prefixed size': `${chunkedHead}0x5\r\n`,
  'a chunk with a blank before its size': `${chunkedHead} 5\r\n`,
  'a huge chunk': `${chunkedHead}fffffffff\r\n`,
  'an extension with a bare line feed': `${chunkedHead}5;a\nb\r\n`,
  'a chunk that is longer than it says': `${chunkedHead}3\r\nabcd`,
  'a chunk that ends in a bare line feed': `${chunkedHead}3\r\nabc\n`,
  'a chunk that ends in a carriage return and more': `${chunkedHead}3\r\nabc\rd\r\n`,
  'a long head': `HTTP/1.1 200 OK\r\nx: ${long}\r\n\r\n`,
  'a head without end': `HTTP/1.1 200 OK\r\nx: ${long}`,
  'a long extension': `${chunkedHead}5;${long}\r\n`,
  'a long trailer': `${chunkedHead}0\r\n${long}\r\n`,
}

describe('what is no HTTP/1.1 is refused, whole and byte by byte:', () => {
  for (const [name, text] of Object.entries(malformed))
    test(name, () => {
      const bytes = Buffer.from(text, 'latin1')
      const prefix = Math.max(0, bytes.length - 200)
      for (const pieces of [[bytes], [bytes.subarray(0, prefix), ...byByte(bytes.subarray(prefix))]]) {
        const reader = readerInto(newRead())
        expect(() => read(pieces, false, reader)).toThrow(/^(what came|the message|a chunk of)/)
        expect(reader.read.isReusable).toBeNull()
      }
    })

  test('a head of exactly 64 KiB passes, and one byte more does not, however they come', () => {
    const headOf = (length: number): Buffer => {
      const start = 'HTTP/1.1 204 No\r\nx: '
      return Buffer.from(`${start}${'a'.repeat(length - start.length)}\r\n\r\n`)
    }
    for (const end of [0, 1, 2, 3, 4, 5]) {
      const cut = (bytes: Buffer): Buffer[] => [
        bytes.subarray(0, bytes.length - end),
        bytes.subarray(bytes.length - end),
      ]
      expect(read(cut(headOf(65_536)), false).status).toBe(204)
      expect(() => read(cut(headOf(65_537)), false)).toThrow('too long')
    }
  })

  test('whatever the bytes, a reader takes them or throws an error, and no body is longer than announced', () => {
    const noise = fc.tuple(response, fc.array(fc.tuple(fc.nat(), bodyByte), { minLength: 1, maxLength: 3 }), places)
    fc.assert(
      fc.property(noise, ([{ bytes }, changes, cuts]) => {
        const changed = Buffer.from(bytes)
        for (const [at, byte] of changes) changed[at % changed.length] = byte
        const outcomes = [cutAt(changed, cuts), [changed]].map((pieces) => {
          const reader = readerInto(newRead())
          try {
            for (const piece of pieces) if (reader.read.isReusable === null) reader.push(piece)
            return { ...reader.read, isReusable: reader.read.isReusable !== null }
          } catch (error) {
            expect(error).toBeInstanceOf(Error)
            return { ...reader.read, isReusable: 'refused' }
          }
        })
        expect(outcomes[0]).toEqual(outcomes[1])
      }),
      { numRuns: 500 },
    )
  })
})

describe('a header', () => {
  const head = new ResponseHead(
    [
      'HTTP/1.1 200 x-status: none',
      'Content-Type: text/plain; x-inner: 1',
      'My-Retry-After: 1',
      'Retry-After:\t 2 \t',
      'Retry-After-Ms: 3',
      'Set-Cookie: a=1',
      'x-empty:',
      'X-Folded: one',
      ' x-inside: 2',
      'set-cookie:b=2',
      'X-Latin: \xe9\xff\xa0',
    ].join('\r\n'),
  )

  test('is found by its name alone, whatever the case it was written in', () => {
    expect(head.get('content-type')).toBe('text/plain; x-inner: 1')
    expect(head.get('retry-after')).toBe('2')
    expect(head.get('retry-after-ms')).toBe('3')
    expect(head.get('x-latin')).toBe('\xe9\xff\xa0')
  })

  test('that is absent is null, and one that is empty is empty', () => {
    expect(head.get('x-empty')).toBe('')
    for (const name of ['after', 'x-inner', 'x-status', 'x-inside', 'x', 'http/1.1 200 x-status'])
      expect([name, head.get(name)]).toEqual([name, null])
  })

  test('that comes several times is joined', () => {
    expect(head.get('set-cookie')).toBe('a=1, b=2')
  })
})
