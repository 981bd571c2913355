import { afterEach, expect, test } from 'bun:test'
import type { BodyError, HttpHandler } from './contract.ts'
import { closeAll, dial, get, serve, until, type TestedServer } from './test-client.ts'

afterEach(closeAll)

const fates = [
  'whole',
  'chunked',
  'stream',
  'pipelined',
  'reset',
  'closed',
  'cut',
  'unread',
  'malformed',
  'broken',
] as const
type Fate = (typeof fates)[number]

/** The same numbers in every run. */
function dice(seed: number): (sides: number) => number {
  let state = seed
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * sides)
  }
}

/** Answers with the body, as its target says. */
const handle =
  (roll: (sides: number) => number): HttpHandler =>
  async (request) => {
    if (request.target === '/unread') return { status: 413, headers: {}, body: 'unread' }
    let bytes: Uint8Array
    try {
      bytes = await request.bytes(1_000_000)
    } catch (error) {
      return { status: 400, headers: {}, body: (error as BodyError).trouble }
    }
    await Bun.sleep(roll(20))
    if (request.target !== '/stream' && request.target !== '/broken') return { status: 200, headers: {}, body: bytes }
    let at = 0
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        await Bun.sleep(roll(3))
        if (at >= bytes.length && request.target === '/broken') return controller.error(new Error('broken'))
        if (at >= bytes.length) return controller.close()
        controller.enqueue(bytes.subarray(at, (at += 1_000)))
      },
    })
    return { status: 200, headers: {}, body }
  }

/** Sends `text` in pieces, as its fate will have it, and looks at what came. */
async function meet(server: TestedServer, fate: Fate, text: string, roll: (sides: number) => number): Promise<void> {
  await Bun.sleep(roll(60))
  const client = await dial(server.port)
  const isChunked = fate === 'chunked' || fate === 'malformed'
  const framing = isChunked ? 'transfer-encoding: chunked' : `content-length: ${text.length}`
  const body = isChunked ? `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n` : text
  const sent = `POST /${fate} HTTP/1.1\r\nhost: a\r\n${framing}\r\n\r\n${body}`
  const many = fate === 'pipelined' ? 5 : 1
  const all = fate === 'malformed' ? sent.replace('\r\n0\r\n\r\n', '!') : sent.repeat(many)
  const upTo = fate === 'cut' ? all.length - 1 : all.length
  for (let at = 0; at < upTo;) {
    const end = Math.min(upTo, at + 1 + roll(3_000))
    client.say(all.slice(at, end))
    if (roll(3) === 0) await Bun.sleep(roll(4))
    at = end
  }
  switch (fate) {
    case 'reset':
      return void client.socket.resetAndDestroy()
    case 'closed':
    case 'cut':
      return void client.socket.destroy()
    case 'broken':
      await client.ended()
      return expect(await client.answers()).toEqual([])
    case 'malformed':
    case 'unread':
      return expect((await client.answers())[0]!.status).toBe(fate === 'unread' ? 413 : 400)
    case 'whole':
    case 'chunked':
    case 'stream':
    case 'pipelined':
      expect((await client.answers(many)).map((answer) => answer.body)).toEqual(
        Array.from({ length: many }, () => text),
      )
      client.say(get('/next', 'connection: close'))
      expect(await client.ended()).toBe('closed')
      expect((await client.answers(many + 1)).length).toBe(many + 1)
  }
}

test('500 clients at once, of every fate, get each its own answer, and nothing is left behind', async () => {
  const roll = dice(7)
  const unhandled: unknown[] = []
  const note = (error: unknown): void => void unhandled.push(error)
  process.on('unhandledRejection', note)
  const server = serve(handle(roll))
  await Promise.all(
    Array.from({ length: 500 }, (_, nth) =>
      meet(server, fates[nth % fates.length]!, `${nth} ${'x'.repeat(1 + roll(5_000))}`, roll),
    ),
  )
  await until(() => server.pending() === 0)
  process.off('unhandledRejection', note)
  expect([unhandled, server.troubles]).toEqual([[], []])
})
