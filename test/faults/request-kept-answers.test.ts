/** The limits of what is kept of answers for whoever repeats a call: past them, and where an operator wants none, a repeat is refused with the receipt. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { eventually } from '../support/eventually.ts'
import { startServer, type Server } from '../support/start-server.ts'
import { expectReplay, expectUsed, keyed } from './replay-support.ts'
import {
  ask,
  balanceOf,
  chat,
  chatStream,
  configured,
  costsNothing,
  expectClosedBooks,
  openPurse,
  settledOf,
  startMsMax,
  taken,
} from './request-support.ts'

setDefaultTimeout(startMsMax)

async function withServer(yaml: string, work: (server: Server) => Promise<void>): Promise<void> {
  const server = await startServer(configured(yaml))
  try {
    await work(server)
  } finally {
    await server.stop()
  }
}
const open = (server: Server) => openPurse(server, '50.00', { concurrency: 64 })
const filesOf = (server: Server): string[] => readdirSync(join(server.dataDir, 'answers'))

test('where an operator wants none, no byte of an answer is on the disk, and a repeat is refused with the charge, also while the first is under way', () =>
  withServer('idempotency: {answers: none}', async (server) => {
    const account = await openPurse(server, '1.00', { concurrency: 64 })
    for (const way of [chat, chatStream]) {
      const first = taken(ask(server, account.key, way, { ...keyed(way.name.at(-1)!), sandbox: 'latency_ms=300' }))
      await eventually(
        async () => ((await balanceOf(server, account)).heldNano > 0n ? true : null),
        10_000,
        () => 'nothing is held',
      )
      const again = () => taken(ask(server, account.key, way, keyed(way.name.at(-1)!)))
      const waited = await again()
      const firstId = (await first).requestId
      await expectUsed(waited, way, { server, account, firstId })
      await expectUsed(await costsNothing(server, account, again), way, { server, account, firstId })
      expect(filesOf(server)).toEqual([])
    }
  }))

describe('past the limits', () => {
  const limits = 'idempotency: {answerBytesMax: 1048576, organizationBytesMax: 1048576, bytesMax: 1572864}'

  test('a longer answer is given as ever and not kept, whole or streamed; a repeat is refused, and the books close', () =>
    withServer(limits, async (server) => {
      const account = await open(server)
      const receipts = []
      for (const way of [chat, chatStream]) {
        const key = keyed(way.streamed ? 'stream' : 'plain')
        const first = await taken(ask(server, account.key, way, { ...key, fields: { n: 4 }, sandbox: 'tokens=100000' }))
        expect([first.status, first.text.length > 1_048_576]).toEqual([200, true])
        const receipt = await settledOf(server, account, first.requestId)
        receipts.push(receipt)
        const again = await costsNothing(server, account, () =>
          taken(ask(server, account.key, way, { ...key, fields: { n: 4 } })),
        )
        await expectUsed(again, way, { server, account, firstId: first.requestId })
      }
      await eventually(
        () => Promise.resolve(filesOf(server).length === 0 || null),
        5_000,
        () => 'a part of it is on the disk',
      )
      await expectClosedBooks(server, account, 50_000_000_000n, receipts)
    }))

  test('an organization’s oldest answers make room for its newest, and nobody else’s do', () =>
    withServer(limits, async (server) => {
      const [theirs, account] = [await open(server), await open(server)]
      const other = await taken(ask(server, theirs.key, chat, keyed('k')))
      const answers = []
      for (const nth of [0, 1, 2])
        answers.push(await taken(ask(server, account.key, chat, { ...keyed(`k${nth}`), sandbox: 'tokens=100000' })))
      const again = (nth: number) => taken(ask(server, account.key, chat, keyed(`k${nth}`)))
      await expectUsed(await again(0), chat, { server, account, firstId: answers[0]!.requestId })
      expectReplay(await again(2), answers[2]!)
      expectReplay(await taken(ask(server, theirs.key, chat, keyed('k'))), other)
    }))
})

test('who has waited as long as is allowed is asked to come again', () =>
  withServer('idempotency: {waitMsMax: 200}', async (server) => {
    const account = await open(server)
    const first = taken(ask(server, account.key, chat, { ...keyed('k'), sandbox: 'latency_ms=2000' }))
    await eventually(
      async () => ((await balanceOf(server, account)).heldNano > 0n ? true : null),
      10_000,
      () => 'nothing is held',
    )
    const early = await taken(ask(server, account.key, chat, keyed('k')))
    expect([early.status, early.headers.get('x-should-retry')]).toEqual([409, 'true'])
    await first
    expectReplay(await taken(ask(server, account.key, chat, keyed('k'))), await first)
  }))
