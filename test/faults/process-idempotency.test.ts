/**
 * `kill -9` under clients that repeat every call, with the same idempotency key, until they are told that it was
 * served. The sandbox outlives the gateway, and its count is the witness of what each key was charged for.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Settlement } from '../../src/store/store.ts'
import { eventually } from '../support/eventually.ts'
import type { Account } from '../support/mart.ts'
import { startServer, type Server } from '../support/start-server.ts'
import * as support from './process-support.ts'
import {
  ask,
  balanceOf,
  chat,
  chatStream,
  costsNothing,
  envelopeOf,
  openPurse,
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
  taken(ask(server, account.key, way, { headers: { 'idempotency-key': key }, ...(sandbox && { sandbox }) }))
const codeOf = (got: Taken): unknown => envelopeOf(got, 'openai').code

test('kill -9 between the answer and its repeat: the repeat is refused, and names what was charged', async () => {
  const first = await asked('answered', chat)
  expect(first.status).toBe(200)
  await server.kill('SIGKILL')
  await server.restart()
  const again = await costsNothing(server, account, () => asked('answered', chat))
  expect([again.status, codeOf(again)]).toEqual([409, 'idempotency_key_used'])
  expect(envelopeOf(again, 'openai')['first_request_id']).toBe(first.requestId)
  const other = await costsNothing(server, account, () => asked('answered', chatStream))
  expect([other.status, codeOf(other)]).toEqual([422, 'idempotency_key_reused'])
}, 60_000)

test('kill -9 under a plain call: it owes nothing, and its repeat is served', async () => {
  const asking = asked('plain', chat, 'latency_ms=20000')
  await underWay()
  await server.kill('SIGKILL')
  expect((await asking).status).toBe(0)
  await server.restart()
  const again = await asked('plain', chat)
  expect(again.status).toBe(200)
  expect(codeOf(await asked('plain', chat))).toBe('idempotency_key_used')
  expect(await servedOf(server, again.requestId)).toHaveLength(1)
}, 60_000)

test('kill -9 under a stream that was noted: what it had carried is charged, and its repeat is refused', async () => {
  const response = await ask(server, account.key, chatStream, {
    headers: { 'idempotency-key': 'stream' },
    sandbox: 'tokens=400 chunk_ms=25',
  })
  const firstId = response.headers.get('x-request-id')!
  const reading = taken(response)
  await eventually(
    () => Promise.resolve(notes().includes(firstId) ? true : null),
    15_000,
    () => 'the stream is not noted in the journal',
  )
  await server.kill('SIGKILL')
  await reading
  await server.restart()
  const row = support.settlements(server).find(({ requestId }) => requestId === firstId)!
  expect(row.ending).toBe('in-doubt')
  expect(BigInt(row.chargeNano)).toBeGreaterThan(0n)
  const again = await costsNothing(server, account, () => asked('stream', chatStream))
  expect([again.status, envelopeOf(again, 'openai')]).toMatchObject([
    409,
    { code: 'idempotency_key_used', first_request_id: firstId },
  ])
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
    const meanwhile = await asked('no-room', chat)
    expect([meanwhile.status, codeOf(meanwhile)]).toEqual([409, 'idempotency_key_in_use'])
    limitFileSize('unlimited')
    const again = await eventually(
      async () => {
        const got = await asked('no-room', chat)
        return got.status === 200 ? got : null
      },
      10_000,
      () => 'the key stays in use',
    )
    expect(codeOf(await asked('no-room', chat))).toBe('idempotency_key_used')
    expect(await servedOf(server, again.requestId)).toHaveLength(1)
  },
  60_000,
)

test('kill -9 under clients that repeat until they are served: each key is charged once, for what the sandbox served', async () => {
  // It looks at what was shipped, all of it.
  expect(await support.ledgerFaults(server)).toEqual([])
  const before = support.settlements(server).length
  const served = await support.servedOnceQuiet(server, 0)
  const clients: Promise<string>[] = []
  for (let round = 1; round <= rounds; round += 1) {
    const asking = Array.from({ length: 20 }, (_, client) =>
      repeated(`${round}-${client}`, client % 2 === 0 ? chat : chatStream),
    )
    clients.push(...asking)
    // One has its answer, and others are under way.
    await Promise.race(asking)
    await server.kill('SIGKILL')
    await server.restart()
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

/** The request that was charged for a call, as its client learns it: from the answer, or from what refuses a repeat. */
async function repeated(key: string, way: Way): Promise<string> {
  for (;;) {
    const got = await asked(key, way, `latency_ms=${support.between(20, 400)}`)
    const isWhole = got.status === 200 && !got.broke && (!way.streamed || got.text.includes('data: [DONE]'))
    if (isWhole) return got.requestId
    if (got.status === 409 && codeOf(got) === 'idempotency_key_used')
      return String(envelopeOf(got, 'openai')['first_request_id'])
    await Bun.sleep(support.between(10, 40))
  }
}

const underWay = (): Promise<true> =>
  eventually(
    async () => ((await balanceOf(server, account)).heldNano > 0n ? true : null),
    10_000,
    () => 'the first call is not under way',
  )

/** What the journal has of how far streams have come. */
const notes = (): string =>
  readFileSync(support.newestSegment(server), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{"kind":"progress"'))
    .join('\n')
