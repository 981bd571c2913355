/** Addresses, methods and bytes that no client library would send: refused in words, for nothing, and never a crash. */
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { Account } from '../support/mart.ts'
import { startServer, type Server } from '../support/start-server.ts'
import {
  chat,
  chatModel,
  costsNothing,
  embed,
  envelopeOf,
  expectClosedBooks,
  geminiModel,
  generate,
  openPurse,
  startMsMax,
  taken,
  within,
  type Taken,
} from './request-support.ts'

setDefaultTimeout(startMsMax)

const messages = '"messages":[{"role":"user","content":"Hi"}]'
const contents = '"contents":[{"role":"user","parts":[{"text":"Hi"}]}]'

let server: Server
let account: Account
beforeAll(async () => {
  server = await startServer()
  account = await openPurse(server, '1.00')
})
afterAll(() => server?.stop())

const forNothing = <T extends Taken | string>(asking: () => Promise<T>): Promise<T> =>
  costsNothing(server, account, asking)

describe('addresses that are not served', () => {
  const paths: readonly [method: string, path: string][] = [
    ...['/v1', '/v1/', '/v1/chat', '/v1/chat/completions/x/y', '/v1/nothing', '/v1/fine_tuning/jobs'].map(
      (path) => ['POST', path] as [string, string],
    ),
    ...[
      '/genai',
      '/genai/',
      '/genai/v9/models',
      '/genai/v11/models',
      '/genai/v1beta',
      `/genai/v1beta/models/${geminiModel}:imagine`,
      `/genai/v1beta/models/:generateContent`,
      '/genai/v1beta/tunedModels/x:generateContent',
    ].map((path) => ['POST', path] as [string, string]),
    ...['GET', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'].flatMap((method) =>
      [embed.path, generate.path].map((path) => [method, path] as [string, string]),
    ),
    // GET lists what is stored.
    ...['PUT', 'PATCH', 'DELETE', 'OPTIONS'].map((method) => [method, chat.path] as [string, string]),
    ...['POST', 'PUT', 'DELETE'].map((method) => [method, '/v1/models'] as [string, string]),
  ]
  for (const [method, path] of paths)
    test(`${method} ${path} is refused in the dialect's words`, async () => {
      const headers = { authorization: `Bearer ${account.key}`, 'x-goog-api-key': account.key }
      const body = ['GET', 'HEAD'].includes(method) ? null : `{"model":"${chatModel}",${messages},${contents}}`
      const got = await forNothing(() =>
        taken(fetch(`${server.baseUrl}${path}`, { method, headers, body, ...within(10_000) })),
      )
      expect([404, 405]).toContain(got.status)
      if (method === 'HEAD') return
      const error = envelopeOf(got, path.startsWith('/genai') ? 'genai' : 'openai')
      expect(error.message).toContain(method)
    })
})

describe('requests that no client library would send', () => {
  /** One request as written, byte for byte; gives what came back until the connection closed. */
  const raw = (request: string): Promise<string> =>
    new Promise((resolve) => {
      let text = ''
      const socket = connect(Number(new URL(server.baseUrl).port), '127.0.0.1', () => socket.write(request, 'latin1'))
      socket.on('data', (piece: Buffer) => (text += piece.toString('latin1')))
      socket.on('error', () => undefined).on('close', () => resolve(text))
      socket.setTimeout(1_000, () => socket.destroy())
    })
  const head = 'host: mart\r\nconnection: close\r\ncontent-length: 2\r\n'
  const withKey = (line: string, more = ''): string =>
    `${line}\r\n${head}authorization: Bearer ${account.key}\r\n${more}\r\n{}`

  const targets = [
    '/v1/../v1/chat/completions',
    '/v1/%2e%2e/v1/chat/completions',
    '/v1/..%2f..%2fetc/passwd',
    '/../../etc/passwd',
    '/v1/chat%2fcompletions',
    '/v1/%zz',
    '/v1/%',
    '/v1/models/%00',
    '/v1/models/%ff%fe',
    '/genai/v1beta/models/%E0%A4:generateContent',
    '/genai/v1beta/models/%2e%2e%2f%2e%2e:generateContent',
    '/genai/v1beta/models/a%00b:generateContent',
    '/v1/models/\0',
    '/v1/\xff\xfe',
    `/v1/models/${'x'.repeat(12_000)}`,
    `/v1/${'x'.repeat(60_000)}`,
    `/genai/v1beta/models/${'%2e'.repeat(4_000)}:generateContent`,
    '/v1/chat/completions;x=1',
    '/v1/chat/completions\\x',
    '*',
    'http://elsewhere.example/v1/models/none',
    '/v1/models/__proto__',
    '/genai/v1beta/models/constructor',
  ]
  for (const target of targets)
    for (const method of ['GET', 'POST'])
      test(`${method} ${JSON.stringify(target.slice(0, 60))} is refused, not served and not crashed on`, async () => {
        const answer = await forNothing(() => raw(withKey(`${method} ${target} HTTP/1.1`)))
        if (answer !== '') expect(answer).toMatch(/^HTTP\/1\.1 (?:30[178]|4\d\d|505) /)
      })

  test('headers of 20 KB are refused or read, and never crash', async () => {
    for (const more of [
      `x-long: ${'x'.repeat(20_000)}\r\n`,
      'x-many: 1\r\n'.repeat(2_000),
      `cookie: ${'a=b; '.repeat(4_000)}\r\n`,
      `x-sandbox: ${'x'.repeat(20_000)}\r\n`,
    ]) {
      const answer = await forNothing(() => raw(withKey('POST /v1/chat/completions HTTP/1.1', more)))
      if (answer !== '') expect(answer).toMatch(/^HTTP\/1\.1 4(?:00|13|31) /)
    }
    const long = `Bearer sk-bf-${'x'.repeat(20_000)}`
    const answer = await forNothing(() =>
      raw(`POST /v1/chat/completions HTTP/1.1\r\n${head}authorization: ${long}\r\n\r\n{}`),
    )
    if (answer !== '') expect(answer).toMatch(/^HTTP\/1\.1 4(?:00|01|13|31) /)
  })

  test('lengths that lie, bodies that never come, and lines that are no HTTP', async () => {
    const line = `POST /v1/chat/completions HTTP/1.1\r\nhost: mart\r\nauthorization: Bearer ${account.key}\r\n`
    const requests = [
      'content-length: 5000\r\n\r\n{',
      'content-length: -5\r\n\r\n{}',
      'content-length: 1e9\r\n\r\n{}',
      'transfer-encoding: chunked\r\n\r\nzz\r\n',
      'content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n{}',
    ].map((rest) => line + rest)
    for (const request of [
      ...requests,
      'hello\r\n\r\n',
      '\x16\x03\x01\x02\0\x01',
      'GET\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
    ]) {
      const answer = await forNothing(() => raw(request))
      if (answer !== '') expect(answer).toMatch(/^HTTP\/1\.1 (?:4\d\d|505) /)
    }
  })
})

test('after all of this the key still works, and its books are closed', () =>
  expectClosedBooks(server, account, 1_000_000_000n, []))
