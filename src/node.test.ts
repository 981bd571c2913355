import { expect, test } from 'bun:test'
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { installation, organizations, version1Folder } from '../test/support/version-1.ts'
import models from './catalog/models.json'
import { blockHead } from './lib/blocks.ts'
import { loadPriceBook } from './money/price-book.ts'
import { openNode } from './node.ts'
import { failuresOf } from './store/contract-steps.ts'
import { openSqliteStore } from './store/sqlite/sqlite-store.ts'

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
    expect(await store.balance(id, 'live')).toEqual({ balanceNano: 0n, leasedNano: 0n })
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
