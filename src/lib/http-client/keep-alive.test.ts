import { afterEach, expect, test } from 'bun:test'
import { client, closeAll, errorOf, listen, ok, post, serve, textOf, until } from './test-server.ts'

afterEach(closeAll)

test('one connection carries calls in turn, and never two at once', async () => {
  const server = await serve(({ body, say }) => say(ok(body.toString())))
  const http = client()
  for (const body of ['a', 'b', 'c'])
    expect(await textOf(post(http, server.url, { body: Buffer.from(body) }))).toBe(body)
  expect(server.sockets.length).toBe(1)
  const bodies = Array.from({ length: 20 }, (_, nth) => String(nth))
  const texts = await Promise.all(bodies.map((body) => textOf(post(http, server.url, { body: Buffer.from(body) }))))
  expect(texts).toEqual(bodies)
  expect(server.sockets.length).toBe(20)
  expect(new Set(server.received.slice(3).map(({ socket }) => socket)).size).toBe(20)
})

test('a call made the moment another ends takes its connection', async () => {
  const server = await serve(({ nth, say }) => say(ok(`${nth}`)))
  const http = client()
  const first = post(http, server.url).response
  const second = await first.then((response) => response.bytes(10)).then(() => textOf(post(http, server.url)))
  expect([second, server.sockets.length]).toEqual(['2', 1])
})

const endings: Record<string, string> = {
  'that the server wants closed': ok('x', 'Connection: Close'),
  'of HTTP/1.0': ok('x', 'connection: keep-alive').replace('1.1', '1.0'),
  'with bytes left over behind the answer': `${ok('x')}${ok('y')}`,
  'that is not to be kept': ok('x', 'keep-alive: timeout=0'),
  'that is not to be kept for longer than we can be sure of': ok('x', 'keep-alive: timeout=1, max=5'),
}
for (const [name, answer] of Object.entries(endings))
  test(`a connection ${name} carries no other call`, async () => {
    const server = await serve(({ say }) => say(answer))
    const http = client()
    for (const nth of [1, 2]) {
      expect(await textOf(post(http, server.url))).toBe('x')
      expect(server.sockets.length).toBe(nth)
    }
    await until(() => server.sockets[0]!.destroyed)
  })

test('a connection whose answer came before the request was sent carries no other call', async () => {
  const server = await listen((socket) => socket.pause().write(ok('too large').replace('200 OK', '413 Too Large')))
  const http = client()
  for (const nth of [1, 2]) {
    const response = await post(http, server.url, { body: Buffer.alloc(30_000_000) }).response
    expect([response.status, Buffer.from(await response.bytes(100)).toString()]).toEqual([413, 'too large'])
    expect(server.sockets.length).toBe(nth)
  }
  for (const socket of server.sockets) socket.resume()
  await until(() => server.open() === 0)
})

test('an idle connection is used for 15 s and closed soon after', async () => {
  const server = await serve(({ nth, say }) => say(ok(`${nth}`)))
  const clock = { ms: 0 }
  const http = client({ now: () => clock.ms })
  await textOf(post(http, server.url))
  clock.ms = 14_999
  await textOf(post(http, server.url))
  expect(server.sockets.length).toBe(1)
  clock.ms = 14_999 + 15_000
  await textOf(post(http, server.url))
  expect(server.sockets.length).toBe(2)
  await until(() => server.open() === 1)
  clock.ms += 15_000
  // By itself, with no call that would look.
  await until(() => server.open() === 0)
})

test('a server that says how long it keeps connections is believed, with a second to spare', async () => {
  const server = await serve(({ nth, say }) => say(ok(`${nth}`, 'Keep-Alive: timeout=5, max=100')))
  const clock = { ms: 0 }
  const http = client({ now: () => clock.ms })
  const used = async (): Promise<number> => {
    await textOf(post(http, server.url))
    return server.sockets.length
  }
  expect(await used()).toBe(1)
  clock.ms = 3_999
  expect(await used()).toBe(1)
  clock.ms += 4_000
  expect(await used()).toBe(2)
})

test('an idle connection on which something comes is closed, and what came reaches no call', async () => {
  const server = await serve(({ nth, say }) => say(ok(`${nth}`)))
  const http = client()
  await textOf(post(http, server.url))
  server.sockets[0]!.write(ok('stray'))
  await until(() => server.sockets[0]!.destroyed)
  expect(await textOf(post(http, server.url))).toBe('2')
  expect(server.sockets.length).toBe(2)
})

test('an idle connection that the server closes is not used again', async () => {
  for (const close of ['end', 'resetAndDestroy'] as const) {
    const server = await serve(({ nth, say }) => say(ok(`${nth}`)))
    const http = client()
    await textOf(post(http, server.url))
    server.sockets[0]![close]()
    await Bun.sleep(20)
    expect(await textOf(post(http, server.url))).toBe('2')
    expect(server.sockets.length).toBe(2)
  }
})

test('a call whose kept connection turns out to be closed is sent once more where that is allowed', async () => {
  for (const close of ['end', 'resetAndDestroy'] as const) {
    const server = await serve(({ nth, say, socket }) => (nth === 2 ? socket[close]() : say(ok(`${nth}`))))
    const http = client()
    await textOf(post(http, server.url))
    expect(await textOf(post(http, server.url, { isRepeatable: true }))).toBe('3')
    expect([server.sockets.length, server.received.length]).toEqual([2, 3])
  }
})

test('and is an error where it is not', async () => {
  const server = await serve(({ nth, say, socket }) => (nth === 2 ? socket.destroy() : say(ok(`${nth}`))))
  const http = client()
  await textOf(post(http, server.url))
  expect((await errorOf(post(http, server.url))).name).not.toBe('UnreachableError')
  expect(server.received.length).toBe(2)
})

test('once, and not on a new connection', async () => {
  const server = await serve(({ nth, say, socket }) => (nth === 1 ? say(ok('1')) : socket.destroy()))
  const http = client()
  expect(await textOf(post(http, server.url))).toBe('1')
  expect((await errorOf(post(http, server.url, { isRepeatable: true }))).message).toContain('closed')
  expect(server.received.length).toBe(3)
  expect((await errorOf(post(http, server.url, { isRepeatable: true }))).message).toContain('closed')
  expect(server.received.length).toBe(4)
})

for (const beginning of ['H', 'HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n'])
  test(`nor once something of an answer has come: ${JSON.stringify(beginning.slice(0, 12))}`, async () => {
    const server = await serve(({ nth, say, socket }) => {
      if (nth !== 2) return say(ok(`${nth}`))
      say(beginning)
      setTimeout(() => socket.destroy(), 20)
    })
    const http = client()
    await textOf(post(http, server.url))
    expect((await errorOf(post(http, server.url, { isRepeatable: true }))).message).toContain('closed')
    expect(server.received.length).toBe(2)
  })

test('nor once it was aborted', async () => {
  const server = await serve(({ nth, say }) => nth === 1 && say(ok('1')))
  const http = client()
  await textOf(post(http, server.url))
  const call = post(http, server.url, { isRepeatable: true })
  await until(() => server.received.length === 2)
  call.abort(new Error('gone'))
  expect((await errorOf(call)).message).toBe('gone')
  await Bun.sleep(20)
  expect([server.received.length, server.open()]).toEqual([2, 0])
})

test('a connection that was held back for a slow reader carries the next call all the same', async () => {
  const large = 'a'.repeat(400_000)
  const server = await serve(({ nth, say }) => say(ok(nth % 2 === 1 ? large : 'small')))
  const http = client()
  for (const way of ['bytes', 'read', 'never'] as const) {
    const response = await post(http, server.url).response
    // All of it comes, while nobody reads.
    await Bun.sleep(30)
    if (way === 'bytes') expect((await response.bytes(1_000_000)).length).toBe(large.length)
    if (way === 'read') while (!(await response.read()).done);
    expect(await textOf(post(http, server.url))).toBe('small')
  }
})

test('closing the client closes what is idle at once, and what is under way when it has ended', async () => {
  const server = await serve(({ nth, say }) => (nth === 1 ? say(ok('1')) : setTimeout(say, 50, ok(`${nth}`))))
  const http = client()
  const slow = async (): Promise<string> => textOf(post(http, server.url))
  const [first, second] = [await slow(), slow()]
  await until(() => server.received.length === 2)
  const third = slow()
  await until(() => server.received.length === 3)
  http.close()
  expect([first, await second, await third]).toEqual(['1', '2', '3'])
  await until(() => server.open() === 0)
})
