import { afterEach, expect, test } from 'bun:test'
import { NoRoomError, UnreachableError } from './contract.ts'
import { client, closeAll, errorOf, listen, ok, post, serve, textOf, until, type Received } from './test-server.ts'

afterEach(closeAll)

test('a call for which there is no room is told so at once, nothing of it is sent, and the others go on', async () => {
  const held: Received[] = []
  const server = await serve((request) => void held.push(request))
  const full = { calls: 0 }
  const http = client({ connectionsMax: () => 2, full: () => void full.calls++ })
  const calls = [post(http, server.url), post(http, server.url)]
  await until(() => held.length === 2)
  const error = await errorOf(post(http, server.url))
  expect(error).toBeInstanceOf(NoRoomError)
  // Whoever knows only of calls that were not sent takes it for one.
  expect(error).toBeInstanceOf(UnreachableError)
  expect([full.calls, server.received.length, http.connections()]).toEqual([1, 2, 2])
  for (const { say } of held) say(ok('x'))
  expect(await Promise.all(calls.map(textOf))).toEqual(['x', 'x'])
  held.length = 0
  const next = post(http, server.url)
  await until(() => held.length === 1)
  held[0]!.say(ok('y'))
  expect(await textOf(next)).toBe('y')
})

test('an idle connection makes room for one to somebody else', async () => {
  const [one, other] = [await serve(({ say }) => say(ok('one'))), await serve(({ say }) => say(ok('other')))]
  const http = client({ connectionsMax: () => 2 })
  await Promise.all([textOf(post(http, one.url)), textOf(post(http, one.url))])
  expect(one.open()).toBe(2)
  expect(await textOf(post(http, other.url))).toBe('other')
  await until(() => one.open() === 1 && http.connections() === 2)
})

test('a connection counts until its socket is gone, however it ends', async () => {
  const closing = await serve(({ say, socket, nth }) =>
    nth === 1 ? void socket.destroy() : say(ok('x', 'connection: close')),
  )
  const http = client({ connectionsMax: () => 10 })
  await errorOf(post(http, closing.url))
  await textOf(post(http, closing.url))
  await errorOf(post(http, 'http://127.0.0.1:1/'))
  const silent = await listen((socket) => socket.resume())
  const aborted = post(http, silent.url)
  await until(() => silent.open() === 1)
  aborted.abort(new Error('enough'))
  await errorOf(aborted)
  const abortedEarly = post(http, silent.url)
  abortedEarly.abort(new Error('at once'))
  await errorOf(abortedEarly)
  await until(() => http.connections() === 0)
})
