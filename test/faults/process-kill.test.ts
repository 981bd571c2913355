/**
 * `kill -9` under load, again and again on the same data. The sandbox is a process of its own, so its
 * count is the witness: what it served is in the ledger once, for the same usage and its list price.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type Account, balanceNano, runMart } from '../support/mart.ts'
import { startServer, type Server } from '../support/start-server.ts'
import * as support from './process-support.ts'
import { balanceOf, costNano, operate, startMsMax, type Served } from './request-support.ts'
import type { Settlement } from '../../src/store/store.ts'

const rounds = 20
/** Every fifth round lives long enough for streams to be noted in the journal before the kill. */
const longEvery = 5
const grantedUsd = '200'
const grantedNano = 200_000_000_000n

let server: Server
let accounts: Account[] = []
beforeAll(async () => {
  server = await startServer()
  const [acme, other] = [await support.openHouse(server, grantedUsd), await support.openHouse(server, grantedUsd)]
  accounts = [acme, other, await support.secondKey(server, acme), await support.secondKey(server, other)]
}, startMsMax)
afterAll(() => server.stop())

test('kill -9 under load, 20 times: what was served is in the ledger once, and what was acknowledged is never lost', async () => {
  const rows: Settlement[] = []
  const served: Served[] = []
  let acknowledged = 0
  for (let round = 1; round <= rounds; round += 1) {
    const shots = await spendUntilKilled(round % longEvery === 0)
    await server.restart()
    const [newServed, newRows] = [
      await support.servedOnceQuiet(server, served.at(-1)?.sequence ?? 0),
      support.settlements(server, rows.length),
    ]
    const whole = shots.filter((shot) => shot.whole)
    const faults = [
      ...support.promiseFaults(whole, newRows),
      ...support.countFaults(newRows, newServed),
      ...newRows.flatMap(({ requestId, ending }) => (isExpected(ending) ? [] : [`${requestId} ended ${ending}`])),
      ...(await support.ledgerFaults(server)),
    ]
    expect({ round, faults }).toEqual({ round, faults: [] })
    acknowledged += whole.length
    rows.push(...newRows)
    served.push(...newServed)
  }
  await expectIdentities(rows, served)
  report(rows, served, acknowledged)
}, 180_000)

/** Nobody refuses, breaks or leaves here but the gateway itself. */
const isExpected = (ending: Settlement['ending']): boolean => ending === 'completed' || ending === 'in-doubt'

async function spendUntilKilled(isLong: boolean): Promise<readonly support.Shot[]> {
  const workers = support.between(20, 40)
  const load = support.startLoad(server, accounts, workers, isLong ? longStreams : support.mixed)
  await Bun.sleep(isLong ? support.between(2_200, 3_200) : support.between(200, 600))
  const [ended] = await Promise.all([server.kill('SIGKILL'), load.stop()])
  expect(ended).toBe('SIGKILL')
  return load.shots
}

function longStreams(): ReturnType<support.Mix> {
  const asked = support.mixed()
  return asked.way.streamed && Math.random() < 0.5
    ? { ...asked, sandbox: `tokens=${support.between(1, 300)} chunk_ms=25` }
    : asked
}

async function expectIdentities(rows: readonly Settlement[], served: readonly Served[]): Promise<void> {
  for (const account of accounts.slice(0, 2)) {
    const own = rows.filter(({ organizationId }) => organizationId === account.organizationId)
    const charged = support.sum(own.map(({ chargeNano }) => chargeNano))
    expect(grantedNano - (await balanceNano(server, account.organizationId))).toBe(charged)
    expect(await balanceOf(server, account)).toMatchObject({ heldNano: 0n, availableNano: grantedNano - charged })
    const path = `/organizations/${account.organizationId}/usage?by=model`
    const usage = await operate<{ total: { chargeNano: string; requests: number } }>(server, 'GET', path)
    expect(usage.total).toMatchObject({ chargeNano: charged.toString(), requests: own.length })
  }
  const { chargedNano, countedNano } = support.exactTotals(rows, served)
  expect(chargedNano).toBe(countedNano)
  expect(chargedNano).toBeGreaterThan(0n)
  expect(support.leftOver(server)).toEqual({ leasedNano: 0n, parked: 0n })
  const verified = await runMart(server, ['ledger', 'verify', '--json'])
  expect(verified).toMatchObject({ code: 0 })
  expect(JSON.parse(verified.stdout)).toMatchObject({ ok: true })
}

function report(rows: readonly Settlement[], served: readonly Served[], acknowledged: number): void {
  const doubtful = rows.filter(({ ending }) => ending === 'in-doubt')
  const noted = doubtful.filter(({ chargeNano }) => chargeNano !== '0')
  // Otherwise the rounds did not reach what they are here to break.
  expect(acknowledged).toBeGreaterThan(rounds * 20)
  expect(doubtful.length).toBeGreaterThan(rounds)
  expect(noted.length).toBeGreaterThan(0)
  const doubtfulIds = new Set(doubtful.map(({ requestId }) => requestId))
  const lost = served.filter(({ clientRequestId }) => doubtfulIds.has(clientRequestId!))
  const facts = {
    rounds,
    acknowledged,
    ledger: rows.length,
    sandbox: served.length,
    inDoubt: doubtful.length,
    inDoubtCharged: noted.length,
    chargedNano: support.sum(rows.map(({ chargeNano }) => chargeNano)).toString(),
    exactNano: support.exactTotals(rows, served).countedNano.toString(),
    inDoubtNano: support.sum(doubtful.map(({ chargeNano }) => chargeNano)).toString(),
    inDoubtSentNano: support.sum(lost.map(({ model, sent }) => costNano(model, sent))).toString(),
  }
  console.log(`kill -9: ${JSON.stringify(facts)}`)
}
