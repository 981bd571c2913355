import { expect, test } from 'bun:test'
import { createIdempotencyKeys } from '../money/idempotency-keys.ts'
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts'
import { batchOf, settlementOf } from '../store/store-fixtures.ts'
import { forgetKeyUses } from './forget-key-uses.ts'

const dayMs = 86_400_000

test('a day after its request ended a key is forgotten, in memory and in the store, however many there are', async () => {
  const store = openSqliteStore({ path: ':memory:' })
  await store.createOrganization({ id: 'acme', name: 'Acme', createdAt: 1 })
  const node = await store.openNode('main')
  const settled = Array.from({ length: 2_500 }, (_, index) => ({
    kind: 'settle' as const,
    epoch: 1,
    settlement: settlementOf({
      requestId: `r${index}`,
      organizationId: 'acme',
      endedAt: index + 1,
      idempotency: { keyHash: `k${index}`, fingerprint: 'f' },
    }),
  }))
  await store.applyJournal(batchOf(node, 0, settled))
  const time = { now: dayMs }
  const clock = { now: () => time.now }
  const idempotencyKeys = createIdempotencyKeys(clock)
  idempotencyKeys.load(await store.keyUses(0, 10_000))
  time.now = dayMs + 2_500
  let forgotten = 0
  const keptAnswers = { forgetOld: () => void (forgotten += 1) }
  const log = { info: () => undefined, error: () => undefined }
  await forgetKeyUses({ store, idempotencyKeys, keptAnswers, clock, log })
  expect(forgotten).toBe(1)
  expect((await store.keyUses(0, 10_000)).map(({ requestId }) => requestId)).toEqual(['r2499'])
  // Back in time, so that only what is gone is free.
  time.now = 0
  const claim = (index: number) =>
    idempotencyKeys.claim(
      { organizationId: 'acme', mode: 'live', keyHash: `k${index}` },
      { requestId: 'again', fingerprint: 'f' },
    )
  expect([claim(2_498), claim(2_499)]).toMatchObject([null, { state: 'used' }])
  await store.close()
})
