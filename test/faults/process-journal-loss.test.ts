/**
 * A journal that somebody or something damaged: what can be read is applied, and what cannot is never silent. The start
 * is refused in one line until an operator says to go on; then the proof of the ledger fails until the loss is accepted.
 */
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { appendFileSync, cpSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { blocksIn } from '../../src/lib/blocks.ts'
import { mart, runMart } from '../support/mart.ts'
import { startServer, type Server } from '../support/start-server.ts'
import * as books from './books.ts'
import * as support from './process-support.ts'
import * as ways from './request-support.ts'

const quick = { way: ways.chat, sandbox: 'tokens=20' } as const
/** What the operator is told to do. */
const advice = 'to go on without what is lost, start once with --accept-loss (npm start -- --accept-loss)'

let house: books.House
let server: Server
beforeEach(async () => {
  server = await startServer()
  house = { server, account: await support.openHouse(server) }
}, ways.startMsMax)
afterEach(() => server.stop())

const shoot = (): Promise<support.Shot> => support.shoot(server, house.account, quick)
/** One that the first one's lease still covers. */
const shootSmall = (): Promise<support.Shot> => support.shoot(server, house.account, { ...quick, outputTokens: 50 })
const journal = (): string => join(server.dataDir, 'journal')

/** Requests whose records the store does not have: it is locked while they run, and the process is killed before it is not. */
async function unshipped(many: number): Promise<support.Shot[]> {
  // The first request has the lease that the others are served from.
  const shots = [await shoot()]
  await ways.settledOf(server, house.account, shots[0]!.requestId)
  const lock = support.lockStore(server)
  for (let number = 0; number < many; number += 1) shots.push(await shootSmall())
  await server.kill('SIGKILL')
  lock.release()
  return shots
}

/** The block that settles a request. */
function blockOf({ requestId }: support.Shot) {
  const path = support.newestSegment(server)
  const block = [...blocksIn(readFileSync(path))].find(({ lines }) =>
    lines.some((line) => line.startsWith('{"kind":"settle"') && line.includes(requestId)),
  )!
  const seq = block.lines.map((line) => (JSON.parse(line) as { seq?: number }).seq).find(Boolean)!
  return { ...block, path, seq }
}

function flipBit(path: string, at: number): void {
  const bytes = readFileSync(path)
  bytes[at]! ^= 1
  writeFileSync(path, bytes)
}

async function expectLossUntilAccepted(said: string): Promise<void> {
  expect(await support.ledgerFaults(server)).toEqual([
    expect.stringContaining(`ledger: no-record-lost: of node 1, ${said}`),
  ])
  expect(await runMart(server, ['ledger', 'verify'])).toMatchObject({ code: 1 })
  await server.kill()
  await server.restart()
  expect(await support.ledgerFaults(server)).toEqual([expect.stringContaining(said)])
  expect(await mart(server, ['ledger', 'accept-loss'])).toEqual({ accepted: 1 })
  expect(await support.ledgerFaults(server)).toEqual([])
  expect((await shoot()).whole).toBe(true)
}

test('one flipped bit: the start is refused and says what is lost; accepted, everything behind it is charged, once', async () => {
  const shots = await unshipped(6)
  const lost = shots[3]!
  const { path, start, end, seq } = blockOf(lost)
  flipBit(path, start + 60)
  const said = `bytes ${start} to ${end} of journal-00000001.log cannot be read: record ${seq} is lost`
  for (let again = 0; again < 2; again += 1) {
    const line = await server.refusedStart()
    expect(line).toContain(said)
    expect(line).toEndWith(advice)
  }
  expect(await server.refusedStart('--accept-lost')).toContain(
    '--accept-lost is not an option of the server; allowed: --accept-loss',
  )
  await server.restart('--accept-loss')
  const rows = support.settlements(server)
  expect(
    shots.filter((shot) => !rows.some(({ requestId }) => requestId === shot.requestId)).length,
  ).toBeLessThanOrEqual(1)
  const faults = support.promiseFaults(
    shots.filter(({ requestId }) => requestId !== lost.requestId),
    rows,
  )
  expect(faults).toEqual([])
  await books.expectBalance(house)
  await expectLossUntilAccepted(said)
}, 60_000)

test('a database that is older than the journal is made whole out of the segments that are kept', async () => {
  const shots = [await shoot()]
  await server.kill()
  cpSync(server.dataDir, `${server.dataDir}-before`, { recursive: true })
  for (let life = 0; life < 3; life += 1) {
    await server.restart()
    for (let number = 0; number < 4; number += 1) shots.push(await shoot())
    await server.kill(life === 1 ? 'SIGKILL' : 'SIGTERM')
  }
  for (const name of ['mart.db', 'mart.db-wal', 'mart.db-shm']) {
    rmSync(join(server.dataDir, name), { force: true })
    cpSync(join(`${server.dataDir}-before`, name), join(server.dataDir, name), {
      recursive: true,
      force: true,
      filter: (path) => statSync(path, { throwIfNoEntry: false }) !== undefined,
    })
  }
  rmSync(`${server.dataDir}-before`, { recursive: true })
  await server.restart()
  await books.expectBooks(house, shots)
}, 60_000)

test('a journal that is gone, or emptied, beside a database with history: refused, then a loss that is on record', async () => {
  const receipt = await ways.settledOf(server, house.account, (await shoot()).requestId)
  await server.kill('SIGKILL')
  rmSync(journal(), { recursive: true })
  const line = await server.refusedStart()
  expect(line).toContain('there is no journal, and the store has up to record')
  expect(line).toEndWith(advice)
  await server.restart('--accept-loss')
  expect(await ways.settledOf(server, house.account, receipt.requestId)).toEqual(receipt)
  await books.expectBalance(house)
  await expectLossUntilAccepted('there is no journal, and the store has up to record')
  await server.kill('SIGKILL')
  truncateSync(support.newestSegment(server), 0)
  expect(await server.refusedStart()).toContain('and the store has up to record')
  await server.restart('--accept-loss')
}, 60_000)

test('an older journal in the place of the one that ran: refused, with how far each of them goes', async () => {
  await ways.settledOf(server, house.account, (await shoot()).requestId)
  const older = readFileSync(support.newestSegment(server))
  await ways.settledOf(server, house.account, (await shoot()).requestId)
  await server.kill('SIGKILL')
  const { store } = support.lastSeqs(server)
  writeFileSync(support.newestSegment(server), older)
  expect(await server.refusedStart()).toContain(
    `and the store has up to record ${store}: what was written behind that and not shipped is lost`,
  )
  await server.restart('--accept-loss')
  await expectLossUntilAccepted('the journal ends at record')
}, 60_000)

test('a torn end is no damage: what a kill or a power cut leaves is said in the log, and the start goes on', async () => {
  const shots = await unshipped(2)
  appendFileSync(support.newestSegment(server), '#1f2e3d4c 0000000044\n{"kind":"settle","seq":')
  await server.restart()
  expect(server.output()).toContain('"event":"journal-torn"')
  await books.expectBooks(house, shots)
}, 30_000)
