import { afterAll, beforeAll, expect, test } from 'bun:test'
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HttpAnswer, HttpRequest } from '../lib/http-server/contract.ts'
import { openWebApp, type WebApp } from './web-app.ts'

const dist = mkdtempSync(join(tmpdir(), 'mart-web-'))
let web: WebApp
beforeAll(() => {
  const files = { 'main-1.js': { type: 'text/javascript' } }
  const parts = { script: 'main-1.js', style: 'main-1.css', scheme: 'scheme-1.js', icon: 'icon-1.svg' }
  writeFileSync(join(dist, 'manifest.json'), JSON.stringify({ stamp: '1', ...parts, files }))
  for (const ending of ['', '.br', '.gz']) writeFileSync(join(dist, `main-1.js${ending}`), `script${ending}`)
  web = openWebApp(dist)
})
afterAll(() => rmSync(dist, { recursive: true }))

const ask = async (path: string, headers: Readonly<Record<string, string>> = {}): Promise<HttpAnswer | null> =>
  web({ method: 'GET', headers: { get: (name: string) => headers[name] ?? null } } as unknown as HttpRequest, path)

const textOf = (answer: HttpAnswer | null): string => answer?.body as string
const bodyOf = (answer: HttpAnswer | null): string => Buffer.from(answer?.body as Uint8Array).toString()

test('a file is kept for ever by whoever asks, in the coding that it takes', async () => {
  const codings = [
    ['gzip, deflate, br, zstd', 'br', '.br'],
    ['gzip', 'gzip', '.gz'],
    ['br;q=0, gzip', 'gzip', '.gz'],
    ['identity', undefined, ''],
    ['', undefined, ''],
  ] as const
  for (const [accepted, coding, ending] of codings) {
    const answer = await ask('/assets/main-1.js', { 'accept-encoding': accepted })
    expect(bodyOf(answer)).toBe(`script${ending}`)
    expect(answer!.headers['content-encoding']).toBe(coding)
    expect(answer!.headers['cache-control']).toBe('public, max-age=31536000, immutable')
    expect(answer!.headers['vary']).toBe('accept-encoding')
    expect(answer!.headers['x-content-type-options']).toBe('nosniff')
  }
})

test('what is no file of the web app is none, whatever it is called', async () => {
  for (const name of ['main-2.js', 'manifest.json', 'main-1.js.br', '../manifest.json', 'constructor', '__proto__', ''])
    expect(await ask(`/assets/${name}`)).toBeNull()
})

test('a page is one document, which lets nobody frame it and runs no script but its own', async () => {
  const [first, second] = [await ask('/dashboard/org_1/keys'), await ask('/dashboard/org_1/keys')]
  const policy = String(first!.headers['content-security-policy'])
  const [, nonce] = /script-src 'nonce-([\w-]{22})'/.exec(policy)!
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy).toContain("base-uri 'none'")
  expect(policy).not.toContain('unsafe')
  expect(second!.headers['content-security-policy']).not.toContain(nonce)
  expect(first!.headers['x-frame-options']).toBe('DENY')
  expect(first!.headers['cache-control']).toBe('no-store')
  const document = textOf(first)
  const scripts = document.match(/<script[^>]*>[^<]*<\/script>/g)!
  expect(scripts).toHaveLength(2)
  for (const script of scripts)
    expect(script).toMatch(new RegExp(`^<script nonce="${nonce}" .*src="/assets/[\\w-]+\\.js"></script>$`))
  expect(document).not.toMatch(/<style| style=| on\w+=/)
})

test('the pages are those of the web app and no others', async () => {
  const pages =
    '/sign-in /sign-up /setup /invitation /reset-password /account /playground /dashboard /dashboard/org_1 /operator'
  const below =
    '/dashboard/org_1/home /dashboard/org_1/requests/req_1 /operator/configuration /operator/organizations/org_1'
  for (const path of `${pages} ${below}`.split(' ')) expect((await ask(path))?.status, path).toBe(200)
  for (const path of [
    '/nothing',
    '/dashboard/org_1/nothing',
    '/operator/nothing',
    '/sign-in/x',
    '/api/nothing',
    '/assets/nothing.js',
  ]) {
    expect(await ask(path), path).toBeNull()
    const read = await ask(path, { accept: 'text/html,*/*' })
    expect(read?.status ?? null, path).toBe(/^\/(?:api|assets)\//.test(path) ? null : 404)
  }
})

test('where nothing was built its pages say so, and all else is as it was', async () => {
  const unbuilt = openWebApp(join(dist, 'nowhere'))
  const request = { method: 'GET', headers: { get: () => 'text/html' } } as unknown as HttpRequest
  const answer = await unbuilt(request, '/dashboard')
  expect(answer?.status).toBe(503)
  expect(textOf(answer)).toContain('npm start')
  expect(unbuilt(request, '/nothing')).toBeNull()
})

test('a file of a build that was replaced while it is served is not found, and pages are of the new build at once', async () => {
  const served = `${dist}-served`
  cpSync(dist, served, { recursive: true })
  const replacedWeb = openWebApp(served)
  const get = async (path: string): Promise<HttpAnswer | null> =>
    replacedWeb({ method: 'GET', headers: { get: () => null } } as unknown as HttpRequest, path)
  try {
    rmSync(served, { recursive: true })
    cpSync(dist, served, { recursive: true })
    const manifest = readFileSync(join(dist, 'manifest.json'), 'utf8').replaceAll('main-1.js', 'main-2.js')
    writeFileSync(join(served, 'manifest.json'), manifest)
    renameSync(join(served, 'main-1.js'), join(served, 'main-2.js'))
    expect((await get('/assets/main-1.js'))!.status).toBe(404)
    expect(textOf(await get('/dashboard'))).toContain('/assets/main-2.js')
    expect((await get('/assets/main-2.js'))!.status).toBe(200)
    expect(await get('/assets/main-1.js')).toBeNull()
  } finally {
    rmSync(served, { recursive: true })
  }
})
