import { afterEach, describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { createHash } from 'node:crypto'
import { hashOf, pattern } from '../http/test-bytes.ts'
import type { Piece, Source } from '../source.ts'
import { BodyError, type HttpHandler, type HttpRequest } from './contract.ts'
import { closeAll, conversation, dial, get, heldBack, serve, text, until, type Client } from './test-client.ts'

afterEach(closeAll)

const methods = ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
const headOf = (length: number | null, ...lines: readonly string[]): string =>
  ['POST / HTTP/1.1', 'host: a', framingOf(length), ...lines, '', ''].join('\r\n')
const framingOf = (length: number | null): string =>
  length === null ? 'transfer-encoding: chunked' : `content-length: ${length}`

async function readAll(source: Source): Promise<{ hash: string; pieceBytesMax: number }> {
  const hash = createHash('sha1')
  let pieceBytesMax = 0
  for (let piece = await source.read(); !piece.done; piece = await source.read()) {
    hash.update(piece.value)
    pieceBytesMax = Math.max(pieceBytesMax, piece.value.length)
  }
  return { hash: hash.digest('hex'), pieceBytesMax }
}

const hashing: HttpHandler = async (request) => text((await readAll(request.source(1e9))).hash)

/** A client whose request is being handled, and that request. */
async function begun(sent: string): Promise<{ client: Client; request: HttpRequest } & ReturnType<typeof serveHeld>> {
  const served = serveHeld()
  const client = await dial(served.server.port)
  client.say(sent)
  await until(() => served.requests.length === 1)
  return { ...served, client, request: served.requests[0]! }
}
function serveHeld(): ReturnType<typeof heldBack> & { server: ReturnType<typeof serve> } {
  const held = heldBack()
  return { ...held, server: serve(held.handle) }
}

const troubleOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'there was one',
    (error: unknown) => (error instanceof BodyError ? error.trouble : String(error)),
  )

/** Sends as much as is taken, for as long as anything is; gives how much that was. */
async function pour(client: Client, bytesMax: number): Promise<number> {
  const piece = Buffer.alloc(65_536, 7)
  let sent = 0
  while (sent < bytesMax) {
    const isTaken = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(resolve, 300, false)
      client.socket.write(piece, () => {
        clearTimeout(timer)
        resolve(true)
      })
    })
    if (!isTaken) break
    sent += piece.length
  }
  return sent
}

describe('a request body that is pulled', () => {
  test('arrives whole, byte for byte, with its length or in chunks, by every method', async () => {
    const server = serve(hashing)
    for (const method of methods)
      for (const length of [0, 1, 65_536, 300_000, 20_000_000]) {
        const body = pattern(length)
        for (const sent of [body, new Blob([body]).stream()])
          expect(await (await fetch(server.url, { method, body: sent })).text()).toBe(hashOf(body))
      }
  })

  test('arrives the same however it is cut into pieces and chunks, and however its reader dawdles', async () => {
    const server = serve(async (request) => {
      const source = request.source(1e9)
      const read = async (): Promise<Piece> => {
        if (request.target === '/slow') await Bun.sleep(1)
        return source.read()
      }
      return text((await readAll({ ...source, read })).hash)
    })
    const cuts = fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(cuts, fc.boolean(), fc.boolean(), async (sizes, isChunked, isSlow) => {
        const body = pattern(sizes.reduce((sum, size) => sum + size, 0))
        const head = headOf(isChunked ? null : body.length).replace('POST /', isSlow ? 'POST /slow' : 'POST /')
        const client = await dial(server.port)
        client.say(head)
        let at = 0
        for (const size of sizes) {
          const piece = body.subarray(at, (at += size))
          if (isChunked) client.say(`${size.toString(16)}\r\n`)
          client.say(piece)
          if (isChunked) client.say('\r\n')
          if (size % 3 === 0) await Bun.sleep(0)
        }
        if (isChunked) client.say('0\r\n\r\n')
        // What follows on the connection is read from where the body ended.
        client.say(get('/').replace('GET', 'POST'))
        const answers = await client.answers(2)
        expect(answers.map((answer) => answer.body)).toEqual([hashOf(body), hashOf(pattern(0))])
        client.socket.destroy()
      }),
      { numRuns: 60 },
    )
  })

  test('says how long it is, where its sender does', async () => {
    expect((await begun(headOf(12))).request.source(100).length).toBe(12)
    expect((await begun(headOf(null))).request.source(100).length).toBeNull()
    expect((await begun(get('/'))).request.source(100).length).toBe(0)
  })

  test('of any length takes no more than its window while nobody reads: its sender is held back', async () => {
    const { client, request, answer } = await begun(headOf(1_000_000_000))
    const source = request.source(1e9)
    const sent = await pour(client, 200_000_000)
    // The window, one read, and what two kernels keep between them.
    expect(sent).toBeLessThan(16_000_000)
    let read = 0
    let aheadMax = 0
    void pour(client, 60_000_000)
    while (read < 50_000_000) {
      read += (await source.read()).value!.length
      aheadMax = Math.max(aheadMax, client.socket.bytesWritten - read)
    }
    expect(aheadMax).toBeLessThan(16_000_000)
    client.socket.destroy()
    answer(text('x'))
  }, 20_000)

  test('that is longer than is wanted is refused: unread where it says so, as soon as it is where it does not', async () => {
    const { request } = await begun(headOf(11))
    expect(() => request.source(10)).toThrow(new BodyError('too-large', 11))
    const { request: chunked, client } = await begun(headOf(null))
    const source = chunked.source(10)
    client.say('b\r\nhello world\r\n')
    expect(await troubleOf(readAll(source))).toBe('too-large')
  })

  test('is asked for, where its client waits for that', async () => {
    const { request, client } = await begun(headOf(5, 'expect: 100-continue'))
    await Bun.sleep(5)
    expect(client.got().length).toBe(0)
    const source = request.source(10)
    await until(() => client.got().toString().startsWith('HTTP/1.1 100 Continue\r\n\r\n'))
    client.say('hello')
    expect((await readAll(source)).hash).toBe(hashOf(Buffer.from('hello')))
  })

  test('whose client leaves, or sends what is no body, is an error to who reads it', async () => {
    const { request, client } = await begun(headOf(50))
    const reading = readAll(request.source(100))
    client.say('some')
    client.socket.destroy()
    expect(await troubleOf(reading)).toBe('left')
    const { request: other, client: liar } = await begun(headOf(null))
    const lied = readAll(other.source(100))
    liar.say('xyz\r\n')
    expect(await troubleOf(lied)).toBe('malformed')
  })

  test('may be slow, but not stand still for a minute while it is waited for', async () => {
    const { request, client, server } = await begun(headOf(50))
    const source = request.source(100)
    const reading = readAll(source)
    for (let nth = 0; nth < 5; nth++) {
      server.pass(50_000)
      client.say('x')
      await Bun.sleep(5)
    }
    server.pass(61_000)
    expect(await troubleOf(reading)).toBe('slow')
  })

  test('may stand still for as long as its reader is elsewhere', async () => {
    const { request, client, server } = await begun(headOf(5))
    const source = request.source(100)
    client.say('x')
    expect((await source.read()).value?.length).toBe(1)
    server.pass(4_000_000)
    const next = source.read()
    server.pass(50_000)
    client.say('more')
    expect((await next).value?.length).toBe(4)
  })

  test('has thirty minutes in all, and beyond 100 MiB as long as half a megabit a second takes', async () => {
    for (const [length, minutes] of [
      [1_000, 30],
      [512 * 1024 * 1024, 143],
    ] as const) {
      const { request, client, server } = await begun(headOf(length))
      const reading = troubleOf(readAll(request.source(1e9)))
      let ended = ''
      void reading.then((how) => (ended = how))
      for (let minute = 0; minute < minutes - 1; minute += 1) {
        server.pass(59_000)
        client.say('x')
        await Bun.sleep(2)
      }
      expect(ended).toBe('')
      for (let minute = 0; minute < 6; minute += 1) {
        server.pass(59_000)
        client.say('x')
        await Bun.sleep(2)
      }
      expect(ended).toBe('slow')
    }
  })

  test('is not read further once it is cancelled; the answer still arrives', async () => {
    const { client, request, answer } = await begun(headOf(100_000_000))
    const source = request.source(1e9)
    await source.cancel()
    expect(await source.read()).toEqual({ done: true })
    expect(await pour(client, 90_000_000)).toBeLessThan(16_000_000)
    answer({ ...text('enough'), status: 401 })
    expect((await client.answers())[0]).toMatchObject({ status: 401, body: 'enough' })
  })

  test('that is answered before it was read is an error to who still reads it, and the answer arrives', async () => {
    const { client, request, answer } = await begun(headOf(5_000_000))
    const reading = request.source(1e9).read()
    answer({ ...text('no'), status: 413 })
    expect(await troubleOf(reading)).toContain('answered before its body had come')
    void pour(client, 5_000_000)
    expect((await client.answers())[0]).toMatchObject({ status: 413, body: 'no' })
  })

  test('is given up by a server that stops', async () => {
    const { request, server, client } = await begun(headOf(5))
    const reading = request.source(10).read()
    server.stopAccepting()
    server.pass(3_000)
    expect(await troubleOf(reading)).toBe('stopping')
    expect(client.ending()).toBeNull()
  })
})

/** Gives these pieces, and tells what became of it. */
function pieces(length: number | null, ...texts: readonly string[]): Source & { seen: { cancels: number } } {
  const left = [...texts]
  const seen = { cancels: 0 }
  return {
    length,
    seen,
    read() {
      const next = left.shift()
      if (next === 'breaks') return Promise.reject(new Error('it broke'))
      return Promise.resolve(next === undefined ? { done: true } : { done: false, value: Buffer.from(next) })
    },
    cancel: () => Promise.resolve(void seen.cancels++),
  }
}

describe('an answer from a source', () => {
  test('says its length where that is known, and keeps its connection, for HTTP/1.0 as well', async () => {
    const server = serve(() => ({
      status: 206,
      headers: { 'content-range': 'bytes 0-4/9' },
      body: pieces(5, 'he', '', 'llo'),
    }))
    const client = await dial(server.port)
    client.say(get('/') + get('/'))
    for (const answer of await client.answers(2)) {
      expect([answer.status, answer.body]).toEqual([206, 'hello'])
      expect(answer.headers.get('content-length')).toBe('5')
      expect(answer.headers.get('content-range')).toBe('bytes 0-4/9')
      expect(answer.headers.get('transfer-encoding')).toBeNull()
    }
    const old = await dial(server.port)
    old.say('GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n'.repeat(2))
    await until(() => old.got().toString().split('hello').length === 3)
    expect(old.ending()).toBeNull()
  })

  test('of unknown length comes in chunks', async () => {
    const server = serve(() => ({ status: 200, headers: {}, body: pieces(null, 'he', 'llo') }))
    const response = await fetch(server.url)
    expect([response.headers.get('content-length'), await response.text()]).toEqual([null, 'hello'])
  })

  test('that has less than it says breaks its connection', async () => {
    const server = serve(() => ({ status: 200, headers: {}, body: pieces(9, 'hello') }))
    const { got, answers } = await conversation(server.port, get('/'))
    expect(got).toContain('content-length: 9\r\n\r\nhello')
    expect(answers).toEqual([])
    expect(String(server.troubles[0])).toContain('shorter than was said')
  })

  test('that has more than it says is cut there, and the next answer on the connection is its own', async () => {
    const body = pieces(4, 'hello', 'more')
    const bodies = [body, 'next']
    const server = serve(() => ({ status: 200, headers: {}, body: bodies.shift()! }))
    const client = await dial(server.port)
    client.say(get('/') + get('/'))
    expect((await client.answers(2)).map((answer) => answer.body)).toEqual(['hell', 'next'])
    expect([String(server.troubles[0]).includes('longer than was said'), body.seen.cancels]).toEqual([true, 1])
  })

  test('that errs breaks its connection behind what it gave', async () => {
    const server = serve(() => ({ status: 200, headers: {}, body: pieces(9, 'hello', 'breaks') }))
    const { got, answers } = await conversation(server.port, get('/'))
    expect([got.endsWith('\r\n\r\nhello'), answers.length]).toEqual([true, 0])
  })

  test('is its head alone to a HEAD, with its length; a 204 and a 304 have neither', async () => {
    const body = pieces(5, 'hello')
    const server = serve(({ target }) => ({ status: Number(target.slice(1)), headers: {}, body }))
    const client = await dial(server.port)
    client.say(get('/200').replace('GET', 'HEAD'))
    const head = (await client.answers(1, ['HEAD']))[0]!
    expect([head.headers.get('content-length'), head.body]).toEqual(['5', ''])
    client.say(get('/204') + get('/304'))
    const answers = await client.answers(3, ['HEAD'])
    expect(answers.slice(1).map(({ status, headers }) => [status, headers.get('content-length')])).toEqual([
      [204, null],
      [304, null],
    ])
    expect(body.seen.cancels).toBe(3)
  })

  test('of 416 is what its handler says of the range', async () => {
    const server = serve(() => ({ status: 416, headers: { 'content-range': 'bytes */9' }, body: pieces(0) }))
    const response = await fetch(server.url)
    expect([response.status, response.headers.get('content-range'), response.headers.get('content-length')]).toEqual([
      416,
      'bytes */9',
      '0',
    ])
  })

  test('is pulled no faster than a slow client takes it, and cancelled when that leaves', async () => {
    let pulled = 0
    let cancels = 0
    const piece = Buffer.alloc(100_000)
    const body: Source = {
      length: 1_000_000_000,
      read: () => Promise.resolve({ done: false, value: ((pulled += piece.length), piece) }),
      cancel: () => Promise.resolve(void cancels++),
    }
    const server = serve(() => ({ status: 200, headers: {}, body }))
    const client = await dial(server.port)
    client.socket.pause()
    client.say(get('/'))
    await until(() => pulled > 0)
    await Bun.sleep(200)
    expect(pulled).toBeLessThan(16_000_000)
    client.socket.destroy()
    await until(() => cancels === 1)
    expect(server.pending()).toBe(0)
  })
})
