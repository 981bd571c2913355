import { expect, test } from 'bun:test'
import { inNetworks } from '../lib/http-server/networks.ts'
import { createClients } from './clients.ts'

function created(perMinute: number | null = 2) {
  const time = { now: 0 }
  const refused: string[] = []
  const proxied: string[] = []
  const clients = createClients({
    trusts: inNetworks(['10.0.0.0/8']),
    wrongKeysPerMinute: () => perMinute,
    now: () => time.now,
    refused: (_why, address) => void refused.push(address),
    proxied: (address) => void proxied.push(address),
  })
  return { time, refused, proxied, ...clients }
}

test('an address has so many wrong keys a minute, and no other one waits for it', () => {
  const { wrongKey, refused, time } = created()
  expect([1, 2, 3].map(() => wrongKey('192.0.2.1'))).toEqual([0, 0, 30_000])
  expect(wrongKey('192.0.2.2')).toBe(0)
  expect(refused).toEqual(['192.0.2.1'])
  time.now = 30_000
  expect([wrongKey('192.0.2.1'), wrongKey('192.0.2.1')]).toEqual([0, 30_000])
})

test('a /64 of IPv6 is one address', () => {
  const { wrongKey } = created()
  expect(['2001:db8::1', '2001:db8::2', '2001:db8::3'].map(wrongKey)).toEqual([0, 0, 30_000])
})

test('this machine, proxies and settings without a limit have none', () => {
  const { wrongKey } = created()
  for (const address of ['127.0.0.1', '::1', '10.1.2.3', ''])
    for (let nth = 0; nth < 10; nth += 1) expect(wrongKey(address)).toBe(0)
  const unlimited = created(null)
  for (let nth = 0; nth < 10; nth += 1) expect(unlimited.wrongKey('192.0.2.1')).toBe(0)
})

test('a proxy that nobody trusts is told once an hour, and one that is trusted or says nothing never', () => {
  const { addressOf, proxied, time } = created()
  const asks = (peer: string, headers: Record<string, string> = {}): void => {
    for (let nth = 0; nth < 64; nth += 1) addressOf({ peer, headers: new Headers(headers) } as never)
  }
  const forwarded = { 'x-forwarded-for': '198.51.100.7' }
  asks('10.1.2.3', forwarded)
  asks('192.0.2.1')
  expect(proxied).toEqual([])
  for (let minute = 0; minute < 70; minute += 10) {
    time.now = minute * 60_000
    asks('192.0.2.1', forwarded)
  }
  expect(proxied).toEqual(['192.0.2.1', '192.0.2.1'])
})
