/**
 * Being asked to stop, and starting again: what is under way arrives, what is new is refused, and nothing
 * stays held, unshipped or forgotten. SIGTERM and SIGINT are one; a second one changes nothing.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '../support/eventually.ts'
import { runMart, type Account } from '../support/mart.ts'
import { plainEnvironment, run, type Ran } from '../support/program.ts'
import { receiptOf } from '../support/receipt.ts'
import { startServer, type Server } from '../support/start-server.ts'
import { connectKeptAlive } from './process-connection.ts'
import * as support from './process-support.ts'
import * as ways from './request-support.ts'

const restartMsMax = 5_000
/** Seconds, by the sandbox's own pauses. */
const slowStream = 'tokens=120 chunk_ms=50'
const slowAnswer = 'tokens=20 latency_ms=2500'

let server: Server
let account: Account
let last: {
  readonly server: Server
  readonly ended: Promise<Ran['code'] | string>
  readonly shot: Promise<support.Shot>
  readonly account: Account
  readonly tookMs: Promise<number>
}
beforeAll(async () => {
  last = await startWhatOutlastsTheDeadline()
  server = await startServer()
  account = await support.openHouse(server)
}, ways.startMsMax)
afterAll(() => Promise.all([server.stop(), last.server.stop()]))

/** Its thirty seconds pass while the other tests run. */
async function startWhatOutlastsTheDeadline(): Promise<typeof last> {
  const own = await startServer()
  const ownAccount = await support.openHouse(own)
  const shot = support.shoot(own, ownAccount, { way: ways.chatStream, sandbox: 'tokens=2000 chunk_ms=100' }, 60_000)
  await untilUnderWay(own, ownAccount)
  const startedAt = performance.now()
  const ended = own.kill('SIGTERM')
  const tookMs = ended.then(() => performance.now() - startedAt)
  return { server: own, ended, shot, account: ownAccount, tookMs }
}

/** Something is held, so it has been admitted. */
const untilUnderWay = (of: Server, by: Account): Promise<boolean> =>
  eventually(
    async () => ((await ways.balanceOf(of, by)).heldNano > 0n ? true : null),
    5_000,
    () => 'nothing is under way',
  )

/** One of each kind, slow enough to be under way for seconds; resolves once all of them are. */
async function startSlowOnes(): Promise<Promise<support.Shot>[]> {
  const before = (await ways.servedSince(server, 0)).length
  const shots = [
    ...ways.streamedWays.map((way) => support.shoot(server, account, { way, sandbox: slowStream })),
    ...ways.plainWays.map((way) => support.shoot(server, account, { way, sandbox: slowAnswer })),
  ]
  await untilUnderWay(server, account)
  await Bun.sleep(500)
  expect((await ways.servedSince(server, 0)).length).toBe(before)
  return shots
}

function expectNothingLeftBehind(): void {
  const { journal, store } = support.lastSeqs(server)
  expect(store).toBe(journal)
  expect(support.leftOver(server)).toEqual({ leasedNano: 0n, parked: 0n })
}

async function expectWellAgain(shots: readonly support.Shot[]): Promise<void> {
  const { heldNano, balanceNano, availableNano } = await ways.balanceOf(server, account)
  expect(heldNano).toBe(0n)
  expect(availableNano).toBe(balanceNano)
  expect(await support.ledgerFaults(server)).toEqual([])
  expect(support.promiseFaults(shots, support.settlements(server))).toEqual([])
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal}: what is under way arrives whole, nothing stays held or unshipped, and the exit code is 0`, async () => {
    const { balanceNano } = await ways.balanceOf(server, account)
    const underWay = await startSlowOnes()
    const ended = server.kill(signal)
    const shots = await Promise.all(underWay)
    expect(await ended).toBe(0)
    expect(shots.map(({ way, status, whole, broke }) => ({ way: way.name, status, whole, broke }))).toEqual(
      shots.map(({ way }) => ({ way: way.name, status: 200, whole: true, broke: false })),
    )
    expectNothingLeftBehind()

    const startedAt = performance.now()
    await server.restart()
    expect(performance.now() - startedAt).toBeLessThan(restartMsMax)
    await expectWellAgain(shots)
    const receipts = await Promise.all(shots.map((shot) => ways.settledOf(server, account, shot.requestId)))
    expect((await ways.balanceOf(server, account)).balanceNano).toBe(balanceNano - ways.chargesOf(receipts))
  }, 30_000)
}

test('while it drains, new connections are refused, and kept ones are told in their dialect to come again', async () => {
  const connections = await Promise.all([connectKeptAlive(server), connectKeptAlive(server)])
  const underWay = await startSlowOnes()
  const ended = server.kill('SIGTERM')
  await Bun.sleep(300)

  const fresh = await ways.taken(
    fetch(`${server.baseUrl}/v1/models`, {
      headers: { connection: 'close', ...ways.keyHeader('openai', account.key) },
    }),
  )
  expect([0, 503]).toContain(fresh.status)
  for (const [index, way] of [ways.chat, ways.generate].entries()) {
    const got = await connections[index]!.ask(way, account.key)
    // A connection that lay idle may have been closed; it must never be served.
    if (got === null) continue
    expect(got.status).toBe(503)
    expect(Number(got.headers.get('retry-after'))).toBeGreaterThan(0)
    const error = ways.envelopeOf(got, way.dialect)
    if (way.dialect === 'openai') expect(error.code).toBe('shutting_down')
    else expect(error.status).toBe('UNAVAILABLE')
  }
  const shots = await Promise.all(underWay)
  expect(shots.every(({ whole }) => whole)).toBe(true)
  expect(await ended).toBe(0)
  await server.restart()
  await expectWellAgain(shots)
}, 30_000)

test('an answer that its client takes slowly, and has been charged for, is given whole before the process ends', async () => {
  const connection = await connectKeptAlive(server)
  const inputs = Array.from({ length: 600 }, (_, index) => `number ${index}`)
  const way: ways.Way = { ...ways.embed, bodyOf: () => ({ model: ways.embed.model, input: inputs }) }
  const { balanceNano } = await ways.balanceOf(server, account)
  const asking = connection.ask(way, account.key, { pauseMs: 4_000 })
  await eventually(
    async () => ((await ways.balanceOf(server, account)).balanceNano < balanceNano ? true : null),
    10_000,
    () => 'the answer was not charged',
  )
  const ended = server.kill('SIGTERM')
  const got = await asking
  expect(await ended).toBe(0)
  await server.restart()
  expect({ isWhole: got !== null, status: got?.status }).toEqual({ isWhole: true, status: 200 })
  expect((JSON.parse(got!.text) as { data: unknown[] }).data).toHaveLength(inputs.length)
}, 30_000)

test('bodies that are still coming are refused after a moment, and keep nobody: not the slow answers beside them, not the end', async () => {
  const endless = ways.ways.map((way) => sendsOnAndOn(server, way, account.key))
  const unauthorized = sendsOnAndOn(server, ways.chat, 'sk-bf-none')
  const underWay = await startSlowOnes()
  const at = performance.now()
  const ended = server.kill('SIGTERM')
  const shots = await Promise.all(underWay)
  expect(shots.every(({ whole }) => whole)).toBe(true)
  for (const [index, sending] of endless.entries()) {
    const answer = await sending
    expect(answer).toMatch(/^HTTP\/1\.1 503 [^]*\r\nconnection: close\r\n/)
    expect(answer).toMatch(/\r\nretry-after: [1-9]/)
    expect(answer).toContain(
      ways.ways[index]!.dialect === 'openai' ? '"code":"shutting_down"' : '"status":"UNAVAILABLE"',
    )
  }
  expect(await unauthorized).toContain('invalid_api_key')
  expect(await ended).toBe(0)
  // The slow streams take six seconds; nothing else does.
  expect(performance.now() - at).toBeLessThan(12_000)
  await server.restart()
  await expectWellAgain(shots)
}, 30_000)

/** Sends the body of a request byte by byte, and never all of it. Resolves with all that was answered. */
function sendsOnAndOn(to: Server, way: ways.Way, key: string): Promise<string> {
  const { hostname, port } = new URL(to.baseUrl)
  const head = Object.entries({ host: 'gateway', 'content-length': '100000', ...ways.keyHeader(way.dialect, key) })
  const socket = connect(Number(port), hostname)
  socket.write([`POST ${way.path} HTTP/1.1`, ...head.map((pair) => pair.join(': ')), '', '{'].join('\r\n'))
  const sending = setInterval(() => socket.write(' '), 50)
  let got = ''
  return new Promise((resolve) => {
    socket.on('data', (bytes) => (got += bytes.toString()))
    socket.on('error', () => undefined)
    socket.on('end', () => socket.destroy())
    socket.on('close', () => {
      clearInterval(sending)
      resolve(got)
    })
  })
}

test('a second SIGTERM, and a third, change nothing', async () => {
  const underWay = await startSlowOnes()
  const ends = [server.kill('SIGTERM')]
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    await Bun.sleep(200)
    ends.push(server.kill(signal))
  }
  const shots = await Promise.all(underWay)
  expect(shots.map(({ whole }) => whole)).toEqual(shots.map(() => true))
  expect(await Promise.all(ends)).toEqual([0, 0, 0])
  expectNothingLeftBehind()
  await server.restart()
  await expectWellAgain(shots)
}, 30_000)

test('a start goes on where the last one stopped: the same keys, balances and receipts, and no new key', async () => {
  const shot = await support.shoot(server, account, { way: ways.chat, sandbox: 'tokens=30' })
  const [receipt, balance] = [
    await ways.settledOf(server, account, shot.requestId),
    await ways.balanceOf(server, account),
  ]
  const keysBefore: string[] = server.output().match(/sk-bf-[\w-]+/g) ?? []
  expect(new Set(keysBefore).size).toBe(1)

  const startedAt = performance.now()
  expect(await server.kill()).toBe(0)
  await server.restart()
  expect(performance.now() - startedAt).toBeLessThan(restartMsMax)
  expect([...(server.output().match(/sk-bf-[\w-]+/g) ?? [])]).toEqual(keysBefore)
  expect(await ways.balanceOf(server, account)).toEqual(balance)
  expect(await receiptOf(server.baseUrl, account.key, shot.requestId)).toEqual(receipt)
  expect((await support.shoot(server, account, { way: ways.generate, sandbox: 'tokens=3' })).whole).toBe(true)
  // The first run's own key works as well.
  const { status } = await fetch(`${server.baseUrl}/v1/models`, { headers: ways.keyHeader('openai', keysBefore[0]!) })
  expect(status).toBe(200)
}, 20_000)

test('a second process on the same data is refused in one line, and the first serves on', async () => {
  const operator = readFileSync(join(server.dataDir, 'operator.json'), 'utf8')
  const second = await start({ DATA_DIR: server.dataDir })
  expectRefusal(second, [server.dataDir, 'in use'])
  expect(readFileSync(join(server.dataDir, 'operator.json'), 'utf8')).toBe(operator)
  expect((await support.shoot(server, account, { way: ways.chat, sandbox: 'tokens=3' })).whole).toBe(true)
  expect(await runMart(server, ['ledger', 'verify'])).toMatchObject({ code: 0 })
}, 20_000)

test('a port that is taken is said in one line, and nothing is left running', async () => {
  const refused = await start({ PORT: new URL(server.baseUrl).port, MART_SANDBOX_URL: server.sandboxUrl! })
  expectRefusal(refused, [new URL(server.baseUrl).port])
}, 20_000)

test('healthz says that the process is up, readyz that it can serve and bill, and neither asks for a key', async () => {
  const probe = async (path: string) => {
    const response = await fetch(`${server.baseUrl}${path}`)
    return { status: response.status, body: await response.json() }
  }
  expect(await probe('/healthz')).toMatchObject({ status: 200 })
  expect(await probe('/readyz')).toEqual({ status: 200, body: { status: 'ready' } })
})

test('what mart finds the server by is for its owner alone', () => {
  const modeOf = (path: string): string => (statSync(join(server.dataDir, path)).mode & 0o777).toString(8)
  expect(modeOf('operator.json')).toBe('600')
  expect(modeOf('.')).toBe('700')
  expect(modeOf('journal')).toBe('700')
})

describe('a start that cannot be: one line that names where, what, the value and what is allowed', () => {
  const yaml = (text: string): string => ways.configured(text).env.MART_CONFIG
  const rejected = yaml('defaults:\n  region: mars\n')
  const unknown = yaml('deadlines:\n  forever: 1\n')
  const torn = yaml('defaults: [')
  const missing = join(tmpdir(), `mart-none-${crypto.randomUUID()}.yaml`)
  const cases: readonly (readonly [name: string, env: Record<string, string>, words: readonly string[]])[] = [
    [
      'an unknown MART_ variable',
      { MART_CONFGI: 'x' },
      ['environment', 'MART_CONFGI', 'unknown', 'allowed', 'MART_CONFIG'],
    ],
    ['a port that is no number', { PORT: 'eighty' }, ['environment', 'PORT', '"eighty"', 'allowed', '65535']],
    ['a port that is none', { PORT: '65536' }, ['environment', 'PORT', '65536', 'allowed', '65535']],
    [
      'a value that is not allowed',
      { MART_CONFIG: rejected },
      [rejected, 'defaults.region', '"mars"', 'allowed', 'us or eu'],
    ],
    ['an unknown key', { MART_CONFIG: unknown }, [unknown, 'deadlines.forever', 'unknown', 'allowed', 'firstByteMs']],
    ['a file that is no YAML', { MART_CONFIG: torn }, [torn, 'line', 'allowed', 'YAML']],
    ['a file that is not there', { MART_CONFIG: missing }, [missing, 'cannot be read']],
    ['a host that is not ours', { HOST: '203.0.113.7' }, ['203.0.113.7']],
    ['a short secret', { MART_SECRET: 'hunter2' }, ['MART_SECRET', 'not shown', 'at least 32']],
  ]
  test.each(cases)(
    '%s',
    async (_name, env, words) => {
      const refused = await start({ PORT: '0', MART_SANDBOX_URL: server.sandboxUrl!, ...env })
      expectRefusal(refused, words)
      expect(refused.stderr).not.toContain('hunter2')
    },
    20_000,
  )
})

test('a stream that outlasts the deadline is cut, and what it had carried is charged, once', async () => {
  const { server: own, account: payer } = last
  expect(await last.ended).toBe(0)
  const tookMs = await last.tookMs
  expect(tookMs).toBeGreaterThan(29_000)
  expect(tookMs).toBeLessThan(34_000)
  const shot = await last.shot
  expect({ status: shot.status, whole: shot.whole }).toEqual({ status: 200, whole: false })

  await own.restart()
  const receipt = await ways.settledOf(own, payer, shot.requestId)
  expect(receipt.flags).toContain('estimated')
  expect(BigInt(receipt.chargeNano)).toBeGreaterThan(0n)
  const { heldNano, balanceNano } = await ways.balanceOf(own, payer)
  expect({ heldNano, balanceNano }).toEqual({
    heldNano: 0n,
    balanceNano: 100_000_000_000n - BigInt(receipt.chargeNano),
  })
  expect(await support.ledgerFaults(own)).toEqual([])
}, 60_000)

/** Starts a gateway that is expected to end by itself. */
async function start(env: Record<string, string>): Promise<Ran> {
  const dataDir = mkdtempSync(join(tmpdir(), 'mart-data-'))
  const whole = { ...plainEnvironment(), DATA_DIR: dataDir, PORT: '0', ...env }
  const ran = await run(process.execPath, ['src/main.ts'], { env: whole, msMax: 15_000 })
  rmSync(dataDir, { recursive: true })
  return ran
}

function expectRefusal({ code, stdout, stderr }: Ran, words: readonly string[]): void {
  expect({ isExit: code !== null && code > 0, stdout, stderr }).toEqual({ isExit: true, stdout: '', stderr })
  const lines = stderr.trimEnd().split('\n')
  expect(lines).toHaveLength(1)
  for (const word of words) expect(lines[0]).toContain(word)
}
