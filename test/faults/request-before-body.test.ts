/** What is decided by a request's head: whoever may not ask, or has no room, costs nobody a body. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import net from 'node:net'
import { gzipSync } from 'node:zlib'
import { eventually } from '../support/eventually.ts'
import type { Account } from '../support/mart.ts'
import { startServer, type Server } from '../support/start-server.ts'
import {
  ask,
  chat,
  configured,
  generate,
  keyHeader,
  openPurse,
  startMsMax,
  taken,
  type Way,
} from './request-support.ts'

setDefaultTimeout(startMsMax)

const mebibyte = 1024 * 1024
let server: Server
beforeAll(async () => {
  server = await startServer(
    configured(`
providers: { sandbox: { kind: sandbox } }
deployments: [{ model: '*', provider: sandbox, region: us }]
memory: { bytesMax: ${6 * mebibyte}, organizationBytesMax: ${4 * mebibyte} }
`),
  )
})
afterAll(() => server?.stop())

/** A request of which nothing is sent but its head: `told` is the status of its refusal, or 100 when its body is asked for. */
async function begin(key: string, way: Way, ...framing: string[]) {
  const { port, hostname } = new URL(server.baseUrl)
  const socket = net.connect({ port: Number(port), host: hostname })
  let got = ''
  socket.on('data', (piece: Buffer) => (got += piece.toString('latin1')))
  socket.on('error', () => undefined)
  const headers = Object.entries(keyHeader(way.dialect, key)).map(([name, value]) => `${name}: ${value}`)
  const lines = [`POST ${way.path} HTTP/1.1`, 'host: a', 'expect: 100-continue', ...headers, ...framing, '', '']
  socket.write(lines.join('\r\n'))
  const told = (isAll = /^HTTP\/1\.1 (100|[^]*\}\s*$)/): Promise<string> =>
    eventually(
      async () => (isAll.test(got) ? got : null),
      startMsMax / 2,
      () => `no answer came, but ${got}`,
    )
  return { socket, told, leave: () => socket.destroy() }
}
const sized = (bytes: number): string => `content-length: ${bytes}`

/** A body of about so many bytes that is served. */
const bodyOf = (way: Way, bytes: number): string =>
  JSON.stringify(way.bodyOf('x '.repeat(bytes / 2), { outputTokens: 20 }))

describe('a large body is not read', () => {
  for (const way of [chat, generate]) {
    const told = async (key: string): Promise<string> => (await begin(key, way, sized(20 * mebibyte))).told()

    test(`of a key without credit: ${way.name}`, async () => {
      const broke = await openPurse(server, null)
      expect(await told(broke.key)).toMatch(/^HTTP\/1\.1 429 [^]*(insufficient_quota|INSUFFICIENT_CREDIT)/)
    })

    test(`of a key that has used up its requests: ${way.name}`, async () => {
      const account = await openPurse(server, '5.00', { rpm: 1 })
      expect((await taken(ask(server, account.key, way, { outputTokens: 20 }))).status).toBe(200)
      expect(await told(account.key)).toMatch(/^HTTP\/1\.1 429 [^]*requests per minute/)
    })

    test(`of a key that runs as many requests as it may: ${way.name}`, async () => {
      const account = await openPurse(server, '5.00', { concurrency: 1 })
      const first = await begin(account.key, way, sized(mebibyte))
      await first.told()
      expect(await told(account.key)).toMatch(/^HTTP\/1\.1 429 [^]*requests at once/)
      first.leave()
      await until('its place is free', async () => (await taken(ask(server, account.key, way))).status === 200)
    })

    test(`of a key that nobody knows: ${way.name}`, async () => {
      expect(await told('sk-bf-00000000-0000-4000-8000-000000000000')).toMatch(/^HTTP\/1\.1 40[01] /)
    })
  }

  test('and a small one is, so that its refusal can say what it needs', async () => {
    const broke = await openPurse(server, null)
    const got = await taken(ask(server, broke.key, chat))
    expect(got.status).toBe(429)
    expect(got.text).toMatch(/needs at least \$0\.\d+/)
  })
})

const until = (what: string, isTrue: () => Promise<boolean>): Promise<true> =>
  eventually(
    async () => (await isTrue()) || null,
    startMsMax / 2,
    () => `never: ${what}`,
  )

describe('memory for bodies', () => {
  const many = { concurrency: 10 }
  const hold = async (account: Account, ...framing: string[]) => {
    const request = await begin(account.key, chat, ...framing)
    return { ...request, status: Number((await request.told()).slice('HTTP/1.1 '.length, 'HTTP/1.1 000'.length)) }
  }
  const statusOf = async (account: Account, ...framing: string[]): Promise<number> => {
    const { status, leave } = await hold(account, ...framing)
    leave()
    return status
  }

  test('is shared: one organization is told 429 at its share, all together 503, and what is freed serves again', async () => {
    const [one, other] = [await openPurse(server, '5.00', many), await openPurse(server, '5.00', many)]
    const held = await hold(one, sized(3 * mebibyte))
    const alsoHeld = await hold(other, sized(2.5 * mebibyte))
    expect([held.status, alsoHeld.status]).toEqual([100, 100])
    expect(await statusOf(one, sized(2 * mebibyte))).toBe(429)
    expect(await statusOf(other, sized(mebibyte))).toBe(503)
    held.leave()
    await until('room is free again', async () => (await statusOf(one, sized(2 * mebibyte))) === 100)
    alsoHeld.leave()
  })

  test('is given back with the answer', async () => {
    const account = await openPurse(server, '50.00', many)
    const body = JSON.stringify({ model: 'no-such-model', x: 'x'.repeat(3 * mebibyte) })
    for (let round = 0; round < 4; round += 1) {
      const { status, socket, told, leave } = await hold(account, sized(body.length))
      expect(status).toBe(100)
      socket.write(body)
      expect(await told(/HTTP\/1\.1 [45]\d\d [^]*\}\s*$/)).toContain('HTTP/1.1 400')
      leave()
    }
    await until('there is room for all', async () => (await statusOf(account, sized(4 * mebibyte))) === 100)
  })

  test('grows with a body that does not say its length, and ends it where there is none', async () => {
    const account = await openPurse(server, '5.00', many)
    const { socket, told } = await begin(account.key, chat, 'transfer-encoding: chunked')
    const piece = 'x'.repeat(mebibyte / 4)
    for (let sent = 0; sent < 40; sent += 1) socket.write(`${piece.length.toString(16)}\r\n${piece}\r\n`)
    expect(await told(/HTTP\/1\.1 [45]\d\d [^]*\}\s*$/)).toContain('Too much is being sent')
  })

  test('is taken for what a compressed body becomes, not for what it says of its length', async () => {
    const account = await openPurse(server, '5.00', many)
    const bomb = gzipSync(Buffer.from(bodyOf(chat, 12 * mebibyte)))
    expect(bomb.length).toBeLessThan(64 * 1024)
    const { socket, told } = await begin(account.key, chat, 'content-encoding: gzip', sized(bomb.length))
    await told()
    socket.write(bomb)
    expect(await told(/HTTP\/1\.1 [45]\d\d [^]*\}\s*$/)).toContain('Too much is being sent')
  })
})
