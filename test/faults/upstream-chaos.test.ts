/**
 * Half of the deployments die and come back, again and again, under load: no client sees an error while
 * one of them is left, and at the end the ledger and the accounts' own counts are the same figures.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import * as support from './process-support.ts'
import * as ways from './request-support.ts'
import * as up from './upstream-support.ts'

const openai: readonly up.At[] = ['oa', 'ob', 'oc', 'od'].map((account) => ({ pose: 'openai', account }))
const studio: readonly up.At[] = ['ga', 'gb', 'gc', 'gd'].map((account) => ({ pose: 'ai-studio', account }))
const deaths = [{ reset: true }, { status: 503 }, { status: 500 }, { status: 429, retryAfter: 1 }] as const

let fleet: up.Fleet
beforeAll(async () => {
  fleet = await up.startFleet([...openai, ...studio], { failover: { attemptsMax: 4, jitterMs: 5 } })
}, ways.startMsMax)
afterAll(() => fleet.server.stop())

const mix = () => {
  const way = support.oneOf([up.chat, up.chatStream, up.generate, up.generateStream, up.generateArray])
  return { way, sandbox: `tokens=${support.between(1, 60)} chunk_ms=${support.oneOf([0, 1, 3])}`, outputTokens: 100 }
}

test('half of the deployments killed and revived under load: no client-visible error, no double charge', async () => {
  const load = support.startLoad(fleet.server, [fleet.customer], 16, mix)
  for (let round = 0; round < 8; round += 1) {
    const dead = [openai, studio].flatMap((group) => (round % 2 === 0 ? group.slice(0, 2) : group.slice(2)))
    const how = deaths[round % deaths.length]!
    await Promise.all(dead.map((at) => up.break_(fleet.server, at, how)))
    await Bun.sleep(700)
    await Promise.all(dead.map((at) => up.mend(fleet.server, at)))
    // The other half must be back in use before this one dies.
    await Bun.sleep(1_300)
  }
  await load.stop()
  expect(load.shots.length).toBeGreaterThan(500)
  const failed = load.shots.filter(({ whole }) => !whole)
  expect(failed.map(({ status, text }) => ({ status, text: text.slice(0, 300) }))).toEqual([])
  const served = await support.servedOnceQuiet(fleet.server, 0)
  await ways.balanceOf(fleet.server, fleet.customer)
  const rows = support.settlements(fleet.server)
  const faults = [
    ...support.promiseFaults(load.shots, rows),
    ...support.countFaults(rows, served),
    ...(await support.ledgerFaults(fleet.server)),
  ]
  expect(faults).toEqual([])
  expect(rows.some(({ attempts }) => attempts.length > 1)).toBe(true)
  const charged = support.sum(rows.map(({ chargeNano }) => chargeNano))
  const { balanceNano, heldNano } = await ways.balanceOf(fleet.server, fleet.customer)
  expect({ balanceNano, heldNano }).toEqual({ balanceNano: 100_000_000_000n - charged, heldNano: 0n })
  expect(support.sum(served.map(({ model, usage }) => ways.costNano(model, usage)))).toBe(charged)
}, 60_000)

test('kill -9 in the midst of it: every request is in the ledger once, by whichever deployment it was', async () => {
  const before = support.settlements(fleet.server).length
  const servedBefore = (await up.seenAll(fleet.server)).at(-1)!.sequence
  const shots: support.Shot[] = []
  for (const [round, how] of deaths.entries()) {
    const dead = [...openai.slice(0, 2), ...studio.slice(2)]
    await Promise.all(dead.map((at) => up.break_(fleet.server, at, how)))
    const load = support.startLoad(fleet.server, [fleet.customer], 24, mix)
    await Bun.sleep(300 + 100 * round)
    await Promise.all([fleet.server.kill('SIGKILL'), load.stop()])
    shots.push(...load.shots)
    await fleet.server.restart()
    await Promise.all(dead.map((at) => up.mend(fleet.server, at)))
  }
  const served = await support.servedOnceQuiet(fleet.server, servedBefore)
  await ways.balanceOf(fleet.server, fleet.customer)
  const rows = support.settlements(fleet.server, before)
  const faults = [
    ...support.promiseFaults(
      shots.filter(({ whole }) => whole),
      rows,
    ),
    ...support.countFaults(rows, served),
    ...(await support.ledgerFaults(fleet.server)),
  ]
  expect(faults).toEqual([])
  expect(rows.some(({ ending }) => ending === 'in-doubt')).toBe(true)
  const { chargedNano, countedNano } = support.exactTotals(rows, served)
  expect(chargedNano).toBe(countedNano)
  expect(support.leftOver(fleet.server).parked).toBe(0n)
}, 60_000)
