/** The process that `kill.test.ts` kills: spends for ever and prints each sequence number the store acknowledged. */
import { assert } from '../../lib/assert.ts'
import { batchOf, noon, settlementOf } from '../store-fixtures.ts'
import { openStoreInWorker } from './store-in-worker.ts'

const dataDir = process.argv[2]
assert(dataDir, 'kill-child.ts is given a folder')
const batchSize = 3
const acme = { organizationId: 'acme', mode: 'live' } as const
const store = await openStoreInWorker({ dataDir })
if ((await store.organizations()).length === 0)
  await store.createOrganization({ id: 'acme', name: 'Acme', createdAt: noon })
const node = await store.openNode('node-a')

for (let seq = node.lastSeq; ; seq += batchSize) {
  await store.grantCredit({ ...acme, amountNano: 5_000n, note: null, idempotencyKey: `grant-${seq}` })
  const { grantedNano } = await store.leaseCredit({
    ...node,
    ...acme,
    wantTotalNano: BigInt(seq - node.lastSeq + batchSize) * 1_000n,
  })
  assert(grantedNano > 0n, 'there is credit to lease')
  const entries = Array.from({ length: batchSize }, (_, index) => ({
    kind: 'settle' as const,
    epoch: node.epoch,
    settlement: settlementOf({ requestId: `r${seq + 1 + index}`, ...acme }),
  }))
  const result = await store.applyJournal(batchOf(node, seq, entries))
  assert(result.applied, 'the only sender of this node is in step')
  process.stdout.write(`${result.lastSeq}\n`)
}
