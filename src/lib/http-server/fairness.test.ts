import { afterEach, describe, expect, test } from 'bun:test'
import { createTurns } from '../turns.ts'
import { createHeldMemory } from './held-memory.ts'
import { answersIn, closeAll, dial, get, heldBack, serve, text, until } from './test-client.ts'

afterEach(closeAll)

const realTurns = (): ReturnType<typeof createTurns> => createTurns(() => performance.now(), console.error)
/** What one read off a socket may bring. */
const readBytesMax = 512 * 1024
const aheadBytesMax = 64 * 1024

describe('a client that sends very many requests ahead', () => {
  for (const [way, handle] of [
    ['answered at once', () => text('x')],
    ['answered a moment later', () => Promise.resolve(text('x'))],
  ] as const)
    test(`keeps nobody waiting until it has all its answers: ${way}`, async () => {
      const server = serve(handle, { turns: realTurns() })
      const many = 50_000
      const greedy = await dial(server.port)
      greedy.say(get('/greedy').repeat(many))
      await until(() => server.handled.length > 100)
      const other = await dial(server.port)
      other.say(get('/other'))
      await other.answers()
      expect(server.handled.indexOf('GET /other')).toBeLessThan(many)
      await until(() => server.handled.length === many + 1)
      expect(answersIn((await greedy.answers(many), greedy.got()))).toHaveLength(many)
    })

  test('is held back behind 64 KiB and one read, and stays so however many of them are answered', async () => {
    const { handle, answer, requests } = heldBack()
    const server = serve(handle, { turns: realTurns() })
    const client = await dial(server.port)
    const line = get('/a', `x: ${'y'.repeat(1_000)}`)
    client.say(line.repeat(20_000))
    await until(() => client.socket.writableLength > 0 && server.heldBytes() > aheadBytesMax)
    let most = server.heldBytes()
    for (let answered = 0; answered < 500; answered += 1) {
      await until(() => requests.length > answered)
      answer(text('x'))
      most = Math.max(most, server.heldBytes())
    }
    expect(most).toBeLessThanOrEqual(aheadBytesMax + readBytesMax)
  })
})

describe('a client whose body comes in chunks of one byte', () => {
  const head = 'POST /greedy HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n'
  const crumbs = '1\r\na\r\n'.repeat(400_000)

  test('keeps nobody waiting until all of it is read', async () => {
    const server = serve(
      async (request) => text(request.method === 'POST' ? String((await request.bytes(1_000_000)).length) : 'other'),
      { turns: realTurns() },
    )
    const greedy = await dial(server.port)
    greedy.say(`${head}${crumbs}0\r\n\r\n`)
    await until(() => server.handled.length === 1)
    const other = await dial(server.port)
    other.say(get('/other'))
    await other.answers()
    expect(greedy.got()).toHaveLength(0)
    expect((await greedy.answers()).map(({ body }) => body)).toEqual(['400000'])
  })

  test('is told at once that nobody wants it, and that the connection ends', async () => {
    const server = serve(() => text('unwanted'), { turns: realTurns() })
    const greedy = await dial(server.port)
    greedy.say(`${head}${crumbs}`)
    const [answer] = await greedy.answers()
    expect([answer!.body, answer!.headers.get('connection')]).toEqual(['unwanted', 'close'])
  })
})

describe('what connections keep that nobody has asked for', () => {
  test('is counted while it is kept, and no longer', async () => {
    const server = serve(() => text('x'))
    const client = await dial(server.port)
    client.say(`GET / HTTP/1.1\r\nx: ${'y'.repeat(10_000)}`)
    await until(() => server.heldBytes() > 10_000)
    client.say('\r\nhost: a\r\n\r\n')
    await client.answers()
    expect(server.heldBytes()).toBe(0)
    client.say('GET / HTTP/1.1\r\nx: ')
    await until(() => server.heldBytes() > 0)
    client.socket.destroy()
    await until(() => server.heldBytes() === 0)
  })

  test('has a limit, beyond which who keeps much is sent away and who keeps little is served', async () => {
    const server = serve(() => text('served'), { heldBytesMax: 200_000 })
    const begun = `GET / HTTP/1.1\r\nx: ${'y'.repeat(40_000)}`
    const many = await Promise.all(Array.from({ length: 20 }, () => dial(server.port)))
    for (const client of many) client.say(begun)
    await until(() => many.filter(({ ending }) => ending() !== null).length >= 15)
    const refused = many.filter(({ ending }) => ending() !== null)
    for (const client of refused) expect(answersIn(client.got()).map(({ status }) => status)).toEqual([503])
    expect(server.heldBytes()).toBeLessThanOrEqual(200_000 + begun.length)
    const modest = await dial(server.port)
    modest.say('GET /mo')
    modest.say('dest HTTP/1.1\r\nhost: a\r\n\r\n')
    expect((await modest.answers()).map(({ body }) => body)).toEqual(['served'])
  })

  test('is shared by the connections there are, and 4 KiB of it are everybody’s', () => {
    const connections = { many: 10 }
    const held = createHeldMemory(100_000, () => connections.many)
    expect(held.share()).toBe(Number.POSITIVE_INFINITY)
    held.change(100_001)
    expect(held.share()).toBe(10_000)
    connections.many = 1_000
    expect(held.share()).toBe(4_096)
  })

  test('takes with it what was sent ahead of a request that is under way, which is answered all the same', async () => {
    const { handle, answer, requests } = heldBack()
    const server = serve(handle, { heldBytesMax: 1_000 })
    const client = await dial(server.port)
    client.say(get('/first') + get('/second', `x: ${'y'.repeat(60_000)}`))
    await until(() => requests.length === 1 && server.heldBytes() === 0)
    answer(text('first'))
    expect(await client.ended()).toBe('closed')
    expect((await client.answers()).map(({ body }) => body)).toEqual(['first'])
    expect(server.handled).toEqual(['GET /first'])
  })
})

describe('a body in chunks', () => {
  const head = 'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n'
  const tellLength = async (request: { bytes: (max: number) => Uint8Array | Promise<Uint8Array> }) => {
    try {
      return text(String((await request.bytes(10_000_000)).length))
    } catch {
      return text('refused')
    }
  }

  test('may say something in every chunk, but not more than it brings', async () => {
    const server = serve(tellLength)
    const client = await dial(server.port)
    client.say(`${head}${'1;name=value\r\na\r\n'.repeat(2_000)}0\r\n\r\n`)
    expect((await client.answers()).map(({ body }) => body)).toEqual(['2000'])
    client.say(head)
    for (let sent = 0; sent < 10 && client.ending() === null; sent += 1) {
      client.say(`1;${'x'.repeat(3_000)}\r\na\r\n`)
      await Bun.sleep(1)
    }
    await client.ended()
    expect((await client.answers()).map(({ body }) => body)).toEqual(['2000', 'refused'])
  })

  test('has lines of 4 KiB at most, however they come', async () => {
    for (const pieces of [[`1;${'x'.repeat(5_000)}\r\n`], ['1;', 'x'.repeat(5_000)]]) {
      const client = await dial(serve(tellLength).port)
      client.say(head)
      for (const piece of pieces) client.say(piece)
      await client.ended()
      const [answer] = await client.answers()
      // The whole of it came with its head, or behind it.
      expect([answer?.status, answer?.body].join(' ')).toMatch(/^(431 .*too long|200 refused)/)
    }
  })
})
