import { afterEach, describe, expect, test } from 'bun:test'
import type { BodyError } from './contract.ts'
import { listen } from './http-server.ts'
import { closeAll, dial, echo, fed, get, heldBack, post, serve, text, until } from './test-client.ts'

afterEach(closeAll)

/** For what a client sent to be read. */
const aMoment = (): Promise<void> => Bun.sleep(10)

describe('a connection without a request', () => {
  test('is closed after two minutes, whether it ever had one or not', async () => {
    const server = serve(echo)
    const [fresh, kept] = [await dial(server.port), await dial(server.port)]
    await aMoment()
    server.pass(60_000)
    kept.say(get('/'))
    await kept.answers()
    server.pass(59_000)
    await aMoment()
    expect([fresh.ending(), kept.ending()]).toEqual([null, null])
    server.pass(2_000)
    expect(await fresh.ended()).toBe('closed')
    expect(kept.ending()).toBeNull()
    server.pass(60_000)
    expect(await kept.ended()).toBe('closed')
    expect(fresh.got().length).toBe(0)
  })
})

describe('a head', () => {
  test('that comes byte by byte has thirty seconds from its first byte on', async () => {
    const server = serve(echo)
    const client = await dial(server.port)
    await aMoment()
    server.pass(100_000)
    for (const byte of 'GET / HTTP/1.1\r\nhost: a\r\nx: a'.slice(0, 30)) {
      client.say(byte)
      await Bun.sleep(2)
      expect(client.ending()).toBeNull()
      server.pass(1_000)
    }
    server.pass(2_000)
    expect(await client.ended()).toBe('closed')
    expect((await client.answers()).map(({ status, headers }) => [status, headers.get('connection')])).toEqual([
      [408, 'close'],
    ])
  })

  test('that begins behind another request has its time from the answer to that on', async () => {
    const { handle, answer } = heldBack()
    const server = serve(handle)
    const client = await dial(server.port)
    client.say(`${get('/1')}GET /2 HT`)
    await until(() => server.handled.length === 1)
    server.pass(1_000_000)
    answer(text('1'))
    await client.answers()
    server.pass(29_000)
    client.say('TP/1.1\r\nhost: a\r\n\r\n')
    await until(() => server.handled.length === 2)
    answer(text('2'))
    expect((await client.answers(2)).map(({ body }) => body)).toEqual(['1', '2'])
    client.say('GET')
    await aMoment()
    server.pass(31_000)
    expect((await client.answers(3))[2]!.status).toBe(408)
  })
})

describe('a body that is waited for', () => {
  test('may be slow, but not stand still for a minute', async () => {
    const server = serve(async (request) => {
      try {
        await request.bytes(100)
        return text('whole')
      } catch (error) {
        return text((error as BodyError).trouble)
      }
    })
    const client = await dial(server.port)
    client.say('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n')
    for (let nth = 0; nth < 5; nth++) {
      await aMoment()
      server.pass(59_000)
      client.say('x')
    }
    await aMoment()
    expect(client.got().length).toBe(0)
    server.pass(61_000)
    const [answer] = await client.answers()
    expect([answer!.body, answer!.headers.get('connection')]).toEqual(['slow', 'close'])
    expect(await client.ended()).toBe('closed')
  })

  test('has half an hour for all of it, however steadily it comes', async () => {
    const server = serve(async (request) => {
      const trouble = await Promise.resolve(request.bytes(1_000)).catch((error: BodyError) => error.trouble)
      return text(String(trouble))
    })
    const client = await dial(server.port)
    client.say('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\n')
    for (let minute = 0; minute < 30; minute++) {
      await Bun.sleep(2)
      server.pass(59_900)
      client.say('x')
    }
    await aMoment()
    expect(client.got().length).toBe(0)
    server.pass(30_000)
    expect((await client.answers())[0]!.body).toBe('slow')
  })

  test('has its minute from then on, however long its handler took to ask', async () => {
    const half = 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nhello'
    const withheld = half.replace('\r\n\r\nhello', '\r\nexpect: 100-continue\r\n\r\n')
    for (const sent of [half, withheld]) {
      const { handle, requests } = heldBack()
      const server = serve(handle)
      const client = await dial(server.port)
      client.say(sent)
      await until(() => requests.length === 1)
      server.pass(3_600_000)
      const bytes = requests[0]!.bytes(10)
      server.pass(59_000)
      client.say(sent === half ? ' you!' : 'hello you!')
      expect(Buffer.from(await bytes).toString()).toBe('hello you!')
    }
  })
})

describe('an answer', () => {
  test('that nobody takes for ten minutes ends with a reset, and its stream is cancelled', async () => {
    const seen = { cancels: 0 }
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(1_000_000)),
      cancel: () => void seen.cancels++,
    })
    const server = serve(({ target }) => ({
      ...text(''),
      body: target === '/stream' ? body : new Uint8Array(20_000_000),
    }))
    for (const target of ['/stream', '/bytes']) {
      const client = await dial(server.port)
      client.socket.pause()
      client.say(get(target))
      await Bun.sleep(50)
      server.pass(599_000)
      expect(server.pending()).toBe(1)
      // Taking a little is enough.
      client.socket.resume()
      await aMoment()
      client.socket.pause()
      await Bun.sleep(50)
      if (server.pending() === 0) continue
      server.pass(599_000)
      expect(server.pending()).toBe(1)
      server.pass(2_000)
      await until(() => server.pending() === 0)
      client.socket.resume()
      expect(await client.ended()).toBe('reset')
    }
    expect([seen.cancels, server.troubles]).toEqual([1, []])
  })

  test('that is still being made, or streams in silence, has no limit here', async () => {
    const { handle, requests, answer } = heldBack()
    const { body, give, end } = fed()
    const server = serve(handle)
    const client = await dial(server.port)
    client.say(post('/', 'hello'))
    await until(() => requests.length === 1)
    for (let nth = 0; nth < 10; nth++) server.pass(3_600_000)
    answer({ ...text(''), body })
    give('some')
    await until(() => client.got().includes('some'))
    for (let nth = 0; nth < 10; nth++) server.pass(3_600_000)
    give('more')
    end()
    expect((await client.answers())[0]!.body).toBe('somemore')
  })
})

describe('a client that', () => {
  test('sends on what nobody wants gets its answer, and twenty seconds to come to an end', async () => {
    const server = serve(() => ({ ...text('no'), status: 413 }))
    const client = await dial(server.port)
    client.say('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n')
    expect((await client.answers())[0]!.status).toBe(413)
    expect(server.pending()).toBe(1)
    for (let nth = 0; nth < 4; nth++) {
      server.pass(5_000)
      client.say('x')
      await aMoment()
      expect(client.ending()).toBeNull()
    }
    server.pass(1_000)
    expect(await client.ended()).toBe('closed')
    expect(server.pending()).toBe(0)
  })

  test('does not close what was closed is left after twenty seconds', async () => {
    const server = serve(() => text('last'))
    const client = await dial(server.port, { leavesOpen: true })
    client.say(get('/', 'connection: close'))
    expect(await client.ended()).toBe('closed')
    for (let nth = 0; nth < 4; nth++) {
      server.pass(5_000)
      client.say(get('/more'))
      await aMoment()
      expect(client.socket.destroyed).toBe(false)
    }
    server.pass(1_000)
    client.say(get('/more'))
    await until(() => client.socket.destroyed)
    expect(server.handled).toEqual(['GET /'])
  })
})

test('a server looks at its connections by itself, every second, and so knows the date', async () => {
  const time = { ms: 0 }
  const clock = { now: () => time.ms, monotonic: () => time.ms }
  const failed = (): void => undefined
  const server = listen({ hostname: '127.0.0.1', port: 0, handle: () => text('x'), clock, failed })
  const client = await dial(server.port)
  await aMoment()
  time.ms = 121_000
  expect(await client.ended()).toBe('closed')
  const dated = await fetch(`http://127.0.0.1:${server.port}`)
  expect(dated.headers.get('date')).toBe('Thu, 01 Jan 1970 00:02:01 GMT')
  server.close()
})
