/** A process that may have few files open, and clients that open more connections than that. */
import { connect, type Socket } from 'node:net'
import { readdirSync } from 'node:fs'
import { afterEach, expect, setDefaultTimeout, test } from 'bun:test'
import { eventually } from '../support/eventually.ts'
import type { Account } from '../support/mart.ts'
import { freePort, startServer, type Server } from '../support/start-server.ts'
import { ledgerFaults, openHouse } from './process-support.ts'
import * as ways from './request-support.ts'

setDefaultTimeout(ways.startMsMax)

const openFilesMax = 256
/** What src/lib/open-files.ts makes of that. */
const connectionsMax = 64

let server: Server
let flood: Flood | null = null
afterEach(async () => {
  flood?.stop()
  await server?.stop()
})

type Flood = { readonly stop: () => void; readonly opened: () => number }

/** Opens connections as fast as they are let in or turned away, and keeps those that it gets. Each begins with `said`. */
function startFlood(port: number, said: (nth: number) => string): Flood {
  const kept = new Set<Socket>()
  let opened = 0
  let isStopped = false
  const more = (): void => {
    if (isStopped) return
    const socket = connect(port, '127.0.0.1')
    kept.add(socket)
    socket.on('connect', () => socket.write(said(opened++)))
    socket.on('error', () => undefined).on('data', () => undefined)
    socket.on('close', () => {
      kept.delete(socket)
      setTimeout(more, 5)
    })
  }
  for (let nth = 0; nth < 4 * openFilesMax; nth += 1) more()
  return {
    opened: () => opened,
    stop() {
      isStopped = true
      for (const socket of kept) socket.destroy()
    },
  }
}

/** One connection that is kept and asks one question after the other; how many were answered with what they asked for. */
function keepAsking({ baseUrl }: Server, { key }: Account) {
  const body = JSON.stringify(ways.chat.bodyOf('What is a river?', {}))
  const head = [`POST ${ways.chat.path} HTTP/1.1`, 'host: a', `authorization: Bearer ${key}`]
  const request = [...head, 'content-type: application/json', `content-length: ${body.length}`, '', body].join('\r\n')
  const socket = connect(Number(new URL(baseUrl).port), '127.0.0.1', () => socket.write(request))
  let [answered, text, isClosed] = [0, '', false]
  socket.on('data', (piece: Buffer) => {
    text += piece.toString('latin1')
    const [head_, length] = /^HTTP\/1\.1 200 [^]*?content-length: (\d+)\r\n(?:[^]*?\r\n)?\r\n/.exec(text) ?? []
    if (head_ === undefined || text.length < head_.length + Number(length)) return
    answered += 1
    text = ''
    socket.write(request)
  })
  socket.on('error', () => undefined).on('close', () => (isClosed = true))
  return { answered: () => answered, isClosed: () => isClosed, got: () => text, stop: () => socket.destroy() }
}

const filesOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length
const metric = async (port: number, line: string): Promise<number> => {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  return Number(
    text
      .split('\n')
      .find((one) => one.startsWith(`${line} `))
      ?.split(' ')[1] ?? 0,
  )
}

const floods: Record<string, (nth: number) => string> = {
  'that say nothing, begin a head, or ask once': (nth) =>
    ['', 'GET / HT', 'GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n'][nth % 3]!,
  'that send bodies with a key that is none': () =>
    'POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\nauthorization: Bearer no\r\ncontent-length: 9999\r\n\r\nx',
}
for (const [name, said] of Object.entries(floods))
  test.skipIf(process.platform !== 'linux')(
    `a flood of connections ${name} stops neither who is there, nor journal, store and upstream calls; and leaves nothing behind`,
    async () => {
      const metricsPort = await freePort()
      const file = JSON.stringify({ metrics: { port: metricsPort } })
      server = await startServer({ ...ways.configured(file), openFilesMax })
      const customer = await openHouse(server)
      const asking = keepAsking(server, customer)
      const told = (): string => `answered ${asking.answered()}, closed ${asking.isClosed()}, got ${asking.got()}`
      const answers = (many: number): Promise<true> =>
        eventually(() => Promise.resolve(asking.answered() >= many ? true : null), 20_000, told)
      await answers(3)
      const port = Number(new URL(server.baseUrl).port)
      flood = startFlood(port, said)
      await eventually(() => Promise.resolve(flood!.opened() > 4 * openFilesMax ? true : null), 20_000, told)

      const before = asking.answered()
      await answers(before + 20)
      expect(asking.isClosed()).toBe(false)
      expect(filesOf(server.pid())).toBeLessThan(openFilesMax)
      expect(await metric(metricsPort, 'mart_connections_max{side="clients"}')).toBe(connectionsMax)
      expect(await metric(metricsPort, 'mart_connections{side="clients"}')).toBeLessThanOrEqual(connectionsMax)
      const refused = await metric(metricsPort, 'mart_refused_total{reason="full"}')
      expect(refused + (await metric(metricsPort, 'mart_refused_total{reason="made-room"}'))).toBeGreaterThan(0)

      flood.stop()
      const served = async (): Promise<true | null> =>
        (await ways.taken(ways.ask(server, customer.key, ways.chatStream))).status === 200 ? true : null
      await eventually(served, 10_000, () => 'nobody new is served after the flood')
      asking.stop()
      expect(await ledgerFaults(server)).toEqual([])
      expect(server.output()).not.toMatch(/EMFILE|unhandled|request-crashed/)
      expect(server.output()).toContain('"event":"refused"')
      await eventually(
        async () => ((await metric(metricsPort, 'mart_connections{side="clients"}')) < 10 ? true : null),
        10_000,
        () => 'connections of the flood are left',
      )
    },
  )

test.skipIf(process.platform !== 'linux')(
  'as many streams as there may be connections are served to their ends, and one more is told to come again',
  async () => {
    server = await startServer({ openFilesMax })
    const customer = await openHouse(server)
    const slow = { sandbox: 'tokens=40 chunk_ms=100' }
    const streams = Array.from({ length: connectionsMax + 40 }, () =>
      ways.taken(ways.ask(server, customer.key, ways.chatStream, slow)),
    )
    const got = await Promise.all(streams)
    const served = got.filter(({ status }) => status === 200)
    // Bun's own client may lose the word of a server that closes at once.
    expect(new Set(got.map(({ status }) => status)).difference(new Set([200, 503, 0]))).toEqual(new Set())
    expect(served.length).toBeGreaterThan(connectionsMax / 2)
    for (const { text } of served) expect(text).toContain('data: [DONE]')
    expect((await ways.taken(ways.ask(server, customer.key, ways.chat))).status).toBe(200)
    expect(await ledgerFaults(server)).toEqual([])
  },
)
