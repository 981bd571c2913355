/**
 * What the books stand on fails: a torn journal, a folder that is gone, a disk that is full, a process
 * that stands still, an upstream that dies. Nothing is served unpaid, and nothing is paid twice or lost.
 */
import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { appendFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from '../support/eventually.ts'
import type { Account } from '../support/mart.ts'
import { plainEnvironment, run } from '../support/program.ts'
import { startServer, type Server } from '../support/start-server.ts'
import * as books from './books.ts'
import * as support from './process-support.ts'
import * as ways from './request-support.ts'

let server: Server
let account: Account
const started = async (options?: Parameters<typeof startServer>[0]): Promise<void> => {
  server = await startServer(options)
  account = await support.openHouse(server)
}
afterEach(() => server.stop())

async function loadFor(ms: number, workers = 16): Promise<readonly support.Shot[]> {
  const load = support.startLoad(server, [account], workers, support.mixed)
  await Bun.sleep(ms)
  await Promise.all([server.kill('SIGKILL'), load.stop()])
  return load.shots
}

const quick = { way: ways.chat, sandbox: 'tokens=20' } as const

describe('a journal that was torn', () => {
  beforeEach(() => started(), ways.startMsMax)

  test('half a block at its end costs nothing that was acknowledged', async () => {
    const shots: support.Shot[] = []
    for (const tear of [
      '#1f',
      '#00000000 0000000040\n{"kind":"settle","seq":',
      '\0'.repeat(40),
      '#deadbeef 0000000018\n{"kind":"settle"}\n',
    ]) {
      shots.push(...(await loadFor(400)))
      appendFileSync(support.newestSegment(server), tear)
      await server.restart()
      await books.expectBooks({ server, account }, shots)
    }
  }, 30_000)

  /** What a power cut takes: the end of what was written and not yet synced. */
  const tearLastBlock = (): void => {
    const path = support.newestSegment(server)
    truncateSync(path, statSync(path).size - 10)
  }

  test('a settlement that is torn off before it was shipped leaves its request in doubt, at nothing', async () => {
    for (let torn = 0; torn < 3;) {
      const shot = await support.shoot(server, account, quick)
      await server.kill('SIGKILL')
      const { journal, store } = support.lastSeqs(server)
      // One time in a few it had been shipped before the kill.
      if (store < journal) tearLastBlock()
      await server.restart()
      const receipt = await ways.settledOf(server, account, shot.requestId)
      expect(await support.ledgerFaults(server)).toEqual([])
      await books.expectBalance({ server, account })
      if (store === journal) continue
      expect(receipt).toMatchObject({ ending: 'in-doubt', chargeNano: '0', flags: ['estimated'] })
      torn += 1
    }
  }, 30_000)

  test('a segment that died at its birth, empty or with half a head, is passed over', async () => {
    const shots: support.Shot[] = []
    for (const head of ['', '#1f2e3d4c 0000000044\n{"kind":"segm']) {
      shots.push(...(await loadFor(400)))
      writeFileSync(segmentAfter(support.newestSegment(server)), head)
      await server.restart()
      await books.expectBooks({ server, account }, shots)
    }
  }, 30_000)

  test('a journal that cannot be opened stops the start in one line, and nothing is served', async () => {
    await server.kill()
    rmSync(join(server.dataDir, 'journal'), { recursive: true })
    writeFileSync(join(server.dataDir, 'journal'), '')
    const env = { ...plainEnvironment(), DATA_DIR: server.dataDir, PORT: '0', MART_SANDBOX_URL: server.sandboxUrl! }
    const { code, stdout, stderr } = await run(process.execPath, ['src/main.ts'], { env, msMax: 10_000 })
    expect({ code, stdout, lines: stderr.trimEnd().split('\n').length }).toEqual({ code: 1, stdout: '', lines: 1 })
    expect(stderr).toContain('journal')
    rmSync(join(server.dataDir, 'journal'))
    await server.restart()
  }, 20_000)
})

test('a journal folder that is deleted under the process is noticed: not ready, 503, and nothing unpaid', async () => {
  await started()
  expect((await support.shoot(server, account, quick)).whole).toBe(true)
  rmSync(join(server.dataDir, 'journal'), { recursive: true })
  expect(await books.untilUnready(server)).toContain('journal')
  // Nothing brings it back but another start, so whoever keeps the process alive is told to.
  expect((await fetch(`${server.baseUrl}/healthz`)).status).toBe(503)
  await books.expectNothingServed({ server, account })
}, 30_000)

test('a store that is locked for seconds stops nobody who has a lease, and refuses the others unpaid', async () => {
  await started()
  const newcomer = await support.openHouse(server)
  expect((await support.shoot(server, account, quick)).whole).toBe(true)
  const lock = new Database(join(server.dataDir, 'mart.db'))
  lock.run('begin immediate')
  const refused = support.shoot(server, newcomer, quick)
  const shots = await Promise.all(
    ways.ways.map((way) => support.shoot(server, account, { way, sandbox: 'tokens=20', outputTokens: 100 })),
  )
  const served = await ways.servedCount(server)
  books.expectUnpaidRefused(await refused)
  expect(await ways.servedCount(server)).toBe(served)
  lock.run('rollback')
  lock.close()
  expect(shots.map(({ way, status, whole }) => ({ way: way.name, status, whole }))).toEqual(
    ways.ways.map(({ name }) => ({ way: name, status: 200, whole: true })),
  )
  await Promise.all(shots.map(({ requestId }) => ways.settledOf(server, account, requestId)))
  expect((await support.shoot(server, newcomer, quick)).whole).toBe(true)
  expect(await support.ledgerFaults(server)).toEqual([])
}, 30_000)

test('a process that is stopped for three seconds under load goes on, with nothing lost or doubled', async () => {
  await started()
  const load = support.startLoad(server, [account], 24, support.mixed)
  await Bun.sleep(500)
  process.kill(server.pid(), 'SIGSTOP')
  await Bun.sleep(3_000)
  process.kill(server.pid(), 'SIGCONT')
  const before = load.shots.length
  await Bun.sleep(700)
  await load.stop()
  expect(load.shots.length - before).toBeGreaterThan(24)
  expect(load.shots.filter(({ whole }) => !whole).map(({ status, text }) => ({ status, text }))).toEqual([])
  await books.expectBooks({ server, account }, load.shots)
  expect(support.settlements(server).every(({ ending }) => ending === 'completed')).toBe(true)
}, 30_000)

test('a built-in sandbox that is killed under load comes back, and what failed meanwhile owes nothing', async () => {
  await started({ sandbox: 'built-in' })
  const load = support.startLoad(server, [account], 16, support.mixed)
  for (let round = 0; round < 3; round += 1) {
    await Bun.sleep(500)
    process.kill(sandboxPid(server.pid()), 'SIGKILL')
    const before = load.shots.length
    const isBack = (): true | null => (load.shots.slice(before).some(({ whole }) => whole) ? true : null)
    await eventually(
      () => Promise.resolve(isBack()),
      8_000,
      () => 'the sandbox did not come back',
    )
  }
  await load.stop()
  const rows = new Map(support.settlements(server).map((row) => [row.requestId, row]))
  const failed = load.shots.filter(({ whole }) => !whole)
  expect(failed.length).toBeGreaterThan(0)
  for (const { requestId, way, status, text } of failed) {
    // A client always has its answer's head, for the gateway did not die: 503 or 504, or a stream that broke off.
    const row = rows.get(requestId) ?? (await ways.settledOf(server, account, requestId))
    // One that has said why it ends is complete, though no `[DONE]` followed.
    const isOver = status === 200 && /"finish_?reason":\s*"/i.test(text)
    expect({ way: way.name, status, ending: row.ending }).toEqual({
      way: way.name,
      status: status === 200 ? 200 : 503,
      ending: isOver ? 'completed' : 'upstream-failed',
    })
    if (!way.streamed || status !== 200) expect(row.chargeNano).toBe('0')
    else expect(BigInt(row.chargeNano)).toBeLessThanOrEqual(BigInt(row.holdNano))
  }
  await ways.balanceOf(server, account)
  const faults = support.promiseFaults(
    load.shots.filter(({ whole }) => whole),
    support.settlements(server),
  )
  expect([...faults, ...(await support.ledgerFaults(server))]).toEqual([])
  await books.expectBalance({ server, account })
}, 40_000)

const segmentAfter = (path: string): string =>
  path.replace(/\d{8}(?=\.log$)/, (number) => String(Number(number) + 1).padStart(number.length, '0'))

/** The only child of the gateway. */
const sandboxPid = (gateway: number): number => support.processes().find(({ parent }) => parent === gateway)!.pid
