/** Bodies that come compressed, marked, or in other alphabets: served as what they are, or refused in words, for nothing. */
import zlib from 'node:zlib'
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { Account } from '../support/mart.ts'
import { startServer, type Server } from '../support/start-server.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import * as ways from './request-support.ts'

setDefaultTimeout(ways.startMsMax)
const { chat, generate } = ways

let upstream: Upstream
let server: Server
let account: Account
beforeAll(async () => {
  upstream = await startUpstream()
  const config = {
    providers: {
      one: { kind: 'openai-compatible', baseUrl: `${upstream.url}/v1` },
      two: { kind: 'gemini-compatible', baseUrl: `${upstream.url}/v1beta` },
    },
    deployments: [
      { model: chat.model, provider: 'one', region: 'us' },
      { model: 'gpt-5.4', provider: 'one', region: 'us', upstreamModel: 'other' },
      { model: generate.model, provider: 'two', region: 'us' },
    ],
  }
  server = await startServer(ways.configured(JSON.stringify(config)))
  account = await ways.openPurse(server, '5.00')
})
afterAll(async () => {
  await server.stop()
  upstream.stop()
})

const post = (way: ways.Way, body: Uint8Array, headers: Record<string, string> = {}): Promise<ways.Taken> =>
  ways.taken(
    fetch(`${server.baseUrl}${way.path}`, {
      method: 'POST',
      headers: { ...ways.keyHeader(way.dialect, account.key), 'content-type': 'application/json', ...headers },
      body: body as Uint8Array<ArrayBuffer>,
      ...ways.within(20_000),
    }),
  )
const bodyOf = (way: ways.Way, prompt = 'grüße 🌊'): Buffer => Buffer.from(JSON.stringify(way.bodyOf(prompt, {})))

async function refused(way: ways.Way, body: Uint8Array, headers: Record<string, string>, status: number) {
  const before = upstream.seen.length
  const got = await post(way, body, headers)
  expect(got.status).toBe(status)
  expect(upstream.seen.length).toBe(before)
  return { got, error: ways.envelopeOf(got, way.dialect) }
}

const codings: readonly (readonly [coding: string, compress: (bytes: Uint8Array) => Uint8Array])[] = [
  ['gzip', zlib.gzipSync],
  ['x-gzip', zlib.gzipSync],
  ['GZIP', zlib.gzipSync],
  ['deflate', zlib.deflateSync],
  ['deflate', zlib.deflateRawSync],
  ['br', zlib.brotliCompressSync],
  ['zstd', zlib.zstdCompressSync],
  ['identity', (bytes) => bytes],
]

describe('a compressed request', () => {
  for (const way of [chat, generate])
    for (const [coding, compress] of codings)
      test(`${way.name}: ${coding}, by ${compress.name || 'nobody'}, is served, and goes upstream as it was before`, async () => {
        const body = bodyOf(way, 'hello '.repeat(5_000))
        const got = await post(way, compress(body), { 'content-encoding': coding })
        expect(got.status).toBe(200)
        const { headers, bytes } = upstream.seen.at(-1)!
        expect(Buffer.compare(bytes, body)).toBe(0)
        expect(headers.get('content-encoding')).toBeNull()
      })

  test('in another coding, or in several, is a 415 that says which are taken', async () => {
    for (const way of [chat, generate])
      for (const coding of ['compress', 'lz4', 'gzip, br', 'gzip,gzip', 'identity, gzip', '*']) {
        const { got, error } = await refused(way, zlib.gzipSync(bodyOf(way)), { 'content-encoding': coding }, 415)
        expect(error.message).toContain(`'${coding}'`)
        for (const allowed of ['gzip', 'deflate', 'br', 'zstd']) expect(error.message).toContain(allowed)
        expect(got.headers.get('accept-encoding')).toBe('gzip, deflate, br, zstd')
      }
  })

  test('that is not what it says is a 400 that names the coding', async () => {
    for (const coding of ['gzip', 'deflate', 'br', 'zstd'])
      expect((await refused(chat, bodyOf(chat), { 'content-encoding': coding }, 400)).error.message).toContain(coding)
  })

  test('that expands beyond the limit is a 413 that says the limit, whatever it was compressed by', async () => {
    const large = Buffer.alloc(33 * 1024 * 1024, ' ')
    for (const [coding, compress] of codings.filter(([name]) => name !== 'identity')) {
      const { error } = await refused(chat, compress(large), { 'content-encoding': coding }, 413)
      expect(error.message).toContain(`at most ${32 * 1024 * 1024} bytes`)
    }
  })

  test('without a key is refused before a byte of it is expanded', async () => {
    const headers = { 'content-encoding': 'gzip', authorization: 'Bearer sk-bf-none' }
    expect((await refused(chat, zlib.gzipSync(Buffer.alloc(33 * 1024 * 1024)), headers, 401)).error.code).toBe(
      'invalid_api_key',
    )
  })
})

describe('a byte order mark', () => {
  const spliced = { way: ways.withModel(chat, 'gpt-5.4'), other: { model: 'other' } }
  for (const { way, other } of [{ way: chat, other: {} }, spliced, { way: generate, other: {} }])
    test(`${way.name}, ${way.model}: is not sent on`, async () => {
      const body = bodyOf(way)
      const got = await post(way, Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), body]))
      expect(got.status).toBe(200)
      const sent = upstream.seen.at(-1)!.bytes.toString('utf8')
      expect(sent).toStartWith('{')
      expect(JSON.parse(sent)).toMatchObject({ ...(JSON.parse(body.toString()) as object), ...other })
    })
})

test('a body in another alphabet is a 400 that names UTF-8', async () => {
  const text = JSON.stringify(chat.bodyOf('grüße', {}))
  const ascii = JSON.stringify(chat.bodyOf('hello', {}))
  const utf16 = (it: string, swap = false): Buffer =>
    swap ? Buffer.from(it, 'utf16le').swap16() : Buffer.from(it, 'utf16le')
  for (const body of [
    Buffer.from(text, 'latin1'),
    ...[text, ascii].flatMap((it) => [
      utf16(it),
      utf16(`\u{feff}${it}`),
      utf16(it, true),
      utf16(`\u{feff}${it}`, true),
    ]),
  ])
    expect((await refused(chat, body, {}, 400)).error.message).toContain('UTF-8')
})

describe('an answer in JSON', () => {
  const labels = ['text/plain', 'text/html; charset=utf-8', 'application/octet-stream', 'application/jsonl', '', null]
  for (const way of [chat, generate])
    for (const label of labels)
      for (const status of [200, 400])
        test(`${way.name}: ${status} labelled ${label} goes out as application/json`, async () => {
          upstream.next = { status, type: label }
          const got = await post(way, bodyOf(way))
          expect([got.status, got.headers.get('content-type')]).toEqual([status, 'application/json'])
          JSON.parse(got.text)
        })

  test('keeps the charset that its upstream named', async () => {
    upstream.next = { status: 200, type: 'application/json; charset=UTF-8' }
    expect((await post(generate, bodyOf(generate))).headers.get('content-type')).toBe('application/json; charset=UTF-8')
  })
})
