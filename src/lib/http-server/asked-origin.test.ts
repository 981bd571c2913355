import { afterEach, describe, expect, test } from 'bun:test'
import { askedOrigin, isOwnAddress, type Trust } from './asked-origin.ts'
import { inNetworks } from './networks.ts'
import { RequestHead } from './request-head.ts'
import { closeAll, conversation, get, serve, text } from './test-client.ts'
import { cpuMs } from '../../../test/support/cpu-ms.ts'

afterEach(closeAll)

const proxies = ['10.0.0.0/8', '192.168.1.1', 'fd00::/8']
const ask = (peer: string, lines: readonly string[], trusts: Trust = inNetworks(proxies)): string | null => {
  const head = new RequestHead(['GET / HTTP/1.1', 'host: inside:8080', ...lines].join('\r\n'))
  return askedOrigin({ host: head.host, headers: head, peer }, trusts)
}
const plain = 'http://inside:8080'

describe('the address that a server was asked at', () => {
  test('is what the client says, where no proxy is trusted', () => {
    const lines = ['x-forwarded-host: evil.example', 'x-forwarded-proto: https', 'forwarded: host=evil.example']
    expect(ask('10.0.0.1', lines, inNetworks([]))).toBe(plain)
    for (const peer of ['11.0.0.1', '192.168.1.2', '::1', 'fe80::1', '']) expect(ask(peer, lines)).toBe(plain)
  })

  test('is what a trusted proxy says, part by part', () => {
    for (const peer of ['10.9.8.7', '192.168.1.1', 'fd00::1']) {
      expect(ask(peer, ['x-forwarded-proto: https'])).toBe('https://inside:8080')
      expect(ask(peer, ['x-forwarded-host: Gw.Example'])).toBe('http://gw.example')
      expect(ask(peer, ['x-forwarded-host: gw.example:444', 'x-forwarded-proto: HTTPS'])).toBe('https://gw.example:444')
      expect(ask(peer, ['forwarded: for=1.2.3.4;Host="gw.example:444";proto=https'])).toBe('https://gw.example:444')
      expect(ask(peer, ['forwarded: proto=https'])).toBe('https://inside:8080')
      expect(ask(peer, [])).toBe(plain)
    }
  })

  test('is what the outermost trusted proxy says, and never what stands in front of its words', () => {
    const spoofed = ['x-forwarded-for: 6.6.6.6, 7.7.7.7, 10.0.0.2', 'x-forwarded-proto: ftp, https, http']
    expect(ask('10.0.0.1', [...spoofed, 'x-forwarded-host: evil.example, gw.example, inner'])).toBe(
      'https://gw.example',
    )
    expect(ask('10.0.0.1', [...spoofed, 'x-forwarded-host: gw.example'])).toBe('https://gw.example')
    const hops = 'for=6.6.6.6;host=evil.example, for="[2001:db8::1]:99";host=gw.example;proto=https'
    expect(ask('10.0.0.1', [`forwarded: ${hops}, for="10.0.0.2:81";host=inner`])).toBe('https://gw.example')
    expect(ask('10.0.0.1', [`forwarded: ${hops}, for="[fd00::2]:81";host=inner`])).toBe('https://gw.example')
    expect(ask('10.0.0.1', [`forwarded: ${hops}, for=unknown;host=inner`])).toBe('http://inner')
  })

  test('is nothing that could be more than an address', () => {
    for (const bad of [
      '$(reboot).example',
      "a'b",
      'a;b',
      'a b',
      '<b>',
      'a/b',
      'x@y',
      '',
      '-a',
      '[::1',
      'a:b',
      'a:123456',
    ])
      for (const line of [`x-forwarded-host: ${bad}`, `forwarded: host="${bad}"`])
        expect([null, plain]).toContain(ask('10.0.0.1', [line]))
    expect(ask('10.0.0.1', ['x-forwarded-proto: javascript'])).toBe(plain)
    for (const bad of ['host', 'host=a b', 'host="a', ',,', '=a', 'host=evil.example;;'])
      expect(ask('10.0.0.1', [`forwarded: ${bad}`])).toBe(plain)
    const head = new RequestHead('GET / HTTP/1.1\r\nhost: $(reboot).example')
    expect(askedOrigin({ host: head.host, headers: head, peer: '10.0.0.1' }, inNetworks([]))).toBeNull()
  })

  test('is read in time that does not grow faster than the header', () => {
    for (const long of ['a=b;'.repeat(15_000), 'a'.repeat(60_000), ' '.repeat(60_000), 'for="'.repeat(12_000)])
      for (const name of ['forwarded', 'x-forwarded-host']) {
        const before = cpuMs()
        ask('10.0.0.1', [`${name}: ${long}`])
        expect(cpuMs() - before).toBeLessThan(500)
      }
  })
})

test("a name that is not ours may be anybody's; an IP address is nobody's name", () => {
  const names = ['localhost', 'gw.example']
  for (const own of ['localhost:8080', 'gw.example', '127.0.0.1:1', '192.168.0.7', '[::1]:8080', '[fd00::1]'])
    expect(isOwnAddress(`http://${own}`, names)).toBe(true)
  for (const other of ['evil.example', 'x.localhost', 'gw.example.evil', '127.0.0.1.evil.example'])
    expect(isOwnAddress(`http://${other}`, names)).toBe(false)
  expect(isOwnAddress(null, names)).toBe(false)
})

describe('a host', () => {
  test('that is none is a 400, whatever is asked for', async () => {
    const server = serve(() => text('ok'))
    for (const host of [
      'a/b',
      'a?b',
      'a#b',
      'a\\b',
      'a b',
      'user@a',
      '[::1',
      'a:b',
      'a:99999999',
      'é',
      '%zz',
      'a,b',
      '<a>',
    ])
      for (const target of ['/', '/v1/models', 'http://a/']) {
        const sent = get(target, 'connection: close').replace('host: a', `host: ${host}`)
        expect((await conversation(server.port, sent)).answers[0]).toMatchObject({ status: 400 })
      }
    for (const target of ['http://user@a/', 'http://a b/', 'http:///', 'http://a:x/', 'http://[::1/'])
      expect((await conversation(server.port, get(target, 'connection: close'))).answers[0]!.status).toBe(400)
    expect(server.handled).toEqual([])
  })

  test('is the header, or that of the whole URL where one is asked for; empty where nothing says it', async () => {
    const server = serve(({ host, target }) => text(`${host} ${target}`))
    for (const [target, host, expected] of [
      ['/x', 'gw.example:81', 'gw.example:81 /x'],
      ['/x', '[::1]:80', '[::1]:80 /x'],
      ['/x', '', ' /x'],
      ['http://other.example:82/x?y', 'gw.example', 'other.example:82 /x?y'],
      ['HTTPS://other.example?y', 'gw.example', 'other.example /?y'],
    ] as const) {
      const sent = get(target, 'connection: close').replace('host: a', `host: ${host}`)
      expect((await conversation(server.port, sent)).answers[0]!.body).toBe(expected)
    }
    expect((await conversation(server.port, 'GET /x HTTP/1.0\r\n\r\n')).got).toEndWith('\r\n\r\n /x')
  })
})

test('the address at the other end is known while a request lasts, and behind it', async () => {
  const peers: (() => string)[] = []
  const server = serve((request) => {
    peers.push(() => request.peer)
    return text(request.peer)
  })
  expect((await conversation(server.port, get('/', 'connection: close'))).answers[0]!.body).toBe('127.0.0.1')
  expect(peers[0]!()).toBe('127.0.0.1')
})
