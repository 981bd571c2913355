import { expect, test } from 'bun:test'
import { refuseCrossSite } from './cross-site.ts'
import { routes } from './routes.ts'
import { pagesUrl, startTestPages } from './test-pages.ts'

const pages = await startTestPages()
const ours = await pages.organization('Acme')
const owner = pages.person('owner', { roles: { [ours]: 'owner' } })
const changing = routes.filter(({ method }) => method !== 'GET')

const json = { 'content-type': 'application/json' }
/** What a page of another's, a form, or a program that says nothing of where it is from can send. */
const refused: readonly (readonly [why: string, headers: Record<string, string>, code: string])[] = [
  ['another site', { ...json, origin: 'https://evil.example' }, 'cross_site'],
  ['a name that begins alike', { ...json, origin: `${pagesUrl}.evil.example` }, 'cross_site'],
  ['a sandboxed page', { ...json, origin: 'null' }, 'cross_site'],
  ['another port', { ...json, origin: `${pagesUrl}:8081` }, 'cross_site'],
  ['another site, as the browser says', { ...json, origin: pagesUrl, 'sec-fetch-site': 'cross-site' }, 'cross_site'],
  ['a neighbour’s name', { ...json, origin: pagesUrl, 'sec-fetch-site': 'same-site' }, 'cross_site'],
  ['a form', { 'content-type': 'application/x-www-form-urlencoded', origin: pagesUrl }, 'json_expected'],
  ['text that is sent without asking first', { 'content-type': 'text/plain', origin: pagesUrl }, 'json_expected'],
]

test('every route that changes something refuses what no page of this server sent, before it looks who asks', async () => {
  expect(changing.length).toBeGreaterThan(4)
  for (const { method, path } of changing)
    for (const [why, headers, code] of refused)
      for (const asker of [owner, pages.stranger]) {
        const url = path.replace('{organization}', ours).replaceAll(/\{\w+\}/g, 'x')
        const response = await asker.fetch(method, url, { headers, body: '{}' })
        const { error } = (await response.json()) as { error: { code: string } }
        expect([path, why, error.code]).toEqual([path, why, code])
      }
})

const asked = (headers: Record<string, string>, url = 'http://gateway.example:8080/api/x'): Request =>
  new Request(url, { method: 'POST', headers })

test('pages of this server are let through: by their origin, by what their browser says, and behind a proxy that ends TLS', () => {
  for (const [headers, publicUrl] of [
    [{ origin: 'http://gateway.example:8080' }, null],
    [{ origin: 'https://gateway.example:8080', 'sec-fetch-site': 'same-origin' }, null],
    [{ 'sec-fetch-site': 'same-origin' }, null],
    [{ origin: 'https://mart.example' }, 'https://mart.example'],
  ] as const)
    expect(() => refuseCrossSite(asked(headers), publicUrl)).not.toThrow()
})

test('what says nothing of where it is from changes nothing', () => {
  for (const headers of [{}, { origin: '' }, { origin: 'gateway.example:8080' }, { 'sec-fetch-site': 'none' }])
    expect(() => refuseCrossSite(asked(headers as Record<string, string>), null)).toThrow('by a page of this server')
})
