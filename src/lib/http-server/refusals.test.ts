import { afterEach, describe, expect, test } from 'bun:test'
import { answersIn, closeAll, conversation, dial, echo, get, serve, text, until } from './test-client.ts'

afterEach(closeAll)

const chunkedHead = 'POST /refused HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n'
const headed = (...lines: readonly string[]): string =>
  `POST /refused HTTP/1.1\r\nhost: a\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`
const long = 'a'.repeat(70_000)

/** Whatever two readers could read in two ways, or is no HTTP/1.1. */
const refused: Record<string, readonly [status: number, sent: string]> = {
  'a length and chunks': [400, `${headed('content-length: 5', 'transfer-encoding: chunked')}0\r\n\r\n`],
  'chunks and a length': [400, `${headed('transfer-encoding: chunked', 'content-length: 0')}0\r\n\r\n`],
  'two lengths': [400, headed('content-length: 5', 'content-length: 6')],
  'the same length twice': [400, headed('content-length: 5', 'Content-Length: 5')],
  'two lengths in one': [400, headed('content-length: 5,5')],
  'a signed length': [400, headed('content-length: +5')],
  'a negative length': [400, headed('content-length: -5')],
  'a hexadecimal length': [400, headed('content-length: 0x5')],
  'a length with a fraction': [400, headed('content-length: 5.0')],
  'a huge length': [400, headed('content-length: 99999999999999999999')],
  'an empty length': [400, headed('content-length:')],
  'a length with a blank inside': [400, headed('content-length: 1 0')],
  'a length between odd blanks': [400, headed('content-length: \x0b5')],
  'another coding': [501, headed('transfer-encoding: gzip')],
  'a coding below the chunks': [501, headed('transfer-encoding: gzip, chunked')],
  'a coding above the chunks': [501, headed('transfer-encoding: chunked, gzip')],
  'chunks twice': [501, headed('transfer-encoding: chunked', 'transfer-encoding: chunked')],
  'a coding with a parameter': [501, headed('transfer-encoding: chunked;q=1')],
  'a coding in quotes': [501, headed('transfer-encoding: "chunked"')],
  'an empty coding': [501, headed('transfer-encoding:')],
  'a coding that is nearly chunked': [501, headed('transfer-encoding: xchunked')],
  'chunks in HTTP/1.0': [501, 'POST /refused HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n'],
  'a folded header': [400, headed('x: a', ' b')],
  'a folded length': [400, headed('content-length:', '\t5')],
  'a fold before any header': [400, 'GET /refused HTTP/1.1\r\n host: a\r\n\r\n'],
  'a blank before the colon': [400, headed('content-length : 5')],
  'a header without colon': [400, headed('content-length')],
  'a header without name': [400, headed(': 5')],
  'a name in quotes': [400, headed('"x": 5')],
  'a bare line feed in a header': [400, headed('x: a\ncontent-length: 5')],
  'a bare carriage return in a header': [400, headed('x: a\rcontent-length: 5')],
  'a bare line feed after the request line': [400, 'GET /refused HTTP/1.1\nhost: a\r\n\r\n'],
  'line feeds alone, and then an end': [400, 'GET /refused HTTP/1.1\nhost: a\n\nGET / HTTP/1.1\r\nhost: a\r\n\r\n'],
  'a NUL in a header': [400, headed('x: a\0b')],
  'a NUL in a name': [400, headed('x\0: b')],
  'a control character in a header': [400, headed('x: \x7f')],
  'no host': [400, 'GET /refused HTTP/1.1\r\n\r\n'],
  'two hosts': [400, 'GET /refused HTTP/1.1\r\nhost: a\r\nhost: a\r\n\r\n'],
  'two hosts in one': [400, 'GET /refused HTTP/1.1\r\nhost: a,b\r\n\r\n'],
  'HTTP/2': [505, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0'],
  'HTTP/3': [505, 'GET /refused HTTP/3.0\r\nhost: a\r\n\r\n'],
  'HTTP/0.9': [400, 'GET /refused\r\n\r\n'],
  'HTTP/1.10': [400, 'GET /refused HTTP/1.10\r\nhost: a\r\n\r\n'],
  'http in lower case': [400, 'GET /refused http/1.1\r\nhost: a\r\n\r\n'],
  TLS: [400, '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03'],
  SSH: [400, 'SSH-2.0-OpenSSH_9.9\r\n'],
  'an answer': [400, 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'],
  'two empty lines first': [400, '\r\n\r\nGET /refused HTTP/1.1\r\nhost: a\r\n\r\n'],
  'nothing but an end': [400, '\r\n\r\n'],
  'a method in lower case': [400, 'get /refused HTTP/1.1\r\nhost: a\r\n\r\n'],
  'a method that is none': [400, 'G(T /refused HTTP/1.1\r\nhost: a\r\n\r\n'],
  'a long method': [400, `${'A'.repeat(33)} /refused HTTP/1.1\r\nhost: a\r\n\r\n`],
  'two blanks in the request line': [400, 'GET  /refused HTTP/1.1\r\nhost: a\r\n\r\n'],
  'a blank behind the request line': [400, 'GET /refused HTTP/1.1 \r\nhost: a\r\n\r\n'],
  'a blank in the target': [400, 'GET /ref used HTTP/1.1\r\nhost: a\r\n\r\n'],
  'a fragment': [400, get('/refused#x')],
  'a fragment of a whole URL': [400, get('http://a#x')],
  'a fragment where a whole URL has its host': [400, get('http://a#b/refused')],
  'a target without slash': [400, get('refused')],
  'a star': [400, 'OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n'],
  'an authority': [400, 'CONNECT a:443 HTTP/1.1\r\nhost: a\r\n\r\n'],
  'another scheme': [400, get('ftp://a/refused')],
  'a target that is not ASCII': [400, get('/refus\xe9')],
  'a control character in the target': [400, get('/refused\x01')],
  'a host of a whole URL that is not ASCII': [400, get('http://\xe9/refused')],
  'a long head': [431, headed(`x: ${long}`)],
  'a head without end': [431, `GET /refused HTTP/1.1\r\nx: ${long}`],
  'a long request line': [431, get(`/${long}`)],
  'a chunk without size': [400, `${chunkedHead}\r\n`],
  'a chunk whose size is a word': [400, `${chunkedHead}five\r\n`],
  'a chunk of a signed size': [400, `${chunkedHead}+5\r\n`],
  'a chunk of a prefixed size': [400, `${chunkedHead}0x5\r\n`],
  'a chunk with a blank before its size': [400, `${chunkedHead} 5\r\n`],
  'a huge chunk': [400, `${chunkedHead}fffffffff\r\n`],
  'an extension with a bare line feed': [400, `${chunkedHead}5;a\nb\r\n`],
  'an extension with a bare carriage return': [400, `${chunkedHead}5;a\rb\r\n`],
  'a chunk that is longer than it says': [400, `${chunkedHead}3\r\nabcd`],
  'a chunk that ends in a bare line feed': [400, `${chunkedHead}3\r\nabc\n`],
  'a chunk that ends in a carriage return and more': [400, `${chunkedHead}3\r\nabc\rd\r\n`],
  'a long extension': [431, `${chunkedHead}5;${long}\r\n`],
  'an extension with a character that is none': [400, `${chunkedHead}5;a\0b\r\n`],
  'a trailer without colon': [400, `${chunkedHead}0\r\nGET /smuggled HTTP/1.1\r\n\r\n`],
  'a trailer with a bare carriage return': [400, `${chunkedHead}0\r\nx: a\rb\r\n\r\n`],
}

/** Too long to have come with the head: the request may be answered by then. */
const unended: Readonly<Record<string, string>> = {
  'many trailers': `${chunkedHead}0\r\n${'x: y\r\n'.repeat(20_000)}\r\n`,
  'a long trailer': `${chunkedHead}0\r\nx: ${long}\r\n`,
}

describe('what could be read in two ways, or is no HTTP/1.1, is answered so, once, and its connection closed:', () => {
  for (const [name, [status, sent]] of Object.entries(refused))
    test(name, async () => {
      const server = serve(() => text('served'))
      // Whoever stands in front may think that this is the next one.
      const { answers, ending } = await conversation(server.port, `${sent}${get('/smuggled')}`)
      expect(answers.map((answer) => answer.status)).toEqual([status])
      expect(answers[0]!.headers.get('connection')).toBe('close')
      expect(answers[0]!.headers.get('x-request-id')).toMatch(/^req_/)
      expect(JSON.parse(answers[0]!.body)).toEqual({ error: { code: expect.any(String), message: expect.any(String) } })
      expect([ending, server.handled, server.troubles]).toEqual(['closed', [], []])
      await until(() => server.pending() === 0)
    })
})

describe('the answer is the last one on its connection, and nothing behind the body is served, where it is given before', () => {
  for (const [name, sent] of Object.entries(unended))
    test(name, async () => {
      const server = serve(() => text('served'))
      const { answers, ending } = await conversation(server.port, `${sent}${get('/smuggled')}`)
      expect(answers.map(({ status, headers }) => [status, headers.get('connection')])).toEqual([[200, 'close']])
      expect([ending, server.handled.length, server.troubles]).toEqual(['closed', 1, []])
      await until(() => server.pending() === 0)
    })
})

describe('what is refused', () => {
  test('is refused behind requests that are served, and after their answers', async () => {
    const server = serve(async () => {
      await Bun.sleep(5)
      return text('served')
    })
    const { answers } = await conversation(
      server.port,
      `${get('/1')}${get('/2')}${headed('content-length: x')}${get('/4')}`,
    )
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 400])
    expect(server.handled).toEqual(['GET /1', 'GET /2'])
  })

  test('is the same when it comes byte by byte', async () => {
    const server = serve(() => text('served'))
    for (const sent of [
      headed('content-length: +5'),
      'get / HTTP/1.1\r\n\r\n',
      '\x16\x03\x01',
      'PRI * HTTP/2.0\r\n\r\n',
    ]) {
      const { answers, ending } = await conversation(server.port, ...sent.split(''))
      expect([answers.length, ending]).toEqual([1, 'closed'])
    }
    expect(server.handled).toEqual([])
  })

  test('is told to a client that sends on and on without looking', async () => {
    const server = serve(() => text('served'))
    const client = await dial(server.port)
    client.socket.pause()
    client.say(`GET / HTTP/1.1\r\nx: ${long}`)
    const sent = new Promise<void>(
      (resolve) => void client.socket.write(Buffer.alloc(10_000_000, 'a'), () => resolve()),
    )
    await sent
    client.socket.resume()
    expect(await client.ended()).toBe('closed')
    expect(answersIn(client.got()).map(({ status }) => status)).toEqual([431])
  })

  test('is a head of more than 64 KiB, to the byte', async () => {
    const server = serve(() => text('served'))
    const headOf = (length: number): string => {
      const start = 'GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\nx: '
      return `${start}${'a'.repeat(length - start.length)}\r\n\r\n`
    }
    const statusOf = async (length: number, cut: number): Promise<number> => {
      const head = headOf(length)
      const pieces = cut === 0 ? [head] : [head.slice(0, -cut), head.slice(-cut)]
      return (await conversation(server.port, ...pieces)).answers[0]!.status
    }
    for (const cut of [0, 1, 3, 4, 5])
      expect([await statusOf(65_536, cut), await statusOf(65_537, cut)]).toEqual([200, 431])
  })

  test('whatever the bytes are, leaves the server as it was', async () => {
    const server = serve(echo)
    const noise = (seed: number): Buffer =>
      Buffer.from(Array.from({ length: 300 }, (_, at) => (Math.imul(seed * 300 + at + 1, 2_654_435_761) >>> 13) & 255))
    const dialled = await Promise.all(
      Array.from({ length: 100 }, async (_, nth) => {
        const client = await dial(server.port)
        const head = nth % 2 === 0 ? '' : chunkedHead
        client.say(Buffer.concat([Buffer.from(head), noise(nth), Buffer.from('\r\n\r\n')]))
        return client.ended()
      }),
    )
    expect(dialled).toEqual(Array.from({ length: 100 }, () => 'closed'))
    expect(await (await fetch(server.url, { method: 'POST', body: 'still here' })).text()).toBe('still here')
    expect(server.troubles).toEqual([])
  })
})
