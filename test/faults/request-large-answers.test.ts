/** Large answers: they share memory, wait for it at their upstreams, and arrive whole; who takes none of theirs keeps nobody from theirs. */
import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { eventually } from '../support/eventually.ts'
import type { Account } from '../support/mart.ts'
import { freePort, startServer, type Server } from '../support/start-server.ts'
import { openTap, type Tap } from './large-answers-tap.ts'
import {
  ask,
  balanceOf,
  chat,
  configured,
  costNano,
  keyHeader,
  openPurse,
  startMsMax,
  taken,
  usdOf,
} from './request-support.ts'

setDefaultTimeout(startMsMax)

const mebibyte = 1024 * 1024
const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }
const chargeNano = costNano(chat.model, { input: 3, cachedInput: 0, output: 2, reasoning: 0 })
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
const hashOf = (text: string | Uint8Array): string => createHash('sha256').update(text).digest('hex')

type Asked = { readonly seed: number; readonly bytes: number; readonly isChunked?: boolean }
let upstream: ReturnType<typeof Bun.serve>
beforeAll(() => {
  upstream = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      const { seed, bytes, isChunked } = (await request.json()) as Asked
      const text = answerOf(seed, bytes)
      const headers = { 'content-type': 'application/json' }
      return isChunked ? new Response(new Blob([text]).stream(), { headers }) : new Response(text, { headers })
    },
  })
})
afterAll(() => upstream?.stop(true))

const serverOf = (memory: object, more: object = {}): Promise<Server> =>
  startServer(
    configured(
      JSON.stringify({
        providers: { mine: { kind: 'openai-compatible', baseUrl: `http://127.0.0.1:${upstream.port}/v1` } },
        deployments: [{ model: chat.model, provider: 'mine', region: 'us' }],
        memory,
        ...more,
      }),
    ),
  )

const bodyOf = (asked: Asked): string => JSON.stringify({ ...chat.bodyOf('x', { outputTokens: 20 }), ...asked })
const large = ({ baseUrl }: Server, { key }: Account, asked: Asked): Promise<Response> =>
  fetch(`${baseUrl}${chat.path}`, {
    method: 'POST',
    headers: { ...keyHeader('openai', key), 'content-type': 'application/json' },
    body: bodyOf(asked),
  })

describe('large answers', () => {
  let server: Server
  let account: Account
  beforeAll(async () => {
    server = await serverOf({ answersBytesMax: 8 * mebibyte })
    account = await openPurse(server, '500.00', { concurrency: 50 })
  })
  afterAll(() => server?.stop())

  for (const isChunked of [false, true])
    test(`together may be far more than there is room for, and each arrives whole: ${isChunked ? 'in chunks' : 'with their lengths'}`, async () => {
      const seeds = [1, 2, 3, 4, 5, 6, 7, 8]
      const bytes = 5 * mebibyte
      const got = await Promise.all(seeds.map((seed) => taken(large(server, account, { seed, bytes, isChunked }))))
      expect(got.map(({ status, text }) => [status, hashOf(text)])).toEqual(
        seeds.map((seed) => [200, hashOf(answerOf(seed, bytes))]),
      )
    })
})

/** More than the systems of both sides take of an answer that nobody reads. */
const bytes = 24 * mebibyte
const grantedNano = 500_000_000_000n
const quietMs = 1_000
/** For their clients to be looked at, which is once a second, and for the answer itself. */
const servedMsMax = 15_000

describe('who takes none of its large answers', () => {
  let server: Server
  let metricsUrl: string
  const taps: Tap[] = []
  const start = async (answerQuietMsMax: number): Promise<void> => {
    const port = await freePort()
    metricsUrl = `http://127.0.0.1:${port}/metrics`
    server = await serverOf({ answersBytesMax: 64 * mebibyte, answerQuietMsMax }, { metrics: { port } })
  }
  afterEach(async () => {
    for (const tap of taps.splice(0)) tap.leave()
    await server?.stop()
  })

  const metric = async (name: string): Promise<number> => {
    const text = await (await fetch(metricsUrl)).text()
    return Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.slice(name.length) ?? 0,
    )
  }
  const cutOff = (): Promise<number> => metric('mart_refused_total{reason="untaken"}')
  /** Asks, and takes nothing; goes on once the server holds all of these answers. */
  const hold = async (account: Account, seeds: readonly number[], held: number): Promise<readonly Tap[]> => {
    const opened = await Promise.all(
      seeds.map((seed) => openTap(server, chat.path, account.key, bodyOf({ seed, bytes }))),
    )
    taps.push(...opened)
    const name = 'mart_held_bytes{what="answers"}'
    await eventually(
      async () => ((await metric(name)) >= held * bytes ? true : null),
      servedMsMax,
      () => 'they are not held',
    )
    return opened
  }
  const purse = (): Promise<Account> => openPurse(server, usdOf(grantedNano), { concurrency: 50 })

  test('keeps nobody from small ones, and gives back all of it by leaving', async () => {
    await start(600_000)
    const account = await purse()
    const holders = await hold(account, [1, 2], 2)
    expect((await taken(ask(server, account.key, chat))).status).toBe(200)
    for (const holder of holders) holder.leave()
    expect((await taken(large(server, account, { seed: 9, bytes, isChunked: true }))).text).toBe(answerOf(9, bytes))
    expect(await cutOff()).toBe(0)
  })

  test('is cut off once another has waited for its memory for some seconds, and pays for it once', async () => {
    await start(quietMs)
    const [holding, other] = [await purse(), await purse()]
    const holders = await hold(holding, [1, 2], 2)
    // More than the share of one, so it waits for the one place beyond that is taken.
    const got = await taken(large(server, other, { seed: 3, bytes: 40 * mebibyte }))
    expect([got.status, hashOf(got.text)]).toEqual([200, hashOf(answerOf(3, 40 * mebibyte))])
    expect(await cutOff()).toBe(1)
    const ends = await Promise.all(holders.map((holder) => holder.takeAll()))
    expect(ends.filter(({ isWhole }) => isWhole).length).toBe(1)
    expect(grantedNano - (await balanceOf(server, holding)).balanceNano).toBe(2n * chargeNano)
    expect(grantedNano - (await balanceOf(server, other)).balanceNano).toBe(chargeNano)
  })

  test('keeps no other organization waiting for answers within its share, whatever it asks for and however long it takes', async () => {
    await start(600_000)
    const [greedy, other] = [await purse(), await purse()]
    await hold(greedy, [1, 2, 3, 4, 5], 2)
    for (const seed of [6, 7, 8])
      expect(hashOf((await taken(large(server, other, { seed, bytes }))).text)).toBe(hashOf(answerOf(seed, bytes)))
    expect(await cutOff()).toBe(0)
  })

  test('is told from a slow reader, who gets all of it', async () => {
    await start(quietMs)
    const account = await purse()
    const [slow] = await hold(account, [1], 1)
    const stopTrickling = slow!.trickle()
    await hold(account, [2], 2)
    // It waits for both of them, for longer than who takes nothing may.
    expect((await taken(large(server, account, { seed: 3, bytes }))).status).toBe(200)
    expect(await cutOff()).toBe(1)
    stopTrickling()
    const { body, isWhole } = await slow!.takeAll()
    expect([isWhole, hashOf(body)]).toEqual([true, hashOf(answerOf(1, bytes))])
  })
})
