import { afterEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UnreachableError } from './contract.ts'
import { client, closeAll, errorOf, listen, ok, post, serve, textOf, until } from './test-server.ts'

afterEach(closeAll)

type Pair = { readonly key: string; readonly cert: string }
const here = 'DNS:localhost,IP:127.0.0.1'
const authority = Bun.which('openssl') === null ? null : makeAuthority()

/** Keys are made anew each time, so that there is none to be found in the repository. */
function makeAuthority(): { readonly ca: string; readonly pair: (names: string, days: number) => Pair } {
  const folder = mkdtempSync(join(tmpdir(), 'http-client-tls-'))
  const openssl = (words: string): void => {
    const { exitCode, stderr } = Bun.spawnSync(['openssl', ...words.split(' ')], { cwd: folder })
    if (exitCode !== 0) throw new Error(`openssl ${words}: ${stderr.toString()}`)
  }
  const read = (file: string): string => readFileSync(join(folder, file), 'utf8')
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  const anew = 'req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
  openssl(`${anew} -x509 -keyout ca.key -out ca.pem -days 2 -subj /CN=authority`)
  return {
    ca: read('ca.pem'),
    pair(names, days) {
      writeFileSync(join(folder, 'names'), `subjectAltName=${names}`)
      openssl(`${anew} -keyout key -out request -subj /CN=server`)
      openssl(`x509 -req -in request -CA ca.pem -CAkey ca.key -CAcreateserial -out pem -extfile names -days ${days}`)
      return { key: read('key'), cert: read('pem') }
    },
  }
}

describe.skipIf(authority === null)('over TLS (needs openssl)', () => {
  const { ca, pair } = authority!
  const good = pair(here, 2)

  test('a server with a good certificate is called, by name and by address, on one connection', async () => {
    const server = await serve(({ nth, say }) => say(ok(`${nth}`)), { secure: good })
    const http = client({ ca })
    for (const nth of ['1', '2']) expect(await textOf(post(http, server.url))).toBe(nth)
    expect(server.sockets.length).toBe(1)
    expect(await textOf(post(http, `https://localhost:${server.port}`))).toBe('3')
    expect(server.received[2]!.head).toContain(`host: localhost:${server.port}\r\n`)
  })

  const refused: Record<string, { secure: Pair; ca?: string }> = {
    'for another name': { secure: pair('DNS:other.example,IP:127.0.0.2', 2), ca },
    'that ends in the same name': { secure: pair('DNS:xlocalhost,DNS:*.localhost', 2), ca },
    'that has expired': { secure: pair(here, 0), ca },
    'of an authority that nobody knows': { secure: good },
    'of another authority': { secure: good, ca: makeAuthority().ca },
  }
  for (const [name, { secure, ...trusted }] of Object.entries(refused))
    test(`a server with a certificate ${name} is not reached, and gets not one byte of the request`, async () => {
      let bytes = 0
      const count = (socket: Socket): void => void socket.on('data', ({ length }: Buffer) => (bytes += length))
      const server = await listen(count, { secure })
      const http = client(trusted)
      for (const host of ['127.0.0.1', 'localhost'])
        expect(await errorOf(post(http, `https://${host}:${server.port}`))).toBeInstanceOf(UnreachableError)
      await Bun.sleep(20)
      expect([bytes, server.open()]).toEqual([0, 0])
    })

  test('a server that never ends its handshake is not reached in time, and its connection is closed', async () => {
    const server = await listen((socket) => socket.resume())
    const error = await errorOf(post(client({ ca }), `https://127.0.0.1:${server.port}`, { connectMs: 50 }))
    expect(error).toEqual(new UnreachableError('none within 50 ms'))
    await until(() => server.open() === 0)
  })

  test('nor one that closes, resets or talks of something else instead', async () => {
    const ways: ((socket: Socket) => unknown)[] = [
      (socket) => socket.end(),
      (socket) => socket.resetAndDestroy(),
      (socket) => socket.on('data', () => socket.end()),
      (socket) => socket.on('data', () => socket.resetAndDestroy()),
      (socket) => socket.on('data', () => socket.end('HTTP/1.1 400 This is plain HTTP\r\n\r\n')),
    ]
    for (const way of ways) {
      const server = await listen(way)
      expect(await errorOf(post(client({ ca }), `https://127.0.0.1:${server.port}`))).toBeInstanceOf(UnreachableError)
      await until(() => server.open() === 0)
    }
  })

  test('a call aborted within the handshake leaves no connection', async () => {
    const server = await listen((socket) => socket.resume())
    const call = post(client({ ca }), `https://127.0.0.1:${server.port}`)
    await until(() => server.sockets.length === 1)
    call.abort(new Error('gone'))
    expect((await errorOf(call)).message).toBe('gone')
    await until(() => server.open() === 0)
  })

  test('large bodies arrive whole, both ways, at readers that take their time', async () => {
    const bytes = Buffer.from(Uint32Array.from({ length: 5_000_000 }, (_, at) => Math.imul(at, 2_654_435_761)).buffer)
    const server = await serve(
      ({ body, say, socket }) => {
        say(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n`)
        socket.write(body)
      },
      { secure: good },
    )
    const http = client({ ca })
    for (const waitMs of [0, 50]) {
      const response = await post(http, server.url, { body: bytes }).response
      await Bun.sleep(waitMs)
      const pieces: Uint8Array[] = []
      for (let piece = await response.read(); !piece.done; piece = await response.read()) {
        pieces.push(piece.value)
        if (waitMs > 0 && pieces.length % 20 === 0) await Bun.sleep(1)
      }
      expect(bytes.equals(Buffer.concat(pieces))).toBe(true)
    }
    expect(server.sockets.length).toBe(1)
  })

  test('a connection that breaks in the midst of a body is an error', async () => {
    for (const close of ['end', 'destroy'] as const) {
      const head = 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345'
      const answer = ({ say, socket }: { say: (text: string) => void; socket: Socket }): void => {
        say(head)
        setTimeout(() => socket[close](), 10)
      }
      const server = await serve(answer, { secure: good })
      const error = await errorOf(post(client({ ca }), server.url))
      expect(error.message).toMatch(/closed before the end|ECONNRESET/)
      expect(error).not.toBeInstanceOf(UnreachableError)
    }
  })

  test('a kept connection that the server closed is made anew', async () => {
    const server = await serve(({ nth, say, socket }) => (nth === 2 ? socket.destroy() : say(ok(`${nth}`))), {
      secure: good,
    })
    const http = client({ ca })
    await textOf(post(http, server.url))
    expect(await textOf(post(http, server.url, { isRepeatable: true }))).toBe('3')
  })
})
