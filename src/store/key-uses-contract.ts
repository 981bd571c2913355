/** What every store promises about idempotency keys: whoever has used one up is known after a restart. */
import { expect, test } from 'bun:test'
import type { Mode, Settlement, Store } from './store.ts'
import { batchOf, settlementOf } from './store-fixtures.ts'

/** All on the organization `acme`, in a mode. */
export function describeKeyUses(store: () => Store, mode: Mode): void {
  const keyed = (requestId: string, keyHash: string, endedAt: number, changes: Partial<Settlement> = {}) => {
    const idempotency = { keyHash, fingerprint: `of ${requestId}` }
    const settlement = settlementOf({ requestId, organizationId: 'acme', mode, endedAt, idempotency, ...changes })
    return { kind: 'settle', epoch: 1, settlement } as const
  }
  const useOf = (requestId: string, keyHash: string, usedAt: number, chargeNano = '1000') => ({
    organizationId: 'acme',
    mode,
    keyHash,
    fingerprint: `of ${requestId}`,
    requestId,
    chargeNano,
    usedAt,
  })

  test('a key is used up in the transaction that charges, by what was served or is owed, and by nothing else', async () => {
    const node = await store().openNode('node-a')
    const batch = batchOf(node, 0, [
      keyed('answered', 'k1', 10),
      keyed('left', 'k2', 11, { ending: 'client-left' }),
      keyed('broke off', 'k3', 12, { ending: 'upstream-failed' }),
      keyed('in doubt', 'k4', 13, { ending: 'in-doubt' }),
      keyed('for nothing', 'k5', 14, { chargeNano: '0' }),
      keyed('borne by the operator', 'k6', 15, { ending: 'client-left', chargeNano: '0', ratedNano: '7' }),
      keyed('refused', 'k7', 16, { ending: 'upstream-refused', chargeNano: '0' }),
      keyed('failed', 'k8', 17, { ending: 'upstream-failed', chargeNano: '0' }),
      keyed('in doubt for nothing', 'k9', 18, { ending: 'in-doubt', chargeNano: '0' }),
      { kind: 'settle', epoch: 1, settlement: settlementOf({ requestId: 'without', organizationId: 'acme', mode }) },
    ])
    expect(await store().keyUses(0, 100)).toEqual([])
    expect(await store().applyJournal(batch)).toEqual({ applied: true, lastSeq: 10 })
    expect(await store().applyJournal(batch)).toEqual({ applied: false, lastSeq: 10 })
    expect(await store().keyUses(0, 100)).toEqual([
      useOf('answered', 'k1', 10),
      useOf('left', 'k2', 11),
      useOf('broke off', 'k3', 12),
      useOf('in doubt', 'k4', 13),
      useOf('for nothing', 'k5', 14, '0'),
      useOf('borne by the operator', 'k6', 15, '0'),
    ])
    expect((await store().receipt('answered'))?.idempotency).toEqual({ keyHash: 'k1', fingerprint: 'of answered' })
    expect((await store().receipt('without'))?.idempotency).toBeNull()
  })

  test('a key that was used up again stands for its newest use, and is charged for both', async () => {
    const node = await store().openNode('node-a')
    const before = await store().balance('acme', mode)
    await store().applyJournal(batchOf(node, 0, [keyed('r1', 'k', 10), keyed('r2', 'other', 20), keyed('r3', 'k', 30)]))
    expect(await store().keyUses(0, 100)).toEqual([useOf('r2', 'other', 20), useOf('r3', 'k', 30)])
    expect((await store().balance('acme', mode)).balanceNano).toBe(before.balanceNano - 3_000n)
  })

  test('the same key of another organization or mode is another key', async () => {
    const otherMode = mode === 'test' ? 'live' : 'test'
    await store().createOrganization({ id: 'beta', name: 'Beta', createdAt: 1 })
    const node = await store().openNode('node-a')
    const records = [
      keyed('r1', 'k', 10),
      keyed('r2', 'k', 20, { organizationId: 'beta' }),
      keyed('r3', 'k', 30, { mode: otherMode }),
    ]
    await store().applyJournal(batchOf(node, 0, records))
    expect(await store().keyUses(0, 100)).toEqual([
      useOf('r1', 'k', 10),
      { ...useOf('r2', 'k', 20), organizationId: 'beta' },
      { ...useOf('r3', 'k', 30), mode: otherMode },
    ])
  })

  test('uses are listed since a time, the newest so many, and forgotten from the oldest on', async () => {
    const node = await store().openNode('node-a')
    const records = [10, 20, 30, 40].map((at) => keyed(`r${at}`, `k${at}`, at))
    await store().applyJournal(batchOf(node, 0, records))
    const usedAt = async (since: number, max: number) => (await store().keyUses(since, max)).map((use) => use.usedAt)
    expect(await usedAt(20, 100)).toEqual([20, 30, 40])
    expect(await usedAt(0, 2)).toEqual([30, 40])
    expect(await store().forgetKeyUses(40, 2)).toBe(2)
    expect(await usedAt(0, 100)).toEqual([30, 40])
    expect(await store().forgetKeyUses(40, 2)).toBe(1)
    expect(await store().forgetKeyUses(40, 2)).toBe(0)
    expect(await usedAt(0, 100)).toEqual([40])
  })

  test('a record whose idempotency is none is parked, and what follows is charged', async () => {
    const node = await store().openNode('node-a')
    const batch = batchOf(node, 0, [keyed('r1', 'k1', 10), keyed('r2', 'k2', 20)])
    const records = batch.records.replace('["k1","of r1"]', '[1]')
    expect(await store().applyJournal({ ...batch, records })).toEqual({ applied: true, lastSeq: 2 })
    expect(await store().keyUses(0, 100)).toEqual([useOf('r2', 'k2', 20)])
    expect(await store().receipt('r1')).toBeNull()
  })
}
