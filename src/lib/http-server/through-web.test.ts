import { afterEach, describe, expect, test } from 'bun:test'
import { closeAll, conversation, dial, fed, get, post, serve, until, type TestedServer } from './test-client.ts'
import { throughWeb } from './through-web.ts'

afterEach(closeAll)

const bodyBytesMax = 100_000
const web = (handle: Parameters<typeof throughWeb>[0]): TestedServer => serve(throughWeb(handle, bodyBytesMax))

describe('a request to a handler of the web', () => {
  test('has its URL, its method, its headers, and its body', async () => {
    const server = web(async (request) =>
      Response.json([request.url, request.method, [...request.headers], await request.text()]),
    )
    const sent = 'POST /a%20b?c=d&e HTTP/1.1\r\nHost: x.example:81\r\nX-A: 1\r\nx-a: 2\r\ncontent-length: 2\r\n\r\nhi'
    const { answers } = await conversation(server.port, sent.replace('\r\nX-A', '\r\nconnection: close\r\nX-A'))
    const [url, method, headers, body] = JSON.parse(answers[0]!.body)
    expect([url, method, body]).toEqual(['http://x.example:81/a%20b?c=d&e', 'POST', 'hi'])
    expect(headers).toEqual(
      expect.arrayContaining([
        ['x-a', '1, 2'],
        ['host', 'x.example:81'],
      ]),
    )
  })

  test('of GET or HEAD has no body, whatever was sent', async () => {
    const server = web(async (request) => new Response(`${request.body === null} ${await request.text()}`))
    const { answers } = await conversation(server.port, post('/', 'hi', 'connection: close').replace('POST', 'GET'))
    expect(answers[0]!.body).toBe('true ')
  })

  test('of HTTP/1.0, or with an empty host, is one to this machine', async () => {
    const server = web((request) => new Response(request.url))
    for (const head of ['GET /a/b HTTP/1.0\r\n\r\n', 'GET /a/b HTTP/1.1\r\nhost:\r\nconnection: close\r\n\r\n']) {
      const client = await dial(server.port)
      client.say(head)
      await client.ended()
      expect(client.got().toString()).toEndWith('\r\n\r\nhttp://localhost/a/b')
    }
  })

  test('whose host would change the path is refused', async () => {
    const handled: string[] = []
    const server = web((request) => {
      handled.push(request.url)
      return new Response('')
    })
    for (const host of ['a/b', 'a?b', 'a#b', 'a\\b', 'a b', 'user@a', '[::1', 'a:99999', 'é', '%zz'])
      expect(
        (await conversation(server.port, get('/x', 'connection: close').replace('host: a', `host: ${host}`)))
          .answers[0],
      ).toMatchObject({ status: 400 })
    expect(handled).toEqual([])
    for (const host of ['[::1]:80', '127.0.0.1:1', 'A_b.example', 'xn--bcher-kva.example'])
      await conversation(server.port, get('/x', 'connection: close').replace('host: a', `host: ${host}`))
    expect(handled.map((url) => new URL(url).pathname)).toEqual(['/x', '/x', '/x', '/x'])
  })

  test('of more than is allowed is refused, announced or not', async () => {
    const server = web(async (request) => new Response(String((await request.bytes()).length)))
    const body = Buffer.alloc(bodyBytesMax + 1, 'x')
    for (const sent of [body, new Blob([body]).stream()])
      expect((await fetch(server.url, { method: 'POST', body: sent })).status).toBe(413)
    const chunks = `POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n`
    const client = await dial(server.port)
    client.say(Buffer.concat([Buffer.from(chunks), body]))
    expect((await client.answers())[0]!.status).toBe(413)
    expect(await (await fetch(server.url, { method: 'POST', body: body.subarray(1) })).text()).toBe('100000')
  })

  test('of GET is answered though its body never comes', async () => {
    const server = web(() => new Response('up'))
    const client = await dial(server.port)
    client.say('GET / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\n')
    expect((await client.answers())[0]).toMatchObject({ status: 200, body: 'up' })
  })

  test('whose body is slow or malformed is refused', async () => {
    const server = web(async (request) => new Response(await request.text()))
    const client = await dial(server.port)
    client.say('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nhello')
    await until(() => server.handled.length === 1)
    server.pass(61_000)
    expect((await client.answers())[0]).toMatchObject({ status: 408 })
    const chunks = 'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n'
    expect((await conversation(server.port, chunks, 'x\r\n')).answers[0]!.status).toBe(400)
  })

  test('tells by its signal that the client has left', async () => {
    const signals: AbortSignal[] = []
    const server = web((request) => {
      signals.push(request.signal)
      return new Promise<Response>(() => undefined)
    })
    const client = await dial(server.port)
    client.say(get('/'))
    await until(() => signals.length === 1)
    expect(signals[0]!.aborted).toBe(false)
    client.socket.destroy()
    await until(() => signals[0]!.aborted)
  })
})

describe('a response of the web', () => {
  test('has its status, its headers, each of its cookies, and its length', async () => {
    const server = web(() => {
      const headers = new Headers({ 'x-a': 'b' })
      headers.append('set-cookie', 'a=1; expires=Thu, 01 Jan 2030 00:00:00 GMT')
      headers.append('set-cookie', 'b=2')
      return new Response('hällo', { status: 418, headers })
    })
    const response = await fetch(server.url)
    expect([response.status, response.headers.get('x-a'), response.headers.get('content-length')]).toEqual([
      418,
      'b',
      '6',
    ])
    expect(response.headers.getSetCookie()).toEqual(['a=1; expires=Thu, 01 Jan 2030 00:00:00 GMT', 'b=2'])
    expect(await response.text()).toBe('hällo')
  })

  test('that is an event stream comes as it is made, and is cancelled when its client leaves', async () => {
    const { body, give, seen } = fed()
    const server = web(() => new Response(body, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } }))
    const client = await dial(server.port)
    client.say(get('/'))
    for (const piece of ['data: 1\n\n', 'data: 2\n\n']) {
      give(piece)
      await until(() => client.got().includes(piece))
    }
    client.socket.destroy()
    await until(() => seen.cancels === 1)
  })

  test('without a body has none, and to HEAD no length that it does not know', async () => {
    const server = web((request) => new Response(request.method === 'HEAD' ? null : '', { status: 200 }))
    const client = await dial(server.port)
    client.say(get('/').replace('GET', 'HEAD') + get('/'))
    const [head, got] = await client.answers(2, ['HEAD'])
    expect([head!.headers.get('content-length'), got!.headers.get('content-length')]).toEqual([null, '0'])
  })

  test('that cannot be made is a mistake of ours', async () => {
    const read = new Response('x')
    await read.text()
    const server = web(({ url }) => {
      if (url.endsWith('/throws')) throw new Error('secret')
      return read
    })
    for (const target of ['/throws', '/read']) {
      const response = await fetch(server.url + target)
      expect([response.status, await response.text()]).toEqual([500, expect.not.stringContaining('secret')])
    }
    expect(server.troubles.length).toBe(2)
  })
})
