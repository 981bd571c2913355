/** Large answers: they share memory, wait for it at their upstreams, and arrive whole. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { createHash } from 'node:crypto'
import type { Account } from '../support/mart.ts'
import { startServer, type Server } from '../support/start-server.ts'
import { ask, chat, configured, keyHeader, openPurse, startMsMax, taken } from './request-support.ts'

setDefaultTimeout(startMsMax)

const mebibyte = 1024 * 1024
const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }
/** Of so many bytes, beginning with its number so that no two are alike. */
const answerOf = (nth: number, bytes: number): string =>
  JSON.stringify({
    id: `nth-${nth}`,
    object: 'chat.completion',
    choices: [
      { index: 0, message: { role: 'assistant', content: `${nth} `.repeat(bytes / 2) }, finish_reason: 'stop' },
    ],
    usage,
  })
const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex')

let upstream: ReturnType<typeof Bun.serve>
let server: Server
let account: Account
beforeAll(async () => {
  upstream = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      const { seed, bytes, isChunked } = (await request.json()) as { seed: number; bytes: number; isChunked: boolean }
      const text = answerOf(seed, bytes)
      const headers = { 'content-type': 'application/json' }
      return isChunked ? new Response(new Blob([text]).stream(), { headers }) : new Response(text, { headers })
    },
  })
  server = await startServer(
    configured(`
providers: { mine: { kind: openai-compatible, baseUrl: 'http://127.0.0.1:${upstream.port}/v1' } }
deployments: [{ model: gpt-4.1-mini, provider: mine, region: us }]
memory: { answersBytesMax: ${8 * mebibyte} }
`),
  )
  account = await openPurse(server, '500.00', { concurrency: 50 })
})
afterAll(async () => {
  await server?.stop()
  await upstream?.stop(true)
})

const large = (seed: number, isChunked: boolean): Promise<Response> =>
  fetch(`${server.baseUrl}${chat.path}`, {
    method: 'POST',
    headers: { ...keyHeader('openai', account.key), 'content-type': 'application/json' },
    body: JSON.stringify({ ...chat.bodyOf('x', { outputTokens: 20 }), seed, bytes: 5 * mebibyte, isChunked }),
  })

for (const isChunked of [false, true])
  test(`together they may be far more than there is room for, and each arrives whole: ${isChunked ? 'in chunks' : 'with their lengths'}`, async () => {
    const seeds = [1, 2, 3, 4, 5, 6, 7, 8]
    const got = await Promise.all(seeds.map((seed) => taken(large(seed, isChunked))))
    expect(got.map(({ status, text }) => [status, hashOf(text)])).toEqual(
      seeds.map((seed) => [200, hashOf(answerOf(seed, 5 * mebibyte))]),
    )
  })

test('who takes none of its answers keeps nobody from small ones, and gives back all of it by leaving', async () => {
  // One within the limit, and the one that may go beyond it.
  const holders = await Promise.all([1, 2].map((seed) => large(seed, false)))
  // Nothing of their bodies is read: what the kernel does not take stays with the server.
  expect((await taken(ask(server, account.key, chat))).status).toBe(200)
  expect(holders.map(({ status }) => status)).toEqual([200, 200])
  await Promise.all(holders.map((holder) => holder.body?.cancel()))
  expect((await taken(large(9, true))).text).toBe(answerOf(9, 5 * mebibyte))
})
