import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  packIntent,
  packSettlement,
  recordText,
  unpackIntent,
  unpackSettlement,
  type PackedIntent,
  type PackedSettlement,
} from './settlement-text.ts'
import type { MadeResource } from './resources.ts'
import { inSettlement, receiptColumns } from './settlement-fields.ts'
import { migrate } from './sqlite/migrations.ts'
import { settlementOf } from './store-fixtures.ts'
import type { Settlement } from './store.ts'

const text = fc.string({ unit: 'grapheme' })
const nano = fc.bigInt({ min: 0n, max: 10n ** 18n - 1n }).map(String)
const count = fc.nat()
const ms = fc.double({ min: 0, max: 1e7, noNaN: true })
const made: fc.Arbitrary<MadeResource> = fc.record({
  kind: fc.constantFrom('response', 'chat.completion'),
  id: text,
  provider: text,
  upstreamId: text,
  parent: fc.option(text),
  labels: fc.dictionary(text, text),
  createdAt: count,
  expiresAt: fc.option(count),
})
const settlements: fc.Arbitrary<Settlement> = fc.record({
  requestId: text,
  organizationId: text,
  keyId: text,
  mode: fc.constantFrom('test', 'live'),
  admittedAt: count,
  endedAt: count,
  dialect: fc.constantFrom('openai', 'genai'),
  endpoint: text,
  model: text,
  servedModel: fc.option(text),
  upstream: text,
  region: text,
  status: count,
  ending: fc.constantFrom('completed', 'client-left', 'upstream-failed', 'upstream-refused', 'in-doubt'),
  streamed: fc.boolean(),
  serviceTier: text,
  priceFrom: text,
  pricePpm: count,
  onAbort: fc.constantFrom('drain', 'cut'),
  lines: fc.array(fc.record({ class: text, quantity: count, unit: text, picoPerUnit: nano, amountPico: nano })),
  tokens: fc.record({ input: count, cachedInput: count, output: count, reasoning: count }),
  holdNano: nano,
  ratedNano: nano,
  writeOffNano: nano,
  chargeNano: nano,
  costNano: nano,
  flags: fc.subarray(['estimated', 'usage-mismatch', 'over-hold']),
  firstByteMs: fc.option(ms),
  latencyMs: ms,
  attempts: fc.array(
    fc.record({
      deployment: text,
      region: text,
      status: fc.option(count),
      error: fc.option(text),
      startedMs: ms,
      endedMs: ms,
      firstByteMs: fc.option(ms),
    }),
  ),
  vendorUsage: fc.jsonValue(),
  idempotency: fc.option(fc.record({ keyHash: text, fingerprint: text })),
})
const making: fc.Arbitrary<Settlement> = fc.oneof(
  settlements,
  fc
    .record({ settlement: settlements, resources: fc.array(made), images: fc.integer({ min: 1 }) })
    .map(({ settlement, ...more }) => ({ ...settlement, ...more })),
  fc
    .record({ settlement: settlements, images: fc.integer({ min: 1 }) })
    .map(({ settlement, images }) => ({ ...settlement, images })),
)
const noneBefore = (): never => {
  throw new Error('it says its mode')
}
const throughText = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

test('any settlement, and any intent, comes back from its text as it was', () => {
  fc.assert(
    fc.property(making, (settlement) => {
      expect(unpackSettlement(throughText<PackedSettlement>(packSettlement(settlement)), noneBefore)).toEqual(
        throughText(settlement),
      )
      const intent = unpackIntent(throughText<PackedIntent>(packIntent(settlement)), noneBefore)
      expect(throughText(settlement)).toMatchObject(intent)
      expect(Object.keys(intent)).toHaveLength(
        packIntent(settlement).length + (settlement.idempotency === null ? 1 : 0),
      )
    }),
  )
})

test('an intent that is billed later comes back as one, with an idempotency key or without', () => {
  for (const idempotency of [null, { keyHash: 'k', fingerprint: 'f' }]) {
    const { requestId, ...rest } = settlementOf({ requestId: 'r1', organizationId: 'acme', idempotency })
    const packed = packIntent({ ...rest, requestId, deferred: true })
    expect(unpackIntent(throughText(packed), noneBefore)).toMatchObject({ requestId, idempotency, deferred: true })
    expect(unpackIntent(throughText(packIntent({ ...rest, requestId })), noneBefore)).not.toHaveProperty('deferred')
  }
})

test('a record is one line, whatever stands in it', () => {
  fc.assert(
    fc.property(making, (settlement) => {
      expect(recordText({ kind: 'settle', seq: 1, epoch: 1, settlement })).not.toContain('\n')
    }),
  )
})

test('figures of a vendor that are none are not kept, and everything else is', () => {
  const settlement = settlementOf({ requestId: 'r1', organizationId: 'acme' })
  const kept = (vendorUsage: unknown): unknown => {
    const text = recordText({ kind: 'settle', seq: 1, epoch: 1, settlement: { ...settlement, vendorUsage } })
    const read = unpackSettlement((JSON.parse(text) as { settlement: PackedSettlement }).settlement, noneBefore)
    expect({ ...read, vendorUsage: null }).toEqual({ ...throughText(settlement), vendorUsage: null })
    return read.vendorUsage
  }
  const nested = (levels: number): unknown => {
    let value: unknown = 1
    for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { value }
    return value
  }
  expect(kept({ total_tokens: 5 })).toEqual({ total_tokens: 5 })
  expect(kept(nested(16))).toEqual(nested(16))
  for (const levels of [17, 5_000, 30_000]) expect([levels, kept(nested(levels))]).toEqual([levels, null])
  expect(kept(Array.from({ length: 1_999 }, () => 0))).toHaveLength(1_999)
  expect(kept(Array.from({ length: 2_000 }, () => 0))).toBeNull()
  expect(kept('x'.repeat(40_000))).toBeNull()
})

/** What these versions are written as, for ever: journals and databases are full of them. */
const version1 =
  '[1,"r1","acme","key-1",1795429230000,"openai","chat.completions","gpt-5","openai-eu","eu",true,"standard","2026-10-01",1000000,"drain","1000",' +
  '1795429230900,"gpt-5-2026-08-01",200,"completed",[["outputText",1000,"token","1000","1000000"]],12,3,40,8,"1000","0","1000","1000",[],120,900,' +
  '[["gpt-5-eu","eu",200,null,1,121,119]],{"prompt_tokens":15,"completion_tokens":48,"total_tokens":63}]'
const version2 = version1.replace(/^\[1/, '[2').replace(/]$/, ',"live"]')
const version3 = version2.replace(/^\[2/, '[3')
const version4 = version3.replace(/^\[3/, '[4')
const intent1 =
  '["r1","acme","key-1",1795429230000,"openai","chat.completions","gpt-5","openai-eu","eu",true,"standard","2026-10-01",1000000,"drain","1000"]'
const intent2 = intent1.replace(/]$/, ',"live"]')

const response: MadeResource = {
  kind: 'response',
  id: 'resp_1',
  provider: 'openai',
  upstreamId: 'resp_1',
  parent: 'resp_0',
  labels: {},
  createdAt: 7,
  expiresAt: null,
}

test('the order of a version does not change', () => {
  const settlement = settlementOf({ requestId: 'r1', organizationId: 'acme' })
  expect(JSON.stringify(packSettlement(settlement))).toBe(version4)
  expect(JSON.stringify(packIntent(settlement))).toBe(intent2)
  const keyed = { ...settlement, idempotency: { keyHash: 'k', fingerprint: 'f' } }
  expect(JSON.stringify(packSettlement(keyed))).toBe(version4.replace(/]$/, ',["k","f"]]'))
  expect(JSON.stringify(packIntent(keyed))).toBe(intent2.replace(/]$/, ',["k","f"]]'))
  const [plain, renamed] = [{ ...response }, { ...response, upstreamId: 'up_1', labels: { a: 'b' }, expiresAt: 9 }]
  expect(JSON.stringify(packSettlement({ ...settlement, resources: [plain, renamed] }))).toBe(
    version4.replace(
      /]$/,
      ',null,[["response","resp_1","openai",7,null,"resp_0",null],["response","resp_1","openai",7,9,"resp_0",{"a":"b"},"up_1"]]]',
    ),
  )
})

test('a settlement says how many pictures it made, where it made any, behind what it made', () => {
  const settlement = settlementOf({ requestId: 'r1', organizationId: 'acme', images: 2 })
  expect(JSON.stringify(packSettlement(settlement))).toBe(version4.replace(/]$/, ',null,null,2]'))
  expect(JSON.stringify(packSettlement({ ...settlement, resources: [response] }))).toEndWith(']],2]')
})

test.each([version2, version3])('versions 2 and 3 are still read', (before) => {
  const settlement = settlementOf({ requestId: 'r1', organizationId: 'acme' })
  expect(unpackSettlement(JSON.parse(before) as PackedSettlement, noneBefore)).toEqual(settlement)
  const made = before.replace(/]$/, ',null,[["response","resp_1","openai",7,null,"resp_0",null]]]')
  expect(unpackSettlement(JSON.parse(made) as PackedSettlement, noneBefore)).toEqual({
    ...settlement,
    resources: [response],
  })
})

test('version 1 is still read, and whoever reads it says which mode it is of', () => {
  const settlement = settlementOf({ requestId: 'r1', organizationId: 'acme', mode: 'test' })
  const asked: unknown[] = []
  const testBefore = (of: unknown) => {
    asked.push(of)
    return 'test' as const
  }
  expect(unpackSettlement(JSON.parse(version1) as PackedSettlement, testBefore)).toEqual(settlement)
  expect(settlement).toMatchObject(unpackIntent(JSON.parse(intent1) as PackedIntent, testBefore))
  expect(asked).toEqual([1, 2].map(() => ({ keyId: 'key-1', organizationId: 'acme' })))
})

test('a settlement of another version is refused by its name', () => {
  expect(() => unpackSettlement([5] as unknown as PackedSettlement, noneBefore)).toThrow(
    'settlement is of version 5, not 4',
  )
})

test('SQL reads every value where the list of fields says that it is, in the view of receipts as elsewhere', () => {
  const db = new Database(':memory:')
  migrate(db, 1)
  const { sql } = db.query<{ sql: string }, []>("select sql from sqlite_master where name = 'receipt'").get()!
  for (const column of receiptColumns) expect(sql).toContain(column)
  const settlement = settlementOf({ requestId: 'r1', organizationId: 'acme' })
  const text = JSON.stringify(packSettlement(settlement))
  const read = (path: string): unknown =>
    db
      .query<{ value: unknown }, [string]>(`select ${inSettlement(path)} as value from (select ? as settlement)`)
      .get(text)!.value
  const { admittedAt, endedAt, chargeNano, mode, tokens } = settlement
  expect(['admittedAt', 'endedAt', 'chargeNano', 'mode', 'tokens.output'].map(read)).toEqual([
    admittedAt,
    endedAt,
    chargeNano,
    mode,
    tokens.output,
  ])
  db.close()
})

test('version 4 stays as it is: what is on disks is read by the same places', () => {
  const settlement = settlementOf({ requestId: 'r1', organizationId: 'acme' })
  const packed = packSettlement(settlement)
  expect([packed[0], packed[1], packed[4], packed[16], packed[27], packed[34], packed.length]).toEqual([
    4,
    'r1',
    settlement.admittedAt,
    settlement.endedAt,
    settlement.chargeNano,
    settlement.mode,
    35,
  ])
})
