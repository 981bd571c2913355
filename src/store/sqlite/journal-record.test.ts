import { expect, test } from 'bun:test'
import { createSliceReader } from '../../lib/blocks.ts'
import { packSettlement, recordText } from '../settlement-text.ts'
import { batchOf, settlementOf } from '../store-fixtures.ts'
import type { Settlement, ShippedRecord } from '../store.ts'
import { readBatch, settlementText, type SettleRecord } from './journal-record.ts'

const settlement = settlementOf({ requestId: 'r1', organizationId: 'acme' })
const reader = createSliceReader()
/** Keys and leases of before there were modes: these are test. */
const modeBefore = () => 'test' as const
const node = { nodeId: 1, epoch: 2 }
const problemOf = (record: object): string | null =>
  [...readBatch({ ...node, fromSeq: 0, toSeq: 1, records: JSON.stringify(record) }, reader, modeBefore)][0]!.problem

const settle = { kind: 'settle', seq: 1, epoch: 2, settlement } satisfies ShippedRecord
const broken = (changes: Partial<Record<keyof Settlement, unknown>>) => ({
  ...settle,
  settlement: packSettlement({ ...settlement, ...changes } as Settlement),
})

test('a record of each kind is understood', () => {
  const returned = { kind: 'return-lease', epoch: 1, organizationId: 'acme', mode: 'live', amountNano: '7' } as const
  const batch = batchOf(node, 0, [{ kind: 'settle', epoch: 2, settlement }, returned, { kind: 'end-epoch', epoch: 1 }])
  expect([...readBatch(batch, reader, modeBefore)].map(({ record, problem }) => [record?.kind, problem])).toEqual([
    ['settle', null],
    ['return-lease', null],
    ['end-epoch', null],
  ])
})

const misunderstood: readonly [record: object, why: string][] = [
  [{ ...broken({}), kind: 'gift' }, 'kind is "gift"'],
  [{ seq: 1, epoch: 2 }, 'kind is missing'],
  [{ ...broken({}), epoch: 0 }, 'epoch is 0'],
  [{ ...settle, settlement: null }, 'settlement is null'],
  [{ kind: 'settle', seq: 1, epoch: 2 }, 'settlement is missing'],
  [broken({ requestId: '' }), 'settlement.requestId is ""'],
  [broken({ organizationId: 7 }), 'settlement.organizationId is 7'],
  [broken({ keyId: undefined }), 'settlement.keyId is null'],
  [broken({ admittedAt: 1.5 }), 'settlement.admittedAt is 1.5'],
  [broken({ endedAt: -1 }), 'settlement.endedAt is -1'],
  [broken({ endpoint: null }), 'settlement.endpoint is null'],
  [broken({ model: {} }), 'settlement.model is {}'],
  [broken({ upstream: [] }), 'settlement.upstream is []'],
  [broken({ region: false }), 'settlement.region is false'],
  [broken({ status: '200' }), 'settlement.status is "200"'],
  [broken({ ending: 'lost' }), 'settlement.ending is "lost"'],
  [broken({ tokens: {} }), 'settlement.tokens.input is null'],
  [broken({ mode: 'demo' }), 'settlement.mode is "demo"'],
  [{ ...settle, settlement: [5, 'r1'] }, 'settlement is of version 5, not 4'],
  [settle, 'settlement is of version undefined, not 4'],
  [broken({ tokens: { ...settlement.tokens, reasoning: 2 ** 53 } }), 'settlement.tokens.reasoning is 9007199254740992'],
  [broken({ holdNano: 5 }), 'settlement.holdNano is 5'],
  [broken({ ratedNano: '1.5' }), 'settlement.ratedNano is "1.5"'],
  [broken({ writeOffNano: '-1' }), 'settlement.writeOffNano is "-1"'],
  [broken({ chargeNano: '1'.repeat(19) }), `settlement.chargeNano is "${'1'.repeat(19)}"`],
  [broken({ chargeNano: '1\n' }), String.raw`settlement.chargeNano is "1\n"`],
  [broken({ flags: ['estimated', 1] }), 'settlement.flags is ["estimated",1]'],
  [broken({ latencyMs: -0.5 }), 'settlement.latencyMs is -0.5'],
  [{ kind: 'return-lease', seq: 1, epoch: 1, organizationId: 'acme', amountNano: '' }, 'amountNano is ""'],
  [{ kind: 'return-lease', seq: 1, epoch: 1, organizationId: 'acme', mode: 7, amountNano: '1' }, 'mode is 7'],
]
for (const [record, why] of misunderstood) {
  test(`a record whose ${why} is not understood`, () => {
    expect(problemOf(record)).toBe(`not understood: ${why}`)
  })
}

test('a settlement keeps the text the journal gave it; a record written another way is written anew', () => {
  const own = JSON.stringify(packSettlement(settlement))
  const written = recordText(settle)
  const texts = [
    written,
    written.replace(/}$/, ',"more":1}'),
    `{"settlement":${own},"seq":1,"epoch":2,"kind":"settle"}`,
    `${written} `,
  ]
  for (const text of texts) {
    const [read] = readBatch({ ...node, fromSeq: 0, toSeq: 1, records: text }, reader, modeBefore)
    expect(settlementText(text, read!.record as SettleRecord)).toBe(own)
  }
})

test('a record of before there were modes is of the mode of its key, or of its lease', () => {
  const asked: unknown[] = []
  const read = (record: object) => {
    const batch = { ...node, fromSeq: 0, toSeq: 1, records: JSON.stringify(record) }
    const [first] = readBatch(batch, reader, (of) => {
      asked.push(of)
      return 'test'
    })
    return first!.record
  }
  const packed = packSettlement(settlement)
  const first = [1, ...packed.slice(1, -1)]
  expect(read({ ...settle, settlement: first })).toEqual({ ...settle, settlement: { ...settlement, mode: 'test' } })
  const returned = { kind: 'return-lease', seq: 1, epoch: 1, organizationId: 'acme', amountNano: '7' }
  expect(read(returned)).toMatchObject({ ...returned, mode: 'test' })
  expect(asked).toEqual([
    { epoch: 2, organizationId: 'acme', keyId: 'key-1' },
    { epoch: 1, organizationId: 'acme', keyId: null },
  ])
})
