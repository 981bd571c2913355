import { afterEach, describe, expect, test } from 'bun:test'
import { closeAll, conversation, dial, echo, fed, get, heldBack, post, serve, text, until } from './test-client.ts'

afterEach(closeAll)

const numbers = (many: number): number[] => Array.from({ length: many }, (_, nth) => nth)

describe('an empty line', () => {
  test('behind a body, as old clients send it, is overlooked', async () => {
    const server = serve(echo)
    const { answers } = await conversation(server.port, `${post('/1', 'hi')}\r\n${get('/2', 'connection: close')}`)
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    expect(server.handled).toEqual(['POST /1', 'GET /2'])
  })
})

describe('requests that are sent before their answers', () => {
  test('by the thousands are answered in their order, at once or later, without end of the stack', async () => {
    for (const isLater of [false, true]) {
      const server = serve(async (request) => {
        if (isLater) await Promise.resolve()
        return text(request.target)
      })
      const client = await dial(server.port)
      client.say(
        numbers(10_000)
          .map((nth) => get(`/${nth}`))
          .join(''),
      )
      const answers = await client.answers(10_000)
      expect(answers.map(({ body }) => body)).toEqual(numbers(10_000).map((nth) => `/${nth}`))
      expect(server.troubles).toEqual([])
      await until(() => server.pending() === 0)
    }
  })

  test('are answered at once by a handler that never waits, thousands of them', async () => {
    const server = serve((request) => text(request.target))
    const client = await dial(server.port)
    client.say(
      numbers(10_000)
        .map((nth) => get(`/${nth}`))
        .join(''),
    )
    expect((await client.answers(10_000)).at(-1)!.body).toBe('/9999')
  })

  test('have each its own body, whatever its framing', async () => {
    const server = serve(echo)
    const client = await dial(server.port)
    const bodies = numbers(300).map((nth) => 'GET / HTTP/1.1\r\n\r\n'.repeat(nth % 5) + String(nth))
    client.say(
      bodies
        .map((body, nth) =>
          nth % 2 === 0
            ? post(`/${nth}`, body)
            : `PUT /${nth} HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n${body.length.toString(16)};x\r\n${body}\r\n0\r\nhost: b\r\n\r\n`,
        )
        .join(''),
    )
    expect((await client.answers(300)).map(({ body }) => body)).toEqual(bodies)
    expect(server.handled).toEqual(numbers(300).map((nth) => `${nth % 2 === 0 ? 'POST' : 'PUT'} /${nth}`))
  })

  test('wait until the one before them is answered, also when it streams', async () => {
    const first = fed()
    const server = serve(({ target }) => (target === '/first' ? { ...text(''), body: first.body } : text(target)))
    const client = await dial(server.port)
    client.say(get('/first') + get('/second'))
    first.give('some')
    await until(() => client.got().includes('some'))
    client.say(get('/third'))
    await Bun.sleep(10)
    expect(server.handled).toEqual(['GET /first'])
    first.end()
    expect((await client.answers(3)).map(({ body }) => body)).toEqual(['some', '/second', '/third'])
  })

  test('are not read without end: a client that sends ever more is held back', async () => {
    const { handle, answer } = heldBack()
    const server = serve(handle)
    const client = await dial(server.port)
    const requests = Buffer.from(get('/x').repeat(1_000_000))
    client.say(requests)
    await Bun.sleep(100)
    const held = client.socket.writableLength
    // What the two kernels take, and a little of ours.
    expect(requests.length - held).toBeLessThan(12_000_000)
    await Bun.sleep(100)
    expect(client.socket.writableLength).toBe(held)
    client.socket.destroy()
    answer(text('too late'))
    await until(() => server.pending() === 0)
  })

  test('are not served to a client that takes no answers: they do not pile up', async () => {
    const answer = text('x'.repeat(1_000_000))
    const server = serve(() => answer)
    const client = await dial(server.port)
    client.socket.pause()
    for (const nth of numbers(30)) client.say(get(`/${nth}`))
    await Bun.sleep(50)
    const served = server.handled.length
    // What the two kernels take, and one more.
    expect(served).toBeLessThan(25)
    for (const nth of numbers(30)) client.say(get(`/${nth}/again`))
    await Bun.sleep(50)
    expect(server.handled.length).toBe(served)
    client.socket.resume()
    await until(() => server.handled.length === 60)
    await client.answers(60)
    expect(server.handled.at(-1)).toBe('GET /29/again')
  })
})

test('small answers are each whole also to a client that takes them in parts', async () => {
  const answerTo = (target: string): string => `${target} `.repeat(2_000)
  const server = serve(({ target }) => text(answerTo(target)))
  const client = await dial(server.port)
  client.socket.pause()
  const targets = numbers(1_500).map((nth) => `/${nth}`)
  client.say(targets.map((target) => get(target)).join('') + get('/last', 'connection: close'))
  await Bun.sleep(50)
  expect(server.handled.length).toBeLessThan(1_500)
  client.socket.resume()
  expect(await client.ended()).toBe('closed')
  const bodies = (await client.answers(1_501)).map(({ body }) => body)
  expect(bodies.length).toBe(1_501)
  for (const [nth, target] of [...targets, '/last'].entries()) expect(bodies[nth] === answerTo(target)).toBe(true)
})

test('a stream reaches its client whole while more requests wait behind it than are read', async () => {
  const large = Buffer.alloc(8_000_000, 'a stream. ')
  const server = serve(({ target }) =>
    target === '/large' ? { ...text(''), body: new Blob([large]).stream() } : text('small'),
  )
  const client = await dial(server.port)
  client.say(get('/large') + get('/small').repeat(20_000))
  const answers = await client.answers(20_001)
  expect([answers[0]!.body === large.toString(), answers[20_000]!.body]).toEqual([true, 'small'])
})

describe('a connection', () => {
  test('is kept between requests', async () => {
    const server = serve(echo)
    const client = await dial(server.port)
    for (const nth of numbers(20)) {
      client.say(post(`/${nth}`, `body ${nth}`))
      expect((await client.answers(nth + 1)).at(-1)).toMatchObject({ status: 200, body: `body ${nth}` })
      expect(server.pending()).toBe(0)
    }
    expect(client.got().toString()).not.toContain('connection:')
    expect(client.ending()).toBeNull()
  })

  test('ends with the answer to a request that says so, and nothing behind it is served', async () => {
    const server = serve((request) => text(request.target))
    const conversed = await conversation(server.port, get('/1') + get('/2', 'Connection: x, CLOSE') + get('/3'))
    expect(conversed.answers.map(({ body, headers }) => [body, headers.get('connection')])).toEqual([
      ['/1', null],
      ['/2', 'close'],
    ])
    expect([conversed.ending, server.handled]).toEqual(['closed', ['GET /1', 'GET /2']])
  })

  test('ends with its answer also for a client that has sent far more, and looks only then', async () => {
    const { handle, answer } = heldBack()
    const server = serve(handle)
    const client = await dial(server.port)
    client.socket.pause()
    client.say(get('/', 'connection: close') + get('/more').repeat(10_000))
    await until(() => server.handled.length === 1)
    await Bun.sleep(20)
    answer(text('last'))
    await new Promise<void>((resolve) => void client.socket.write(Buffer.alloc(20_000_000), () => resolve()))
    client.socket.resume()
    expect(await client.ended()).toBe('closed')
    expect((await client.answers()).map(({ body }) => body)).toEqual(['last'])
  })

  test('of HTTP/1.0 ends with its answer, unless it asks to be kept: then the answer says so', async () => {
    const server = serve(echo)
    const old = (path: string, connection: string): string =>
      `POST ${path} HTTP/1.0\r\n${connection}content-length: 2\r\n\r\nhi`
    const keep = 'Connection: Keep-Alive\r\n'
    const { answers, ending } = await conversation(
      server.port,
      old('/1', keep) + old('/2', keep) + old('/3', '') + get('/not'),
    )
    expect(answers.map(({ body }) => body)).toEqual(['hi', 'hi', 'hi'])
    expect(answers.map(({ headers }) => headers.get('connection'))).toEqual(['keep-alive', 'keep-alive', 'close'])
    expect(answers.map(({ headers }) => headers.get('content-length'))).toEqual(['2', '2', '2'])
    expect([ending, server.handled]).toEqual(['closed', ['POST /1', 'POST /2', 'POST /3']])
  })

  test('of HTTP/1.0 is closed behind what streams, though it asks to be kept: nothing else tells the end', async () => {
    const { body, give, end } = fed()
    const server = serve(() => ({ ...text(''), body }))
    const client = await dial(server.port)
    client.say('GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n')
    give('all')
    end()
    expect(await client.ended()).toBe('closed')
    expect(client.got().toString()).toMatch(/connection: close\r\n\r\nall$/)
  })

  test('of HTTP/1.0 gets what streams without chunks, until it is closed', async () => {
    const { body, give, end } = fed()
    const server = serve(() => ({ ...text(''), body }))
    const client = await dial(server.port)
    client.say('GET / HTTP/1.0\r\n\r\n')
    give('one, ')
    await until(() => client.got().includes('one'))
    give('two')
    end()
    expect(await client.ended()).toBe('closed')
    const [head, came] = client.got().toString().split('\r\n\r\n')
    expect(came).toBe('one, two')
    expect(head).not.toMatch(/content-length|transfer-encoding/)
    expect(head).toContain('connection: close')
  })

  test('of HTTP/1.0 is told the end of a stream although its own body has not come', async () => {
    const { body, give, end } = fed()
    const server = serve(() => ({ ...text(''), body }))
    const client = await dial(server.port)
    client.say('POST / HTTP/1.0\r\ncontent-length: 5\r\n\r\nhi')
    give('all')
    end()
    expect(await client.ended()).toBe('closed')
    expect(client.got().toString()).toEndWith('\r\n\r\nall')
  })

  test('gets the headers of an answer to HEAD and no body, and is kept', async () => {
    const { body, seen } = fed()
    const server = serve(({ target }) => {
      if (target === '/stream') return { ...text(''), body }
      return target === '/none' ? { ...text(''), body: null } : text('hello')
    })
    const client = await dial(server.port)
    for (const target of ['/text', '/stream', '/none']) client.say(get(target).replace('GET', 'HEAD'))
    client.say(get('/text'))
    const answers = await client.answers(4, ['HEAD', 'HEAD', 'HEAD'])
    const framings = answers.map(({ headers }) => [headers.get('content-length'), headers.get('transfer-encoding')])
    // What is not there to be measured has no length.
    expect(framings).toEqual([
      ['5', null],
      [null, 'chunked'],
      [null, null],
      ['5', null],
    ])
    expect([answers[3]!.body, seen]).toEqual(['hello', { pulls: 0, cancels: 1 }])
  })

  test('gets neither body nor length with 204 and 304, and is kept', async () => {
    const { body, seen } = fed()
    const server = serve(({ target }) =>
      target === '/204'
        ? { status: 204, headers: { 'content-length': '5', 'transfer-encoding': 'chunked' }, body }
        : { status: 304, headers: {}, body: 'not sent' },
    )
    const client = await dial(server.port)
    client.say(get('/204') + get('/304') + get('/304'))
    const answers = await client.answers(3)
    expect(answers.map(({ status }) => status)).toEqual([204, 304, 304])
    expect(client.got().toString()).not.toMatch(/content-length|transfer-encoding|not sent/)
    expect(seen).toEqual({ pulls: 0, cancels: 1 })
  })
})
