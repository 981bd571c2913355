/** What every store promises about test and live: two sets of books that never meet. */
import { expect, test } from 'bun:test'
import { failuresOf, refusalOf, stepsIn } from './contract-steps.ts'
import type { Store } from './store.ts'
import { batchOf } from './store-fixtures.ts'

/** Both modes beside each other, in one organization. */
export function describeModes(store: () => Store): void {
  const [test_, live] = [stepsIn('test'), stepsIn('live')]

  test('credit of one mode cannot be leased, spent or returned in the other', async () => {
    await test_.grant(store(), 5_000n, 'test')
    await live.grant(store(), 700n, 'live')
    const node = await store().openNode('node-a')
    expect(await live.lease(store(), node, 9_999n)).toEqual({
      grantedNano: 700n,
      availableNano: 0n,
      leasedElsewhereNano: 0n,
    })
    expect(await test_.lease(store(), node, 3_000n)).toEqual({
      grantedNano: 3_000n,
      availableNano: 2_000n,
      leasedElsewhereNano: 0n,
    })
    const records = [test_.settled('r1', '1000'), live.settled('r2', '600'), test_.returned('500')]
    await store().applyJournal(batchOf(node, 0, records))
    expect(await test_.balance(store())).toEqual({ balanceNano: 4_000n, leasedNano: 1_500n, reservedNano: 0n })
    expect(await live.balance(store())).toEqual({ balanceNano: 100n, leasedNano: 100n, reservedNano: 0n })
    expect(failuresOf(await store().verifyLedger())).toEqual([])
  })

  test('a charge that its mode cannot pay takes nothing of the other', async () => {
    await test_.grant(store(), 5_000n, 'test')
    const node = await store().openNode('node-a')
    await store().applyJournal(batchOf(node, 0, [live.settled('r1', '300')]))
    expect(await test_.balance(store())).toEqual({ balanceNano: 5_000n, leasedNano: 0n, reservedNano: 0n })
    expect(await live.balance(store())).toEqual({ balanceNano: -300n, leasedNano: 0n, reservedNano: 0n })
  })

  test('leases of the same size in both modes are two leases, and the end of an epoch closes both', async () => {
    await test_.grant(store(), 1_000n, 'test')
    await live.grant(store(), 1_000n, 'live')
    const node = await store().openNode('node-a')
    for (const steps of [test_, live])
      expect(await steps.lease(store(), node, 400n)).toEqual({
        grantedNano: 400n,
        availableNano: 600n,
        leasedElsewhereNano: 0n,
      })
    const records = [test_.settled('r1', '10'), live.settled('r2', '10'), { kind: 'end-epoch', epoch: 1 } as const]
    await store().applyJournal(batchOf(node, 0, records))
    for (const steps of [test_, live])
      expect(await steps.balance(store())).toEqual({ balanceNano: 990n, leasedNano: 0n, reservedNano: 0n })
    expect(failuresOf(await store().verifyLedger())).toEqual([])
  })

  test('the idempotency key of a grant of one mode cannot stand for a grant of the other', async () => {
    await test_.grant(store(), 1_000n, 'k')
    expect((await refusalOf(live.grant(store(), 1_000n, 'k'))).code).toBe('idempotency-conflict')
    expect(await live.balance(store())).toEqual({ balanceNano: 0n, leasedNano: 0n, reservedNano: 0n })
  })

  test('receipts, usage and transfers say their mode, and no report adds the two up', async () => {
    const node = await test_.leasedNode(store())
    await live.grant(store(), 1_000n, 'live')
    await store().applyJournal(batchOf(node, 0, [test_.settled('r1', '20'), live.settled('r2', '7')]))
    expect([(await store().receipt('r1'))?.mode, (await store().receipt('r2'))?.mode]).toEqual(['test', 'live'])
    const span = { organizationId: 'acme', by: 'model', from: 0, to: Number.MAX_SAFE_INTEGER } as const
    const chargesOf = async (mode: 'test' | 'live') =>
      (await store().usage({ ...span, mode })).map(({ requests, chargeNano }) => [requests, chargeNano])
    expect([await chargesOf('test'), await chargesOf('live')]).toEqual([[[1, 20n]], [[1, 7n]]])
    for (const { mode, debitAccount, creditAccount } of await store().transfers('acme'))
      for (const account of [debitAccount, creditAccount]) expect(account.startsWith('test-')).toBe(mode === 'test')
  })
}
