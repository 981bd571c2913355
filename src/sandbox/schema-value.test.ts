import fc from 'fast-check'
import { expect, test } from 'bun:test'
import { valueOf } from './schema-value.ts'

const isWithin = (least: number, most: number) => (value: unknown) =>
  typeof value === 'number' && value >= least && value <= most

test('numbers stay within their bounds and strings within their lengths, for any bounds', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1_000, max: 1_000 }), fc.nat(50), fc.nat(), (min, span, seed) => {
      const integer = valueOf({ type: 'integer', minimum: min, maximum: min + span }, seed)
      expect(Number.isInteger(integer)).toBe(true)
      expect(integer).toSatisfy(isWithin(min, min + span))
      expect(valueOf({ type: 'number', minimum: min, maximum: min + span }, seed)).toSatisfy(isWithin(min, min + span))
      const exclusive = valueOf({ type: 'number', exclusiveMinimum: min, exclusiveMaximum: min + span + 1 }, seed)
      expect(exclusive).toSatisfy(isWithin(min + 1e-9, min + span + 1 - 1e-9))
      expect(String(valueOf({ type: 'string', minLength: span, maxLength: span + 3 }, seed)).length).toSatisfy(
        isWithin(span, span + 3),
      )
    }),
  )
})

test('a schema that refers to itself ends', () => {
  const tree = {
    $ref: '#/$defs/node',
    $defs: {
      node: {
        type: 'object',
        required: ['left', 'right', 'kids'],
        properties: {
          left: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] },
          right: { type: ['string', 'null'] },
          kids: { type: 'array', items: { $ref: '#/$defs/node' } },
        },
      },
    },
  }
  const text = JSON.stringify(valueOf(tree, 1))
  expect(text.length).toBeLessThan(100_000)
  expect(JSON.parse(text)).toHaveProperty('left')
})

test('const, enum, allOf, formats, tuples and multiples are kept', () => {
  const schema = {
    type: 'object',
    allOf: [
      { properties: { a: { const: 7 } }, required: ['a'] },
      { properties: { b: { enum: ['x'] } }, required: ['b'] },
    ],
    properties: {
      c: { type: 'string', format: 'date' },
      d: { type: 'array', prefixItems: [{ type: 'boolean' }, { const: 'z' }] },
      e: { type: 'integer', multipleOf: 5, minimum: 11, maximum: 15 },
      f: { type: 'array', items: { type: 'string' }, minItems: 2, maxItems: 2, uniqueItems: true },
    },
  }
  expect(valueOf(schema, 3)).toEqual({
    c: '2026-01-01',
    d: [expect.any(Boolean), 'z'],
    e: 15,
    f: ['simulated f', 'simulated f 1'],
    a: 7,
    b: 'x',
  })
})

test('the same seed gives the same value', () => {
  const schema = { type: 'object', properties: { n: { type: 'integer' }, ok: { type: 'boolean' } } }
  expect(valueOf(schema, 5)).toEqual(valueOf(schema, 5))
})

test('a number of the prompt stands where no bound forbids it, whatever its size', () => {
  const schema = { type: 'object', properties: { price: { type: 'number' }, pages: { type: 'integer' } } }
  expect(valueOf(schema, 1, 'It costs 2500.5 and has 1200 pages.')).toEqual({ price: 2500.5, pages: 1200 })
  expect(valueOf({ type: 'number', maximum: 10 }, 1, 'It costs 2500.5.')).toBeLessThanOrEqual(10)
  expect(valueOf({ type: 'number' }, 1)).toSatisfy(Number.isInteger)
})
