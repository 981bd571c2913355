/** What every store promises about keys, organizations, receipts and usage. */
import { expect, test } from 'bun:test'
import { refusalOf, stepsIn } from './contract-steps.ts'
import type { Mode, Store, UsageQuery } from './store.ts'
import { batchOf, keyOf, noon, settlementOf, type Entry } from './store-fixtures.ts'

/** Virtual keys and organizations. */
export function describeKeys(store: () => Store): void {
  test('a key comes back as it was made, nulls and large budgets included', async () => {
    const plain = keyOf({ id: 'k1', organizationId: 'acme' })
    const full = keyOf({
      id: 'k2',
      organizationId: 'acme',
      mode: 'test',
      createdAt: noon + 1,
      budgetNano: 9_007_199_254_740_993n,
      budgetPeriod: 'week',
      models: ['gpt-5', 'gemini-3-pro'],
      rpm: 60,
      tpm: 100_000,
      concurrency: 4,
      replaced: [
        { hash: 'older', prefix: null, until: noon + 30_000 },
        { hash: 'old', prefix: 'sk-bf-00000000', until: noon + 60_000 },
      ],
      expiresAt: noon + 90_000,
      revokedAt: noon + 80_000,
    })
    await store().createKey(full)
    await store().createKey(plain)
    expect(await store().keys()).toEqual([plain, full])
    expect(await store().keys('acme')).toEqual([plain, full])
    expect(await store().keys('nobody')).toEqual([])
    expect(await store().key(full.id)).toEqual(full)
    expect(await store().key('nobody')).toBeNull()
  })

  test('updating a key changes what was asked for and nothing else, to null as well', async () => {
    const key = keyOf({ id: 'k1', organizationId: 'acme', rpm: 60, models: ['gpt-5'] })
    await store().createKey(key)
    const changed = {
      ...key,
      rpm: null,
      models: null,
      hash: 'new hash',
      budgetNano: 7n,
      budgetPeriod: 'total' as const,
    }
    expect(
      await store().updateKey('k1', {
        rpm: null,
        models: null,
        hash: 'new hash',
        budgetNano: 7n,
        budgetPeriod: 'total',
      }),
    ).toEqual(changed)
    expect(await store().keys()).toEqual([changed])
    expect((await refusalOf(store().updateKey('k9', {}))).code).toBe('key-not-found')
  })

  test('an organization has no more keys than may be: those that are revoked count for a day, and another’s never', async () => {
    await store().createOrganization({ id: 'other', name: 'Other', createdAt: noon })
    const make = (id: string, createdAt: number, organizationId = 'acme') =>
      store().createKey(keyOf({ id, organizationId, hash: id, createdAt }), undefined, 2)
    await make('k1', noon)
    await make('k2', noon)
    await make('k3', noon, 'other')
    expect((await refusalOf(make('k4', noon))).code).toBe('too-many-keys')
    await store().updateKey('k1', { revokedAt: noon })
    expect((await refusalOf(make('k4', noon))).code).toBe('too-many-keys')
    await make('k4', noon + 24 * 3_600_000)
    expect((await refusalOf(make('k5', noon + 24 * 3_600_000))).code).toBe('too-many-keys')
    await store().createKey(keyOf({ id: 'k5', organizationId: 'acme', hash: 'k5' }))
  })

  test('a key of an unknown organization, a second key of one id, and a second organization of one id are refused', async () => {
    await store().createKey(keyOf({ id: 'k1', organizationId: 'acme' }))
    expect((await refusalOf(store().createKey(keyOf({ id: 'k2', organizationId: 'nobody' })))).code).toBe(
      'organization-not-found',
    )
    expect((await refusalOf(store().createKey(keyOf({ id: 'k1', organizationId: 'acme' })))).code).toBe(
      'idempotency-conflict',
    )
    const again = store().createOrganization({ id: 'acme', name: 'Acme again', createdAt: noon })
    expect((await refusalOf(again)).code).toBe('idempotency-conflict')
    const acme = { id: 'acme', name: 'Acme', createdAt: noon, suspended: null }
    expect(await store().organizations()).toEqual([acme])
    expect([await store().organization('acme'), await store().organization('nobody')]).toEqual([acme, null])
  })
}

const minuteMs = 60_000
const dayMs = 1_440 * minuteMs

/** Receipts, usage and charges. */
export function describeReports(store: () => Store, mode: Mode): void {
  const { leasedNode } = stepsIn(mode)
  test('a receipt is shown whole, and only to its own organization', async () => {
    const node = await leasedNode(store())
    const settlement = settlementOf({ requestId: 'r1', organizationId: 'acme', mode, latencyMs: 12.75 })
    await store().applyJournal(batchOf(node, 0, [{ kind: 'settle', epoch: 1, settlement }]))
    expect(await store().receipt('r1')).toEqual(settlement)
    expect(await store().receipt('r1', 'acme')).toEqual(settlement)
    expect(await store().receipt('r1', 'beta')).toBeNull()
    expect(await store().receipt('r2')).toBeNull()
  })

  test('usage adds up by each dimension, the dearest first, failures counted', async () => {
    const node = await leasedNode(store())
    const entry = (requestId: string, changes: Parameters<typeof settlementOf>[0] | object): Entry => ({
      kind: 'settle',
      epoch: 1,
      settlement: settlementOf({ ...changes, requestId, organizationId: 'acme', mode }),
    })
    await store().applyJournal(
      batchOf(node, 0, [
        entry('r1', { chargeNano: '10' }),
        entry('r2', { chargeNano: '500', model: 'gemini-3-pro', keyId: 'key-2', region: 'us' }),
        entry('r3', { chargeNano: '20', status: 429 }),
        entry('r4', { chargeNano: '0', ending: 'upstream-failed' }),
      ]),
    )
    const span = { organizationId: 'acme', mode, from: noon, to: noon + 1 }
    const tokens = (n: number) => ({
      inputTokens: 12 * n,
      cachedInputTokens: 3 * n,
      outputTokens: 40 * n,
      reasoningTokens: 8 * n,
      images: 0,
      videoSeconds: 0,
      imageNano: 0n,
      videoNano: 0n,
    })
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

  test('pictures and seconds of video are counted, with what of each charge is for them', async () => {
    const node = await leasedNode(store())
    const line = (name: string, quantity: number, pico: string) =>
      ({ class: name, quantity, unit: 'token', picoPerUnit: '1', amountPico: pico }) as const
    const settled = (requestId: string, changes: object): Entry => ({
      kind: 'settle',
      epoch: 1,
      settlement: settlementOf({ ...changes, requestId, organizationId: 'acme', mode }),
    })
    await store().applyJournal(
      batchOf(node, 0, [
        // Rounded up once: 2.5 of input, 6.1 of pictures, 0.2 of a search.
        settled('r1', {
          images: 3,
          chargeNano: '9',
          lines: [line('input', 1, '2500'), line('imageOutput', 2, '6100'), line('webSearchCall', 1, '200')],
        }),
        settled('r2', { images: 1, chargeNano: '4', lines: [line('toolImageOutput', 9, '4000')] }),
        settled('r3', { chargeNano: '70', lines: [line('videoSecond1080p', 8, '70000')] }),
        settled('r4', { chargeNano: '5' }),
      ]),
    )
    const [row] = await store().usage({ organizationId: 'acme', mode, by: 'endpoint', from: noon, to: noon + 1 })
    expect(row).toMatchObject({ chargeNano: 88n, images: 4, imageNano: 10n, videoSeconds: 8, videoNano: 70n })
    expect(await store().receipt('r1')).toMatchObject({ images: 3 })
  })

  test('usage of all organizations, by organization and by day of UTC, adds up over any cut of the span', async () => {
    await store().createOrganization({ id: 'beta', name: 'Beta', createdAt: noon })
    const midnight = noon - (noon % dayMs) + dayMs
    const node = await store().openNode('node-a')
    const entry = (requestId: string, organizationId: string, admittedAt: number): Entry => ({
      kind: 'settle',
      epoch: 1,
      settlement: settlementOf({ requestId, organizationId, mode, admittedAt, chargeNano: '0' }),
    })
    await store().applyJournal(
      batchOf(node, 0, [
        entry('r1', 'acme', midnight - 1),
        entry('r2', 'acme', midnight),
        entry('r3', 'beta', midnight + minuteMs),
        entry('r4', 'beta', midnight + 3 * dayMs),
      ]),
    )
    const counted = async (query: Partial<UsageQuery>) => {
      const whole = { organizationId: null, mode, by: 'day', from: midnight - dayMs, to: midnight + 9 * dayMs } as const
      const rows = await store().usage({ ...whole, ...query })
      return Object.fromEntries(rows.map(({ group, requests }) => [group, requests]))
    }
    const [first, second, fifth] = [-1, 0, 3].map((days) =>
      new Date(midnight + days * dayMs).toISOString().slice(0, 10),
    )
    expect(await counted({})).toEqual({ [first!]: 1, [second!]: 2, [fifth!]: 1 })
    expect(await counted({ organizationId: 'acme' })).toEqual({ [first!]: 1, [second!]: 1 })
    expect(await counted({ by: 'organization' })).toEqual({ acme: 2, beta: 2 })
    expect(await counted({ by: 'organization', from: midnight + minuteMs })).toEqual({ beta: 2 })
    expect(await counted({ to: midnight })).toEqual({ [first!]: 1 })
    expect(await counted({ from: midnight, to: midnight + minuteMs })).toEqual({ [second!]: 1 })
    expect(await counted({ mode: mode === 'test' ? 'live' : 'test' })).toEqual({})
  })

  test('when each key of an organization was last used is known to the minute, however long ago', async () => {
    const node = await store().openNode('node-a')
    const used = (requestId: string, keyId: string, admittedAt: number): Entry => ({
      kind: 'settle',
      epoch: 1,
      settlement: settlementOf({ requestId, organizationId: 'acme', mode, keyId, admittedAt, chargeNano: '0' }),
    })
    const minute = noon - (noon % minuteMs)
    await store().applyJournal(
      batchOf(node, 0, [
        used('r1', 'key-1', minute),
        used('r2', 'key-1', minute - dayMs),
        used('r3', 'key-1', minute + 59_999),
        used('r4', 'key-2', minute - 400 * dayMs + 61_000),
        used('r5', 'key-2', minute - 400 * dayMs),
      ]),
    )
    expect((await store().lastUses('acme')).toSorted((a, b) => b.at - a.at)).toEqual([
      { keyId: 'key-1', at: minute },
      { keyId: 'key-2', at: minute - 400 * dayMs + minuteMs },
    ])
    expect(await store().lastUses('beta')).toEqual([])
  })
}

/** The spans that reports are asked for. */
export function describeSpans(store: () => Store, mode: Mode): void {
  const { leasedNode } = stepsIn(mode)
  test('usage and charges count exactly the requests admitted in their span, to the minute', async () => {
    const node = await leasedNode(store())
    // Charges are powers of two, so that a sum names its requests; together they cross minutes, hours and days.
    const offsets = [
      -40 * dayMs,
      -dayMs,
      -10 * 60 * minuteMs,
      -61 * minuteMs,
      -minuteMs,
      0,
      minuteMs,
      59 * minuteMs,
      14 * 60 * minuteMs,
      dayMs,
      3 * dayMs,
    ]
    const entries = offsets.map((offset, index): Entry => ({
      kind: 'settle',
      epoch: 1,
      settlement: settlementOf({
        requestId: `r${index}`,
        organizationId: 'acme',
        mode,
        admittedAt: noon + offset,
        chargeNano: String(2 ** index),
      }),
    }))
    await store().applyJournal(batchOf(node, 0, entries))
    const floor = (time: number): number => time - (time % minuteMs)
    const expected = (from: number, to: number): bigint =>
      offsets.reduce(
        (sum, offset, index) => (noon + offset >= from && noon + offset < to ? sum + (1n << BigInt(index)) : sum),
        0n,
      )
    for (const [a, b] of offsets.flatMap((from) =>
      offsets.map((to) => [floor(noon + from), floor(noon + to)] as const),
    )) {
      const [row] = await store().usage({ organizationId: 'acme', mode, by: 'model', from: a, to: b })
      expect(row?.chargeNano ?? 0n).toBe(expected(a, b))
    }
    for (const offset of offsets) {
      const [row] = await store().chargesByKey(floor(noon + offset))
      expect(row).toEqual({ keyId: 'key-1', chargeNano: expected(floor(noon + offset), Infinity) })
    }
    expect(await store().chargesByKey(noon + 4 * dayMs)).toEqual([])
  })
}
