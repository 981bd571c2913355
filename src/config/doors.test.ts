import { expect, test } from 'bun:test'
import { cors, server } from './doors.ts'

/** What is allowed instead of a value; null when it is taken. */
const refusal = (schema: typeof server | typeof cors, value: object): string | null =>
  schema.safeParse(value).error?.issues[0]!.message ?? null

test('proxies are addresses and networks', () => {
  const trustedProxies = ['10.0.0.0/8', '192.168.1.1', '::1', 'fd00::/8']
  expect(server.parse({ trustedProxies })).toMatchObject({ trustedProxies, hosts: [] })
  for (const bad of ['localhost', '10.0.0.0/33', '10.0.0.0/8/8', '::1/129', '*', '10.0.0.0/-1', '10.0.0.0/', ''])
    expect(refusal(server, { trustedProxies: [bad] })).toStartWith('an IP address or a network')
})

test('the PROXY protocol is believed of somebody, or is off', () => {
  const [issue] = server.safeParse({ proxyProtocol: true }).error!.issues
  expect([issue!.path, issue!.message]).toEqual([['trustedProxies'], expect.stringContaining('`proxyProtocol` is on')])
  expect(server.parse({ proxyProtocol: true, trustedProxies: ['10.0.0.1'] }).proxyProtocol).toBe(true)
})

test('limits of an address are whole numbers, or null for none', () => {
  const none = { connectionsMax: null, newConnectionsPerMinute: null, wrongKeysPerMinute: null }
  expect(server.parse({ address: none }).address).toEqual(none)
  for (const bad of [0, -1, 1.5, 'many'])
    expect(refusal(server, { address: { connectionsMax: bad } })).toStartWith('a whole number from 1')
})

test('hosts are names as they are compared: without a port, in small letters', () => {
  expect(server.parse({ hosts: ['gw.example'] }).hosts).toEqual(['gw.example'])
  for (const bad of ['https://gw.example', 'gw.example:80', 'GW.example', ''])
    expect(refusal(server, { hosts: [bad] })).toStartWith('the name of a host without a port')
})

test('origins are written as browsers send them', () => {
  const good = ['*', 'https://app.example', 'http://localhost:3000', 'http://[::1]:5173', 'app://obsidian.md']
  expect(cors.parse({ origins: good }).origins).toEqual(good)
  expect(cors.parse({}).origins).toEqual(['*'])
  for (const bad of [
    'app.example',
    'https://app.example/',
    'https://App.example',
    'https://*.example',
    'null',
    'https://a@b',
  ])
    expect(refusal(cors, { origins: [bad] })).toStartWith("'*', or an origin")
  for (const bad of ['https://app.example:443', 'http://app.example:80'])
    expect(refusal(cors, { origins: [bad] })).toStartWith('an origin without the port')
})
