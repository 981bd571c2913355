/** What every store promises of taking credit back. */
import { expect, test } from 'bun:test'
import { failuresOf, refusalOf, stepsIn } from './contract-steps.ts'
import { noon } from './store-fixtures.ts'
import type { Mode, RevocationAsk, Store } from './store.ts'

/** Reversals of grants and top-ups. */
export function describeRevocations(store: () => Store, mode: Mode): void {
  const { grant, lease, balance } = stepsIn(mode)
  const revoke = (on: Store, amountNano: bigint, ask: Partial<RevocationAsk> = {}) =>
    on.revokeCredit({ organizationId: 'acme', mode, amountNano, note: null, idempotencyKey: 'revocation-1', ...ask })

  test('credit is taken back by reversals of the newest grants first, none beyond what is left of it', async () => {
    const grants = [await grant(store(), 100n, 'a'), await grant(store(), 50n, 'b'), await grant(store(), 30n, 'c')]
    const ids = grants.map(({ id }) => id)
    const first = await revoke(store(), 40n, { note: 'too much' })
    expect(first.reversals).toMatchObject([
      { kind: 'reversal', reverses: ids[2], amountNano: 30n, note: 'too much' },
      { kind: 'reversal', reverses: ids[1], amountNano: 10n, note: 'too much' },
    ])
    const second = await revoke(store(), 140n, { idempotencyKey: 'revocation-2' })
    expect(second.reversals).toMatchObject([
      { reverses: ids[1], amountNano: 40n },
      { reverses: ids[0], amountNano: 100n },
    ])
    for (const [index, reversal] of [...first.reversals!, ...second.reversals!].entries()) {
      const undone = grants.find(({ id }) => id === reversal.reverses)!
      expect({ index, debit: reversal.debitAccount, credit: reversal.creditAccount }).toEqual({
        index,
        debit: undone.creditAccount,
        credit: undone.debitAccount,
      })
    }
    expect((await balance(store())).balanceNano).toBe(0n)
    expect(failuresOf(await store().verifyLedger())).toEqual([])
  })

  test('never more than is left: what is leased and what is another’s is not, and a refusal says how much there is', async () => {
    await store().createOrganization({ id: 'beta', name: 'Beta', createdAt: noon })
    await grant(store(), 1_000n)
    await store().grantCredit({ organizationId: 'beta', mode, amountNano: 5_000n, note: null, idempotencyKey: 'beta' })
    const node = await store().openNode('node-a')
    await lease(store(), node, 400n)
    expect(await revoke(store(), 601n)).toEqual({ reversals: null, revocableNano: 600n })
    expect(await balance(store())).toEqual({ balanceNano: 1_000n, leasedNano: 400n, reservedNano: 0n })
    expect((await revoke(store(), 600n)).reversals).toHaveLength(1)
    expect(await revoke(store(), 1n, { idempotencyKey: 'more' })).toEqual({ reversals: null, revocableNano: 0n })
    expect(await balance(store())).toEqual({ balanceNano: 400n, leasedNano: 400n, reservedNano: 0n })
    expect(await lease(store(), node, 900n)).toMatchObject({
      grantedNano: 400n,
      availableNano: 0n,
    })
    expect(failuresOf(await store().verifyLedger())).toEqual([])
  })

  test('the same idempotency key again takes nothing more, whatever is left by then, and never another amount', async () => {
    await grant(store(), 70n, 'a')
    await grant(store(), 30n, 'b')
    const first = await revoke(store(), 100n)
    expect(first.reversals).toHaveLength(2)
    expect(await revoke(store(), 100n)).toEqual(first)
    await grant(store(), 500n, 'c')
    expect(await revoke(store(), 100n)).toEqual(first)
    expect((await balance(store())).balanceNano).toBe(500n)
    for (const other of [revoke(store(), 99n), revoke(store(), 500n)])
      expect((await refusalOf(other)).code).toBe('idempotency-conflict')
    await store().createOrganization({ id: 'beta', name: 'Beta', createdAt: noon })
    expect((await refusalOf(revoke(store(), 100n, { organizationId: 'beta' }))).code).toBe('idempotency-conflict')
    expect((await refusalOf(revoke(store(), 1n, { organizationId: 'nobody' }))).code).toBe('organization-not-found')
  })

  test('credit of the other mode is neither taken nor counted', async () => {
    const other = mode === 'test' ? 'live' : 'test'
    await store().grantCredit({
      organizationId: 'acme',
      mode: other,
      amountNano: 900n,
      note: null,
      idempotencyKey: 'o',
    })
    await grant(store(), 10n)
    expect(await revoke(store(), 11n)).toEqual({ reversals: null, revocableNano: 10n })
    expect((await revoke(store(), 10n)).reversals).toMatchObject([{ mode, amountNano: 10n }])
    expect((await refusalOf(revoke(store(), 10n, { mode: other }))).code).toBe('idempotency-conflict')
    expect((await store().balance('acme', other)).balanceNano).toBe(900n)
    expect(failuresOf(await store().verifyLedger())).toEqual([])
  })

  test('no key is taken for a part of another', async () => {
    await grant(store(), 10n, 'a')
    await grant(store(), 10n, 'b')
    for (const idempotencyKey of ['k', 'k#1', 'k#2', '1', '#1'])
      expect((await revoke(store(), 3n, { idempotencyKey })).reversals).not.toBeNull()
    expect((await balance(store())).balanceNano).toBe(5n)
    expect(await revoke(store(), 3n, { idempotencyKey: 'k' })).toMatchObject({ reversals: [{ amountNano: 3n }] })
  })

  test('of two revocations at once that only one of has room for, one is refused', async () => {
    await grant(store(), 100n)
    const both = await Promise.all(['x', 'y'].map((idempotencyKey) => revoke(store(), 60n, { idempotencyKey })))
    expect(both.filter(({ reversals }) => reversals !== null)).toHaveLength(1)
    expect((await balance(store())).balanceNano).toBe(40n)
  })
}
