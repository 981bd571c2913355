import { expect, test } from 'bun:test'
import { hash } from 'node:crypto'
import { startingApp } from './app.ts'
import { startingPage, startingPolicy } from './control/welcome/starting-page.ts'
import type { HttpAnswer } from './lib/http-server/contract.ts'

const browser = 'text/html,application/xhtml+xml,*/*;q=0.8'

async function asked(target: string, accept: string, method = 'GET'): Promise<HttpAnswer> {
  const headers = new Headers({ accept })
  return startingApp({
    method,
    target,
    host: 'localhost',
    peer: '127.0.0.1',
    headers,
    length: 0,
    bytes: () => new Uint8Array(),
    source: () => {
      throw new Error('nobody reads it')
    },
    hasLeft: false,
    onLeave: () => undefined,
  })
}

test('while the server starts, a person at any page is told so by one that loads again by itself, under a policy of its own', async () => {
  for (const path of ['/', '/docs', '/setup', '/dashboard/org_sandbox/home?mode=test', '/operator/usage', '/nowhere']) {
    const { status, headers, body } = await asked(path, browser)
    expect([path, status, headers['content-security-policy']]).toEqual([path, 503, startingPolicy])
    expect(headers).toMatchObject({
      refresh: '2',
      'cache-control': 'no-store',
      'x-request-id': expect.stringContaining('req_'),
    })
    expect(body).toBe(startingPage)
  }
  for (const tag of ['style', 'script']) {
    const [, text = ''] = new RegExp(`<${tag}>([^]*)</${tag}>`).exec(startingPage)!
    expect(startingPolicy).toContain(`${tag}-src 'sha256-${hash('sha256', text, 'base64')}'`)
  }
})

test('while the server starts, SDKs, pages’ own calls and probes get what they can read', async () => {
  for (const [path, accept, method] of [
    ['/v1/chat/completions', 'application/json', 'POST'],
    ['/v1/models', browser, 'GET'],
    ['/genai/v1beta/models', browser, 'GET'],
    ['/api/session', '*/*', 'GET'],
    ['/', '*/*', 'GET'],
  ] as const) {
    const { status, headers, body } = await asked(path, accept, method)
    expect([path, status, headers['retry-after'], JSON.parse(body as string).error !== undefined]).toEqual([
      path,
      503,
      '1',
      true,
    ])
  }
  expect((await asked('/healthz', browser)).status).toBe(200)
  expect(JSON.parse((await asked('/readyz', browser)).body as string)).toEqual({
    status: 'unready',
    reason: 'starting',
  })
})
