import { expect, test } from 'bun:test'
import { refuseSchema } from './strict-schema.ts'

const place = { owner: "response_format 'x'", param: 'response_format', code: null }
const refusalOf = (schema: unknown, strict = true): string | null => {
  try {
    refuseSchema(schema, strict, place)
    return null
  } catch (error) {
    return (error as Error).message.replace("Invalid schema for response_format 'x': ", '')
  }
}
const object = (properties: object, more: object = {}): object => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
  ...more,
})
const nested = (levels: number): object => (levels === 0 ? { type: 'string' } : object({ a: nested(levels - 1) }))

const cases: readonly (readonly [string, unknown, string])[] = [
  ['an array', { type: 'array', items: {} }, `schema must be a JSON Schema of 'type: "object"', got 'type: "array"'.`],
  [
    'a union at the top',
    { anyOf: [object({})] },
    `schema must be a JSON Schema of 'type: "object"', got 'type: "None"'.`,
  ],
  [
    'open objects',
    object({}, { additionalProperties: true }),
    "In context=(), 'additionalProperties' is required to be supplied and to be false.",
  ],
  [
    'optional properties',
    object({ a: { type: 'string' } }, { required: [] }),
    "In context=(), 'required' is required to be supplied and to be an array including every key in properties. Missing 'a'.",
  ],
  [
    'required ones that are none',
    object({}, { required: ['b'] }),
    `In context=(), 'required' is required to be supplied and to be an array including every key in properties. Extra required key 'b' supplied.`,
  ],
  [
    'an open object inside',
    object({ a: { type: 'object', properties: {} } }),
    "In context=('properties', 'a'), 'additionalProperties' is required to be supplied and to be false.",
  ],
  ['a property without type', object({ a: {} }), "In context=('properties', 'a'), schema must have a 'type' key."],
  ['oneOf', object({ a: { oneOf: [] } }), "In context=('properties', 'a'), 'oneOf' is not permitted."],
  ['allOf', object({ a: { allOf: [] } }), "In context=('properties', 'a'), 'allOf' is not permitted."],
  [
    'defaults',
    object({ a: { type: 'string', default: 'x' } }),
    "In context=('properties', 'a'), 'default' is not permitted.",
  ],
  [
    'formats of others',
    object({ a: { type: 'string', format: 'uri' } }),
    "In context=('properties', 'a'), 'uri' is not a valid format.",
  ],
  [
    'arrays of anything',
    object({ a: { type: 'array' } }),
    "In context=('properties', 'a'), array schema missing items.",
  ],
  [
    'tuples',
    object({ a: { type: 'array', prefixItems: [] } }),
    "In context=('properties', 'a'), 'prefixItems' is not permitted.",
  ],
  [
    'what a reference adds',
    object({ a: { $ref: '#', title: 'x' } }),
    "In context=('properties', 'a'), $ref cannot have keywords {'title'}.",
  ],
  [
    'references to nothing',
    object({ a: { $ref: '#/$defs/b' } }),
    "In context=('properties', 'a'), reference to component '#/$defs/b' which was not found in the schema.",
  ],
  ['eleven levels', nested(11), '11 levels of nesting exceeds limit of 10.'],
  [
    'a thousand and one values',
    object({ a: { enum: Array.from({ length: 1_001 }, (_, at) => at) } }),
    'Expected at most 1000 enum values in total within a schema, but got 1001.',
  ],
  [
    'too many properties',
    object(Object.fromEntries(Array.from({ length: 5_001 }, (_, at) => [`p${at}`, { type: 'null' }]))),
    'Expected at most 5000 object properties in total within a schema, but got 5001.',
  ],
]

for (const [what, schema, words] of cases)
  test(`strict mode refuses ${what}, in OpenAI's words`, () => expect(refusalOf(schema)).toBe(words))

test('strict mode takes what structured outputs are made of', () => {
  const schema = object(
    {
      a: { anyOf: [{ $ref: '#/$defs/b' }, { type: 'null' }] },
      c: { type: ['string', 'null'], pattern: '^a+$', description: 'x' },
      d: { type: 'array', items: object({ e: { type: 'integer', minimum: 1 } }), minItems: 1 },
      f: { type: 'string', format: 'date-time' },
      g: { const: 'h' },
      i: { $ref: '#' },
    },
    { $defs: { b: object({ x: { type: 'number' } }) } },
  )
  expect(refusalOf(schema)).toBeNull()
  expect(refusalOf(nested(9))).toBeNull()
})

test('without strict any object is taken', () => {
  expect(refusalOf({ type: 'object', properties: { a: { oneOf: [] } } }, false)).toBeNull()
  expect(refusalOf({}, false)).toBeNull()
})
