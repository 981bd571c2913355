/** What every store promises, run against each implementation. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeAudit } from './audit-contract.ts'
import { failuresOf, messageOf, refusalOf, stepsIn, type OpenStore } from './contract-steps.ts'
import { describeKeyUses } from './key-uses-contract.ts'
import { describeModes } from './modes-contract.ts'
import { describeKeys, describeReports, describeSpans } from './reports-contract.ts'
import { describeReservationSchedules } from './reservation-schedules-contract.ts'
import { describeReservations } from './reservations-contract.ts'
import { describeResources } from './resources-contract.ts'
import { describeRevocations } from './revocations-contract.ts'
import { describeSchedules } from './schedules-contract.ts'
import { describeServiceRequests } from './service-requests-contract.ts'
import { describeWebhooks } from './webhooks-contract.ts'
import { blockHead } from '../lib/blocks.ts'
import { modes, type Mode, type Store } from './store.ts'
import { batchOf, noon, settlementOf } from './store-fixtures.ts'

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

    for (const mode of modes)
      describe(mode, () => {
        describeApplying(store, mode)
        describeOddRecords(store, mode)
        describeLeases(store, mode)
        describeCredit(store, mode)
        describeRevocations(store, mode)
        describeReports(store, mode)
        describeSpans(store, mode)
        describeKeyUses(store, mode)
        describeResources(store, mode)
        describeReservations(store, mode)
      })
    describeModes(store)
    describeKeys(store)
    describeAudit(store)
    describeServiceRequests(store)
    describeWebhooks(store)
    describeSchedules(open, schedules)
    describeReservationSchedules(open, schedules)
  })
}

const prefixOf = (mode: Mode): string => (mode === 'test' ? 'test-' : '')

function describeApplying(store: () => Store, mode: Mode): void {
  const { balance, grant, leasedNode, returned, settled } = stepsIn(mode)
  test('a batch is applied once, however often and in whatever order it is sent', async () => {
    const node = await leasedNode(store())
    const first = batchOf(node, 0, [settled('r1'), settled('r2')])
    const second = batchOf(node, 2, [settled('r3')])
    expect(await store().applyJournal(second)).toEqual({ applied: false, lastSeq: 0 })
    expect(await store().applyJournal(first)).toEqual({ applied: true, lastSeq: 2 })
    expect(await store().applyJournal(first)).toEqual({ applied: false, lastSeq: 2 })
    expect(await store().applyJournal(second)).toEqual({ applied: true, lastSeq: 3 })
    expect(await balance(store())).toEqual({ balanceNano: 997_000n, leasedNano: 997_000n, reservedNano: 0n })
    expect(failuresOf(await store().verifyLedger())).toEqual([])
  })

  test('a batch with a gap in it changes nothing', async () => {
    const node = await leasedNode(store())
    const whole = batchOf(node, 0, [settled('r1'), settled('r2'), settled('r3')])
    const [first, second, third] = whole.records.split('\n')
    const gapped = { ...whole, records: [first, third, third].join('\n') }
    const short = { ...whole, records: [first, second].join('\n') }
    expect(await messageOf(store().applyJournal(gapped))).toContain('must carry that sequence number')
    expect(await messageOf(store().applyJournal(short))).toContain('carries 3 records, not 2')
    expect(await store().receipt('r1')).toBeNull()
    expect(await store().applyJournal(whole)).toEqual({ applied: true, lastSeq: 3 })
  })

  test('a batch is read out of the journal’s own file, whatever else stands there and whatever of it the store has', async () => {
    const node = await leasedNode(store())
    const { records } = batchOf(node, 0, [settled('r1'), settled('r2'), settled('r3')])
    const folder = mkdtempSync(join(tmpdir(), 'mart-slice-'))
    try {
      const path = join(folder, 'journal-00000001.log')
      const [one, two, three] = records.split('\n')
      const blocks = [`{"kind":"segment"}\n`, `${one}\n{"kind":"intent"}\n`, `${two}\n${three}\n`].map(
        (lines) => blockHead(Buffer.from(lines)) + lines,
      )
      writeFileSync(path, blocks.join(''))
      const [start, middle, end] = [blocks[0]!.length, blocks.slice(0, 2).join('').length, blocks.join('').length]
      const slice = { path, start, end: middle }
      expect(await store().applyJournal({ ...node, fromSeq: 0, toSeq: 1, records: slice })).toEqual({
        applied: true,
        lastSeq: 1,
      })
      // Whoever removes the file takes nothing with it that was written.
      renameSync(path, `${path}.gone`)
      const rest = { ...node, fromSeq: 1, toSeq: 3, records: { path, start, end } }
      expect(await messageOf(store().applyJournal({ ...rest, toSeq: 4 }))).toContain('carries 3 records, not 2')
      expect(await messageOf(store().applyJournal({ ...rest, records: { path, start, end: end + 1 } }))).toContain(
        'ends before',
      )
      expect(await store().applyJournal(rest)).toEqual({ applied: true, lastSeq: 3 })
      expect(await balance(store())).toEqual({ balanceNano: 997_000n, leasedNano: 997_000n, reservedNano: 0n })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('an empty batch is applied and changes nothing', async () => {
    const node = await leasedNode(store())
    expect(await store().applyJournal(batchOf(node, 0, []))).toEqual({ applied: true, lastSeq: 0 })
  })

  test('a node that was reopened fences its older epoch', async () => {
    const old = await leasedNode(store())
    const current = await store().openNode('node-a')
    expect(current).toEqual({ nodeId: old.nodeId, epoch: 2, lastSeq: 0, hasLeased: true })
    expect((await refusalOf(store().applyJournal(batchOf(old, 0, [settled('r1')])))).code).toBe('node-fenced')
    const ask = { ...old, organizationId: 'acme', mode, wantTotalNano: 5n }
    expect((await refusalOf(store().leaseCredit(ask))).code).toBe('node-fenced')
    expect((await refusalOf(store().leaseCredit({ ...ask, nodeId: 999 }))).code).toBe('node-fenced')
  })

  test('a store that does not know of a lease takes its charges and returns nothing of it, when a later epoch ships them', async () => {
    await grant(store(), 10_000n)
    const node = await store().openNode('node-a', 3)
    const entries = [settled('r1', '1500', 2), { ...returned('700'), epoch: 2 }]
    await store().applyJournal(batchOf(node, 0, entries))
    expect(await balance(store())).toEqual({ balanceNano: 8_500n, leasedNano: 0n, reservedNano: 0n })
    expect(failuresOf(await store().verifyLedger())).toEqual([])
  })

  test('a node is opened above every epoch that its journal knows, which an older database does not', async () => {
    expect(await store().openNode('node-b')).toMatchObject({ epoch: 1, hasLeased: false })
    expect(await store().openNode('node-b', 7)).toMatchObject({ epoch: 8 })
    expect(await store().openNode('node-b', 3)).toMatchObject({ epoch: 9 })
  })

  test('what a journal has lost is noted once, passed over, and fails the proof until an operator accepts it', async () => {
    const node = await leasedNode(store(), 5_000n)
    await store().applyJournal(batchOf(node, 0, [settled('r1')]))
    const loss = { ...node, afterSeq: 1, toSeq: 3, detail: 'records 2 to 3 are lost' }
    expect([await store().recordLoss(loss), await store().recordLoss(loss)]).toEqual([3, 3])
    expect(await store().recordLoss({ ...loss, afterSeq: 3, detail: 'notes' })).toBe(3)
    expect((await store().applyJournal(batchOf(node, 1, [settled('r2')]))).applied).toBe(false)
    await store().applyJournal(batchOf(node, 3, [settled('r4')]))
    const failures = failuresOf(await store().verifyLedger())
    expect(failures).toEqual([
      expect.stringMatching(/^no-record-lost: of node 1, records 2 to 3 are lost \(noted .*; of node 1, notes/),
    ])
    expect([await store().acceptLosses(), await store().acceptLosses()]).toEqual([2, 0])
    expect(failuresOf(await store().verifyLedger())).toEqual([])
    expect((await store().openNode('node-a')).lastSeq).toBe(4)
    expect((await refusalOf(store().recordLoss({ ...loss, afterSeq: 4, toSeq: 5 }))).code).toBe('node-fenced')
  })

  test('an in-doubt settlement of a crashed epoch is paid from that epoch’s lease', async () => {
    await leasedNode(store(), 5_000n)
    const next = await store().openNode('node-a')
    await store().applyJournal(batchOf(next, 0, [settled('r1', '1500', 1), { kind: 'end-epoch', epoch: 1 }]))
    expect(await balance(store())).toEqual({ balanceNano: 3_500n, leasedNano: 0n, reservedNano: 0n })
    expect(failuresOf(await store().verifyLedger())).toEqual([])
  })
}

function describeOddRecords(store: () => Store, mode: Mode): void {
  const { balance, grant, lease, leasedNode, returned, settled } = stepsIn(mode)
  test('a settlement above its lease is still paid, below zero if need be, and the debt is reported', async () => {
    const node = await leasedNode(store(), 1_000n)
    await store().applyJournal(batchOf(node, 0, [settled('r1', '600'), settled('r2', '700')]))
    expect(await balance(store())).toEqual({ balanceNano: -300n, leasedNano: 0n, reservedNano: 0n })
    expect(failuresOf(await store().verifyLedger())).toEqual([
      `no-credit-below-zero: ${prefixOf(mode)}credit:acme is -300`,
    ])
    await grant(store(), 500n, 'grant-2')
    expect(failuresOf(await store().verifyLedger())).toEqual([])
    const more = await lease(store(), node, 9_999n)
    expect(more).toEqual({ grantedNano: 1_500n, availableNano: 0n, leasedElsewhereNano: 0n })
  })

  test('a settlement that no lease ever covered is paid from credit', async () => {
    await grant(store(), 1_000n)
    const node = await store().openNode('node-a')
    await store().applyJournal(batchOf(node, 0, [settled('r1', '400')]))
    expect(await balance(store())).toEqual({ balanceNano: 600n, leasedNano: 0n, reservedNano: 0n })
    expect(failuresOf(await store().verifyLedger())).toEqual([])
  })

  test('a record that cannot be applied is parked, reported, and holds nothing up', async () => {
    const node = await leasedNode(store())
    const stranger = settlementOf({ requestId: 'r1', organizationId: 'nobody', mode })
    const batch = batchOf(node, 0, [
      { kind: 'settle', epoch: 1, settlement: stranger },
      {
        kind: 'settle',
        epoch: 1,
        settlement: settlementOf({ requestId: 'r2', organizationId: 'acme', mode, ratedNano: '1.5' }),
      },
      settled('r3'),
      settled('r3'),
      returned('9000000'),
      { kind: 'end-epoch', epoch: 7 },
    ])
    expect(await store().applyJournal(batch)).toEqual({ applied: true, lastSeq: 6 })
    expect(await balance(store())).toEqual({ balanceNano: 999_000n, leasedNano: 999_000n, reservedNano: 0n })
    const failures = failuresOf(await store().verifyLedger())
    expect(failures).toHaveLength(1)
    const reasons = [
      'no-record-parked',
      'no organization nobody',
      'ratedNano',
      'r3 was settled before',
      'has 999000 left',
      'of epoch 7',
    ]
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

function describeLeases(store: () => Store, mode: Mode): void {
  const { balance, grant, lease, leasedNode, returned, settled } = stepsIn(mode)
  test('a lease is cumulative: the same ask grants nothing new, a larger one the difference', async () => {
    await grant(store(), 1_000n)
    const node = await store().openNode('node-a')
    const ask = (wantTotalNano: bigint) => lease(store(), node, wantTotalNano)
    expect(await ask(300n)).toEqual({ grantedNano: 300n, availableNano: 700n, leasedElsewhereNano: 0n })
    expect(await ask(300n)).toEqual({ grantedNano: 300n, availableNano: 700n, leasedElsewhereNano: 0n })
    expect(await ask(100n)).toEqual({ grantedNano: 300n, availableNano: 700n, leasedElsewhereNano: 0n })
    expect(await ask(5_000n)).toEqual({ grantedNano: 1_000n, availableNano: 0n, leasedElsewhereNano: 0n })
    expect(await balance(store())).toEqual({ balanceNano: 1_000n, leasedNano: 1_000n, reservedNano: 0n })
  })

  test('200 asks at once never hand out more than there is', async () => {
    await grant(store(), 10_000n)
    const nodes = await Promise.all([0, 1, 2, 3].map((index) => store().openNode(`node-${index}`)))
    const asks = Array.from({ length: 200 }, (_, index) => ({
      node: nodes[index % 4]!,
      wantTotalNano: BigInt(index) * 100n,
    }))
    await Promise.all(asks.map(({ node, wantTotalNano }) => lease(store(), node, wantTotalNano)))
    expect(await balance(store())).toEqual({ balanceNano: 10_000n, leasedNano: 10_000n, reservedNano: 0n })
    const grants = await Promise.all(nodes.map((node) => lease(store(), node, 0n)))
    expect(grants.reduce((total, { grantedNano }) => total + grantedNano, 0n)).toBe(10_000n)
    expect(failuresOf(await store().verifyLedger())).toEqual([])
  })

  test('what a node returns is available again, and does not lower its cumulative total', async () => {
    const node = await leasedNode(store(), 1_000n)
    await store().applyJournal(batchOf(node, 0, [returned('400')]))
    expect(await balance(store())).toEqual({ balanceNano: 1_000n, leasedNano: 600n, reservedNano: 0n })
    const again = await lease(store(), node, 1_100n)
    expect(again).toEqual({ grantedNano: 1_100n, availableNano: 300n, leasedElsewhereNano: 0n })
    expect(failuresOf(await store().verifyLedger())).toEqual([])
  })

  test('the end of an epoch gives back every remainder, and the epoch leases no more', async () => {
    const node = await leasedNode(store(), 1_000n)
    await store().createOrganization({ id: 'beta', name: 'Beta', createdAt: noon })
    await store().grantCredit({
      organizationId: 'beta',
      mode,
      amountNano: 50n,
      note: null,
      idempotencyKey: 'grant-beta',
    })
    await store().leaseCredit({ ...node, organizationId: 'beta', mode, wantTotalNano: 50n })
    await store().applyJournal(batchOf(node, 0, [settled('r1', '100'), { kind: 'end-epoch', epoch: 1 }]))
    expect(await balance(store())).toEqual({ balanceNano: 900n, leasedNano: 0n, reservedNano: 0n })
    expect(await store().balance('beta', mode)).toEqual({ balanceNano: 50n, leasedNano: 0n, reservedNano: 0n })
    const refusal = await refusalOf(lease(store(), node, 2_000n))
    expect(refusal.code).toBe('node-fenced')
    expect(failuresOf(await store().verifyLedger())).toEqual([])
  })

  test('leasing for an unknown organization is refused', async () => {
    const node = await store().openNode('node-a')
    const refusal = await refusalOf(store().leaseCredit({ ...node, organizationId: 'nobody', mode, wantTotalNano: 1n }))
    expect(refusal.code).toBe('organization-not-found')
  })
}

function describeCredit(store: () => Store, mode: Mode): void {
  const { balance, grant, settled } = stepsIn(mode)
  test('a grant is given once per idempotency key, and a different one under the same key is refused', async () => {
    const first = await grant(store(), 25_000_000_000n)
    expect(await grant(store(), 25_000_000_000n)).toEqual(first)
    expect(first).toMatchObject({
      kind: 'grant',
      mode,
      debitAccount: `${prefixOf(mode)}grants`,
      creditAccount: `${prefixOf(mode)}credit:acme`,
      amountNano: 25_000_000_000n,
    })
    expect(await balance(store())).toEqual({ balanceNano: 25_000_000_000n, leasedNano: 0n, reservedNano: 0n })
    expect((await refusalOf(grant(store(), 1n))).code).toBe('idempotency-conflict')
    await store().createOrganization({ id: 'beta', name: 'Beta', createdAt: noon })
    const other = { organizationId: 'beta', mode, amountNano: 25_000_000_000n, note: null, idempotencyKey: 'grant-1' }
    expect((await refusalOf(store().grantCredit(other))).code).toBe('idempotency-conflict')
    expect(await store().transfers('acme')).toEqual([first])
  })

  test('a grant cannot take the place of a capture by its key', async () => {
    await grant(store(), 1_000n, 'capture:r1')
    const node = await store().openNode('node-a')
    await store().applyJournal(batchOf(node, 0, [settled('r1', '400')]))
    expect((await balance(store())).balanceNano).toBe(600n)
  })

  test('credit for an unknown organization is refused', async () => {
    const refused = store().grantCredit({
      organizationId: 'nobody',
      mode,
      amountNano: 1n,
      note: null,
      idempotencyKey: 'k',
    })
    expect((await refusalOf(refused)).code).toBe('organization-not-found')
    expect((await refusalOf(store().balance('nobody', mode))).code).toBe('organization-not-found')
  })

  test('amounts beyond 2^53 are exact', async () => {
    await grant(store(), 9_007_199_254_740_993n)
    expect((await balance(store())).balanceNano).toBe(9_007_199_254_740_993n)
    expect((await store().transfers('acme'))[0]?.amountNano).toBe(9_007_199_254_740_993n)
  })

  test('an amount that no column can hold is a fault, and changes nothing', async () => {
    await grant(store(), 9_000_000_000_000_000_000n)
    expect(await messageOf(grant(store(), 9_000_000_000_000_000_000n, 'grant-2'))).not.toBeNull()
    expect((await balance(store())).balanceNano).toBe(9_000_000_000_000_000_000n)
    expect(failuresOf(await store().verifyLedger())).toEqual([])
  })
}
