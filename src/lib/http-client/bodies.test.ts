import { afterEach, describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import type { Socket } from 'node:net'
import { hashOf, pattern } from '../http/test-bytes.ts'
import type { HttpResponse } from './contract.ts'
import { client, closeAll, errorOf, listen, ok, post, serve, textOf, until } from './test-server.ts'

afterEach(closeAll)

/** Writes no more than the client takes; tells how much that was. */
function pour(socket: Socket, bytes: Buffer): { poured: number } {
  const flow = { poured: 0 }
  const on = (): void => {
    while (flow.poured < bytes.length) {
      const piece = bytes.subarray(flow.poured, flow.poured + 65_536)
      flow.poured += piece.length
      if (!socket.write(piece)) return void socket.once('drain', on)
    }
  }
  on()
  return flow
}

async function readWhole(response: HttpResponse): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for (;;) {
    const { done, value } = await response.read()
    if (done) return Buffer.concat(pieces)
    pieces.push(value)
  }
}

describe('a request body', () => {
  test('of 50 MB arrives whole, byte for byte, at a server that takes its time', async () => {
    const body = pattern(50_000_000)
    const hash = createHash('sha1')
    let length = 0
    const server = await listen((socket) => {
      let left = -1
      socket.on('data', (piece: Buffer) => {
        const at = left === -1 ? piece.indexOf('\r\n\r\n') + 4 : 0
        if (left === -1) left = body.length
        left -= piece.length - at
        length += piece.length - at
        hash.update(piece.subarray(at))
        if (left === 0) socket.write(ok('thanks'))
        if (length < 5_000_000) setTimeout(() => socket.resume(), 1, socket.pause())
      })
    })
    expect(await textOf(post(client(), server.url, { body }))).toBe('thanks')
    expect([length, hash.digest('hex')]).toEqual([body.length, hashOf(body)])
  })

  test('around the size of one write arrives whole', async () => {
    const server = await serve(({ body, say }) => say(ok(hashOf(body))))
    const http = client()
    for (const length of [0, 1, 65_400, 65_536, 65_537, 200_000])
      expect(await textOf(post(http, server.url, { body: pattern(length) }))).toBe(hashOf(pattern(length)))
    expect(server.sockets.length).toBe(1)
  })
})

describe('an answer', () => {
  const large = pattern(100_000_000)
  const framings: Record<string, { head: string; tail: string }> = {
    'with its length': { head: `content-length: ${large.length}`, tail: '' },
    'in a chunk': { head: `transfer-encoding: chunked\r\n\r\n${large.length.toString(16)}`, tail: '\r\n0\r\n\r\n' },
  }
  for (const [name, { head, tail }] of Object.entries(framings))
    test(`of 100 MB ${name} arrives whole, read at once or by pieces`, async () => {
      const server = await serve(({ say, socket }) => {
        say(`HTTP/1.1 200 OK\r\n${head}\r\n${tail === '' ? '\r\n' : ''}`)
        pour(socket, Buffer.concat([large, Buffer.from(tail)]))
      })
      const http = client()
      const whole = await (await post(http, server.url).response).bytes(large.length)
      expect(large.equals(whole)).toBe(true)
      expect(large.equals(await readWhole(await post(http, server.url).response))).toBe(true)
      expect(server.sockets.length).toBe(1)
    })

  test('is kept out of memory while nobody reads it, and comes whole when somebody does', async () => {
    const flows: { poured: number }[] = []
    const server = await serve(({ say, socket }) => {
      say(`HTTP/1.1 200 OK\r\ncontent-length: ${large.length}\r\n\r\n`)
      flows.push(pour(socket, large))
    })
    const http = client()
    for (const way of ['read', 'bytes'] as const) {
      const response = await post(http, server.url).response
      await Bun.sleep(150)
      const held = flows.at(-1)!.poured
      // What the two kernels take, and a little of ours.
      expect(held).toBeLessThan(20_000_000)
      await Bun.sleep(50)
      expect(flows.at(-1)!.poured).toBe(held)
      const whole = way === 'read' ? await readWhole(response) : await response.bytes(large.length)
      expect(large.equals(whole)).toBe(true)
    }
  })

  test('that is given up while it is held back ends at once, and its connection with it', async () => {
    const server = await serve(({ say, socket }) => {
      say(`HTTP/1.1 200 OK\r\ncontent-length: ${large.length}\r\n\r\n`)
      pour(socket, large)
    })
    const response = await post(client(), server.url).response
    await Bun.sleep(50)
    await response.cancel()
    await until(() => server.open() === 0)
  })

  test('that is longer than is wanted is refused, whether it had come or is on its way', async () => {
    const texts = [ok('12345678901'), `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nb\r\n12345678901\r\n`]
    for (const text of texts)
      for (const waitMs of [0, 20]) {
        const server = await serve(({ say }) => say(text))
        const response = await post(client(), server.url).response
        await Bun.sleep(waitMs)
        expect(response.bytes(10)).rejects.toThrow('larger than 10 bytes')
        if (text !== texts[0]) await until(() => server.open() === 0)
      }
    const server = await serve(({ say }) => {
      say(`HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n12345`)
      setTimeout(say, 20, '678901')
    })
    const response = await post(client(), server.url).response
    expect(response.bytes(10)).rejects.toThrow('larger than 10 bytes')
    await until(() => server.open() === 0)
  })

  test('that is refused for its length in its last piece takes nothing from the next call', async () => {
    const server = await serve(({ nth, say }) => {
      if (nth === 2) return say(ok('next'))
      say('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n')
      setTimeout(say, 20, '2\r\nbc\r\n0\r\n\r\n')
    })
    const http = client()
    const response = await post(http, server.url).response
    await expect(response.bytes(2)).rejects.toThrow('larger than 2 bytes')
    expect(await textOf(post(http, server.url))).toBe('next')
    expect(server.sockets.length).toBe(2)
  })

  test('is told of as it comes', async () => {
    const server = await serve(({ say }) => {
      for (const [nth, text] of ['HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n', 'a', 'b', 'c'].entries())
        setTimeout(say, nth * 15, text)
    })
    const response = await post(client(), server.url).response
    const heard: number[] = []
    const whole = await response.bytes(3, (bytes) => (heard.push(bytes), null))
    expect([Buffer.from(whole).toString(), heard]).toEqual(['abc', [1, 2, 3]])
  })

  test('waits at its server while whoever reads it has no room, and comes whole once there is', async () => {
    const many = 8 * 1024 * 1024
    const server = await serve(({ say }) =>
      say(`HTTP/1.1 200 OK\r\ncontent-length: ${many}\r\n\r\n${'x'.repeat(many)}`),
    )
    const response = await post(client(), server.url).response
    const { promise: room, resolve: makeRoom } = Promise.withResolvers<void>()
    let heard = 0
    const whole = Promise.resolve(
      response.bytes(many, (bytes) => {
        heard = bytes
        return bytes < many / 4 ? null : room
      }),
    )
    await until(() => heard > many / 4 && server.sockets[0]!.writableLength > 0)
    const before = heard
    await Bun.sleep(50)
    expect(heard - before).toBeLessThanOrEqual(1024 * 1024)
    makeRoom()
    expect((await whole).length).toBe(many)
  })

  test('comes piece by piece, each as soon as it is there', async () => {
    const server = await serve(({ say }) => say('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'))
    const response = await post(client(), server.url).response
    const { say } = server.received[0]!
    for (const text of ['one', 'two', 'three']) {
      const piece = response.read()
      say(`${text.length}\r\n${text}\r\n`)
      expect(Buffer.from((await piece).value!).toString()).toBe(text)
    }
    const end = response.read()
    say('0\r\n\r\n')
    expect([await end, await response.read()]).toEqual([{ done: true }, { done: true }])
    expect((await response.bytes(10)).length).toBe(0)
  })

  test('that is cancelled while a piece is waited for rejects it', async () => {
    const server = await serve(({ say }) => say('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n'))
    const response = await post(client(), server.url).response
    const piece = response.read().catch((error: unknown) => String(error))
    await response.cancel()
    expect(await piece).toContain('nothing more was wanted')
    await until(() => server.open() === 0)
  })

  test('that is empty is so, whichever way it says so', async () => {
    const heads = [
      '200 OK\r\ncontent-length: 0',
      '204 No Content',
      '304 Not Modified',
      '200 OK\r\ntransfer-encoding: chunked',
    ]
    for (const head of heads) {
      const server = await serve(({ say }) =>
        say(`HTTP/1.1 ${head}\r\n\r\n${head.endsWith('chunked') ? '0\r\n\r\n' : ''}`),
      )
      const http = client()
      expect(await textOf(post(http, server.url))).toBe('')
      expect(await (await post(http, server.url).response).read()).toEqual({ done: true })
      expect(server.sockets.length).toBe(1)
    }
  })

  test('is bytes, whatever they are', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).toString('latin1')
    const server = await serve(({ say }) => say(ok(bytes, 'content-type: text/plain', 'content-encoding: gzip')))
    expect(await textOf(post(client(), server.url))).toBe(bytes)
  })

  test('after answers that are none is the one that counts', async () => {
    const before = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'
    const server = await serve(({ say }) => say(before + ok('final')))
    const http = client()
    for (const _ of [1, 2]) expect(await textOf(post(http, server.url))).toBe('final')
    expect(server.sockets.length).toBe(1)
  })

  test('whose reader fails while it listens is that reader’s error', async () => {
    const server = await serve(({ say }) => {
      say('HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n')
      setTimeout(say, 10, 'abc')
    })
    const call = post(client(), server.url)
    const response = await call.response
    const bytes = response.bytes(3, () => {
      throw new Error('deaf')
    })
    await expect(bytes).rejects.toThrow('deaf')
    expect((await errorOf(call)).message).toBe('deaf')
    await until(() => server.open() === 0)
  })
})
