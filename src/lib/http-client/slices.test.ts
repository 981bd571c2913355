import { afterEach, expect, test } from 'bun:test'
import { createTurns } from '../turns.ts'
import { client, closeAll, errorOf, ok, post, serve, textOf, until } from './test-server.ts'

afterEach(closeAll)

const chunked = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'
/** Numbered, so that none can be lost, doubled or moved. */
const records = (many: number): string[] => Array.from({ length: many }, (_, at) => `data: ${at}\n\n`)
const chunksOf = (texts: readonly string[]): string =>
  texts.map((text) => `${text.length.toString(16)}\r\n${text}\r\n`).join('')
const realTurns = (): ReturnType<typeof createTurns> => createTurns(() => performance.now(), console.error)

test('half a million bytes of small chunks come whole and in order, although they are read a little at a time', async () => {
  const sent = records(60_000)
  const server = await serve(({ say }) => say(`${chunked}${chunksOf(sent)}0\r\n\r\n`))
  const http = client({ turns: realTurns() })
  expect(await textOf(post(http, server.url))).toBe(sent.join(''))
  expect(await textOf(post(http, server.url))).toBe(sent.join(''))
  expect(server.sockets).toHaveLength(1)
})

test('what waits is read in few large pieces, not in one for each chunk', async () => {
  const sent = records(20_000)
  const server = await serve(({ say }) => say(`${chunked}${chunksOf(sent)}0\r\n\r\n`))
  const { read } = await post(client(), server.url).response.then((response) => ({ read: () => response.read() }))
  const pieces: Uint8Array[] = []
  for (let next = await read(); !next.done; next = await read()) pieces.push(next.value)
  expect(Buffer.concat(pieces).toString()).toBe(sent.join(''))
  expect(pieces.length).toBeLessThan(sent.length / 20)
})

test('a server that closes behind a long answer has given all of it', async () => {
  const body = records(60_000).join('')
  const server = await serve(({ socket }) => socket.end(`HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n${body}`))
  expect(await textOf(post(client({ turns: realTurns() }), server.url))).toBe(body)
})

test('a server that closes in the middle of a long answer has not, however much of it was still to be read', async () => {
  const server = await serve(({ socket }) => socket.end(`${chunked}${chunksOf(records(60_000))}5\r\nab`))
  expect((await errorOf(post(client(), server.url))).message).toContain('closed before the end')
})

test('who reads slowly holds its server back, and gets all of it in the end', async () => {
  const sent = records(100_000)
  const server = await serve(({ say }) => say(`${chunked}${chunksOf(sent)}0\r\n\r\n`))
  const response = await post(client(), server.url).response
  const pieces: string[] = []
  for (let next = await response.read(); !next.done; next = await response.read()) {
    pieces.push(Buffer.from(next.value).toString())
    if (pieces.length < 20) await Bun.sleep(1)
  }
  expect(pieces.join('')).toBe(sent.join(''))
})

test('what a server sends behind the end of a long answer reaches no other call', async () => {
  const waiting: (() => void)[] = []
  const http = client({ turns: { add: (task) => void waiting.push(task) } })
  const head = ok('').length + '16000'.length - '0'.length
  // The answer ends where a slice does, so that nothing behind it has been looked at when its call is over.
  const first = 'a'.repeat(16 * 1024 - head)
  const server = await serve(({ nth, say }) => say(nth === 1 ? ok(first) + ok('smuggled') : ok('second')))
  const begun = textOf(post(http, server.url))
  await until(() => waiting.length > 0)
  waiting.shift()!()
  expect(await begun).toBe(first)
  const second = textOf(post(http, server.url))
  for (const task of waiting) task()
  expect(await second).toBe('second')
})

test('a call that is aborted in the middle of what came ends at once, and its connection with it', async () => {
  const server = await serve(({ say }) => say(`${chunked}${chunksOf(records(100_000))}`))
  const call = post(client({ turns: realTurns() }), server.url)
  const response = await call.response
  await response.read()
  call.abort(new Error('not wanted'))
  await until(() => server.open() === 0)
  const rest = async (): Promise<void> => {
    while (!(await response.read()).done);
  }
  expect(await rest().catch((error: Error) => error.message)).toBe('not wanted')
})
