import { expect, test } from 'bun:test'
import { inNetworks, isNetwork } from './networks.ts'

test('an address is in a network by its bits, however either is spelled', () => {
  const isIn = inNetworks(['10.0.0.1/8', '2001:db8::/33', '192.0.2.7', 'FE80::1'])
  for (const inside of ['10.255.255.255', '2001:DB8:7fff::', '192.0.2.7', 'fe80:0:0:0:0:0:0:1'])
    expect([inside, isIn(inside)]).toEqual([inside, true])
  for (const outside of ['11.0.0.0', '2001:db8:8000::', '192.0.2.8', 'fe80::2', '', 'localhost', '10.0.0.1/8'])
    expect([outside, isIn(outside)]).toEqual([outside, false])
  expect(inNetworks([])('10.0.0.1')).toBe(false)
  expect(inNetworks(['0.0.0.0/0'])('203.0.113.1')).toBe(true)
})

test('what is no address and no network is told apart', () => {
  for (const good of ['10.0.0.1', '10.0.0.0/8', '0.0.0.0/0', '::/0', '2001:db8::/128'])
    expect(isNetwork(good)).toBe(true)
  for (const bad of [
    '',
    '10',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
    'fe80::1%eth0',
    'a/8',
  ])
    expect([bad, isNetwork(bad)]).toEqual([bad, false])
})
