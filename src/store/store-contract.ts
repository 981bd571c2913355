/** What every store promises, run against each implementation. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { describeSchedules } from './schedules-contract.ts'
import { StoreRefusal, type Check, type Store } from './store.ts'
import { batchOf, keyOf, noon, settlementOf, type Entry } from './store-fixtures.ts'

export type OpenStore = () => Promise<{ readonly store: Store; readonly close: () => Promise<void> }>
type Node = { readonly nodeId: number; readonly epoch: number; readonly lastSeq: number }
export type ContractOptions = { readonly schedules?: number }

/** The contract, for one way of opening an empty store; each test opens its own. `schedules`: how many random ones to run. */
export function describeStore(name: string, open: OpenStore, { schedules = 20 }: ContractOptions = {}): void {
  describe(name, () => {
    let opened: Awaited<ReturnType<OpenStore>>
    beforeEach(async () => {
      opened = await open()
      await opened.store.createOrganization({ id: 'acme', name: 'Acme', createdAt: noon })
    })
    afterEach(async () => opened.close())
    const store = (): Store => opened.store

    describeApplying(store)
    describeLeases(store)
    describeCredit(store)
    describeKeys(store)
    describeReports(store)
    describeSchedules(open, schedules)
  })
}

/** The names and details of checks that failed. */
export const failuresOf = (checks: readonly Check[]): string[] => checks.filter(({ ok }) => !ok).map(({ name, detail }) => `${name}: ${detail}`)

const grant = (store: Store, amountNano: bigint, idempotencyKey = 'grant-1') =>
  store.grantCredit({ organizationId: 'acme', amountNano, note: null, idempotencyKey })

/** A node that leased from an organization with credit. */
async function leasedNode(store: Store, amountNano = 1_000_000n): Promise<Node> {
  await grant(store, amountNano)
  const node = await store.openNode('node-a')
  await store.leaseCredit({ ...node, organizationId: 'acme', wantTotalNano: amountNano })
  return node
}

const settled = (requestId: string, chargeNano = '1000', epoch = 1): Entry => ({
  kind: 'settle',
  epoch,
  settlement: settlementOf({ requestId, organizationId: 'acme', chargeNano }),
})

async function refusalOf(work: Promise<unknown>): Promise<StoreRefusal> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(StoreRefusal)
  return error as StoreRefusal
}

function describeApplying(store: () => Store): void {
  test('a batch is applied once, however often and in whatever order it is sent', async () => {
    const node = await leasedNode(store())
    const first = batchOf(node, 0, [settled('r1'), settled('r2')])
    const second = batchOf(node, 2, [settled('r3')])
    expect(await store().applyJournal(second)).toEqual({ applied: false, lastSeq: 0 })
    expect(await store().applyJournal(first)).toEqual({ applied: true, lastSeq: 2 })
    expect(await store().applyJournal(first)).toEqual({ applied: false, lastSeq: 2 })
    expect(await store().applyJournal(second)).toEqual({ applied: true, lastSeq: 3 })
    expect(await store().balance('acme')).toEqual({ balanceNano: 997_000n, leasedNano: 997_000n })
    expect(failuresOf(await store().verifyLedger())).toEqual([])
  })

  test('a batch with a gap in it changes nothing', async () => {
    const node = await leasedNode(store())
    const whole = batchOf(node, 0, [settled('r1'), settled('r2'), settled('r3')])
    const gapped = { ...whole, records: [whole.records[0]!, whole.records[2]!, whole.records[2]!] }
    const short = { ...whole, records: whole.records.slice(0, 2) }
    await expect(store().applyJournal(gapped)).rejects.toThrow('must carry that sequence number')
    await expect(store().applyJournal(short)).rejects.toThrow('carries 3 records, not 2')
    expect(await store().receipt('r1')).toBeNull()
    expect(await store().applyJournal(whole)).toEqual({ applied: true, lastSeq: 3 })
  })

  test('an empty batch is applied and changes nothing', async () => {
    const node = await leasedNode(store())
    expect(await store().applyJournal(batchOf(node, 0, []))).toEqual({ applied: true, lastSeq: 0 })
  })

  test('a node that was reopened fences its older epoch', async () => {
    const old = await leasedNode(store())
    const current = await store().openNode('node-a')
    expect(current).toEqual({ nodeId: old.nodeId, epoch: 2, lastSeq: 0 })
    expect((await refusalOf(store().applyJournal(batchOf(old, 0, [settled('r1')])))).code).toBe('node-fenced')
    const ask = { ...old, organizationId: 'acme', wantTotalNano: 5n }
    expect((await refusalOf(store().leaseCredit(ask))).code).toBe('node-fenced')
    expect((await refusalOf(store().leaseCredit({ ...ask, nodeId: 999 }))).code).toBe('node-fenced')
  })

  test('an in-doubt settlement of a crashed epoch is paid from that epoch’s lease', async () => {
    await leasedNode(store(), 5_000n)
    const next = await store().openNode('node-a')
    await store().applyJournal(batchOf(next, 0, [settled('r1', '1500', 1), { kind: 'end-epoch', epoch: 1 }]))
    expect(await store().balance('acme')).toEqual({ balanceNano: 3_500n, leasedNano: 0n })
    expect(failuresOf(await store().verifyLedger())).toEqual([])
  })

  test('a settlement above its lease is still paid, below zero if need be, and the debt is reported', async () => {
    const node = await leasedNode(store(), 1_000n)
    await store().applyJournal(batchOf(node, 0, [settled('r1', '600'), settled('r2', '700')]))
    expect(await store().balance('acme')).toEqual({ balanceNano: -300n, leasedNano: 0n })
    expect(failuresOf(await store().verifyLedger())).toEqual(['no-credit-below-zero: credit:acme is -300'])
    await grant(store(), 500n, 'grant-2')
    expect(failuresOf(await store().verifyLedger())).toEqual([])
    const more = await store().leaseCredit({ ...node, organizationId: 'acme', wantTotalNano: 9_999n })
    expect(more).toEqual({ grantedNano: 1_500n, availableNano: 0n })
  })

  test('a settlement that no lease ever covered is paid from credit', async () => {
    await grant(store(), 1_000n)
    const node = await store().openNode('node-a')
    await store().applyJournal(batchOf(node, 0, [settled('r1', '400')]))
    expect(await store().balance('acme')).toEqual({ balanceNano: 600n, leasedNano: 0n })
    expect(failuresOf(await store().verifyLedger())).toEqual([])
  })

  test('a record that cannot be applied is parked, reported, and holds nothing up', async () => {
    const node = await leasedNode(store())
    const stranger = settlementOf({ requestId: 'r1', organizationId: 'nobody' })
    const batch = batchOf(node, 0, [
      { kind: 'settle', epoch: 1, settlement: stranger },
      { kind: 'settle', epoch: 1, settlement: settlementOf({ requestId: 'r2', organizationId: 'acme', ratedNano: '1.5' }) },
      settled('r3'),
      settled('r3'),
      { kind: 'return-lease', epoch: 1, organizationId: 'acme', amountNano: '9000000' },
      { kind: 'end-epoch', epoch: 7 },
    ])
    expect(await store().applyJournal(batch)).toEqual({ applied: true, lastSeq: 6 })
    expect(await store().balance('acme')).toEqual({ balanceNano: 999_000n, leasedNano: 999_000n })
    const failures = failuresOf(await store().verifyLedger())
    expect(failures).toHaveLength(1)
    const reasons = ['no-record-parked', 'no organization nobody', 'ratedNano', 'r3 was settled before', 'has 999000 left', 'of epoch 7']
    for (const reason of reasons) expect(failures[0]).toContain(reason)
  })

  test('a request that owes nothing is kept and moves no money', async () => {
    const node = await leasedNode(store())
    await store().applyJournal(batchOf(node, 0, [settled('r1', '0')]))
    expect((await store().receipt('r1'))?.chargeNano).toBe('0')
    expect((await store().transfers('acme')).map(({ kind }) => kind)).toEqual(['grant', 'hold'])
    expect(failuresOf(await store().verifyLedger())).toEqual([])
  })
}

function describeLeases(store: () => Store): void {
  test('a lease is cumulative: the same ask grants nothing new, a larger one the difference', async () => {
    await grant(store(), 1_000n)
    const node = await store().openNode('node-a')
    const ask = (wantTotalNano: bigint) => store().leaseCredit({ ...node, organizationId: 'acme', wantTotalNano })
    expect(await ask(300n)).toEqual({ grantedNano: 300n, availableNano: 700n })
    expect(await ask(300n)).toEqual({ grantedNano: 300n, availableNano: 700n })
    expect(await ask(100n)).toEqual({ grantedNano: 300n, availableNano: 700n })
    expect(await ask(5_000n)).toEqual({ grantedNano: 1_000n, availableNano: 0n })
    expect(await store().balance('acme')).toEqual({ balanceNano: 1_000n, leasedNano: 1_000n })
  })

  test('200 asks at once never hand out more than there is', async () => {
    await grant(store(), 10_000n)
    const nodes = await Promise.all([0, 1, 2, 3].map((index) => store().openNode(`node-${index}`)))
    const asks = Array.from({ length: 200 }, (_, index) => ({ node: nodes[index % 4]!, wantTotalNano: BigInt(index) * 100n }))
    await Promise.all(asks.map(({ node, wantTotalNano }) => store().leaseCredit({ ...node, organizationId: 'acme', wantTotalNano })))
    expect(await store().balance('acme')).toEqual({ balanceNano: 10_000n, leasedNano: 10_000n })
    const grants = await Promise.all(nodes.map((node) => store().leaseCredit({ ...node, organizationId: 'acme', wantTotalNano: 0n })))
    expect(grants.reduce((total, { grantedNano }) => total + grantedNano, 0n)).toBe(10_000n)
    expect(failuresOf(await store().verifyLedger())).toEqual([])
  })

  test('what a node returns is available again, and does not lower its cumulative total', async () => {
    const node = await leasedNode(store(), 1_000n)
    await store().applyJournal(batchOf(node, 0, [{ kind: 'return-lease', epoch: 1, organizationId: 'acme', amountNano: '400' }]))
    expect(await store().balance('acme')).toEqual({ balanceNano: 1_000n, leasedNano: 600n })
    const again = await store().leaseCredit({ ...node, organizationId: 'acme', wantTotalNano: 1_100n })
    expect(again).toEqual({ grantedNano: 1_100n, availableNano: 300n })
    expect(failuresOf(await store().verifyLedger())).toEqual([])
  })

  test('the end of an epoch gives back every remainder, and the epoch leases no more', async () => {
    const node = await leasedNode(store(), 1_000n)
    await store().createOrganization({ id: 'beta', name: 'Beta', createdAt: noon })
    await store().grantCredit({ organizationId: 'beta', amountNano: 50n, note: null, idempotencyKey: 'grant-beta' })
    await store().leaseCredit({ ...node, organizationId: 'beta', wantTotalNano: 50n })
    await store().applyJournal(batchOf(node, 0, [settled('r1', '100'), { kind: 'end-epoch', epoch: 1 }]))
    expect(await store().balance('acme')).toEqual({ balanceNano: 900n, leasedNano: 0n })
    expect(await store().balance('beta')).toEqual({ balanceNano: 50n, leasedNano: 0n })
    const refusal = await refusalOf(store().leaseCredit({ ...node, organizationId: 'acme', wantTotalNano: 2_000n }))
    expect(refusal.code).toBe('node-fenced')
    expect(failuresOf(await store().verifyLedger())).toEqual([])
  })

  test('leasing for an unknown organization is refused', async () => {
    const node = await store().openNode('node-a')
    const refusal = await refusalOf(store().leaseCredit({ ...node, organizationId: 'nobody', wantTotalNano: 1n }))
    expect(refusal.code).toBe('organization-not-found')
  })
}

function describeCredit(store: () => Store): void {
  test('a grant is given once per idempotency key, and a different one under the same key is refused', async () => {
    const first = await grant(store(), 25_000_000_000n)
    expect(await grant(store(), 25_000_000_000n)).toEqual(first)
    expect(first).toMatchObject({ kind: 'grant', debitAccount: 'grants', creditAccount: 'credit:acme', amountNano: 25_000_000_000n })
    expect(await store().balance('acme')).toEqual({ balanceNano: 25_000_000_000n, leasedNano: 0n })
    expect((await refusalOf(grant(store(), 1n))).code).toBe('idempotency-conflict')
    await store().createOrganization({ id: 'beta', name: 'Beta', createdAt: noon })
    const other = { organizationId: 'beta', amountNano: 25_000_000_000n, note: null, idempotencyKey: 'grant-1' }
    expect((await refusalOf(store().grantCredit(other))).code).toBe('idempotency-conflict')
    expect(await store().transfers('acme')).toEqual([first])
  })

  test('a grant cannot take the place of a capture by its key', async () => {
    await grant(store(), 1_000n, 'capture:r1')
    const node = await store().openNode('node-a')
    await store().applyJournal(batchOf(node, 0, [settled('r1', '400')]))
    expect((await store().balance('acme')).balanceNano).toBe(600n)
  })

  test('credit for an unknown organization is refused', async () => {
    const refused = store().grantCredit({ organizationId: 'nobody', amountNano: 1n, note: null, idempotencyKey: 'k' })
    expect((await refusalOf(refused)).code).toBe('organization-not-found')
    expect((await refusalOf(store().balance('nobody'))).code).toBe('organization-not-found')
  })

  test('amounts beyond 2^53 are exact', async () => {
    await grant(store(), 9_007_199_254_740_993n)
    expect((await store().balance('acme')).balanceNano).toBe(9_007_199_254_740_993n)
    expect((await store().transfers('acme'))[0]?.amountNano).toBe(9_007_199_254_740_993n)
  })

  test('an amount that no column can hold is a fault, and changes nothing', async () => {
    await grant(store(), 9_000_000_000_000_000_000n)
    await expect(grant(store(), 9_000_000_000_000_000_000n, 'grant-2')).rejects.toThrow()
    expect((await store().balance('acme')).balanceNano).toBe(9_000_000_000_000_000_000n)
    expect(failuresOf(await store().verifyLedger())).toEqual([])
  })
}

function describeKeys(store: () => Store): void {
  test('a key comes back as it was made, nulls and large budgets included', async () => {
    const plain = keyOf({ id: 'k1', organizationId: 'acme' })
    const full = keyOf({
      id: 'k2', organizationId: 'acme', createdAt: noon + 1, budgetNano: 9_007_199_254_740_993n, budgetPeriod: 'week',
      models: ['gpt-5', 'gemini-3-pro'], rpm: 60, tpm: 100_000, concurrency: 4, previousHash: 'old', previousHashUntil: noon + 60_000,
      expiresAt: noon + 90_000, revokedAt: noon + 80_000,
    })
    await store().createKey(full)
    await store().createKey(plain)
    expect(await store().keys()).toEqual([plain, full])
    expect(await store().keys('acme')).toEqual([plain, full])
    expect(await store().keys('nobody')).toEqual([])
  })

  test('updating a key changes what was asked for and nothing else, to null as well', async () => {
    const key = keyOf({ id: 'k1', organizationId: 'acme', rpm: 60, models: ['gpt-5'] })
    await store().createKey(key)
    const changed = { ...key, rpm: null, models: null, hash: 'new hash', budgetNano: 7n, budgetPeriod: 'total' as const }
    expect(await store().updateKey('k1', { rpm: null, models: null, hash: 'new hash', budgetNano: 7n, budgetPeriod: 'total' })).toEqual(changed)
    expect(await store().keys()).toEqual([changed])
    expect((await refusalOf(store().updateKey('k9', {}))).code).toBe('key-not-found')
  })

  test('a key of an unknown organization, a second key of one id, and a second organization of one id are refused', async () => {
    await store().createKey(keyOf({ id: 'k1', organizationId: 'acme' }))
    expect((await refusalOf(store().createKey(keyOf({ id: 'k2', organizationId: 'nobody' })))).code).toBe('organization-not-found')
    expect((await refusalOf(store().createKey(keyOf({ id: 'k1', organizationId: 'acme' })))).code).toBe('idempotency-conflict')
    const again = store().createOrganization({ id: 'acme', name: 'Acme again', createdAt: noon })
    expect((await refusalOf(again)).code).toBe('idempotency-conflict')
    expect(await store().organizations()).toEqual([{ id: 'acme', name: 'Acme', createdAt: noon }])
  })
}

const minuteMs = 60_000
const dayMs = 1_440 * minuteMs

function describeReports(store: () => Store): void {
  test('a receipt is shown whole, and only to its own organization', async () => {
    const node = await leasedNode(store())
    const settlement = settlementOf({ requestId: 'r1', organizationId: 'acme', latencyMs: 12.75 })
    await store().applyJournal(batchOf(node, 0, [{ kind: 'settle', epoch: 1, settlement }]))
    expect(await store().receipt('r1')).toEqual(settlement)
    expect(await store().receipt('r1', 'acme')).toEqual(settlement)
    expect(await store().receipt('r1', 'beta')).toBeNull()
    expect(await store().receipt('r2')).toBeNull()
  })

  test('usage adds up by each dimension, the dearest first, failures counted', async () => {
    const node = await leasedNode(store())
    const entry = (requestId: string, changes: Parameters<typeof settlementOf>[0] | object): Entry => ({
      kind: 'settle', epoch: 1, settlement: settlementOf({ ...changes, requestId, organizationId: 'acme' }),
    })
    await store().applyJournal(
      batchOf(node, 0, [
        entry('r1', { chargeNano: '10' }),
        entry('r2', { chargeNano: '500', model: 'gemini-3-pro', keyId: 'key-2', region: 'us' }),
        entry('r3', { chargeNano: '20', status: 429 }),
        entry('r4', { chargeNano: '0', ending: 'upstream-failed' }),
      ]),
    )
    const span = { organizationId: 'acme', from: noon, to: noon + 1 }
    const tokens = (n: number) => ({ inputTokens: 12 * n, cachedInputTokens: 3 * n, outputTokens: 40 * n, reasoningTokens: 8 * n })
    expect(await store().usage({ ...span, by: 'model' })).toEqual([
      { group: 'gemini-3-pro', requests: 1, errors: 0, ...tokens(1), chargeNano: 500n },
      { group: 'gpt-5', requests: 3, errors: 2, ...tokens(3), chargeNano: 30n },
    ])
    expect((await store().usage({ ...span, by: 'key' })).map(({ group }) => group)).toEqual(['key-2', 'key-1'])
    expect((await store().usage({ ...span, by: 'region' })).map(({ group }) => group)).toEqual(['us', 'eu'])
    expect((await store().usage({ ...span, by: 'upstream' })).map(({ requests }) => requests)).toEqual([4])
    expect((await store().usage({ ...span, by: 'endpoint' })).map(({ chargeNano }) => chargeNano)).toEqual([530n])
    expect(await store().usage({ ...span, organizationId: 'beta', by: 'model' })).toEqual([])
  })

  test('usage and charges count exactly the requests admitted in their span, to the minute', async () => {
    const node = await leasedNode(store())
    // Charges are powers of two, so that a sum names its requests; together they cross minutes, hours and days.
    const offsets = [-40 * dayMs, -dayMs, -10 * 60 * minuteMs, -61 * minuteMs, -minuteMs, 0, minuteMs, 59 * minuteMs, 14 * 60 * minuteMs, dayMs, 3 * dayMs]
    const entries = offsets.map((offset, index): Entry => ({
      kind: 'settle', epoch: 1,
      settlement: settlementOf({ requestId: `r${index}`, organizationId: 'acme', admittedAt: noon + offset, chargeNano: String(2 ** index) }),
    }))
    await store().applyJournal(batchOf(node, 0, entries))
    const floor = (time: number): number => time - (time % minuteMs)
    const expected = (from: number, to: number): bigint =>
      offsets.reduce((sum, offset, index) => (noon + offset >= from && noon + offset < to ? sum + (1n << BigInt(index)) : sum), 0n)
    for (const [a, b] of offsets.flatMap((from) => offsets.map((to) => [floor(noon + from), floor(noon + to)] as const))) {
      const [row] = await store().usage({ organizationId: 'acme', by: 'model', from: a, to: b })
      expect(row?.chargeNano ?? 0n).toBe(expected(a, b))
    }
    for (const offset of offsets) {
      const [row] = await store().chargesByKey(floor(noon + offset))
      expect(row).toEqual({ keyId: 'key-1', chargeNano: expected(floor(noon + offset), Infinity) })
    }
    expect(await store().chargesByKey(noon + 4 * dayMs)).toEqual([])
  })
}
