import { expect, test } from 'bun:test'
import type { HttpAnswer, HttpRequest } from '../lib/http-server/contract.ts'
import { openToBrowsers } from './cors.ts'

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
