import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { readProxyHeader } from './proxy-header.ts'
import { proxyHeader2 } from './test-client.ts'

const behind = Buffer.from('GET / HTTP/1.1\r\n')
const read = (header: string | Uint8Array): unknown => {
  const bytes = typeof header === 'string' ? Buffer.from(header, 'latin1') : Buffer.from(header)
  const found = readProxyHeader(Buffer.concat([bytes, behind]))
  return typeof found === 'string' ? found : [found.source, found.end === bytes.length]
}
const four = [192, 0, 2, 1, 10, 0, 0, 1, 0x12, 0x34, 0, 80]
const six = [
  0x20,
  1,
  0xd,
  0xb8,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  1,
  ...Array.from({ length: 16 }, () => 0),
  0,
  1,
  0,
  80,
]
const mapped = [...Array.from({ length: 10 }, () => 0), 0xff, 0xff, 192, 0, 2, 1, ...six.slice(16)]

const good: Record<string, [header: string | Uint8Array, source: string | null]> = {
  'version 1, IPv4': ['PROXY TCP4 192.0.2.1 10.0.0.1 4711 80\r\n', '192.0.2.1'],
  'version 1, IPv6': ['PROXY TCP6 2001:db8::1 fd00::1 4711 80\r\n', '2001:db8::1'],
  'version 1, IPv4 within IPv6': ['PROXY TCP6 ::ffff:192.0.2.1 ::ffff:10.0.0.1 4711 80\r\n', '192.0.2.1'],
  'version 1, unknown': ['PROXY UNKNOWN\r\n', null],
  'version 1, unknown with words': [`PROXY UNKNOWN ${'f'.repeat(91)}\r\n`, null],
  'version 2, IPv4': [proxyHeader2(0x21, 0x11, four), '192.0.2.1'],
  'version 2, IPv6': [proxyHeader2(0x21, 0x21, six), '2001:db8::1'],
  'version 2, IPv4 within IPv6': [proxyHeader2(0x21, 0x21, mapped), '192.0.2.1'],
  'version 2, with TLVs': [proxyHeader2(0x21, 0x11, [...four, 4, 0, 3, 1, 2, 3]), '192.0.2.1'],
  'version 2, local': [proxyHeader2(0x20, 0x00, []), null],
  'version 2, local, with an address that means nothing': [proxyHeader2(0x20, 0x11, four), null],
  'version 2, unspecified': [proxyHeader2(0x21, 0x00, []), null],
  'version 2, of datagrams': [proxyHeader2(0x21, 0x12, four), null],
  'version 2, sockets of a machine': [
    proxyHeader2(
      0x21,
      0x31,
      Array.from({ length: 216 }, () => 0),
    ),
    null,
  ],
  'version 2, as long as it may be': [
    proxyHeader2(0x21, 0x11, [...four, ...Array.from({ length: 4_068 }, () => 0)]),
    '192.0.2.1',
  ],
}

const bad: Record<string, string | Uint8Array> = {
  'no header': 'GET / HTTP/1.1\r\n\r\n',
  'another case': 'proxy TCP4 192.0.2.1 10.0.0.1 4711 80\r\n',
  'a name instead of an address': 'PROXY TCP4 localhost 10.0.0.1 4711 80\r\n',
  'IPv6 called IPv4': 'PROXY TCP4 ::1 ::1 4711 80\r\n',
  'IPv4 called IPv6': 'PROXY TCP6 192.0.2.1 10.0.0.1 4711 80\r\n',
  'no ports': 'PROXY TCP4 192.0.2.1 10.0.0.1\r\n',
  'a port that is none': 'PROXY TCP4 192.0.2.1 10.0.0.1 65536 80\r\n',
  'a line without its end': `PROXY UNKNOWN ${'f'.repeat(200)}`,
  'only a line feed': 'PROXY TCP4 192.0.2.1 10.0.0.1 4711 80\n'.padEnd(120),
  'version 3': proxyHeader2(0x31, 0x11, four),
  'an unknown command': proxyHeader2(0x22, 0x11, four),
  'an unknown family': proxyHeader2(0x21, 0x41, four),
  'an unknown transport': proxyHeader2(0x21, 0x13, four),
  'addresses that are cut short': proxyHeader2(0x21, 0x11, four.slice(1)),
  'too much beside the addresses': proxyHeader2(0x21, 0x11, [...four, ...Array.from({ length: 4_069 }, () => 0)]),
}

describe('a header of the PROXY protocol', () => {
  for (const [name, [header, source]] of Object.entries(good))
    test(`is read: ${name}; and not before it has come whole`, () => {
      expect(read(header)).toEqual([source, true])
      const bytes = Buffer.from(header as string, 'latin1')
      for (let end = 0; end < bytes.length; end += 1) expect(readProxyHeader(bytes.subarray(0, end))).toBe('more')
    })
  for (const [name, header] of Object.entries(bad)) test(`is refused: ${name}`, () => expect(read(header)).toBe('bad'))

  test('is never waited for beyond 4 KiB, whatever comes', () => {
    const beginning = fc.constantFrom('PROXY ', '\r\n\r\n\0\r\nQUIT\n', '\r\n\r\n\0\r\nQUIT\n\x21\x11', '')
    fc.assert(
      fc.property(beginning, fc.uint8Array({ minLength: 4_097, maxLength: 5_000 }), (begun, rest) => {
        expect(readProxyHeader(Buffer.concat([Buffer.from(begun, 'latin1'), rest]))).not.toBe('more')
      }),
    )
  })
})
