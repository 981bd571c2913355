import { afterEach, expect, test } from 'bun:test'
import type { HttpClient } from './contract.ts'
import {
  client,
  closeAll,
  errorOf,
  ok,
  post,
  serve,
  textOf,
  until,
  type Received,
  type TestServer,
} from './test-server.ts'

afterEach(closeAll)

type Fate = 'whole' | 'chunked' | 'closing' | 'reset' | 'cut' | 'aborted' | 'cancelled' | 'silent'
const fates: readonly Fate[] = ['whole', 'chunked', 'closing', 'reset', 'cut', 'aborted', 'cancelled', 'silent']

/** The same numbers in every run. */
function dice(seed: number): (sides: number) => number {
  let state = seed
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * sides)
  }
}

/** Answers a call with its own body, or fails it, as that body says. */
function answer({ body, say, socket }: Received, roll: (sides: number) => number): void {
  const text = body.toString()
  const fate = text.split(' ')[0] as Fate
  const half = ok(text).slice(0, -3)
  const chunks = `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${text.length.toString(16)}\r\n${text}\r\n`
  setTimeout(() => {
    if (fate === 'whole') say(ok(text))
    else if (fate === 'chunked') {
      say(chunks)
      setTimeout(say, roll(5), '0\r\n\r\n')
    } else if (fate === 'closing') say(ok(text, 'connection: close'))
    else if (fate === 'reset') socket.resetAndDestroy()
    else if (fate === 'cut') socket.end(half)
    else if (fate !== 'silent') say(half)
  }, roll(20))
}

async function call(http: HttpClient, { url }: TestServer, text: string, waitMs: number): Promise<void> {
  await Bun.sleep(waitMs)
  const sent = post(http, url, { body: Buffer.from(text) })
  const fate = text.split(' ')[0] as Fate
  switch (fate) {
    case 'whole':
    case 'chunked':
    case 'closing':
      return expect(await textOf(sent)).toBe(text)
    case 'reset':
      return expect((await errorOf(sent)).message).toMatch(/ECONNRESET|closed/)
    case 'cut':
      return expect((await errorOf(sent)).message).toContain('closed before the end')
    case 'aborted':
    case 'silent':
      setTimeout(() => sent.abort(new Error(text)), waitMs)
      return expect((await errorOf(sent)).message).toBe(text)
    case 'cancelled': {
      const response = await sent.response
      expect(text.startsWith(Buffer.from((await response.read()).value!).toString())).toBe(true)
      await response.cancel()
    }
  }
}

test('500 calls at once, of every fate, get each its own answer, and nothing is left behind', async () => {
  const roll = dice(7)
  const troubles: unknown[] = []
  const note = (error: unknown): void => void troubles.push(error)
  process.on('unhandledRejection', note)
  const server = await serve((received) => answer(received, roll))
  const http = client()
  const texts = Array.from(
    { length: 500 },
    (_, nth) => `${fates[nth % fates.length]} ${nth} ${'x'.repeat(roll(2_000))}`,
  )
  await Promise.all(texts.map((text) => call(http, server, text, roll(60))))
  // Those that were aborted early may never have been sent; no other was sent twice.
  const seen = server.received.map(({ body }) => body.toString())
  expect(new Set(seen).size).toBe(seen.length)
  // What is left is parked, and carries calls as before.
  const parked = (): number => server.sockets.filter(({ destroyed }) => !destroyed).length
  const [open, made] = [parked(), server.sockets.length]
  expect(open).toBeGreaterThan(0)
  const again = Array.from({ length: 300 }, (_, nth) => `whole ${nth} again`)
  for (let at = 0; at < again.length; at += 20)
    await Promise.all(again.slice(at, at + 20).map((text) => call(http, server, text, 0)))
  expect(server.sockets.length - made).toBeLessThan(20)
  http.close()
  await until(() => server.open() === 0)
  process.off('unhandledRejection', note)
  expect(troubles).toEqual([])
})

test('a process whose calls have ended ends once its client is closed, and timers keep no process alive', async () => {
  const server = await serve(({ say }) => say(ok('done')))
  const script = `
    const { createHttpClient } = await import(${JSON.stringify(import.meta.resolve('./http-client.ts'))})
    const http = createHttpClient({ now: () => performance.now() })
    const request = { method: 'POST', headers: {}, body: new Uint8Array(0), connectMs: 60_000, isRepeatable: false }
    const { response } = http.send({ ...request, url: ${JSON.stringify(server.url)} })
    console.log(Buffer.from(await (await response).bytes(10)).toString())
    http.send({ ...request, url: ${JSON.stringify(server.url)} }).abort(new Error('gone'))
    http.send({ ...request, url: 'http://127.0.0.1:1/' })
    http.close()
    createHttpClient({ now: () => performance.now() })`
  const child = Bun.spawn([process.execPath, '-e', script], { stdout: 'pipe' })
  expect([await new Response(child.stdout).text(), await child.exited]).toEqual(['done\n', 0])
})
