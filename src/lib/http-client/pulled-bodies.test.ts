import { afterEach, describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { createHash } from 'node:crypto'
import http from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { hashOf, pattern } from '../http/test-bytes.ts'
import { sourceOf, type Piece, type Source } from '../source.ts'
import type { Method } from './contract.ts'
import { client, closeAll, errorOf, listen, ok, post, serve, textOf, until, whenClosed } from './test-server.ts'

afterEach(closeAll)

type Seen = { reads: number; cancels: number; bytes: number }

/** These pieces, and what becomes of them. */
function pieces(length: number | null, ...all: readonly (string | Uint8Array | Error)[]): Source & { seen: Seen } {
  const left = [...all]
  const seen = { reads: 0, cancels: 0, bytes: 0 }
  return {
    length,
    seen,
    read(): Promise<Piece> {
      seen.reads++
      const next = left.shift()
      if (next instanceof Error) return Promise.reject(next)
      if (next === undefined) return Promise.resolve({ done: true })
      const value = Buffer.from(next)
      seen.bytes += value.length
      return Promise.resolve({ done: false, value })
    },
    cancel: () => Promise.resolve(void seen.cancels++),
  }
}

/** As many bytes as are pulled. */
function endless(length: number | null = null): Source & { seen: Seen } {
  const piece = Buffer.alloc(100_000, 7)
  const source = pieces(length)
  return {
    ...source,
    read: () => Promise.resolve({ done: false, value: ((source.seen.bytes += piece.length), piece) }),
  }
}

/** A reader of requests that is not ours: tells method, framing and hash of each. */
async function judge(): Promise<string> {
  const server = http.createServer((request, response) => {
    const hash = createHash('sha1')
    request.on('data', (piece: Buffer) => hash.update(piece))
    request.on('end', () => {
      const { 'content-length': length = '-', 'transfer-encoding': coding = '-' } = request.headers
      response.setHeader('x-seen', `${request.method} ${length} ${coding} ${hash.digest('hex')}`)
      response.end('ok')
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  whenClosed(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('a request', () => {
  test('of every method arrives with its body, at hand or pulled, with its length or in chunks', async () => {
    const url = await judge()
    const body = pattern(300_000)
    const sha = hashOf(body)
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'GET'] as const satisfies readonly Method[]) {
      const seen = async (sent: Uint8Array | Source): Promise<string | null> =>
        (await post(client(), url, { method, body: sent }).response).headers.get('x-seen')
      expect(await seen(body)).toBe(`${method} 300000 - ${sha}`)
      expect(await seen(sourceOf(body))).toBe(`${method} 300000 - ${sha}`)
      expect(await seen(pieces(null, body.subarray(0, 7), '', body.subarray(7)))).toBe(`${method} - chunked ${sha}`)
    }
  })

  test('without a body says its length where one is expected of its method, and nothing else', async () => {
    const server = await serve(({ say }) => say(ok('x')))
    for (const method of ['GET', 'DELETE', 'OPTIONS', 'POST', 'PUT', 'PATCH'] as const) {
      await textOf(post(client(), server.url, { method, body: new Uint8Array() }))
      const { head } = server.received.at(-1)!
      expect(head.includes('content-length: 0')).toBe(['POST', 'PUT', 'PATCH'].includes(method))
    }
  })

  test('for a head alone is answered without a body, with its length, and its connection is kept', async () => {
    const server = await serve(({ head, say }) =>
      say(head.startsWith('HEAD') ? 'HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n' : ok('next')),
    )
    const http = client()
    const response = await post(http, server.url, { method: 'HEAD', body: new Uint8Array() }).response
    expect([response.status, response.length]).toEqual([200, 1000])
    expect(await response.read()).toEqual({ done: true })
    expect(await textOf(post(http, server.url))).toBe('next')
    expect(server.sockets.length).toBe(1)
  })
})

describe('a request body that is pulled', () => {
  test('arrives the same however it is cut', async () => {
    const url = await judge()
    const shared = client()
    const cuts = fc.array(fc.integer({ min: 0, max: 200_000 }), { maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(cuts, fc.boolean(), async (sizes, isChunked) => {
        const body = pattern(sizes.reduce((sum, size) => sum + size, 0))
        let at = 0
        const cut = sizes.map((size) => body.subarray(at, (at += size)))
        const source = pieces(isChunked ? null : body.length, ...cut)
        const { headers } = await post(shared, url, { body: source }).response
        expect(headers.get('x-seen')).toEndWith(hashOf(body))
      }),
      { numRuns: 60 },
    )
  })

  test('is pulled no faster than the server takes it, and the connection is kept behind it', async () => {
    const total = 200_000_000
    let isReading = false
    let got = 0
    let aheadMax = 0
    const server = await listen((socket) => {
      socket.pause()
      socket.on('data', (piece: Buffer) => {
        aheadMax = Math.max(aheadMax, source.seen.bytes - got)
        got += piece.length
        if (piece.includes('POST /next')) socket.write(ok('next'))
        else if (got > total) socket.write(ok('thanks'))
      })
      void until(() => isReading).then(() => socket.resume())
    })
    const http = client()
    const piece = Buffer.alloc(100_000, 1)
    const source = pieces(total, ...Array.from({ length: total / piece.length }, () => piece))
    const text = textOf(post(http, server.url, { body: source }))
    await until(() => source.seen.reads > 1)
    await Bun.sleep(100)
    expect(source.seen.bytes).toBeLessThan(16_000_000)
    isReading = true
    expect(await text).toBe('thanks')
    // Two kernels keep some of it between them.
    expect(aheadMax).toBeLessThan(16_000_000)
    expect(await textOf(post(http, `${server.url}/next`))).toBe('next')
    expect(server.sockets.length).toBe(1)
  }, 20_000)

  test('is not touched where no connection can be made', async () => {
    const source = endless()
    const closed = await listen(() => undefined)
    closeAll()
    const error = await errorOf(post(client(), closed.url, { body: source }))
    expect([error.name, source.seen]).toEqual(['UnreachableError', { reads: 0, cancels: 0, bytes: 0 }])
  })

  test('goes over a connection of its own, and is never sent twice', async () => {
    const requests: string[] = []
    const server = await serve(({ head, nth, socket, say }) => {
      requests.push(head.split(' ')[1]!)
      if (nth === 1) say(ok('kept'))
      else socket.destroy()
    })
    const http = client()
    await textOf(post(http, `${server.url}/1`))
    const source = pieces(2, '{}')
    const error = await errorOf(post(http, `${server.url}/2`, { body: source, isRepeatable: true }))
    expect(error.message).not.toContain('there was an answer')
    expect([requests, server.sockets.length]).toEqual([['/1', '/2'], 2])
  })

  test('that errs, is shorter, or is longer than it says breaks the call for that reason', async () => {
    const server = await listen((socket) => socket.resume())
    const broken = pieces(10, 'hello', new Error('the sender left'))
    expect((await errorOf(post(client(), server.url, { body: broken }))).message).toBe('the sender left')
    expect((await errorOf(post(client(), server.url, { body: pieces(10, 'hello') }))).message).toContain('shorter than')
    expect((await errorOf(post(client(), server.url, { body: pieces(2, 'hello') }))).message).toContain('longer than')
    await until(() => server.open() === 0)
  })

  for (const [name, after] of Object.entries({
    'goes on reading': (socket: Socket) => socket.resume(),
    'reads no further': (socket: Socket) => socket.pause(),
    'closes its half': (socket: Socket) => socket.end(),
  }))
    test(`that a server refuses before it has come whole, and then ${name}, is not sent further: the answer is heard, and the connection closed`, async () => {
      const server = await listen((socket) => {
        let got = 0
        socket.on('data', (piece: Buffer) => {
          if (got < 1_000_000 && got + piece.length >= 1_000_000) {
            socket.write(ok('too much').replace('200 OK', '413 Too Large'))
            after(socket)
          }
          got += piece.length
        })
      })
      const source = endless(1e12)
      const response = await post(client(), server.url, { body: source }).response
      expect(response.status).toBe(413)
      expect(Buffer.from(await response.bytes(100)).toString()).toBe('too much')
      expect(source.seen.cancels).toBe(1)
      await until(() => server.open() === 0)
    })

  test('is sent on where an answer begins that does not refuse it', async () => {
    const server = await listen((socket) => {
      let got = ''
      socket.on('data', (piece: Buffer) => {
        if (got === '') socket.write('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nhe')
        got += piece.toString('latin1')
        if (got.endsWith('0\r\n\r\n')) socket.write('re')
      })
    })
    let goOn = (): void => undefined
    const held = new Promise<void>((resolve) => (goOn = resolve))
    const rest = pieces(null, 'world')
    let isFirst = true
    const source: Source = {
      ...rest,
      async read() {
        if (isFirst) return { done: (isFirst = false), value: Buffer.from('hello') }
        await held
        return rest.read()
      },
    }
    const response = await post(client(), server.url, { body: source }).response
    goOn()
    expect(Buffer.from(await response.bytes(100)).toString()).toBe('here')
    expect(rest.seen).toMatchObject({ reads: 2, cancels: 0 })
  })

  test('ends with an abort in its middle, and is cancelled', async () => {
    const server = await listen((socket) => socket.pause())
    const source = endless()
    const call = post(client(), server.url, { body: source })
    const error = errorOf(call)
    await until(() => source.seen.bytes > 0)
    call.abort(new Error('the client left'))
    expect((await error).message).toBe('the client left')
    await until(() => source.seen.cancels === 1)
    await until(() => server.open() === 0)
  })

  test('leaves through a proxy as well, and what breaks it breaks the call', async () => {
    const { clientThroughFetch } = await import('./through-fetch.ts')
    const url = await judge()
    const body = pattern(300_000)
    const { headers } = await post(clientThroughFetch(), url, { body: pieces(null, body) }).response
    expect(headers.get('x-seen')).toEndWith(hashOf(body))
    const broken = pieces(null, 'hello', new Error('the sender left'))
    expect((await errorOf(post(clientThroughFetch(), url, { body: broken }))).message).toContain('the sender left')
  })
})
