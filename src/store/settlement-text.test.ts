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
import { receiptColumns } from './sqlite/schema.ts'
import { settlementOf } from './store-fixtures.ts'
import type { Settlement } from './store.ts'

const text = fc.string({ unit: 'grapheme' })
const nano = fc.bigInt({ min: 0n, max: 10n ** 18n - 1n }).map(String)
const count = fc.nat()
const ms = fc.double({ min: 0, max: 1e7, noNaN: true })
const settlements: fc.Arbitrary<Settlement> = fc.record({
  requestId: text,
  organizationId: text,
  keyId: text,
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
})
const throughText = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

test('any settlement, and any intent, comes back from its text as it was', () => {
  fc.assert(
    fc.property(settlements, (settlement) => {
      expect(unpackSettlement(throughText<PackedSettlement>(packSettlement(settlement)))).toEqual(
        throughText(settlement),
      )
      const intent = unpackIntent(throughText<PackedIntent>(packIntent(settlement)))
      expect(throughText(settlement)).toMatchObject(intent)
      expect(Object.keys(intent)).toHaveLength(packIntent(settlement).length)
    }),
  )
})

test('a record is one line, whatever stands in it', () => {
  fc.assert(
    fc.property(settlements, (settlement) => {
      expect(recordText({ kind: 'settle', seq: 1, epoch: 1, settlement })).not.toContain('\n')
    }),
  )
})

test('figures of a vendor that are none are not kept, and everything else is', () => {
  const settlement = settlementOf({ requestId: 'r1', organizationId: 'acme' })
  const kept = (vendorUsage: unknown): unknown => {
    const text = recordText({ kind: 'settle', seq: 1, epoch: 1, settlement: { ...settlement, vendorUsage } })
    const read = unpackSettlement((JSON.parse(text) as { settlement: PackedSettlement }).settlement)
    expect({ ...read, vendorUsage: null }).toEqual({ ...throughText(settlement), vendorUsage: null })
    return read.vendorUsage
  }
  let nested: unknown = 1
  for (let depth = 0; depth < 100_000; depth += 1) nested = [nested]
  expect(kept({ total_tokens: 5 })).toEqual({ total_tokens: 5 })
  expect(kept('x'.repeat(40_000))).toBeNull()
  expect(kept(nested)).toBeNull()
})

/** What version 1 is written as, for ever: journals and databases are full of it. */
test('the order of version 1 does not change', () => {
  expect(JSON.stringify(packSettlement(settlementOf({ requestId: 'r1', organizationId: 'acme' })))).toBe(
    '[1,"r1","acme","key-1",1795429230000,"openai","chat.completions","gpt-5","openai-eu","eu",true,"standard","2026-10-01",1000000,"drain","1000",' +
      '1795429230900,"gpt-5-2026-08-01",200,"completed",[["outputText",1000,"token","1000","1000000"]],12,3,40,8,"1000","0","1000","1000",[],120,900,' +
      '[["gpt-5-eu","eu",200,null,1,121,119]],{"prompt_tokens":15,"completion_tokens":48,"total_tokens":63}]',
  )
})

test('a settlement of another version is refused by its name', () => {
  expect(() => unpackSettlement([2] as unknown as PackedSettlement)).toThrow('settlement is of version 2, not 1')
})

test('the view of receipts names each value by its own name', () => {
  const settlement = settlementOf({ requestId: 'r1', organizationId: 'acme' })
  const named = (value: unknown, name: string): unknown => (value as Record<string, unknown>)[camelCase(name)]
  for (const [place, name] of receiptColumns) {
    const value = throughText(packSettlement(settlement))[place]
    if (name === 'lines' || name === 'attempts') continue
    const tokens = /^(.+)_tokens$/.exec(name)?.[1]
    expect([name, value]).toEqual([name, tokens ? named(settlement.tokens, tokens) : named(settlement, name)])
  }
})
const camelCase = (name: string): string => name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
