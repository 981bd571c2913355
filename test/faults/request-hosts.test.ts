/** Under which names a server is asked, by whom it is told so, and what it shows and serves there. */
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startServer, type Server } from '../support/start-server.ts'
import * as ways from './request-support.ts'

setDefaultTimeout(ways.startMsMax)

let server: Server
let trusting: Server
beforeAll(async () => {
  const config = { server: { trustedProxies: ['127.0.0.0/8'], hosts: ['admin.example'] } }
  ;[server, trusting] = await Promise.all([startServer(), startServer(ways.configured(JSON.stringify(config)))])
})
afterAll(() => Promise.all([server?.stop(), trusting?.stop()]))

/** A request as it is written, byte for byte: no client of the web sends another's host, or a path with dots. */
const raw = (at: Server, target: string, ...lines: readonly string[]): Promise<string> =>
  new Promise((resolve) => {
    let text = ''
    const socket = connect(Number(new URL(at.baseUrl).port), '127.0.0.1', () =>
      socket.write([`GET ${target} HTTP/1.1`, ...lines, 'connection: close', '', ''].join('\r\n')),
    )
    socket.on('data', (piece: Buffer) => (text += piece.toString('latin1')))
    socket.on('error', () => undefined).on('close', () => resolve(text))
  })
const tokenOf = ({ dataDir }: Server): string =>
  (JSON.parse(readFileSync(join(dataDir, 'operator.json'), 'utf8')) as { token: string }).token

describe('the page at /', () => {
  test('shows the address that it was asked at', async () => {
    for (const host of ['gateway.example', 'localhost:1234', '[::1]:8080', '192.168.0.7:8080']) {
      const text = await raw(server, '/', `host: ${host}`)
      expect(text).toContain(`<code>http://${host}/v1/</code>`)
      expect(text).toContain(`<code>http://${host}/genai</code>`)
    }
  })

  test('shows what a proxy says only where the proxy is trusted', async () => {
    const lines = ['host: inside:80', 'x-forwarded-proto: https', 'x-forwarded-host: ai.example']
    expect(await raw(server, '/', ...lines)).toContain('<code>http://inside:80/v1/</code>')
    expect(await raw(trusting, '/', ...lines)).toContain('<code>https://ai.example/v1/</code>')
    const forwarded = 'forwarded: for=1.2.3.4;proto=https;host=ai.example'
    expect(await raw(trusting, '/', 'host: inside', forwarded)).toContain('<code>https://ai.example/genai</code>')
  })

  test('shows PUBLIC_URL where there is one, whatever was asked', async () => {
    const open = await startServer({ env: { PUBLIC_URL: 'https://ai.example/mart' } })
    const text = await raw(open, '/', 'host: other.example')
    expect(text).toContain('<code>https://ai.example/mart/v1/</code>')
    expect(text).not.toContain('other.example')
    await open.stop()
  })

  test('shows nothing that could be more than an address, and the server itself instead', async () => {
    for (const host of ['$(reboot).example', "a'-alert(1)-'", 'a;b', 'a&b']) {
      const text = await raw(server, '/', `host: ${host}`)
      expect(text).toContain(`<code>${server.baseUrl}/v1/</code>`)
      expect(text).not.toContain(host)
    }
    for (const host of ['<b>', 'a"b', 'a/b', 'a b', 'a@b'])
      expect(await raw(server, '/', `host: ${host}`)).toStartWith('HTTP/1.1 400 ')
  })

  test('is kept by no cache, since the next client may have asked at another address; nor is a 404 that names one', async () => {
    for (const target of ['/', '/models', '/genai/nothing'])
      expect(await raw(server, target, 'host: gateway.example')).toContain('\r\ncache-control: no-store\r\n')
  })

  test('shows no deployment, no kind of provider and no folder', async () => {
    const text = await raw(server, '/', 'host: gateway.example')
    for (const secret of [server.dataDir, server.sandboxUrl!, 'sandbox-us', tokenOf(server)])
      expect(text).not.toContain(secret)
  })
})

describe('the admin API', () => {
  const ask = async (at: Server, host: string, ...lines: readonly string[]): Promise<number> => {
    const text = await raw(
      at,
      '/api/admin/organizations',
      `host: ${host}`,
      `authorization: Bearer ${tokenOf(at)}`,
      ...lines,
    )
    return Number(text.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length))
  }

  test('answers at addresses and at its own names', async () => {
    const port = new URL(server.baseUrl).port
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`, 'LOCALHOST', '10.1.2.3'])
      expect(await ask(server, host)).toBe(200)
    expect(await ask(trusting, 'admin.example:81')).toBe(200)
    const open = await startServer({ env: { PUBLIC_URL: 'https://ai.example/mart' } })
    expect([await ask(open, 'ai.example'), await ask(open, 'other.example')]).toEqual([200, 421])
    await open.stop()
  })

  test('does not answer at names that anybody may point at it, whoever holds the token, and says which it has', async () => {
    for (const host of [
      'evil.example',
      'evil.example:8080',
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      'admin.example',
    ])
      expect(await ask(server, host)).toBe(421)
    expect(await raw(server, '/api/admin/organizations', 'host: evil.example')).toContain('server.hosts of mart.yaml')
    // A page may make its reader's browser send these, and they are nobody's word.
    expect(await ask(server, 'evil.example', 'x-forwarded-host: localhost', 'forwarded: host=localhost')).toBe(421)
    expect(await ask(trusting, 'inside.example', 'x-forwarded-host: admin.example')).toBe(200)
    expect(await ask(trusting, 'localhost', 'x-forwarded-host: evil.example')).toBe(421)
  })

  test('is where its path stands, and not where another reader of URLs finds it', async () => {
    const lines = ['host: localhost', `authorization: Bearer ${tokenOf(server)}`]
    for (const target of [
      '/eu/../api/admin/organizations',
      '/v1/../api/admin/organizations',
      '/eu/%2e%2e/api/admin/organizations',
      '/eu/.%2E/api/admin/organizations',
      '/./api/admin/organizations',
      '/api/./admin/organizations',
      '/api/admin/../admin/organizations',
      '/api/admin/%2e/organizations',
      '/eu\\..\\api/admin/organizations',
      '/api\\admin\\organizations',
      '/%61pi/admin/organizations',
      '/api%2fadmin/organizations',
      '//api/admin/organizations',
      '/API/admin/organizations',
    ])
      expect([target, (await raw(server, target, ...lines)).slice(0, 12)]).toEqual([target, 'HTTP/1.1 404'])
  })
})

describe('the API of the pages', () => {
  test('answers at addresses and at its own names, and nowhere else', async () => {
    for (const target of ['/api/session', '/api/organizations/org_1', '/api/auth/session', '/openapi.json']) {
      expect(await raw(server, target, 'host: evil.example')).toStartWith('HTTP/1.1 421 ')
      const text = await raw(server, target, 'host: localhost', 'x-forwarded-host: evil.example')
      expect([target, /^HTTP\/1\.1 (?:200|401|404) /.test(text)]).toEqual([target, true])
      // No port is as high as that, so it is no address at all.
      expect(await raw(server, target, 'host: localhost:99999')).toStartWith('HTTP/1.1 421 ')
    }
    expect(await raw(trusting, '/api/session', 'host: inside.example', 'x-forwarded-host: admin.example')).toStartWith(
      'HTTP/1.1 200 ',
    )
  })

  test('is framed, kept and guessed at by nobody', async () => {
    const text = (await raw(server, '/api/session', 'host: localhost')).toLowerCase()
    for (const line of [
      "content-security-policy: default-src 'none'; frame-ancestors 'none'",
      'cache-control: no-store',
      'x-content-type-options: nosniff',
      'x-request-id: req_',
    ])
      expect(text).toContain(`\r\n${line}`)
    expect(text).not.toContain('access-control-allow-origin')
  })

  test('is where its path stands, and is no way to the admin API', async () => {
    for (const target of [
      '/api/../api/session',
      '/%61pi/session',
      '/api/x/../admin/organizations',
      '/api/x/%2e%2e/admin/keys',
    ])
      expect([target, (await raw(server, target, 'host: localhost')).slice(0, 12)]).toEqual([target, 'HTTP/1.1 404'])
  })
})

test('the dialects and the health of the server are asked for at any name', async () => {
  for (const [target, status] of [
    ['/healthz', 200],
    ['/readyz', 200],
    ['/v1/models', 401],
  ] as const)
    expect(await raw(server, target, 'host: anything.example')).toStartWith(`HTTP/1.1 ${status} `)
})
