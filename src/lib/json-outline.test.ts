import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { outlineLimits, OutlineReader } from './json-outline.ts'
import { ExcessError, type Excess } from './json-count.ts'

function outlined(text: string, { sliceBytes = 1_000_000, isWhole = false } = {}): string {
  const reader = new OutlineReader(Buffer.from(text), isWhole)
  while (!reader.step(sliceBytes));
  return Buffer.from(reader.outline()).toString()
}

/** What the outline of a value is, by its rules. */
function leaner(value: unknown): unknown {
  if (Array.isArray(value))
    return value.every((item) => typeof item === 'number') ? value.slice(0, 1) : value.map((item) => leaner(item))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      ['logprobs', 'logprobsResult'].includes(name) ? null : leaner(member),
    ]),
  )
}

const name = fc.oneof(fc.string(), fc.constantFrom('logprobs', 'logprobsResult', 'usage', 'top_logprobs'))
const value = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.jsonValue({ maxDepth: 1 }),
    fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 5 }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(name, tie('value'), { maxKeys: 4 }),
  ),
})).value

test('an outline says what the whole says, less vectors and log probabilities, whatever the slices are that it is read in', () => {
  fc.assert(
    fc.property(value, fc.integer({ min: 1, max: 200 }), fc.boolean(), (json, sliceBytes, isSpaced) => {
      const text = JSON.stringify(json, null, isSpaced ? 2 : undefined)
      expect(JSON.parse(outlined(text, { sliceBytes }))).toEqual(leaner(JSON.parse(text)))
      expect(outlined(text, { sliceBytes, isWhole: true })).toBe(text)
    }),
    { numRuns: 500 },
  )
})

test('a picture leaves its beginning, and a text of any model’s length stays', () => {
  const [picture, text] = ['A'.repeat(5_000_000), '\\"漢'.repeat(500_000)]
  const json = {
    data: [{ b64_json: picture }, { b64_json: picture }],
    url: '漢'.repeat(1_500_000),
    text,
    usage: { n: 1 },
  }
  expect(JSON.parse(outlined(JSON.stringify(json)))).toEqual({
    data: [{ b64_json: 'A'.repeat(64) }, { b64_json: 'A'.repeat(64) }],
    url: '',
    text,
    usage: { n: 1 },
  })
})

test('vectors in digits and log probabilities count for nothing, however many there are', () => {
  const vector = `[${'-0.0123456,'.repeat(1_535)}1e-5]`
  const vectors = `{"data":[${Array.from({ length: 400 }, () => `{"embedding":${vector}}`).join(',')}],"usage":{"n":1}}`
  expect(JSON.parse(outlined(vectors))).toMatchObject({ usage: { n: 1 } })
  const tokens = `[${'{"token":"a","logprob":-1,"bytes":[97]},'.repeat(300_000)}null]`
  expect(outlined(`{"choices":[{"logprobs":{"content":${tokens}},"text":"a"}]}`)).toBe(
    '{"choices":[{"logprobs":null,"text":"a"}]}',
  )
})

const excessive: readonly [Excess, string][] = [
  ['levels', '['.repeat(outlineLimits.levels + 1)],
  ['lists and objects', `[${'[],{},'.repeat(outlineLimits['lists and objects'] / 2)}1]`],
  ['values', `[{},${'1,'.repeat(outlineLimits.values)}1]`],
  ['strings', `[${'"",'.repeat(outlineLimits.strings)}""]`],
  ['members', `{${'"a":1,'.repeat(outlineLimits.members)}"a":1}`],
  ['names', `{${Array.from({ length: 11_000 }, (_, i) => `"${i}":1`).join(',')}}`],
  ['bytes', `{"a":${' '.repeat(outlineLimits.bytes)}1}`],
]
test.each(excessive)('an answer of too many %s is refused, left out or not', (excess, text) => {
  const refused = new ExcessError(excess, outlineLimits[excess])
  for (const isWhole of [false, true]) expect(() => outlined(text, { isWhole })).toThrow(refused)
})

test('what ends early, or is no JSON, is read to its end', () => {
  const odd = ['"a', '{"a', '{"logprobs":', '{"logprobs":[1', ']]]', '[1,2', '<html>', '\\"', '"\\']
  for (const text of odd) expect(text.startsWith(outlined(text).replace('null', ''))).toBe(true)
})
