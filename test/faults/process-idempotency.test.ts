/**
 * `kill -9` under clients that repeat every call, with the same idempotency key, until they have its answer. The sandbox
 * outlives the gateway, and its count is the witness of what each key was charged for.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Settlement } from '../../src/store/store.ts'
import { eventually } from '../support/eventually.ts'
import type { Account } from '../support/mart.ts'
import { startServer, type Server } from '../support/start-server.ts'
import * as support from './process-support.ts'
import { expectReplay, keyed } from './replay-support.ts'
import {
  answerText,
  ask,
  balanceOf,
  chat,
  chatStream,
  costsNothing,
  envelopeOf,
  generate,
  generateStream,
  openPurse,
  servedCount,
  servedOf,
  startMsMax,
  taken,
  type Taken,
  type Way,
} from './request-support.ts'

const rounds = 6

let server: Server
let account: Account
beforeAll(async () => {
  server = await startServer()
  account = await openPurse(server, '50.00', { concurrency: 500 })
}, startMsMax)
afterAll(() => server.stop())

const asked = (key: string, way: Way, sandbox = ''): Promise<Taken> =>
  taken(ask(server, account.key, way, { ...keyed(key), ...(sandbox && { sandbox }) }))
const codeOf = (got: Taken): unknown => envelopeOf(got, 'openai').code
async function killAndRestart(): Promise<void> {
  await server.kill('SIGKILL')
  await server.restart()
}

test('kill -9 between the answer and its repeat: the repeat is given the same bytes, for nothing', async () => {
  for (const way of [chat, chatStream, generate, generateStream]) {
    const first = await asked(`answered ${way.name}`.replaceAll(' ', '-'), way)
    expect(first.status).toBe(200)
    await killAndRestart()
    const again = await costsNothing(server, account, () => asked(`answered ${way.name}`.replaceAll(' ', '-'), way))
    expectReplay(again, first)
  }
  const other = await costsNothing(server, account, () => asked('answered-openai,-plain', chatStream))
  expect([other.status, codeOf(other)]).toEqual([422, 'idempotency_key_reused'])
}, 60_000)

test('kill -9 under a plain call: it owes nothing, and its repeat is served', async () => {
  const asking = asked('plain', chat, 'latency_ms=20000')
  await underWay()
  await server.kill('SIGKILL')
  expect((await asking).status).toBe(0)
  await server.restart()
  const again = await asked('plain', chat)
  expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, null])
  expectReplay(await asked('plain', chat), again)
  expect(await servedOf(server, again.requestId)).toHaveLength(1)
}, 60_000)

test('kill -9 under a stream that was noted: what it had carried is charged, and its repeat is given that, and told that it broke off', async () => {
  const response = await ask(server, account.key, chatStream, { ...keyed('stream'), sandbox: 'tokens=400 chunk_ms=25' })
  const firstId = response.headers.get('x-request-id')!
  const reading = taken(response)
  await eventually(
    () => Promise.resolve(notes().includes(firstId) ? true : null),
    15_000,
    () => 'the stream is not noted in the journal',
  )
  await server.kill('SIGKILL')
  const first = await reading
  await server.restart()
  const row = support.settlements(server).find(({ requestId }) => requestId === firstId)!
  expect(row.ending).toBe('in-doubt')
  expect(BigInt(row.chargeNano)).toBeGreaterThan(0n)
  const again = await costsNothing(server, account, () => asked('stream', chatStream))
  expect([again.status, again.headers.get('original-request'), again.broke]).toEqual([200, firstId, false])
  const [given = '', words = ''] = again.text.split(/\n\n(?=data: \{"error")/)
  expect(first.text.startsWith(given)).toBe(true)
  // What was charged is there, by the same measure.
  expect(answerText(`${given}\n\n`, chatStream).length / 4).toBeGreaterThanOrEqual(row.tokens.output)
  expect(JSON.parse(words.slice('data: '.length))).toMatchObject({
    error: { code: 'idempotency_key_used', first_request_id: firstId },
  })
}, 60_000)

/** Sets limits of a process that runs; Linux has it. */
const prlimit = Bun.which('prlimit')
function limitFileSize(bytes: string): void {
  const { status, stderr } = spawnSync(prlimit!, [`--pid=${server.pid()}`, `--fsize=${bytes}:`], { encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
}

test.skipIf(prlimit === null)(
  'a call whose settlement the disk had no room for keeps its key until it is settled, at nothing, and its repeat is served',
  async () => {
    const asking = asked('no-room', chat, 'latency_ms=1500')
    await underWay()
    limitFileSize(String(statSync(support.newestSegment(server)).size))
    expect((await asking).status).toBe(503)
    const waiting = asked('no-room', chat)
    // Another key is refused meanwhile: that nothing can be billed is known, and who waits has waited so long.
    expect((await asked('another', chat)).status).toBe(503)
    limitFileSize('unlimited')
    const again = await waiting
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, null])
    expectReplay(await asked('no-room', chat), again)
    expect(await servedOf(server, again.requestId)).toHaveLength(1)
  },
  60_000,
)

/**
 * Between the upstream's answer and the client's. Whoever has settled it knows that it was served; what the client would
 * have had is lost with its connection.
 */
test('kill -9 between an upstream’s answer and the client’s: the repeat is answered, the upstream is not asked again, and one charge is made', async () => {
  for (const way of [chat, chatStream, generate, generateStream]) {
    const key = `lost-${way.dialect}-${way.streamed}`
    // It looks at what was shipped, all of it.
    expect(await support.ledgerFaults(server)).toEqual([])
    const before = support.settlements(server).length
    const journaled = journaledMany()
    void asked(key, way)
    await eventually(
      () => Promise.resolve(journaledMany() > journaled || null),
      10_000,
      () => 'nothing is settled',
    )
    await server.kill('SIGKILL')
    const served = await servedCount(server)
    await server.restart()
    const again = await costsNothing(server, account, () => asked(key, way))
    expect(support.isWhole(again, way)).toBe(true)
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    const rows = support.settlements(server, before).filter(({ chargeNano }) => chargeNano !== '0')
    expect(rows.map(({ requestId }) => requestId)).toEqual([again.headers.get('original-request')!])
    expect(await servedCount(server)).toBe(served)
  }
}, 60_000)

test('kill -9 at any point, under clients that lose answers and repeat until they have one: each key is charged once, for what the sandbox served, and whoever repeats has the same bytes', async () => {
  // It looks at what was shipped, all of it.
  expect(await support.ledgerFaults(server)).toEqual([])
  const before = support.settlements(server).length
  const served = await support.servedOnceQuiet(server, 0)
  const clients: Promise<string>[] = []
  const ways = [chat, chatStream, generate, generateStream]
  for (let round = 1; round <= rounds; round += 1) {
    const asking = Array.from({ length: 20 }, (_, client) => repeated(`${round}-${client}`, ways[client % 4]!))
    clients.push(...asking)
    // One has its answer, and others are under way.
    await Promise.race(asking)
    await killAndRestart()
  }
  const answeredBy = await Promise.all(clients)
  const newServed = await support.servedOnceQuiet(server, served.at(-1)?.sequence ?? 0)
  expect(await support.ledgerFaults(server)).toEqual([])
  const rows = support.settlements(server, before)
  expect(support.countFaults(rows, newServed)).toEqual([])
  const charged = rows.filter(({ chargeNano }) => chargeNano !== '0')
  const byKey = Map.groupBy(charged, (row: Settlement) => row.idempotency!.keyHash)
  expect([...byKey.values()].filter((several) => several.length > 1)).toEqual([])
  expect(byKey.size).toBe(rounds * 20)
  expect(new Set(charged.map(({ requestId }) => requestId))).toEqual(new Set(answeredBy))
  // Otherwise the rounds did not reach what they are here to break.
  expect(rows.length - charged.length).toBeGreaterThan(rounds)
}, 120_000)

/** The request that was charged for a call, as its client learns it: from the answer, which it loses every other time and asks for again, or from what is left of one that broke off. */
async function repeated(key: string, way: Way): Promise<string> {
  let lost: Taken | null = null
  for (;;) {
    const got = await asked(key, way, `latency_ms=${support.between(20, 400)}`)
    const madeBy = got.headers.get('original-request') ?? got.requestId
    const isOver = got.text.toLowerCase().includes('idempotency_key_used')
    if (got.status === 200 && (isOver || support.isWhole(got, way))) {
      if (lost) expect([madeBy, got.text]).toEqual([lost.requestId, lost.text])
      if (isOver || lost || Math.random() < 0.5) return madeBy
      lost = { ...got, requestId: madeBy }
    } else if (got.status === 409) {
      expect(isOver).toBe(false)
    }
    await Bun.sleep(support.between(10, 40))
  }
}

const underWay = (): Promise<true> =>
  eventually(
    async () => ((await balanceOf(server, account)).heldNano > 0n ? true : null),
    10_000,
    () => 'the first call is not under way',
  )

/** How many settlements the newest file of the journal has; the store may not have them yet. */
const journaledMany = (): number =>
  readFileSync(support.newestSegment(server), 'utf8').match(/^\{"kind":"settle"/gm)?.length ?? 0

/** What the journal has of how far streams have come. */
const notes = (): string =>
  readFileSync(support.newestSegment(server), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{"kind":"progress"'))
    .join('\n')
