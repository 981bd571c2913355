import { describe, expect, test } from 'bun:test'
import { clientAddress, isLoopback, networkOf } from './client-address.ts'
import { inNetworks } from './networks.ts'
import { RequestHead } from './request-head.ts'

const trusts = inNetworks(['10.0.0.0/8', 'fd00::/8'])
const from = (peer: string, ...lines: readonly string[]): string =>
  clientAddress({ peer, headers: new RequestHead(['GET / HTTP/1.1', 'host: a', ...lines].join('\r\n')) }, trusts)

describe('the address of a client', () => {
  test('is its own, whatever it says of others, where it is no trusted proxy', () => {
    expect(from('192.0.2.1', 'x-forwarded-for: 198.51.100.1', 'forwarded: for=198.51.100.2')).toBe('192.0.2.1')
    expect(clientAddress({ peer: '10.0.0.1', headers: new RequestHead('GET / HTTP/1.0') }, () => false)).toBe(
      '10.0.0.1',
    )
  })

  test('is the nearest that is no trusted proxy’s; what stands in front of it is not believed', () => {
    expect(from('10.0.0.1', 'x-forwarded-for: 192.0.2.1')).toBe('192.0.2.1')
    expect(from('10.0.0.1', 'x-forwarded-for: 6.6.6.6, 192.0.2.1')).toBe('192.0.2.1')
    expect(from('10.0.0.1', 'x-forwarded-for: 6.6.6.6,192.0.2.1 , 10.0.0.2,fd00::3')).toBe('192.0.2.1')
    expect(from('10.0.0.1', 'x-forwarded-for: 6.6.6.6', 'x-forwarded-for: 192.0.2.1')).toBe('192.0.2.1')
    expect(from('10.0.0.1', 'forwarded: for=6.6.6.6, for="[2001:db8::1]:4711";proto=https, for=10.0.0.9')).toBe(
      '2001:db8::1',
    )
  })

  test('is read with a port, in brackets, and as IPv4 within IPv6', () => {
    expect(from('10.0.0.1', 'x-forwarded-for: 192.0.2.1:55001')).toBe('192.0.2.1')
    expect(from('10.0.0.1', 'x-forwarded-for: [2001:db8::1]:443')).toBe('2001:db8::1')
    expect(from('10.0.0.1', 'x-forwarded-for: ::ffff:192.0.2.1')).toBe('192.0.2.1')
  })

  test('is the proxy’s own where it names none that can be read', () => {
    for (const line of ['x-forwarded-for: unknown', 'x-forwarded-for:', 'x-forwarded-for: ,', 'forwarded: for=_hidden'])
      expect(from('10.0.0.1', line)).toBe('10.0.0.1')
    expect(from('10.0.0.1')).toBe('10.0.0.1')
    expect(from('10.0.0.1', 'x-forwarded-for: 192.0.2.1, unknown, 10.0.0.2')).toBe('10.0.0.2')
    expect(from('10.0.0.1', 'x-forwarded-for: 10.0.0.3, 10.0.0.2')).toBe('10.0.0.3')
  })

  test('is looked for behind 32 proxies at most', () => {
    const list = `192.0.2.1, ${'10.0.0.2, '.repeat(6_000)}10.0.0.3`
    expect(from('10.0.0.1', `x-forwarded-for: ${list}`)).toBe('10.0.0.2')
  })
})

test('limits count by IPv4 address, and by /64 of IPv6 however that is spelled', () => {
  expect(networkOf('192.0.2.1')).toBe('192.0.2.1')
  const spellings = ['2001:db8:0:1::1', '2001:DB8::1:0:0:0:1', '2001:0db8:0000:0001:ffff::', '2001:db8:0:1:1:2:3.4.5.6']
  for (const address of spellings) expect(networkOf(address)).toBe('2001:db8:0:1::/64')
  expect(networkOf('2001:db8:0:2::1')).not.toBe(networkOf('2001:db8:0:1::1'))
  expect(networkOf('::1')).toBe('0:0:0:0::/64')
  expect(networkOf('fe80::1%eth0')).toBe('fe80:0:0:0::/64')
})

test('this machine is 127.0.0.0/8 and ::1', () => {
  for (const own of ['127.0.0.1', '127.9.9.9', '::1']) expect(isLoopback(own)).toBe(true)
  for (const other of ['128.0.0.1', '127.example', '::2', '']) expect(isLoopback(other)).toBe(false)
})
