import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { isQuantity } from '../../money/usage.ts'
import { isMembers, mergedUsage, type Sum } from './merge-usage.ts'

const sum: Sum = { total: 'total', parts: ['in', 'out'] }
const merge = (...told: readonly unknown[]): unknown =>
  told.reduce((before, next) => mergedUsage(before, next, sum), null)

const full = { in: 20, out: 5, total: 25, details: { cached: 8 } }
test.each<[string, unknown[], unknown]>([
  [
    'empty, partial and null members behind the full ones erase nothing',
    [full, {}, { details: { cached: 0 } }, { in: null, details: null }, null, undefined],
    full,
  ],
  ['nor do they in front', [null, {}, { details: { cached: 0 } }, full], full],
  ['nor do zeros, texts and lists', [full, { in: 0, out: 0, total: 0 }, { in: 'x', details: [] }, [], 'x'], full],
  ['nor what is no count', [full, { out: -1, details: { cached: 1e300 } }, { in: 0.5 }], full],
  [
    'running totals: the later figure',
    [
      { in: 20, out: 1, total: 21 },
      { in: 20, out: 9, total: 29 },
    ],
    { in: 20, out: 9, total: 29 },
  ],
  ['the prompt first and the completion last', [{ in: 20 }, { out: 5 }], { in: 20, out: 5 }],
  ['and a total of then is none of now', [{ in: 20, out: 1, total: 21 }, { out: 50 }], { in: 20, out: 50 }],
  [
    'nor is one without the prompt',
    [
      { in: 20, out: 1, total: 21 },
      { in: 0, out: 50, total: 50 },
    ],
    { in: 20, out: 50 },
  ],
  [
    'a total with more than its parts stays',
    [{ in: 100, out: 50, total: 450 }, { details: { cached: 5 } }],
    { in: 100, out: 50, total: 450, details: { cached: 5 } },
  ],
  [
    'a total that contradicts its own object is kept to be seen',
    [{ in: 20, out: 5, total: 9 }],
    { in: 20, out: 5, total: 9 },
  ],
  [
    'costs replace costs',
    [
      { in: 1, cost: 0.25 },
      { in: 2, cost: 0.5 },
    ],
    { in: 2, cost: 0.5 },
  ],
])('%s', (_, told, merged) => {
  expect(merge(...told)).toEqual(merged)
})

const figure = fc.oneof(fc.integer({ min: 0, max: 30 }), fc.constantFrom(null, -1, 0.5, 'x', [], {}))
const said = fc.record(
  {
    in: figure,
    out: figure,
    total: figure,
    details: fc.oneof(figure, fc.record({ cached: figure }, { requiredKeys: [] })),
  },
  { requiredKeys: [] },
)

/** What of a usage object counts. */
const figuresOf = (usage: unknown): unknown =>
  JSON.parse(JSON.stringify(usage ?? {}), (_, value: unknown) =>
    (isQuantity(value) && value > 0) || (isMembers(value) && Object.keys(value).length > 0) ? value : undefined,
  )

test('what was said is never lost, and to merge again changes nothing', () => {
  fc.assert(
    fc.property(fc.array(said, { maxLength: 5 }), said, (before, last) => {
      const earlier = (merge(...before) ?? {}) as Record<string, unknown>
      const merged = merge(earlier, last) as Record<string, unknown>
      for (const name of ['in', 'out']) {
        const [was, is] = [earlier[name], last[name as 'in']]
        if (isQuantity(is) && is > 0) expect(merged[name]).toBe(is)
        else if (isQuantity(was) && was > 0) expect(merged[name]).toBe(was)
      }
      expect(figuresOf(merge(merged, merged))).toEqual(figuresOf(merged))
      expect(figuresOf(merge(merged, last))).toEqual(figuresOf(merged))
    }),
    { numRuns: 2_000 },
  )
})
