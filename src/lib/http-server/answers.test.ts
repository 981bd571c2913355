import { afterEach, describe, expect, test } from 'bun:test'
import type { HttpAnswer, HttpHandler } from './contract.ts'
import { answersIn, closeAll, conversation, dial, fed, get, serve, text, until } from './test-client.ts'

afterEach(closeAll)

describe('an answer', () => {
  test('of text, of bytes, of nothing, and of none is what it is', async () => {
    const bodies: Record<string, HttpAnswer['body']> = {
      '/text': 'häppy ✓',
      '/bytes': new Uint8Array([0, 255, 13, 10]),
      '/nothing': '',
      '/none': null,
    }
    const server = serve(({ target }) => ({ status: 201, headers: { 'x-a': 'b' }, body: bodies[target]! }))
    const got = async (target: string): Promise<Buffer> => {
      const response = await fetch(server.url + target)
      expect([response.status, response.statusText, response.headers.get('x-a')]).toEqual([201, 'Created', 'b'])
      return Buffer.from(await response.arrayBuffer())
    }
    expect((await got('/text')).toString()).toBe('häppy ✓')
    expect([...(await got('/bytes'))]).toEqual([0, 255, 13, 10])
    for (const target of ['/nothing', '/none']) expect((await got(target)).length).toBe(0)
  })

  test('is released once nothing is kept of it, however it ends', async () => {
    const released: string[] = []
    // More than the system keeps of it on both sides, for who takes none (Linux: 4 and 6 MiB unless told otherwise).
    const body = new Uint8Array(16 * 1024 * 1024)
    const server = serve(({ target }) => ({ status: 200, headers: {}, body, released: () => released.push(target) }))
    const [taker, leaver, asker] = [await dial(server.port), await dial(server.port), await dial(server.port)]
    leaver.socket.pause()
    leaver.say(get('/left'))
    await until(() => server.handled.length === 1)
    taker.say(get('/taken'))
    await taker.answers()
    expect(released).toEqual(['/taken'])
    leaver.socket.destroy()
    asker.say(get('/nothing').replace('GET', 'HEAD'))
    await until(() => released.length === 3)
    expect(released.toSorted()).toEqual(['/left', '/nothing', '/taken'])
  })

  test('has a date, its own headers, and each cookie in a line of its own', async () => {
    const server = serve(() => text('x', { 'set-cookie': ['a=1; path=/', 'b=2'], 'x-latin': '\xe9', 'x-empty': '' }))
    server.pass(5_000)
    const response = await fetch(server.url)
    expect(response.headers.getSetCookie()).toEqual(['a=1; path=/', 'b=2'])
    expect(response.headers.get('x-latin')).toBe('\xe9')
    expect(response.headers.get('x-empty')).toBe('')
    expect(response.headers.get('date')).toBe(new Date(Date.UTC(2030, 0, 1) + 1_005_000).toUTCString())
  })

  test('says its framing itself, whatever the handler says of it', async () => {
    const false_ = { 'content-length': '99', 'transfer-encoding': 'chunked', connection: 'upgrade', date: 'never' }
    const server = serve(() => text('hello', { ...false_, 'keep-alive': 'timeout=1' }))
    const client = await dial(server.port)
    client.say(get('/') + get('/'))
    const [one, other] = await client.answers(2)
    expect([one!.body, other!.body]).toEqual(['hello', 'hello'])
    expect(client.got().toString()).not.toMatch(/99|chunked|upgrade|never|timeout/)
  })

  test('of a status that is none, or not a final one, is a 500', async () => {
    const statuses = [Number.NaN, 0, 99, 101, 199, 200.5, 1000]
    const server = serve(({ target }) => ({ ...text('x'), status: statuses[Number(target.slice(1))]! }))
    for (const [nth] of statuses.entries()) expect((await fetch(`${server.url}/${nth}`)).status).toBe(500)
    expect(server.troubles).toHaveLength(statuses.length)
  })

  test('of many megabytes comes whole to a client that takes its time', async () => {
    const large = Buffer.alloc(30_000_000, 'some text that is large. ')
    const server = serve(() => ({ ...text(''), body: large }))
    const client = await dial(server.port)
    client.say(get('/', 'connection: close'))
    for (let nth = 0; nth < 20; nth++) {
      client.socket.pause()
      await Bun.sleep(2)
      client.socket.resume()
      await Bun.sleep(2)
    }
    expect(await client.ended()).toBe('closed')
    expect(client.got().subarray(-large.length).equals(large)).toBe(true)
  })
})

describe('an answer that streams', () => {
  test('begins at once, and comes piece by piece', async () => {
    const { body, give, end } = fed()
    const server = serve(() => ({ ...text(''), body }))
    const response = await fetch(server.url)
    const reader = response.body!.getReader()
    for (const piece of ['one', 'two', 'x'.repeat(5_000)]) {
      give('')
      give(piece)
      expect(Buffer.from((await reader.read()).value ?? '').toString()).toBe(piece)
    }
    expect(server.pending()).toBe(1)
    end()
    expect((await reader.read()).done).toBe(true)
    await until(() => server.pending() === 0)
  })

  test('keeps its connection', async () => {
    const server = serve(() => ({ ...text(''), body: new Blob(['whole']).stream() }))
    const client = await dial(server.port)
    client.say(get('/') + get('/'))
    await client.answers(2)
    client.say(get('/'))
    expect((await client.answers(3)).map(({ body }) => body)).toEqual(['whole', 'whole', 'whole'])
  })

  test('may be empty', async () => {
    const { body, end } = fed()
    end()
    const server = serve(() => ({ ...text(''), body }))
    expect(await (await fetch(server.url)).text()).toBe('')
  })

  test('is pulled as fast as its client takes it, and no faster', async () => {
    const many = 400
    const state = { pulls: 0 }
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          if (state.pulls++ === many) controller.close()
          else controller.enqueue(Buffer.alloc(100_000, state.pulls))
        },
      },
      { highWaterMark: 0 },
    )
    const server = serve(() => ({ ...text(''), body }))
    const client = await dial(server.port)
    client.socket.pause()
    client.say(get('/', 'connection: close'))
    await Bun.sleep(100)
    const held = state.pulls
    // What the two kernels take, and one more.
    expect(held).toBeLessThan(120)
    await Bun.sleep(30)
    expect(state.pulls).toBe(held)
    client.socket.resume()
    expect(await client.ended()).toBe('closed')
    const came = answersIn(client.got())[0]!.body
    const pieces = Array.from({ length: many }, (_, nth) => Buffer.alloc(100_000, nth + 1).toString('latin1'))
    expect(came === pieces.join('')).toBe(true)
  })

  test('and errs is never taken for whole: all that it gave, and then a broken body', async () => {
    for (const line of [[], ['connection: close']]) {
      const { body, give, err } = fed()
      const server = serve(() => ({ ...text(''), body }))
      const client = await dial(server.port)
      client.say(get('/', ...line))
      give('some')
      await until(() => client.got().includes('some'))
      give('more')
      await Bun.sleep(1)
      err()
      await client.ended()
      expect(client.got().toString()).toEndWith('\r\n4\r\nsome\r\n4\r\nmore\r\n')
      expect(server.troubles).toEqual([])
      await until(() => server.pending() === 0)
    }
    const { body, err } = fed()
    const server = serve(() => ({ ...text(''), body }))
    const response = await fetch(server.url)
    err()
    expect(await response.text().catch(() => 'broken')).toBe('broken')
  })

  test('and errs breaks the connection of HTTP/1.0 too, where only a reset tells it from an end', async () => {
    const { body, give, err } = fed()
    const server = serve(() => ({ ...text(''), body }))
    const client = await dial(server.port)
    client.say('GET / HTTP/1.0\r\n\r\n')
    give('some')
    await until(() => client.got().includes('some'))
    err()
    expect(await client.ended()).toBe('reset')
  })

  test('and is already being read by another is a mistake of ours, and told before anything is sent', async () => {
    const { body } = fed()
    body.getReader()
    const server = serve(() => ({ ...text(''), body }))
    const { answers } = await conversation(server.port, get('/'))
    expect(answers.map(({ status }) => status)).toEqual([500])
    expect(server.troubles.length).toBe(1)
  })
})

const good = text('x')
const bad: Record<string, HttpHandler> = {
  throws: () => {
    throw new Error('secret')
  },
  rejects: () => Promise.reject(new Error('secret')),
  'gives nothing': () => undefined as unknown as HttpAnswer,
  'comes to nothing': () => Promise.resolve(undefined as unknown as HttpAnswer),
  'gives a header that ends its line': () => text('x', { 'x-a': 'secret\r\nset-cookie: a=b' }),
  'gives a header with a line feed': () => text('x', { 'x-a': 'secret\nset-cookie: a=b' }),
  'gives a header with a carriage return': () => text('x', { 'x-a': 'secret\rset-cookie: a=b' }),
  'gives a header with a NUL': () => text('x', { 'x-a': 'secret\0' }),
  'gives a header beyond latin1': () => text('x', { 'x-a': 'secret ✓' }),
  'gives a cookie that ends its line': () => text('x', { 'set-cookie': ['a=1', 'secret\r\nx: y'] }),
  'gives a name that ends its line': () => text('x', { 'x-a: secret\r\nx-b': 'y' }),
  'gives a name with a blank': () => text('x', { 'secret ': 'y' }),
  'gives a name in upper case': () => text('x', { Secret: 'y' }),
  'gives an empty name': () => text('x', { '': 'secret' }),
  'gives a header that is none': () => text('x', { secret: undefined as unknown as string }),
  'gives a bad header later': async () => {
    await Bun.sleep(1)
    return text('x', { 'x-a': 'secret\r\n' })
  },
}

describe('a handler that', () => {
  for (const [name, handle] of Object.entries(bad))
    test(`${name} is told of, and its client hears of a mistake of ours and nothing else`, async () => {
      const unhandled: unknown[] = []
      const note = (error: unknown): void => void unhandled.push(error)
      process.on('unhandledRejection', note)
      const server = serve((request) => (request.target === '/bad' ? handle(request) : good))
      const { answers, got, ending } = await conversation(server.port, get('/good') + get('/bad') + get('/good'))
      expect(answers.map(({ status }) => status)).toEqual([200, 500])
      expect(answers[1]!.headers.get('connection')).toBe('close')
      expect(got).not.toMatch(/secret|set-cookie/i)
      expect([ending, server.troubles.length]).toEqual(['closed', 1])
      expect((await fetch(server.url)).status).toBe(200)
      await Bun.sleep(1)
      process.off('unhandledRejection', note)
      expect(unhandled).toEqual([])
    })

  test('gives a bad header leaves no stream behind', async () => {
    const { body, seen } = fed()
    const server = serve(() => ({ ...text('x', { 'x-a': '\n' }), body }))
    expect((await fetch(server.url)).status).toBe(500)
    expect(seen.cancels).toBe(1)
  })
})
