import zlib from 'node:zlib'
import { afterEach, describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { codingFor, compressAnswer } from './compress-answer.ts'
import type { HttpAnswer } from './contract.ts'
import { closeAll, dial, fed, serve, text, until } from './test-client.ts'

afterEach(closeAll)

const json = { 'content-type': 'application/json' }
const words = JSON.stringify({ text: 'The quick brown fox jumps over the lazy dog. '.repeat(200) })
const asking = (accepted: string | null, method = 'GET') => ({
  method,
  headers: { get: (name: string) => (name === 'accept-encoding' ? accepted : null), entries: () => [] },
})
const given = async (answer: HttpAnswer, accepted: string | null = 'gzip', method = 'GET'): Promise<HttpAnswer> =>
  (await compressAnswer(asking(accepted, method), answer)) ?? answer
const codingOf = async (answer: HttpAnswer, accepted?: string | null, method?: string): Promise<unknown> =>
  (await given(answer, accepted, method)).headers['content-encoding'] ?? null

const undo: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = {
  gzip: zlib.gunzipSync,
  br: zlib.brotliDecompressSync,
  zstd: zlib.zstdDecompressSync,
}

describe('the coding', () => {
  test.each([
    [null, null],
    ['', null],
    ['identity', null],
    ['gzip', 'gzip'],
    ['x-gzip', 'gzip'],
    ['GZIP', 'gzip'],
    ['gzip, deflate', 'gzip'],
    ['deflate', null],
    ['gzip, deflate, br', 'br'],
    ['gzip, deflate, br, zstd', 'zstd'],
    ['gzip;q=1.0, zstd;q=0.5', 'gzip'],
    ['gzip; q=0.5 , br;q=0.8', 'br'],
    ['gzip;q=0', null],
    ['gzip;q=0.000', null],
    ['*', 'zstd'],
    ['*;q=0', null],
    ['zstd;q=0, *', 'br'],
    ['gzip, *;q=0', 'gzip'],
    ['identity;q=0, gzip;q=0.1', 'gzip'],
    ['identity;q=0', null],
    ['identity;q=0, *', 'zstd'],
    ['identity, gzip;q=0.5', null],
    ['identity;q=0.5, gzip;q=0.5', 'gzip'],
    ['gzip;q=2', null],
    ['gzip;q=x', null],
    ['gzip;level=9', null],
    [`${'a,'.repeat(1_000)}gzip`, null],
  ])('for %j is %j', (accepted, expected) => {
    expect(codingFor(accepted)).toBe(expected as ReturnType<typeof codingFor>)
  })
})

describe('an answer', () => {
  test('is, once undone, the very bytes that it was, in every coding', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('gzip', 'br', 'zstd'),
        fc.array(fc.string({ unit: 'grapheme', maxLength: 40 }), { minLength: 1, maxLength: 40 }),
        fc.boolean(),
        async (coding, parts, isString) => {
          const sent = parts.join(' ').padEnd(1_100, 'x y')
          const body = isString ? sent : Buffer.from(sent)
          const answer = await given({ status: 200, headers: { ...json }, body }, coding)
          const bytes = answer.body as Uint8Array
          const isCoded = answer.headers['content-encoding'] === coding
          expect(Buffer.from(isCoded ? undo[coding]!(bytes) : bytes).toString()).toBe(sent)
        },
      ),
      { numRuns: 60 },
    )
  })

  test('keeps its status and headers, an error’s as well, and says that it may differ', async () => {
    const answer = await given({
      status: 404,
      headers: { ...json, vary: 'origin', 'x-request-id': 'req_1' },
      body: words,
    })
    expect(answer.status).toBe(404)
    expect(answer.headers).toEqual({
      ...json,
      vary: 'origin, accept-encoding',
      'x-request-id': 'req_1',
      'content-encoding': 'gzip',
    })
    const plain = await given({ status: 200, headers: { ...json }, body: words }, null)
    expect([plain.body, plain.headers['vary']]).toEqual([words, 'accept-encoding'])
  })

  test('of 1 KiB and less, and of more than 4 MiB, is left as it is', async () => {
    const sized = (bytes: number): HttpAnswer => ({ status: 200, headers: { ...json }, body: 'x y '.repeat(bytes / 4) })
    expect(await codingOf(sized(1_024))).toBeNull()
    expect(await codingOf(sized(1_028))).toBe('gzip')
    expect(await codingOf(sized(4 * 1024 * 1024))).toBe('gzip')
    expect(await codingOf(sized(4 * 1024 * 1024 + 4))).toBeNull()
  })

  test('that is packed already is left as it is: by its type, by its coding, or because it is base64', async () => {
    const body = words
    for (const type of [
      'image/png',
      'video/mp4',
      'audio/mpeg',
      'application/octet-stream',
      'text/event-stream; charset=utf-8',
    ])
      expect(await codingOf({ status: 200, headers: { 'content-type': type }, body })).toBeNull()
    expect(await codingOf({ status: 200, headers: { 'content-type': 'image/svg+xml' }, body })).toBe('gzip')
    const coded = { status: 200, headers: { ...json, 'content-encoding': 'br' }, body }
    expect(await codingOf(coded)).toBe('br')
    const picture = Buffer.from(crypto.getRandomValues(new Uint8Array(30_000))).toString('base64')
    const candidates = JSON.stringify({ candidates: [{ inlineData: { data: picture } }] })
    expect(await codingOf({ status: 200, headers: { ...json }, body: candidates })).toBeNull()
  })

  test('to HEAD is none, and streams are never touched', async () => {
    expect(await codingOf({ status: 200, headers: { ...json }, body: words }, 'gzip', 'HEAD')).toBeNull()
    const { body } = fed()
    const streamed: HttpAnswer = { status: 200, headers: { ...json }, body }
    expect(compressAnswer(asking('gzip'), streamed)).toBeNull()
    expect(streamed.headers).toEqual(json)
  })
})

describe('over a connection', () => {
  const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: a\r\naccept-encoding: gzip\r\n\r\n`

  test('answers come in order, each with the length that it has, and only where the server is told to', async () => {
    const handle = ({ target }: { target: string }): HttpAnswer =>
      text(target === '/large' ? words : 'small', { ...json })
    const server = serve(handle, { compresses: () => true })
    const client = await dial(server.port)
    client.say(get('/large') + get('/small'))
    await until(() => client.got().includes('small'))
    const got = client.got()
    const length = Number(/content-length: (\d+)/.exec(got.toString('latin1'))![1])
    const at = got.indexOf('\r\n\r\n') + 4
    expect(zlib.gunzipSync(got.subarray(at, at + length)).toString()).toBe(words)
    expect(got.subarray(at + length).toString()).toStartWith('HTTP/1.1 200 OK\r\n')

    const plain = await dial(serve(handle).port)
    plain.say(get('/large'))
    expect((await plain.answers())[0]!.body).toBe(words)
  })

  test('one whose client leaves meanwhile is released', async () => {
    let isReleased = false
    const body = 'x y '.repeat(1_000_000)
    const server = serve(() => ({ ...text(body, { ...json }), released: () => void (isReleased = true) }), {
      compresses: () => true,
    })
    const client = await dial(server.port)
    client.say(get('/'))
    await until(() => server.handled.length === 1)
    client.socket.resetAndDestroy()
    await until(() => isReleased)
    expect(server.troubles).toEqual([])
  })
})
