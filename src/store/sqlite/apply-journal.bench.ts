/** Settled requests a second, in batches, on a real file: `bun src/store/sqlite/apply-journal.bench.ts [batch size]`. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { batchOf, noon, settlementOf, type Entry } from '../store-fixtures.ts'
import type { JournalBatch } from '../store.ts'
import { openStoreInWorker } from './store-in-worker.ts'

const batchSize = Number(process.argv[2] ?? 1_000)
const batchCount = Math.ceil(60_000 / batchSize)
const organizationCount = 20
const dataDir = await mkdtemp(join(tmpdir(), 'mart-bench-'))
const store = await openStoreInWorker({ dataDir })
const node = await store.openNode('node-a')
for (let index = 0; index < organizationCount; index += 1) {
  const organizationId = `org-${index}`
  await store.createOrganization({ id: organizationId, name: organizationId, createdAt: noon })
  await store.grantCredit({ organizationId, amountNano: 10n ** 15n, note: null, idempotencyKey: organizationId })
  await store.leaseCredit({ ...node, organizationId, wantTotalNano: 10n ** 14n })
}

function entryOf(index: number): Entry {
  const settlement = settlementOf({
    requestId: `req_${index.toString(16).padStart(32, '0')}`,
    organizationId: `org-${index % organizationCount}`,
    keyId: `key-${index % 60}`,
    model: `model-${index % 7}`,
    chargeNano: String(1_000 + (index % 977)),
    admittedAt: noon + index,
  })
  return { kind: 'settle', epoch: node.epoch, settlement }
}

const batches: JournalBatch[] = Array.from({ length: batchCount }, (_, batch) =>
  batchOf(
    node,
    batch * batchSize,
    Array.from({ length: batchSize }, (_, index) => entryOf(batch * batchSize + index)),
  ),
)
const times: number[] = []
const start = performance.now()
for (const batch of batches) {
  const began = performance.now()
  await store.applyJournal(batch)
  times.push(performance.now() - began)
}
const seconds = (performance.now() - start) / 1_000
const verifying = performance.now()
const checks = await store.verifyLedger()
times.sort((a, b) => a - b)
const percentile = (share: number): string =>
  times[Math.min(times.length - 1, Math.floor(times.length * share))]!.toFixed(1)
console.log({
  batchSize,
  settledPerSecond: Math.round((batchCount * batchSize) / seconds),
  batchMs: `p50 ${percentile(0.5)}, p99 ${percentile(0.99)}`,
  verifyMs: Math.round(performance.now() - verifying),
  isVerified: checks.every(({ ok }) => ok),
  bytesPerRequest: Math.round(Bun.file(join(dataDir, 'mart.db')).size / (batchCount * batchSize)),
})
await store.close()
await rm(dataDir, { recursive: true })
