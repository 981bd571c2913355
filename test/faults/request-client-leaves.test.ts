/**
 * Clients that leave: before the first byte for nothing, in the middle of an answer for what the upstream
 * really made of it, once; and clients that stay without reading, who hold their upstream back.
 */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server as HttpServer, type ServerResponse } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { eventually } from '../support/eventually.ts'
import { startServer, type Server } from '../support/start-server.ts'
import {
  answerText,
  ask,
  askSandbox,
  balanceOf,
  chargesOf,
  chat,
  chatModel,
  chatStream,
  configured,
  costNano,
  embed,
  expectClosedBooks,
  generate,
  generateStream,
  isWhole,
  openPurse,
  servedCount,
  servedOf,
  servedSince,
  settledOf,
  startMsMax,
  streamedWays,
  taken,
  ways,
  type Served,
  type Way,
} from './request-support.ts'

setDefaultTimeout(startMsMax)

const grantedNano = 1_000_000_000n
let server: Server
beforeAll(async () => {
  server = await startServer()
  // The first request of a process takes its time; those that leave early should not leave before it has begun.
  await taken(ask(server, (await openPurse(server, '1.00')).key, chat))
})
afterAll(() => server?.stop())

/** Reads so many chunks of an answer, then closes the connection under the rest. */
async function leaveAfter(chunks: number, asking: Promise<Response>, leave: AbortController): Promise<string> {
  const response = await asking
  const reader = response.body!.getReader()
  for (let at = 0; at < chunks; at += 1) await reader.read()
  leave.abort()
  await reader.read().catch(() => undefined)
  return response.headers.get('x-request-id')!
}

const lastSequence = async (at: Server): Promise<number> => (await servedSince(at, 0)).at(-1)?.sequence ?? 0

/** The sandbox's line of the one request that ended since; a request that was left has told nobody its id. */
const servedNext = (at: Server, sequence: number): Promise<Served> =>
  eventually(
    async () => (await servedSince(at, sequence))[0] ?? null,
    10_000,
    () => 'the sandbox saw no request end',
  )

describe('a client that leaves before the first byte', () => {
  for (const way of [...ways, embed])
    test(`${way.name}: owes nothing, and the upstream call is cut off`, async () => {
      const account = await openPurse(server, '1.00')
      const before = await lastSequence(server)
      const leave = new AbortController()
      const asking = taken(
        ask(server, account.key, way, { outputTokens: 1_000, sandbox: 'latency_ms=20000', signal: leave.signal }),
      )
      await Bun.sleep(150)
      const leftAt = performance.now()
      leave.abort()
      await asking.catch(() => undefined)
      const served = await servedNext(server, before)
      expect(performance.now() - leftAt).toBeLessThan(2_000)
      expect(served).toMatchObject({ complete: false, sent: { input: 0, output: 0, reasoning: 0 } })
      const receipt = await settledOf(server, account, served.clientRequestId!)
      expect(receipt).toMatchObject({ ending: 'client-left', chargeNano: '0', ratedNano: '0', lines: [], flags: [] })
      await expectClosedBooks(server, account, grantedNano, [receipt])
    })
})

describe('a client that leaves in the middle', () => {
  for (const way of streamedWays)
    test(`${way.name}: is charged what the upstream made of it, once, at its own count`, async () => {
      const account = await openPurse(server, '1.00')
      const leave = new AbortController()
      const asked = { outputTokens: 1_000, sandbox: 'tokens=80 reasoning=20 chunk_ms=5', signal: leave.signal }
      const requestId = await leaveAfter(3, ask(server, account.key, way, asked), leave)
      const receipt = await settledOf(server, account, requestId)
      const served = await servedOf(server, requestId)
      expect(served).toMatchObject([{ usage: { output: 80, reasoning: 20 } }])
      expect(isWhole(served[0]!)).toBe(true)
      expect(receipt).toMatchObject({ ending: 'client-left', flags: [] })
      expect(BigInt(receipt.chargeNano)).toBe(costNano(way.model, served[0]!.usage))
      await expectClosedBooks(server, account, grantedNano, [receipt])
    })

  for (const way of [chat, generate, embed])
    test(`${way.name}: an answer under way is read to its end and charged, once`, async () => {
      const account = await openPurse(server, '1.00')
      const before = await lastSequence(server)
      const leave = new AbortController()
      // The upstream has begun to answer when the client leaves; the rest comes in small pieces.
      const asked = { outputTokens: 1_000, sandbox: 'split=1 chunk_ms=600', signal: leave.signal }
      const asking = taken(ask(server, account.key, way, asked))
      await Bun.sleep(250)
      leave.abort()
      await asking.catch(() => undefined)
      const served = await servedNext(server, before)
      const receipt = await settledOf(server, account, served.clientRequestId!)
      expect(served.complete).toBe(true)
      expect(receipt).toMatchObject({ ending: 'client-left', flags: [] })
      expect(BigInt(receipt.chargeNano)).toBe(costNano(way.model, served.usage))
      await expectClosedBooks(server, account, grantedNano, [receipt])
    })

  test('the place at the key is taken until the answer has been drained', async () => {
    const account = await openPurse(server, '1.00')
    const leave = new AbortController()
    const asked = { sandbox: 'tokens=100 chunk_ms=10', signal: leave.signal }
    const requestId = await leaveAfter(2, ask(server, account.key, chatStream, asked), leave)
    expect((await taken(ask(server, account.key, chat))).status).toBe(429)
    await expectClosedBooks(server, account, grantedNano, [await settledOf(server, account, requestId)])
  })

  test('100 clients that leave at once are each charged their own answer, once', async () => {
    const account = await openPurse(server, '1.00', { concurrency: null })
    const before = await servedCount(server)
    const ids = await Promise.all(
      Array.from({ length: 100 }, (_, at) => {
        const leave = new AbortController()
        // Two seconds and more, so that who is late to leave on a busy machine still leaves in the middle.
        const sandbox = `tokens=${100 + at} reasoning=0 chunk_ms=20`
        const asked = { outputTokens: 200, sandbox, signal: leave.signal }
        return leaveAfter(2, ask(server, account.key, at % 2 ? chatStream : generateStream, asked), leave)
      }),
    )
    const receipts = await Promise.all(ids.map((id) => settledOf(server, account, id)))
    expect(receipts.filter(({ ending, flags }) => ending !== 'client-left' || flags.length > 0)).toEqual([])
    const served = await Promise.all(ids.map((id) => servedOf(server, id)))
    expect(served.filter((lines) => lines.length !== 1 || !isWhole(lines[0]!))).toEqual([])
    expect(await servedCount(server)).toBe(before + 100)
    expect(served.flat().reduce((total, { model, usage }) => total + costNano(model, usage), 0n)).toBe(
      chargesOf(receipts),
    )
    await expectClosedBooks(server, account, grantedNano, receipts)
  })
})

describe('a client that leaves after the last byte', () => {
  for (const way of [...ways, embed])
    test(`${way.name}: has had a complete answer, and is charged for it`, async () => {
      const account = await openPurse(server, '1.00')
      const leave = new AbortController()
      const got = await taken(ask(server, account.key, way, { sandbox: 'tokens=30', signal: leave.signal }))
      leave.abort()
      const receipt = await settledOf(server, account, got.requestId)
      const [served] = await servedOf(server, got.requestId)
      expect(receipt).toMatchObject({ ending: 'completed' })
      expect(BigInt(receipt.chargeNano)).toBe(costNano(way.model, served!.usage))
      await expectClosedBooks(server, account, grantedNano, [receipt])
    })
})

describe('drains within bounds', () => {
  let bounded: Server
  beforeAll(async () => {
    bounded = await startServer(configured('drain: {concurrentMax: 2, msMax: 500}'))
  })
  afterAll(() => bounded?.stop())

  for (const way of [chatStream, generateStream])
    test(`${way.name}: beyond them an answer is cut off, and what came is owed, estimated`, async () => {
      const account = await openPurse(bounded, '1.00', { concurrency: null })
      const ids = await Promise.all(
        Array.from({ length: 6 }, () => {
          const leave = new AbortController()
          const sandbox = 'tokens=600 reasoning=0 chunk_ms=20'
          return leaveAfter(
            4,
            ask(bounded, account.key, way, { outputTokens: 600, sandbox, signal: leave.signal }),
            leave,
          )
        }),
      )
      const receipts = await Promise.all(ids.map((id) => settledOf(bounded, account, id)))
      const served = (await Promise.all(ids.map((id) => servedOf(bounded, id)))).flat()
      expect(served.length).toBe(6)
      expect(served.filter(({ complete }) => complete)).toEqual([])
      for (const receipt of receipts) {
        const line = served.find(({ clientRequestId }) => clientRequestId === receipt.requestId)!
        expect(receipt.ending).toBe('client-left')
        expect(BigInt(receipt.chargeNano)).toBeGreaterThan(0n)
        expect(BigInt(receipt.chargeNano)).toBeLessThanOrEqual(costNano(way.model, line.sent))
        expect(receipt.flags).toContain('estimated')
      }
      // Two were read on for half a second; the others were cut off at once.
      const long = receipts.map(({ tokens }) => tokens.output).toSorted((a, b) => b - a)
      expect(long[1]!).toBeGreaterThan(2 * long[2]!)
      await expectClosedBooks(bounded, account, grantedNano, receipts)
    })

  test('an answer that ends within them is charged exactly', async () => {
    const account = await openPurse(bounded, '1.00')
    const leave = new AbortController()
    const asked = { sandbox: 'tokens=40 chunk_ms=5', signal: leave.signal }
    const requestId = await leaveAfter(3, ask(bounded, account.key, chatStream, asked), leave)
    const receipt = await settledOf(bounded, account, requestId)
    const [served] = await servedOf(bounded, requestId)
    expect(receipt.flags).not.toContain('estimated')
    expect(BigInt(receipt.chargeNano)).toBe(costNano(chatModel, served!.usage))
    await expectClosedBooks(bounded, account, grantedNano, [receipt])
  })
})

describe('a client that does not read', () => {
  const mebibyte = 1024 * 1024
  const usage = { prompt_tokens: 10, completion_tokens: 1_000, total_tokens: 1_010 }
  const record = (fields: object): string => `data: ${JSON.stringify({ model: chatModel, ...fields })}\n\n`
  // Few words in many bytes, so that nothing but bytes in waiting can cost memory.
  const chunk = record({
    choices: [{ index: 0, delta: { content: 'word ' }, finish_reason: null }],
    padding: 'x'.repeat(15_000),
  })
  const streamBytes = 96 * mebibyte
  const drained = (response: ServerResponse): Promise<void> =>
    new Promise((resolve) => response.once('drain', resolve).once('close', resolve).setMaxListeners(0))
  let upstream: HttpServer
  let sentBytes = 0
  let fed: Server

  /** A stream as large as that, as fast as it is taken. */
  const pour = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    for await (const _ of request);
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (let bytes = 0; bytes < streamBytes && !response.destroyed; bytes += chunk.length) {
      sentBytes += chunk.length
      if (!response.write(chunk)) await drained(response)
    }
    response.end(`${record({ choices: [], usage })}data: [DONE]\n\n`)
  }

  beforeAll(async () => {
    upstream = createServer((request, response) => void pour(request, response))
    upstream.listen(0, '127.0.0.1')
    await once(upstream, 'listening')
    const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`
    fed = await startServer({ sandbox: 'built-in', env: { MART_SANDBOX_URL: url } })
  })
  afterAll(async () => {
    await fed?.stop()
    upstream?.closeAllConnections()
    upstream?.close()
  })

  const rssBytes = (): number => Number(execFileSync('ps', ['-o', 'rss=', '-p', String(fed.pid())])) * 1024

  test('holds its upstream back, costs no memory, and gets everything when it reads on', async () => {
    const account = await openPurse(fed, '50.00')
    const warm = await taken(ask(fed, account.key, chatStream, { outputTokens: 32_000 }))
    expect(warm.text).toEndWith('data: [DONE]\n\n')
    const [rssBefore, before] = [rssBytes(), sentBytes]
    const body = JSON.stringify(chatStream.bodyOf('Hello', { outputTokens: 32_000 }))
    const socket = connect(Number(new URL(fed.baseUrl).port), '127.0.0.1').pause()
    socket.write(
      `POST ${chatStream.path} HTTP/1.1\r\nhost: mart\r\nauthorization: Bearer ${account.key}\r\nconnection: close\r\n` +
        `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    )
    await Bun.sleep(2_500)
    // The sockets on the way hold a few megabytes each.
    expect(sentBytes - before).toBeLessThan(streamBytes / 3)
    expect(sentBytes - before).toBeGreaterThan(0)
    expect(rssBytes() - rssBefore).toBeLessThan(32 * mebibyte)
    let received = 0
    let [head, tail] = ['', '']
    socket.on('data', (piece: Buffer) => {
      received += piece.length
      if (head.length < 2_000) head += piece.toString('latin1').slice(0, 2_000)
      tail = (tail + piece.toString('latin1')).slice(-200)
    })
    socket.resume()
    await once(socket, 'close')
    expect(received).toBeGreaterThan(streamBytes)
    expect(tail).toContain('data: [DONE]')
    const requestId = /x-request-id: (req_\w+)/i.exec(head)![1]!
    const receipts = await Promise.all([warm.requestId, requestId].map((id) => settledOf(fed, account, id)))
    for (const receipt of receipts)
      expect(receipt).toMatchObject({ ending: 'completed', tokens: { input: 10, output: 1_000 } })
    expect((await balanceOf(fed, account)).balanceNano).toBe(50n * grantedNano - chargesOf(receipts))
  })
})

/** A request on a connection of its own, whatever pool a client library would keep; gives its head, and then all of it. */
function overSocket(key: string, sandbox: string): { readonly head: Promise<string>; readonly whole: Promise<string> } {
  const body = JSON.stringify(chatStream.bodyOf('Hello', { outputTokens: 100 }))
  const socket = connect(Number(new URL(server.baseUrl).port), '127.0.0.1')
  socket.write(
    `POST ${chatStream.path} HTTP/1.1\r\nhost: mart\r\nauthorization: Bearer ${key}\r\nconnection: close\r\n` +
      `x-sandbox: ${sandbox}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  )
  let text = ''
  const head = new Promise<string>((resolve) =>
    socket.on('data', (piece: Buffer) => {
      text += piece.toString('latin1')
      if (text.includes('\r\n\r\n')) resolve(text)
    }),
  )
  return { head, whole: once(socket, 'close').then(() => text) }
}

describe('many streams side by side', () => {
  test('600 slow streams are all under way at once', async () => {
    const account = await openPurse(server, '50.00', { concurrency: null })
    const startedAt = performance.now()
    const streams = Array.from({ length: 600 }, () => overSocket(account.key, 'tokens=30 chunk_ms=400'))
    const heads = await Promise.all(streams.map(({ head }) => head))
    const allUnderWayMs = performance.now() - startedAt
    expect(heads.filter((head) => !head.startsWith('HTTP/1.1 200 '))).toEqual([])
    const texts = await Promise.all(streams.map(({ whole }) => whole))
    expect(texts.filter((text) => !text.includes('data: [DONE]'))).toEqual([])
    const ids = texts.map((text) => /x-request-id: (req_\w+)/i.exec(text)![1]!)
    const receipts = await Promise.all(ids.map((id) => settledOf(server, account, id)))
    expect(receipts.filter(({ ending }) => ending !== 'completed')).toEqual([])
    await expectClosedBooks(server, account, 50n * grantedNano, receipts)
    // Each lasts for six seconds at least, so that none of them can have waited for another's end.
    expect(allUnderWayMs).toBeLessThan(4_500)
  })

  test('of 500 interleaved streams, some of them left, each one that stays gets its own answer whole', async () => {
    const account = await openPurse(server, '50.00', { concurrency: null })
    const before = await servedCount(server)
    const asked = Array.from({ length: 500 }, (_, at) => {
      const way: Way = at % 2 ? chatStream : generateStream
      const isLeft = at % 4 === 3
      // Those that are left are long, so that none has ended before its client gets to leaving.
      const tokens = isLeft ? 300 : 30 + (at % 50)
      const sandbox = `tokens=${tokens} reasoning=0 unicode=1${at % 5 === 0 ? ' split=1' : ''}`
      return {
        way,
        isLeft,
        options: { prompt: `Question ${at} about rivers`, outputTokens: 400, sandbox },
      }
    })
    const requestIds = await Promise.all(
      asked.map(async ({ way, isLeft, options }) => {
        const leave = new AbortController()
        const asking = ask(server, account.key, way, {
          ...options,
          sandbox: `${options.sandbox} chunk_ms=4`,
          signal: leave.signal,
        })
        if (isLeft) return leaveAfter(2, asking, leave)
        const got = await taken(asking)
        const direct = await taken(
          askSandbox(server, way, { ...options, sandbox: options.sandbox.replace(' split=1', '') }),
        )
        expect(got.broke).toBe(false)
        expect(answerText(got.text, way)).toBe(answerText(direct.text, way))
        return got.requestId
      }),
    )
    expect(new Set(requestIds).size).toBe(500)
    const receipts = await Promise.all(requestIds.map((id) => settledOf(server, account, id)))
    const served = (await Promise.all(requestIds.map((id) => servedOf(server, id)))).flat()
    expect(served.filter((line) => !isWhole(line))).toEqual([])
    expect(served.length).toBe(500)
    expect(await servedCount(server)).toBe(before + 500 + 375)
    expect(receipts.filter(({ ending }) => ending === 'client-left').length).toBe(125)
    expect(served.reduce((total, { model, usage }) => total + costNano(model, usage), 0n)).toBe(chargesOf(receipts))
    await expectClosedBooks(server, account, 50n * grantedNano, receipts)
  })
})
