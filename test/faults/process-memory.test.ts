/** Memory stays flat, whatever becomes of the requests: nothing of one is kept once it is settled and shipped. */
import { expect, test } from 'bun:test'
import { eventually } from '../support/eventually.ts'
import type { Account } from '../support/mart.ts'
import { startServer, type Server } from '../support/start-server.ts'
import * as support from './process-support.ts'
import * as ways from './request-support.ts'

/** By the first figure everything that has a limit is full: the heap's young generation, the store's page cache. */
const [fewer, more] = [10_000, 28_000] as const
/** Between two collections of everything the heap goes up and down by a fifth; what is leaked never comes down again. */
const again = 6_000

test('28,000 requests of every ending take no more memory than 10,000', async () => {
  const server = await startServer()
  try {
    const account = await support.openHouse(server, '10000')
    await askTimes(server, account.key, fewer)
    const before = await rssKb(server, account)
    let asked: number = fewer
    let after: number
    do {
      const times = asked < more ? more - asked : again
      await askTimes(server, account.key, times)
      asked += times
      after = await rssKb(server, account)
      console.log(`RSS: ${before >> 10} MiB after ${fewer} requests, ${after >> 10} MiB after ${asked}`)
    } while (after >= before * 1.2 && asked < more + 3 * again)
    expect(after).toBeLessThan(before * 1.2)
    expect(support.settlements(server)).toHaveLength(asked)
    expect(await support.ledgerFaults(server)).toEqual([])
  } finally {
    await server.stop()
  }
}, 240_000)

const workers = 32
async function askTimes(server: Server, key: string, times: number): Promise<void> {
  let asked = 0
  const work = async (): Promise<void> => {
    while (asked++ < times) await askOne(server, key, asked)
  }
  await Promise.all(Array.from({ length: workers }, work))
}

/** In turn: whole, streamed to its end, left in the middle, reset by the upstream, refused by it. */
async function askOne(server: Server, key: string, index: number): Promise<void> {
  const way = ways.ways[index % ways.ways.length]!
  switch (index % 7) {
    case 0:
      return leaveInTheMiddle(server, key)
    case 1:
      return void (await ways.taken(ways.ask(server, key, way, { sandbox: 'tokens=40 reset_after=3' })))
    case 2:
      return void (await ways.taken(ways.ask(server, key, way, { sandbox: 'status=500' })))
    default:
      return void (await ways.taken(ways.ask(server, key, way, { sandbox: 'tokens=20' })))
  }
}

async function leaveInTheMiddle(server: Server, key: string): Promise<void> {
  const leaving = new AbortController()
  const response = await ways.ask(server, key, ways.chatStream, {
    sandbox: 'tokens=40 chunk_ms=1',
    signal: leaving.signal,
  })
  const reader = response.body!.getReader()
  await reader.read()
  leaving.abort()
  await reader.cancel().catch(() => undefined)
}

/** Once everything is settled and shipped: the least of a few looks, because garbage is collected when it suits the runtime. */
async function rssKb(server: Server, account: Account): Promise<number> {
  await eventually(
    async () => ((await ways.balanceOf(server, account)).heldNano === 0n ? true : null),
    20_000,
    () => 'something stays held',
  )
  const looks: number[] = []
  for (let look = 0; look < 12; look += 1) {
    await Bun.sleep(500)
    looks.push(support.processes().find(({ pid }) => pid === server.pid())!.rssKb)
  }
  return Math.min(...looks)
}
