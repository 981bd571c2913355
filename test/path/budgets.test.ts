/** Budgets in memory and as the store knows them, which is what a restart begins with: one and the same. */
import { expect, test } from 'bun:test'
import type { Nano } from '../../src/lib/amounts.ts'
import { createLimits, periodStart } from '../../src/limits/limits.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { batchOf, endOf, keyOf, reservationOf } from '../../src/store/store-fixtures.ts'
import type { BudgetPeriod } from '../../src/store/store.ts'

const of = { organizationId: 'acme', mode: 'live' } as const
const periods: readonly BudgetPeriod[] = ['day', 'week', 'month', 'total']
const keyWith = (budgetPeriod: BudgetPeriod) =>
  keyOf({ id: 'key-1', organizationId: 'acme', budgetPeriod, budgetNano: 1_000n })

test('a video that is begun before midnight and charged behind it is spent on the new day, before a restart and after it', async () => {
  const midnight = Date.UTC(2026, 10, 1)
  const time = { now: midnight - 60_000 }
  const clock = { now: () => time.now, monotonic: () => time.now }
  const store = openSqliteStore({ path: ':memory:' })
  await store.createOrganization({ id: 'acme', name: 'Acme', createdAt: 1 })
  await store.grantCredit({ ...of, amountNano: 1_000n, note: null, idempotencyKey: 'g' })
  const node = await store.openNode('a')
  await store.leaseCredit({ ...node, ...of, wantTotalNano: 1_000n })
  const before = createLimits(clock)
  const video = reservationOf('700', { requestId: 'r1', ...of, admittedAt: time.now })
  before.holdBudget('key-1', 700n as Nano)

  time.now = midnight + 60_000
  before.releaseBudget('key-1', 700n as Nano)
  before.charge('key-1', 450n as Nano)
  const end = endOf(video, '450')
  const ended = { ...end, settlement: { ...end.settlement, endedAt: time.now } }
  await store.applyJournal(batchOf(node, node.lastSeq, [{ kind: 'reserve', epoch: 1, reservation: video }, ended]))

  const after = createLimits(clock)
  for (const period of periods) after.loadSpending(period, await store.chargesByKey(periodStart(period, time.now)))
  for (const period of periods) {
    expect([period, after.budget(keyWith(period))]).toEqual([period, before.budget(keyWith(period))])
    expect(after.budget(keyWith(period))).toMatchObject({ spentNano: 450n, heldNano: 0n })
  }
  await store.close()
})
