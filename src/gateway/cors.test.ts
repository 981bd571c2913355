import { expect, test } from 'bun:test'
import type { HttpAnswer, HttpRequest } from '../lib/http-server/contract.ts'
import { openToBrowsers, preflight } from './cors.ts'

const fromPage = { headers: new Headers({ origin: 'https://page.example' }) } as unknown as HttpRequest

test('an answer that a page asked for frees the memory that it was counted in, as any other does, whether the page may read it or not', async () => {
  for (const origins of [['*'], ['https://page.example'], ['https://other.example'], []]) {
    let isReleased = false
    const answer: HttpAnswer = { status: 200, headers: {}, body: 'x', released: () => void (isReleased = true) }
    const opened = await openToBrowsers(fromPage, Promise.resolve(answer), () => ({ origins }))
    opened.released?.()
    expect(isReleased).toBe(true)
  }
})

test('a page of the Internet may ask a gateway in a private network, wherever it may ask one at all', () => {
  const asking = (more: Record<string, string>): HttpRequest =>
    ({
      method: 'OPTIONS',
      headers: new Headers({ origin: 'https://page.example', 'access-control-request-method': 'POST', ...more }),
    }) as unknown as HttpRequest
  const isPrivate = { 'access-control-request-private-network': 'true' }
  const allowed = (more: Record<string, string>, origins: readonly string[]): unknown =>
    preflight(asking(more), () => ({ origins }))?.headers['access-control-allow-private-network']
  expect(allowed(isPrivate, ['*'])).toBe('true')
  expect(allowed(isPrivate, ['https://page.example'])).toBe('true')
  expect(allowed({}, ['*'])).toBeUndefined()
  expect(preflight(asking(isPrivate), () => ({ origins: ['https://other.example'] }))).toBeNull()
})
