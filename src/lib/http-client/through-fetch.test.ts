import { afterEach, expect, test } from 'bun:test'
import { clientThroughFetch } from './through-fetch.ts'
import { closeAll, errorOf, ok, post, serve, textOf, until, whenClosed } from './test-server.ts'

afterEach(closeAll)

const http = clientThroughFetch()

test('a request goes out whole, and its answer comes as it is: no redirect followed, nothing unpacked', async () => {
  const lines = ['location: /elsewhere', 'content-encoding: gzip', 'X-Id: 7']
  const server = await serve(({ say }) => say(ok('not gzip', ...lines).replace('200 OK', '307 Moved')))
  const body = Buffer.from([0, 255, 13, 10])
  const response = await post(http, `${server.url}/a%20b?c=d`, { headers: { 'x-own': 'b' }, body }).response
  expect([response.status, response.headers.get('x-id'), response.headers.get('x-none')]).toEqual([307, '7', null])
  expect(Buffer.from(await response.bytes(100)).toString()).toBe('not gzip')
  expect(server.received[0]!.head).toMatch(/^POST \/a%20b\?c=d HTTP\/1.1\r\n[^]*x-own: b/)
  expect(server.received[0]!.body).toEqual(body)
  expect(server.received.length).toBe(1)
})

test('a body comes piece by piece, and more than is wanted is refused', async () => {
  const server = await serve(({ say }) => {
    say('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n')
    setTimeout(say, 20, '3\r\ntwo\r\n0\r\n\r\n')
  })
  const response = await post(http, server.url).response
  expect(Buffer.from((await response.read()).value!).toString()).toBe('one')
  expect(Buffer.from((await response.read()).value!).toString()).toBe('two')
  expect(await response.read()).toEqual({ done: true })
  const larger = await post(http, server.url).response
  expect(larger.bytes(5)).rejects.toThrow('larger than 5 bytes')
  await until(() => server.received.length === 2)
})

test('an abort ends a call with its reason, before and within the answer', async () => {
  for (const text of ['', 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345']) {
    const server = await serve(({ say }) => say(text))
    const call = post(http, server.url)
    const error = errorOf(call)
    await until(() => server.received.length === 1)
    await Bun.sleep(10)
    call.abort(new Error('not wanted'))
    expect((await error).message).toBe('not wanted')
    await until(() => server.open() === 0)
  }
})

test('what breaks is an error, and what nobody waits for troubles nobody', async () => {
  const troubles: unknown[] = []
  const note = (error: unknown): void => void troubles.push(error)
  process.on('unhandledRejection', note)
  const server = await serve(({ say, socket }) => {
    say('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345')
    setTimeout(() => socket.end(), 10)
  })
  expect((await errorOf(post(http, server.url))).message).not.toContain('there was an answer')
  post(http, 'http://127.0.0.1:1/')
  post(http, server.url).abort(new Error('gone'))
  await Bun.sleep(30)
  process.off('unhandledRejection', note)
  expect(troubles).toEqual([])
})

test('a call that may not be repeated is sent once, though a kept connection was closed', async () => {
  const server = await serve(({ nth, say, socket }) => (nth === 2 ? socket.destroy() : say(ok(`${nth}`))))
  await textOf(post(http, server.url))
  const error = await errorOf(post(http, server.url))
  expect(error.message).not.toContain('there was an answer')
  expect([server.sockets.length, server.received.length]).toEqual([1, 2])
})

test('calls leave through the proxy that the environment names', async () => {
  const proxy = await serve(({ head, body, say }) => say(ok(`${head.split('\r\n')[0]} | ${body.toString()}`)))
  const script = `
    const { clientThroughFetch } = await import(${JSON.stringify(import.meta.resolve('./through-fetch.ts'))})
    const request = { method: 'POST', headers: {}, body: Buffer.from('paid'), connectMs: 1_000, isRepeatable: false }
    const { response } = clientThroughFetch().send({ ...request, url: 'http://upstream.invalid/v1' })
    console.log(Buffer.from(await (await response).bytes(100)).toString())`
  const child = Bun.spawn([process.execPath, '-e', script], {
    stdout: 'pipe',
    env: { ...process.env, HTTP_PROXY: proxy.url, http_proxy: proxy.url, NO_PROXY: '', no_proxy: '' },
  })
  whenClosed(() => child.kill())
  expect(await new Response(child.stdout).text()).toBe('POST http://upstream.invalid/v1 HTTP/1.1 | paid\n')
})
