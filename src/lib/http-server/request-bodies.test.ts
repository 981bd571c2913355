import { afterEach, describe, expect, test } from 'bun:test'
import { heapStats } from 'bun:jsc'
import { BodyError, type HttpRequest } from './contract.ts'
import { hashOf, pattern } from '../http/test-bytes.ts'
import {
  closeAll,
  conversation,
  dial,
  echo,
  get,
  heldBack,
  post,
  serve,
  text,
  until,
  type Client,
} from './test-client.ts'

afterEach(closeAll)

/** What `bytes` throws or rejects with, as the trouble that it names. */
async function troubleOf(request: HttpRequest, bytesMax = 1_000): Promise<string | null> {
  try {
    return `there was a body: ${(await request.bytes(bytesMax)).length}`
  } catch (error) {
    return error instanceof BodyError ? error.trouble : String(error)
  }
}

const headOf = (length: number, ...lines: readonly string[]): string =>
  [`POST / HTTP/1.1`, 'host: a', `content-length: ${length}`, ...lines, '', ''].join('\r\n')
const chunkedHead = 'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n'

/** A client whose request is being handled, and that request. */
async function begun(sent: string): Promise<{ client: Client; request: HttpRequest } & ReturnType<typeof heldBack>> {
  const held = heldBack()
  const { port } = serve(held.handle)
  const client = await dial(port)
  client.say(sent)
  await until(() => held.requests.length === 1)
  return { ...held, client, request: held.requests[0]! }
}

describe('a request body', () => {
  test('of any size arrives whole, byte for byte, with its length or in chunks', async () => {
    const server = serve(async (request) => text(hashOf(await request.bytes(60_000_000))))
    for (const length of [0, 1, 65_400, 65_536, 300_000, 50_000_000]) {
      const body = pattern(length)
      const streamed = new Blob([body]).stream()
      for (const sent of [body, streamed])
        expect(await (await fetch(server.url, { method: 'POST', body: sent })).text()).toBe(hashOf(body))
    }
  })

  test('that has come is there at once; one that is still to come is waited for', async () => {
    const { request: whole } = await begun(post('/', 'hello'))
    expect(Buffer.from(whole.bytes(5) as Uint8Array).toString()).toBe('hello')
    const { request: none } = await begun(get('/'))
    expect((none.bytes(0) as Uint8Array).length).toBe(0)
    const { request: half, client } = await begun(`${headOf(10)}hello`)
    const later = half.bytes(10)
    expect(later).toBeInstanceOf(Promise)
    client.say(' you!')
    expect(Buffer.from(await later).toString()).toBe('hello you!')
  })

  test('in very many pieces is joined as it comes, because a piece costs more than what it brings', async () => {
    const many = 200_000
    const { client, request } = await begun(chunkedHead)
    const bytes = request.bytes(many)
    const objects = (): number => {
      Bun.gc(true)
      return heapStats().objectTypeCounts['Uint8Array'] ?? 0
    }
    const before = objects()
    await new Promise<void>((resolve) => void client.socket.write('1\r\na\r\n'.repeat(many), () => resolve()))
    await Bun.sleep(100)
    expect(objects() - before).toBeLessThan(5_000)
    client.say('0\r\n\r\n')
    expect(Buffer.from(await bytes).equals(Buffer.alloc(many, 'a'))).toBe(true)
  })

  test('in very many different pieces keeps their order', async () => {
    const { client, request } = await begun(chunkedHead)
    const words = Array.from({ length: 5_000 }, (_, nth) => `${nth} `)
    client.say(words.map((word) => `${word.length.toString(16)}\r\n${word}\r\n`).join(''))
    client.say('0\r\n\r\n')
    expect(Buffer.from(await request.bytes(1_000_000)).toString()).toBe(words.join(''))
  })

  test('that came whole, and was held back before it was asked for, leaves its connection as it was', async () => {
    const server = serve(async (request) => {
      await Bun.sleep(1)
      return text(hashOf(await request.bytes(1_000_000)))
    })
    const client = await dial(server.port)
    const body = pattern(400_000)
    for (let nth = 1; nth <= 10; nth++) {
      client.say(Buffer.concat([Buffer.from(headOf(body.length)), body]))
      expect((await client.answers(nth)).at(-1)!.body).toBe(hashOf(body))
    }
    client.say(headOf(body.length))
    client.say(body)
    client.socket.end()
    await until(() => server.pending() === 0)
  })

  test('that announces too much is refused at once, and unread', async () => {
    const { request } = await begun(headOf(11))
    expect(() => request.bytes(10)).toThrow(new BodyError('too-large', 11))
    try {
      void request.bytes(10)
    } catch (error) {
      expect(error).toMatchObject({ trouble: 'too-large', bytes: 11 })
    }
  })

  test('that grows too large is refused as soon as it is, whether it was waited for or not', async () => {
    const { request, client } = await begun(`${chunkedHead}5\r\nhello\r\n`)
    expect(() => request.bytes(4)).toThrow('too-large')
    const waiting = troubleOf(request, 8)
    client.say('4\r\nmore\r\n')
    expect(await waiting).toBe('too-large')
    expect(await troubleOf(request, 100)).toBe('too-large')
  })

  test('that is malformed midway is none, and its connection ends with the answer', async () => {
    for (const isWaitedFor of [true, false]) {
      const { request, client, answer } = await begun(`${chunkedHead}5\r\nhello\r\n`)
      const waiting = isWaitedFor ? troubleOf(request) : null
      client.say(`nonsense\r\n0\r\n\r\n${get('/smuggled')}`)
      if (!waiting) await Bun.sleep(20)
      expect(await (waiting ?? troubleOf(request))).toBe('malformed')
      answer(text('so it is'))
      expect(await client.ended()).toBe('closed')
      expect((await client.answers()).map(({ body, headers }) => [body, headers.get('connection')])).toEqual([
        ['so it is', 'close'],
      ])
    }
  })

  test('that nobody waits for any more and is malformed ends its connection at once, and nothing is said twice', async () => {
    const { client, answer } = await begun(`${chunkedHead}5\r\nhello\r\n`)
    answer(text('no'))
    await client.answers()
    client.say(`nonsense\r\n0\r\n\r\n${get('/smuggled')}`)
    expect(await client.ended()).toBe('closed')
    expect((await client.answers(2)).map(({ body }) => body)).toEqual(['no'])
  })

  test('whose client leaves is none, whether it was waited for or not', async () => {
    for (const leave of ['destroy', 'resetAndDestroy', 'end'] as const)
      for (const isWaitedFor of [true, false]) {
        const { request, client } = await begun(`${headOf(10)}hello`)
        const waiting = isWaitedFor ? troubleOf(request) : null
        client.socket[leave]()
        await until(() => request.hasLeft)
        expect(await (waiting ?? troubleOf(request))).toBe('left')
      }
  })

  test('that fails while its handler is elsewhere ends no process', async () => {
    const unhandled: unknown[] = []
    const note = (error: unknown): void => void unhandled.push(error)
    process.on('unhandledRejection', note)
    const { request, client } = await begun(`${headOf(10)}hello`)
    const bytes = request.bytes(10) as Promise<Uint8Array>
    client.socket.destroy()
    await until(() => request.hasLeft)
    await Bun.sleep(10)
    process.off('unhandledRejection', note)
    expect(unhandled).toEqual([])
    expect(await bytes.catch((error: unknown) => (error as BodyError).trouble)).toBe('left')
  })

  test('is never given in part: who still waits when the request is answered gets none, and who asks then', async () => {
    const { request, client, answer } = await begun(`${headOf(10)}hello`)
    const waiting = troubleOf(request)
    answer(text('early'))
    await client.answers()
    client.say(` you!${get('/next')}`)
    expect(await waiting).toContain('answered before')
    expect(await troubleOf(request)).toContain('answered before')
  })
})

describe('a client that waits for a word before it sends its body', () => {
  const expecting = headOf(5, 'Expect: 100-Continue')

  test('gets it when the body is asked for, and not before', async () => {
    const { request, client, answer } = await begun(expecting)
    await Bun.sleep(20)
    expect(client.got().toString()).toBe('')
    const bytes = request.bytes(5)
    await until(() => client.got().length > 0)
    expect(client.got().toString()).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    client.say('he')
    await Bun.sleep(5)
    client.say('llo')
    expect(Buffer.from(await bytes).toString()).toBe('hello')
    answer(text('thanks'))
    expect((await client.answers(2)).map(({ status }) => status)).toEqual([100, 200])
    expect(client.got().toString()).not.toContain('connection: close')
  })

  test('and got it keeps its connection, although it was answered before the body came', async () => {
    const { request, requests, client, answer } = await begun(expecting)
    const waiting = troubleOf(request)
    answer(text('early'))
    await client.answers(2)
    client.say(`hello${get('/next')}`)
    await waiting
    await until(() => requests.length === 2)
    answer(text('next'))
    expect((await client.answers(3)).map(({ body }) => body)).toEqual(['', 'early', 'next'])
  })

  test('gets a refusal without it, and its connection closed, because nobody knows what it sends next', async () => {
    const server = serve((request) => {
      try {
        void request.bytes(4)
      } catch {
        return { ...text('too large'), status: 413 }
      }
      return text('read')
    })
    const { answers, ending } = await conversation(server.port, expecting)
    expect(answers.map(({ status, headers }) => [status, headers.get('connection')])).toEqual([[413, 'close']])
    expect([ending, server.handled.length]).toEqual(['closed', 1])
  })

  test('and does not wait for it gets none', async () => {
    const { request, client } = await begun(`${expecting}hel`)
    const bytes = request.bytes(5)
    client.say('lo')
    expect(Buffer.from(await bytes).toString()).toBe('hello')
    expect(client.got().toString()).toBe('')
  })

  test('for a body of nothing gets none, nor does one of HTTP/1.0', async () => {
    const server = serve(echo)
    for (const sent of [
      headOf(0, 'expect: 100-continue', 'connection: close'),
      expecting.replace('1.1', '1.0') + 'hello',
    ])
      expect((await conversation(server.port, sent)).answers.map(({ status }) => status)).toEqual([200])
  })
})

describe('a body that nobody reads', () => {
  const large = Buffer.alloc(50_000_000, 'x')

  test('holds its client back, and comes whole once somebody does', async () => {
    const { request, client } = await begun(headOf(large.length))
    client.say(large)
    await Bun.sleep(150)
    const held = client.socket.writableLength
    // What the two kernels take, and a little of ours.
    expect(large.length - held).toBeLessThan(12_000_000)
    await Bun.sleep(50)
    expect(client.socket.writableLength).toBe(held)
    expect(large.equals(await request.bytes(large.length))).toBe(true)
  })

  test('does not keep the answer from a client that sends first and looks later, and its connection is kept', async () => {
    for (const waitMs of [0, 50]) {
      const server = serve(async ({ method }) => {
        if (waitMs > 0) await Bun.sleep(waitMs)
        return { ...text('no'), status: method === 'POST' ? 413 : 200 }
      })
      const client = await dial(server.port)
      client.socket.pause()
      client.say(headOf(large.length))
      await new Promise<void>((resolve) => void client.socket.write(large, () => resolve()))
      client.socket.resume()
      client.say(get('/next'))
      expect((await client.answers(2)).map(({ status }) => status)).toEqual([413, 200])
    }
  })

  test('does not keep the answer from a client whose connection ends with it', async () => {
    const server = serve(() => ({ ...text('no'), status: 413 }))
    const client = await dial(server.port)
    client.socket.pause()
    client.say(headOf(large.length, 'connection: close'))
    await new Promise<void>((resolve) => void client.socket.write(large, () => resolve()))
    client.socket.resume()
    expect(await client.ended()).toBe('closed')
    expect((await client.answers()).map(({ status }) => status)).toEqual([413])
    expect(server.pending()).toBe(0)
  })

  test('does not keep the answer from fetch', async () => {
    const server = serve(async ({ target }) => {
      if (target === '/later') await Bun.sleep(50)
      return { ...text('no'), status: 413 }
    })
    for (const target of ['/', '/later', '/', '/later'])
      expect((await fetch(server.url + target, { method: 'POST', body: large })).status).toBe(413)
  })
})
