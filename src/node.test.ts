import { expect, test } from 'bun:test'
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { installation, organizations, version1Folder } from '../test/support/version-1.ts'
import models from './catalog/models.json'
import { blockHead } from './lib/blocks.ts'
import type { Nano } from './lib/amounts.ts'
import { loadPriceBook } from './money/price-book.ts'
import { openNode, type Node } from './node.ts'
import { failuresOf } from './store/contract-steps.ts'
import { openSqliteStore } from './store/sqlite/sqlite-store.ts'
import { endOf, reservationOf } from './store/store-fixtures.ts'
import { testFolder } from './lib/test-folder.ts'

test('a journal of before there were modes is taken over: what was not shipped is paid in its key’s mode, and so is what was under way', async () => {
  const { dataDir, path, before } = version1Folder()
  beginLiveStream(dataDir)
  const store = openSqliteStore({ path, installation })
  const clock = { now: () => Date.now(), monotonic: () => performance.now() }
  const log = { info: () => undefined, error: () => undefined }
  const answerLimits = () => ({ answers: 'none', answerBytesMax: 0, organizationBytesMax: 0, bytesMax: 0 }) as const
  const deps = { store, dataDir, prices: loadPriceBook(models), answerLimits, clock, log, onFenced: () => undefined }
  const node = await openNode(deps)
  await node.close()

  const { sandbox, simulated, real, mixed } = organizations
  const balanceBefore = (id: string): bigint => before.get(`credit:${id}`)! + before.get(`held:${id}`)!
  const spent = async (id: string, mode: 'test' | 'live') =>
    balanceBefore(id) - (await store.balance(id, mode)).balanceNano
  const receipts = await Promise.all(unshipped.map((id) => store.receipt(id)))
  expect(receipts.map((receipt) => [receipt?.organizationId, receipt?.mode, receipt?.chargeNano])).toEqual([
    [real, 'live', '278250'],
    [simulated, 'test', '100400'],
    [sandbox, 'test', '100400'],
  ])
  const [sandboxStream, realStream] = await Promise.all(underWay.map((id) => store.receipt(id)))
  expect(sandboxStream).toMatchObject({ organizationId: sandbox, mode: 'test', ending: 'in-doubt' })
  expect(realStream).toMatchObject({ organizationId: real, mode: 'live', ending: 'in-doubt' })
  expect([sandboxStream!.chargeNano, realStream!.chargeNano].map((nano) => BigInt(nano) > 0n)).toEqual([true, true])
  expect(await spent(simulated, 'test')).toBe(100_400n)
  expect(await spent(sandbox, 'test')).toBe(100_400n + BigInt(sandboxStream!.chargeNano))
  expect(await spent(real, 'live')).toBe(278_250n + BigInt(realStream!.chargeNano))
  expect(await spent(mixed, 'live')).toBe(0n)
  for (const id of [sandbox, simulated])
    expect(await store.balance(id, 'live')).toEqual({ balanceNano: 0n, leasedNano: 0n, reservedNano: 0n })
  expect(failuresOf(await store.verifyLedger())).toEqual([])
  await store.close()
})

/** Records 16 to 18, and the two streams. */
const unshipped = [
  'req_01a22bf381e172b9b15f15af4caf9bfc',
  'req_01a22bf381e3714bb0e59e6822bf4ca5',
  'req_01a22bf381e3714cb792276d366c9624',
]
const underWay = ['req_01a22bf3735f7723afc3fa4751998e47', 'req_live']

/** A second stream under way, of the organization that a real provider serves, with 12 tokens in and 30 out. */
function beginLiveStream(dataDir: string): void {
  const path = join(dataDir, 'journal', 'journal-00000002.log')
  const written = readFileSync(path, 'utf8')
  const intent = /\{"kind":"intent","epoch":2,"intent":\["req_01a22bf373607286a7a76fa8c848586e".*\}/.exec(written)![0]
  const progress = { kind: 'progress', progress: { requestId: 'req_live', inputTokens: 12, outputTokens: 30 } }
  const lines = `${intent.replace('req_01a22bf373607286a7a76fa8c848586e', 'req_live')}\n${JSON.stringify(progress)}\n`
  appendFileSync(path, blockHead(Buffer.from(lines)) + lines)
}

/** A node on an empty folder, whose organization `acme` has 10,000 nano-USD of live credit, and its log. */
async function freshNode() {
  const dataDir = testFolder('node')
  const store = openSqliteStore({ path: join(dataDir, 'mart.db') })
  const of = { organizationId: 'acme', mode: 'live' } as const
  await store.createOrganization({ id: 'acme', name: 'Acme', createdAt: 1 })
  await store.grantCredit({ ...of, amountNano: 10_000n, note: null, idempotencyKey: 'g' })
  const errors: unknown[] = []
  const log = { info: () => undefined, error: (line: unknown) => void errors.push(line) }
  const clock = { now: () => Date.now(), monotonic: () => performance.now() }
  const answerLimits = () => ({ answers: 'none', answerBytesMax: 0, organizationBytesMax: 0, bytesMax: 0 }) as const
  const deps = { store, dataDir, prices: loadPriceBook(models), answerLimits, clock, log, onFenced: () => undefined }
  const hold = async (node: Node, amount: bigint) => {
    const wantedNano = amount as Nano
    const ask = { ...of, wantedNano, plentyNano: 0n as Nano, ifShort: () => ({ wantedNano, floorNano: wantedNano }) }
    const answer = await node.credit.hold(ask)
    if (answer.hold === null) throw new Error('there is no credit')
    return answer.hold
  }
  return { store, of, deps, errors, hold }
}

test('what a crash left between an upstream’s create and its reservation is in doubt: nothing is charged, and an alert names it', async () => {
  const { store, of, deps, errors, hold } = await freshNode()
  const node = await openNode(deps)
  await hold(node, 700n)
  await node.journal.intend({ ...reservationOf('700', { requestId: 'r1', ...of }).settlement, deferred: true })
  await node.journal.synced()
  // The process dies here.
  const next = await openNode(deps)
  expect(errors).toMatchObject([{ event: 'create-in-doubt', requestId: 'r1', model: 'sora-2', holdNano: '700' }])
  expect(await store.receipt('r1')).toMatchObject({ ending: 'in-doubt', chargeNano: '0' })
  expect(await store.balance('acme', 'live')).toEqual({ balanceNano: 10_000n, leasedNano: 0n, reservedNano: 0n })
  expect(failuresOf(await store.verifyLedger())).toEqual([])
  await next.close()
  await store.close()
})

test('what is reserved outlives the process, and is settled by the next one', async () => {
  const { store, of, deps, errors, hold } = await freshNode()
  const node = await openNode(deps)
  const reservation = reservationOf('700', { requestId: 'r1', ...of })
  const taken = await hold(node, 700n)
  await node.journal.intend({ ...reservation.settlement, deferred: true })
  node.credit.reserve(taken)
  await node.journal.reserve(reservation)
  await node.journal.synced()
  const next = await openNode(deps)
  expect(errors).toEqual([])
  expect(await store.balance('acme', 'live')).toEqual({ balanceNano: 10_000n, leasedNano: 0n, reservedNano: 700n })
  expect(await store.receipt('r1')).toMatchObject({ ending: 'reserved', chargeNano: '0', holdNano: '700' })
  await next.journal.settleReservation(endOf(reservation, '450').settlement)
  await next.close()
  expect(await store.balance('acme', 'live')).toEqual({ balanceNano: 9_550n, leasedNano: 0n, reservedNano: 0n })
  expect(failuresOf(await store.verifyLedger())).toEqual([])
  await store.close()
})
