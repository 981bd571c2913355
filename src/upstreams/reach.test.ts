import { afterAll, beforeAll, expect, test } from 'bun:test'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { createReach, UnreachableError } from './reach.ts'

let server: Server
let url: string
let connections = 0
beforeAll(async () => {
  server = createServer((socket) => {
    connections += 1
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/chat`
})
afterAll(() => void server.close())

const signal = new AbortController().signal

test('a host is asked for a connection once, and not again while it is heard from', async () => {
  let now = 0
  const reach = createReach(() => now, false)
  const before = connections
  await reach.check(url, 1_000, signal)
  await expect(reach.check(url, 1_000, signal)).toBeNull()
  now = 9_000
  reach.heard(`${url}/other`)
  now = 18_000
  await expect(reach.check(url, 1_000, signal)).toBeNull()
  now = 19_001
  await reach.check(url, 1_000, signal)
  await Bun.sleep(20)
  expect(connections - before).toBe(2)
})

test('a host that refuses is told at once, and asked again the next time', async () => {
  const reach = createReach(() => 0, false)
  for (const closed of ['http://127.0.0.1:9', 'http://[::1]:9/v1'])
    for (let times = 0; times < 2; times += 1)
      await expect(reach.check(closed, 1_000, signal)).rejects.toBeInstanceOf(UnreachableError)
})

test('a host that never answers is given up at the deadline, and when the call is', async () => {
  const reach = createReach(() => 0, false)
  const began = performance.now()
  await expect(reach.check('http://192.0.2.1:81/', 200, signal)).rejects.toBeInstanceOf(UnreachableError)
  const leaving = new AbortController()
  const left = reach.check('http://192.0.2.1:82/', 60_000, leaving.signal)!
  leaving.abort()
  await expect(left).rejects.toBeInstanceOf(UnreachableError)
  await Bun.sleep(250)
  expect(performance.now() - began).toBeLessThan(2_000)
})

test('behind a proxy nothing is asked, for only the proxy could tell', () => {
  expect(createReach(() => 0, true).check('http://192.0.2.1/', 1, signal)).toBeNull()
})
