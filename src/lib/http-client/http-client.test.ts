import { afterEach, describe, expect, test } from 'bun:test'
import { UnreachableError } from './contract.ts'
import { client, closeAll, errorOf, listen, ok, post, serve, textOf, until, whenClosed } from './test-server.ts'

afterEach(closeAll)

describe('a request', () => {
  test('is sent as it is: its target, its host, its headers, its length, its bytes', async () => {
    const server = await serve(({ say }) => say(ok('')))
    const http = client()
    const body = Buffer.from([0, 255, 13, 10, 13, 10, 128])
    const headers = { 'x-first': 'a b', 'x-latin': '\xe9\xff', 'x-empty': '' }
    await textOf(post(http, `${server.url}/v1/a%20b?c=d/e&f=//g`, { headers, body }))
    const host = `host: 127.0.0.1:${server.port}`
    const lines = ['POST /v1/a%20b?c=d/e&f=//g HTTP/1.1', host, 'x-first: a b', 'x-latin: \xe9\xff', 'x-empty: ']
    expect(server.received[0]!.head).toBe([...lines, 'content-length: 7'].join('\r\n'))
    expect(server.received[0]!.body).toEqual(body)
  })

  test('without body says so, and a GET says nothing of one', async () => {
    const server = await serve(({ say }) => say(ok('')))
    const http = client()
    const body = new Uint8Array(0)
    await textOf(post(http, server.url, { body }))
    await textOf(post(http, server.url, { body, method: 'GET' }))
    const host = `host: 127.0.0.1:${server.port}`
    expect(server.received.map(({ head }) => head)).toEqual([
      `POST / HTTP/1.1\r\n${host}\r\ncontent-length: 0`,
      `GET / HTTP/1.1\r\n${host}`,
    ])
  })

  test('goes to an IPv6 address, and says so in brackets', async () => {
    const server = await serve(({ say }) => say(ok('six')), { hostname: '::1' })
    expect(await textOf(post(client(), `http://[::1]:${server.port}/x`))).toBe('six')
    expect(server.received[0]!.head).toContain(`\r\nhost: [::1]:${server.port}\r\n`)
  })

  test('goes by a name to whichever of its addresses listens', async () => {
    for (const hostname of ['127.0.0.1', '::1']) {
      const server = await serve(({ say }) => say(ok(hostname)), { hostname })
      expect(await textOf(post(client(), `http://localhost:${server.port}`))).toBe(hostname)
    }
  })

  test('that would be read as something else is refused before anything is sent', async () => {
    const server = await serve(({ say }) => say(ok('')))
    const http = client()
    const bad = ['a\r\nb: c', 'a\nb', 'a\rb', 'a\0b', 'a\x7fb', 'a\u{20ac}', 'a\u010d\u010a']
    for (const value of bad) expect(() => post(http, server.url, { headers: { x: value } })).toThrow(TypeError)
    const names = [...bad, 'a b', 'a:', ' a', 'A', '', 'host', 'content-length', 'transfer-encoding', 'connection']
    for (const name of names) expect(() => post(http, server.url, { headers: { [name]: 'x' } })).toThrow(TypeError)
    for (const path of [...bad, 'a b', 'a#b', '\u{e9}'])
      expect(() => post(http, `${server.url}/${path}`)).toThrow(TypeError)
    expect(server.sockets.length).toBe(0)
  })

  test('to what is no URL of a host and a path is refused', () => {
    const http = client()
    const urls = [
      '',
      'x',
      '//x/',
      'http:',
      'http://',
      'http:///x',
      'ftp://x/',
      'file:///x',
      'http://x:99999/',
      'http://a b/',
    ]
    const odd = ['http://x?a=b', 'http://x#a', 'http://user@x/', 'http://user:word@x/', 'http://x\\@y/']
    for (const url of [...urls, ...odd]) expect(() => post(http, url), url).toThrow(TypeError)
  })
})

describe('what cannot be reached is told apart:', () => {
  test('nobody listens', async () => {
    expect(await errorOf(post(client(), 'http://127.0.0.1:1/'))).toBeInstanceOf(UnreachableError)
  })

  test('there is no such host', async () => {
    const error = await errorOf(post(client(), 'http://nobody.invalid/'))
    expect(error).toBeInstanceOf(UnreachableError)
  })

  test('nobody takes the connection', async () => {
    // One that listens and then stands still: once its few places are taken, the kernel answers nobody.
    const script = `require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, function () {
      require('fs').writeSync(1, String(this.address().port)); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0) })`
    const standing = Bun.spawn(['node', '-e', script], { stdout: 'pipe' })
    whenClosed(() => standing.kill('SIGKILL'))
    const { value } = await standing.stdout.getReader().read()
    const url = `http://127.0.0.1:${Buffer.from(value!).toString()}/`
    const http = client()
    const errors = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const call = post(http, url, { connectMs: 100 })
        // The first are taken by the kernel, and then nothing comes.
        setTimeout(() => call.abort(new Error('taken')), 300)
        return errorOf(call)
      }),
    )
    const late = errors.find(({ message }) => message === 'no connection: none within 100 ms')
    expect(late).toBeInstanceOf(UnreachableError)
  })

  test('a connection that is there has all the time it needs', async () => {
    const server = await serve(({ say }) => setTimeout(say, 100, ok('late')))
    expect(await textOf(post(client(), server.url, { connectMs: 40 }))).toBe('late')
  })
})

const size = 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n'
const chunks = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'
const partial: Record<string, string> = {
  'nothing came': '',
  'a part of the head came': 'HTTP/1.1 200 OK\r\ncontent-le',
  'the head came': size,
  'a part of the body came': `${size}12345`,
  'a part of a chunk came': `${chunks}5\r\n123`,
  'all chunks but the last came': `${chunks}5\r\n12345\r\n`,
  'the last chunk came without its end': `${chunks}0\r\n`,
}

describe('a connection that breaks is an error, and not one of those that cannot be reached:', () => {
  for (const [name, text] of Object.entries(partial))
    for (const close of ['end', 'resetAndDestroy'] as const)
      test(`${name}, then ${close === 'end' ? 'it was closed' : 'it was reset'}`, async () => {
        const server = await serve(({ say, socket }) => {
          say(text)
          setTimeout(() => socket[close](), 10)
        })
        const error = await errorOf(post(client(), server.url))
        expect(error.message).toMatch(close === 'end' ? /closed before the end/ : /ECONNRESET/)
        expect(error).not.toBeInstanceOf(UnreachableError)
      })

  test('a body until the connection closes is whole when it is closed, and not when it is reset', async () => {
    const server = await serve(({ nth, say, socket }) => {
      say('HTTP/1.1 200 OK\r\n\r\nwhole')
      setTimeout(() => (nth === 1 ? socket.end() : socket.resetAndDestroy()), 10)
    })
    const http = client()
    expect(await textOf(post(http, server.url))).toBe('whole')
    expect((await errorOf(post(http, server.url))).message).toContain('ECONNRESET')
  })

  test('what is no HTTP', async () => {
    const server = await serve(({ say }) => say('220 mail.example ESMTP\r\n'))
    expect((await errorOf(post(client(), server.url))).message).toBe('what came is no HTTP/1.1')
    await until(() => server.open() === 0)
  })

  test('a chunk that is none, in the midst of a body', async () => {
    const server = await serve(({ say }) => say(`${chunks}5\r\n12345\r\nfive\r\n`))
    const response = await post(client(), server.url).response
    expect(Buffer.from((await response.read()).value!).toString()).toBe('12345')
    expect(response.read()).rejects.toThrow('no size')
    await until(() => server.open() === 0)
  })

  test('the request could not be sent to its end', async () => {
    const server = await listen((socket) => setTimeout(() => socket.pause().resetAndDestroy(), 20))
    const error = await errorOf(post(client(), server.url, { body: Buffer.alloc(50_000_000) }))
    expect(error).not.toBeInstanceOf(UnreachableError)
    expect(error.message).toMatch(/ECONNRESET|EPIPE|closed/)
  })
})

describe('an aborted call', () => {
  const reason = new Error('not wanted')

  test('ends with its reason before there is a connection, and nothing is sent', async () => {
    const server = await serve(({ say }) => say(ok('')))
    const call = post(client(), server.url)
    call.abort(reason)
    call.abort(new Error('twice'))
    expect(await errorOf(call)).toBe(reason)
    await Bun.sleep(20)
    expect([server.received.length, server.open()]).toEqual([0, 0])
  })

  test('ends with its reason before the head and in the midst of head and body, and its connection with it', async () => {
    for (const text of ['', 'HTTP/1.1 2', size, `${size}12345`, `${chunks}5\r\n123`]) {
      const server = await serve(({ say }) => say(text))
      const call = post(client(), server.url)
      const error = errorOf(call)
      await until(() => server.received.length === 1)
      await Bun.sleep(5)
      call.abort(reason)
      call.abort(new Error('twice'))
      expect(await error).toBe(reason)
      await until(() => server.open() === 0)
    }
  })

  test('ends with its reason for whoever reads on, after what had come', async () => {
    const server = await serve(({ say }) => say(`${size}12345`))
    const call = post(client(), server.url)
    const response = await call.response
    await Bun.sleep(10)
    call.abort(reason)
    expect(Buffer.from((await response.read()).value!).toString()).toBe('12345')
    expect(await response.read().catch((error: unknown) => error)).toBe(reason)
    await expect(response.bytes(100)).rejects.toBe(reason)
  })

  test('that has ended is left as it is, and so is the next call on its connection', async () => {
    const server = await serve(({ nth, say }) => (nth === 1 ? say(ok('1')) : setTimeout(say, 20, ok('2'))))
    const http = client()
    const first = post(http, server.url)
    const response = await first.response
    const second = post(http, server.url)
    first.abort(reason)
    await response.cancel()
    expect(Buffer.from(await response.bytes(10)).toString()).toBe('1')
    expect(await textOf(second)).toBe('2')
    expect(server.sockets.length).toBe(1)
  })

  test('that nobody waits for troubles nobody', async () => {
    const server = await serve(({ say }) => say(size))
    const troubles: unknown[] = []
    const note = (error: unknown): void => void troubles.push(error)
    process.on('unhandledRejection', note)
    const http = client()
    post(http, server.url).abort(reason)
    post(http, 'http://127.0.0.1:1/')
    const begun = post(http, server.url)
    await until(() => server.received.length > 0)
    await Bun.sleep(10)
    begun.abort(reason)
    await Bun.sleep(20)
    process.off('unhandledRejection', note)
    expect(troubles).toEqual([])
  })
})
