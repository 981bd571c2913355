import { expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteStore } from '../sqlite/sqlite-store.ts'
import { batchOf, noon, settlementOf, type Entry } from '../store-fixtures.ts'
import { openReportsDb } from './open-reports-db.ts'

const owner = { organizationId: 'acme', mode: 'live' } as const
const requests = 1_500
/** Steps that a child may take before it is killed. */
const stepsOfRounds = [3, 17, 1, 40]

test('a copying that is killed at any moment goes on where it was: nothing is copied twice, and nothing is left out', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'mart-copy-'))
  await settle(dataDir)
  for (const steps of stepsOfRounds) await copyUntilKilled(dataDir, steps)
  const db = openReportsDb({ dataDir, onAnew: (reason) => expect(reason).toBe('') })
  while (db.step(100).isMore);
  const span = { from: noon - 60_000, to: noon + 120_000 }
  const [cells] = db.usage({
    scope: owner,
    where: {},
    by: [],
    bounds: [Math.floor(span.from / 60_000) * 60_000, Math.ceil(span.to / 60_000) * 60_000],
    sums: ['requests', 'chargeNano'],
    durations: [],
  })
  expect(cells![0]!.sums).toMatchObject({ requests, chargeNano: BigInt(requests) * 1_000n })
  expect(db.list(owner, { filter: span, before: null, max: requests + 1 }).length).toBe(requests)
  db.close()
  rmSync(dataDir, { recursive: true })
}, 30_000)

async function settle(dataDir: string): Promise<void> {
  const store = openSqliteStore({ path: join(dataDir, 'mart.db') })
  await store.createOrganization({ id: 'acme', name: 'Acme', createdAt: noon })
  await store.grantCredit({ ...owner, amountNano: 10_000_000n, note: null, idempotencyKey: 'grant' })
  const node = await store.openNode('node-a')
  await store.leaseCredit({ ...node, ...owner, wantTotalNano: 10_000_000n })
  const entries = Array.from({ length: requests }, (_, index): Entry => {
    const settlement = settlementOf({
      ...owner,
      requestId: `r${index}`,
      keyId: `k${index % 3}`,
      admittedAt: noon + index,
    })
    return { kind: 'settle', epoch: 1, settlement }
  })
  await store.applyJournal(batchOf(node, 0, entries))
  await store.close()
}

async function copyUntilKilled(dataDir: string, steps: number): Promise<void> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'copy-child.ts'), dataDir], {
    stdout: 'pipe',
    stderr: 'inherit',
  })
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of child.stdout) {
    text += decoder.decode(chunk)
    if (text.split('\n').length > steps) child.kill('SIGKILL')
  }
  await child.exited
  expect(child.signalCode).toBe('SIGKILL')
}
