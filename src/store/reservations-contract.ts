/** What every store promises about reservations: money set aside once, ended once, and never lost on the way. */
import { expect, test } from 'bun:test'
import { failuresOf, stepsIn, type Node } from './contract-steps.ts'
import type { Reservation } from './reservations.ts'
import type { Mode, Store } from './store.ts'
import { batchOf, endOf, noon, reservationOf, settlementOf, type Entry } from './store-fixtures.ts'

/** On the organization `acme`, in a mode. */
export function describeReservations(store: () => Store, mode: Mode): void {
  const { balance, leasedNode, settled, returned } = stepsIn(mode)
  const of = { organizationId: 'acme', mode } as const
  const prefix = mode === 'test' ? 'test-' : ''
  const reserved = (requestId: string, amountNano: string, changes: Partial<Reservation> = {}): Reservation => ({
    ...reservationOf(amountNano, { requestId, ...of }),
    ...changes,
  })
  const reserve = (reservation: Reservation): Entry => ({ kind: 'reserve', epoch: 1, reservation })
  /** Ships entries behind what this node has shipped so far. */
  function shipper(node: Node): (...entries: Entry[]) => Promise<void> {
    let { lastSeq } = node
    return async (...entries) => {
      expect((await store().applyJournal(batchOf(node, lastSeq, entries))).applied).toBe(true)
      lastSeq += entries.length
    }
  }
  const verified = async (): Promise<void> => expect(failuresOf(await store().verifyLedger())).toEqual([])
  const moved = async () =>
    (await store().transfers('acme'))
      .filter(({ kind }) => kind.includes('reserve'))
      .map(({ kind, debitAccount, creditAccount, amountNano }) => [kind, debitAccount, creditAccount, amountNano])

  test('what is reserved leaves its lease, outlives it, and is neither charged nor to be spent', async () => {
    const node = await leasedNode(store(), 1_000n)
    const ship = shipper(node)
    await ship(reserve(reserved('r1', '700')), returned('100'), { kind: 'end-epoch', epoch: 1 })
    expect(await balance(store())).toEqual({ balanceNano: 1_000n, leasedNano: 0n, reservedNano: 700n })
    const next = await store().openNode('node-b')
    const grant = await store().leaseCredit({ ...next, ...of, wantTotalNano: 1_000n })
    expect(grant).toEqual({ grantedNano: 300n, availableNano: 0n, leasedElsewhereNano: 0n })
    expect(await store().reservedByKey()).toEqual([{ keyId: 'key-1', reservedNano: 700n }])
    expect(await moved()).toEqual([['reserve', `${prefix}held:acme`, `${prefix}reserved:acme`, 700n]])
    await verified()
  })

  test('its receipt is there from then on, says reserved, and becomes that of what was charged', async () => {
    const ship = shipper(await leasedNode(store(), 1_000n))
    const video = reserved('r1', '700')
    await ship(reserve(video))
    expect(await store().receipt('r1', 'acme')).toEqual(video.settlement)
    expect(await store().receipt('r1', 'beta')).toBeNull()
    const end = endOf(video, '450')
    await ship(end)
    expect(await store().receipt('r1')).toEqual(end.settlement)
    expect(await balance(store())).toEqual({ balanceNano: 550n, leasedNano: 300n, reservedNano: 0n })
    expect((await moved()).slice(1)).toEqual([
      ['capture-reserved', `${prefix}reserved:acme`, `${prefix}revenue`, 450n],
      ['release-reserved', `${prefix}reserved:acme`, `${prefix}credit:acme`, 250n],
    ])
    await verified()
  })

  test('a void gives all of it back', async () => {
    const ship = shipper(await leasedNode(store(), 1_000n))
    const video = reserved('r1', '700')
    await ship(reserve(video), endOf(video, '0', 'void'))
    expect(await balance(store())).toEqual({ balanceNano: 1_000n, leasedNano: 300n, reservedNano: 0n })
    expect(await store().receipt('r1')).toMatchObject({ ending: 'upstream-failed', chargeNano: '0', lines: [] })
    expect(await store().reservedByKey()).toEqual([])
    await verified()
  })

  test('the first of any settles and voids counts, whoever sends the others and however often', async () => {
    const ship = shipper(await leasedNode(store(), 2_000n))
    const [settledOne, voidedOne] = [reserved('r1', '700'), reserved('r2', '300')]
    const [charge, cancel] = [endOf(settledOne, '700'), endOf(voidedOne, '0', 'void')]
    await ship(reserve(settledOne), reserve(settledOne), reserve(voidedOne), charge, charge, cancel)
    await ship(endOf(settledOne, '0', 'void'), endOf(voidedOne, '100'), cancel)
    const other = shipper(await store().openNode('node-b'))
    await other(charge, endOf(voidedOne, '300'), reserve(settledOne))
    expect(await balance(store())).toEqual({ balanceNano: 1_300n, leasedNano: 1_000n, reservedNano: 0n })
    expect((await store().receipt('r2'))?.chargeNano).toBe('0')
    expect((await moved()).length).toBe(4)
    await verified()
  })

  test('a charge beyond what is reserved, a void that charges, and the end of what never was are parked and move nothing', async () => {
    await store().createOrganization({ id: 'beta', name: 'Beta', createdAt: 1 })
    const ship = shipper(await leasedNode(store(), 1_000n))
    const video = reserved('r1', '700')
    const stolen = endOf(video, '700')
    await ship(
      reserve(video),
      endOf(video, '701'),
      endOf(video, '1', 'void'),
      endOf(reserved('r2', '5'), '5'),
      { ...stolen, settlement: { ...stolen.settlement, organizationId: 'beta' } },
      {
        kind: 'reserve',
        epoch: 1,
        reservation: reservationOf('5', { requestId: 'r3', organizationId: 'nobody', mode }),
      },
      reserve({ ...video, settlement: { ...video.settlement, requestId: 'r4', ending: 'completed' } }),
    )
    expect(await balance(store())).toEqual({ balanceNano: 1_000n, leasedNano: 300n, reservedNano: 700n })
    const [parked, ...others] = failuresOf(await store().verifyLedger())
    expect(others).toEqual([])
    for (const reason of ['charges 701 of 700', 'voids', 'nothing is reserved for request r2', 'another organization'])
      expect(parked).toContain(reason)
    expect(parked).toContain('and 1 more')
  })

  test('what is reserved beyond its lease is taken from credit, below zero if need be', async () => {
    const ship = shipper(await leasedNode(store(), 500n))
    await ship(reserve(reserved('r1', '700')))
    expect(await balance(store())).toEqual({ balanceNano: 500n, leasedNano: 0n, reservedNano: 700n })
    expect(failuresOf(await store().verifyLedger())).toEqual([`no-credit-below-zero: ${prefix}credit:acme is -200`])
    await ship(endOf(reserved('r1', '700'), '0', 'void'))
    await verified()
  })

  test('a reservation of nothing is one all the same', async () => {
    const ship = shipper(await leasedNode(store(), 500n))
    const free = reserved('r1', '0')
    await ship(reserve(free))
    expect(await store().dueReservations(100, 10)).toMatchObject([{ reservation: { resourceId: 'video of r1' } }])
    await ship(endOf(free, '0'))
    expect(await store().dueReservations(100, 10)).toEqual([])
    expect((await moved()).length).toBe(0)
    await verified()
  })

  test('a request that is in doubt after its money was reserved stays reserved', async () => {
    const ship = shipper(await leasedNode(store(), 1_000n))
    const video = reserved('r1', '700')
    const doubt = settlementOf({ requestId: 'r1', ...of, ending: 'in-doubt', chargeNano: '0' })
    await ship(reserve(video), { kind: 'settle', epoch: 1, settlement: doubt }, endOf(video, '200'))
    expect((await store().receipt('r1'))?.chargeNano).toBe('200')
    expect(await balance(store())).toEqual({ balanceNano: 800n, leasedNano: 300n, reservedNano: 0n })
    await verified()
  })

  test('reports count it when it is created, and its charge in the same minute once that is known', async () => {
    const ship = shipper(await leasedNode(store(), 2_000n))
    const [video, failed] = [reserved('r1', '700'), reserved('r2', '300')]
    const usage = async () =>
      (await store().usage({ ...of, by: 'endpoint', from: noon, to: noon + 1 })).map((row) => ({ ...row, group: '' }))
    const tokens = { inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, reasoningTokens: 0 }
    const media = { images: 0, videoSeconds: 0, imageNano: 0n, videoNano: 0n }
    const figures = { group: '', ...tokens, ...media }
    await ship(reserve(video), reserve(failed))
    expect(await usage()).toEqual([{ ...figures, requests: 2, errors: 0, chargeNano: 0n }])
    await ship(endOf(video, '450'), endOf(failed, '0', 'void'))
    expect(await usage()).toEqual([{ ...figures, requests: 2, errors: 1, chargeNano: 450n }])
    expect(await store().chargesByKey(0)).toEqual([{ keyId: 'key-1', chargeNano: 450n }])
    await verified()
  })

  test('of a budget a charge that comes later is spent when it comes, whenever its request was', async () => {
    const ship = shipper(await leasedNode(store(), 2_000n))
    const midnight = Date.UTC(2026, 10, 24)
    const [late, early, failed] = [reserved('r1', '700'), reserved('r2', '300'), reserved('r3', '200')]
    const ended = (end: ReturnType<typeof endOf>, endedAt: number) => ({
      ...end,
      settlement: { ...end.settlement, endedAt },
    })
    await ship(reserve(late), reserve(early), reserve(failed), settled('r0', '10'))
    await ship(
      ended(endOf(late, '450'), midnight),
      ended(endOf(early, '100'), midnight - 1),
      ended(endOf(failed, '0', 'void'), midnight + 1),
    )
    const spentSince = (from: number) => store().chargesByKey(from)
    expect(await spentSince(midnight)).toEqual([{ keyId: 'key-1', chargeNano: 450n }])
    expect(await spentSince(noon)).toEqual([{ keyId: 'key-1', chargeNano: 560n }])
    expect(await spentSince(0)).toEqual([{ keyId: 'key-1', chargeNano: 560n }])
    expect(await spentSince(midnight + 60_000)).toEqual([])
  })

  test('ordinary charges of the same batch are captured apart', async () => {
    const ship = shipper(await leasedNode(store(), 2_000n))
    const video = reserved('r1', '700')
    await ship(settled('r0', '10'), reserve(video), settled('r2', '20'), endOf(video, '450'), settled('r3', '30'))
    expect(await balance(store())).toEqual({ balanceNano: 1_490n, leasedNano: 1_240n, reservedNano: 0n })
    await verified()
  })

  test('an idempotency key is used up when its money is reserved, and names the job, whose receipt tells the charge', async () => {
    const ship = shipper(await leasedNode(store(), 2_000n))
    const idempotency = { keyHash: 'k1', fingerprint: 'f1' }
    const video = reservationOf('700', { requestId: 'r1', ...of, idempotency, endedAt: 30 })
    const use = { ...of, ...idempotency, requestId: 'r1', chargeNano: '0', usedAt: 30, job: video.resourceId }
    await ship(reserve(video))
    expect(await store().keyUses(0, 9)).toEqual([use])
    await ship(endOf(video, '450'))
    expect(await store().keyUses(0, 9)).toEqual([use])
  })

  test('what is due is asked for fairly: the longest due of each organization before a second of any', async () => {
    await store().createOrganization({ id: 'beta', name: 'Beta', createdAt: 1 })
    const ship = shipper(await leasedNode(store(), 9_000n))
    const at = (requestId: string, firstCheckAt: number, organizationId = 'acme') =>
      reserve(reservationOf('1', { requestId, organizationId, mode }, { firstCheckAt }))
    await ship(at('a3', 30), at('a1', 10), at('a2', 20), at('b1', 40, 'beta'), at('late', 90))
    const due = async (now: number, max: number) =>
      (await store().dueReservations(now, max)).map(({ reservation }) => reservation.settlement.requestId)
    expect(await due(50, 10)).toEqual(['a1', 'b1', 'a2', 'a3'])
    expect(await due(50, 2)).toEqual(['a1', 'b1'])
    await store().postponeReservations([
      { requestId: 'a1', nextCheckAt: 60, checks: 1 },
      { requestId: 'unknown', nextCheckAt: 60, checks: 1 },
    ])
    expect(await due(50, 2)).toEqual(['a2', 'b1'])
    const asked = { organizationId: 'acme', mode } as const
    expect(await store().openReservation('a1', asked)).toMatchObject({ checks: 1, nextCheckAt: 60 })
    expect(await store().openReservation('a1', { ...asked, organizationId: 'beta' })).toBeNull()
    await ship(endOf(reservationOf('1', { requestId: 'a1', ...of }), '1'))
    await store().postponeReservations([{ requestId: 'a1', nextCheckAt: 1, checks: 2 }])
    expect([await due(100, 1), await store().openReservation('a1', asked)]).toEqual([['a2'], null])
  })

  test('an organization’s jobs are listed, the newest first, by state and by pages, each with its end', async () => {
    await store().createOrganization({ id: 'beta', name: 'Beta', createdAt: 1 })
    const ship = shipper(await leasedNode(store(), 9_000n))
    const at = (requestId: string, admittedAt: number, organizationId = 'acme') =>
      reservationOf('100', { requestId, organizationId, mode, admittedAt })
    const [first, second, third, foreign] = [at('r1', 10), at('r2', 30), at('r3', 20), at('b1', 40, 'beta')]
    await ship(reserve(first), reserve(second), reserve(third), reserve(foreign))
    await ship(endOf(first, '70'), endOf(third, '0', 'void'))
    const list = async (changes: object = {}) =>
      (await store().listJobs({ ...of, state: null, after: null, limit: 10, ...changes }))?.map(
        ({ reservation, state, end }) => [reservation.settlement.requestId, state, end?.chargeNano ?? null],
      )
    const all = [
      ['r2', 'open', null],
      ['r3', 'void', '0'],
      ['r1', 'settled', '70'],
    ]
    expect(await list()).toEqual(all)
    expect([await list({ limit: 1 }), await list({ after: 'r2' })]).toEqual([all.slice(0, 1), all.slice(1)])
    expect([await list({ state: 'open' }), await list({ state: 'void' })]).toEqual([all.slice(0, 1), all.slice(1, 2)])
    expect([await list({ after: 'b1' }), await list({ after: 'nothing' })]).toEqual([undefined, undefined])
    expect(await list({ mode: mode === 'test' ? 'live' : 'test' })).toEqual([])
  })

  test('a job is one node’s until its time is over, or a newer epoch of the same node takes it', async () => {
    const [a, b] = [await store().openNode('node-a'), await store().openNode('node-b')]
    const lease = (node: Node, until: number, now: number) =>
      store().leaseJob({ job: 'poll', nodeId: node.nodeId, epoch: node.epoch, until }, now)
    expect([await lease(a, 100, 0), await lease(b, 150, 50), await lease(a, 200, 50)]).toEqual([true, false, true])
    expect([await lease(b, 300, 199), await lease(b, 300, 200), await lease(a, 400, 250)]).toEqual([false, true, false])
    const again = await store().openNode('node-b')
    expect([await lease(again, 500, 260), await lease(b, 600, 270)]).toEqual([true, false])
  })
}
