import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { ExcessError, type Excess } from './json-count.ts'
import { skeletonLimits, SkeletonReader, type Skeleton } from './json-skeleton.ts'
import { withMember } from './json-text.ts'

function read(text: string | Uint8Array, sliceBytes = 1_000_000): Skeleton {
  const reader = new SkeletonReader(typeof text === 'string' ? Buffer.from(text) : text)
  while (!reader.step(sliceBytes));
  return reader.skeleton()
}
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString()

/** JSON with strings of every length about which it matters, of characters of every width, with escapes. */
const piece = fc.constantFrom('a', 'é', '漢', '😀', '"', '\\', '\n', '\u0001', ' ', '<', '>')
const long = fc
  .tuple(fc.array(piece, { minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 3_000 }))
  .map(([pieces, times]) => pieces.join('').repeat(times).slice(0, 20_000).toWellFormed())
const value = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    long,
    fc.jsonValue({ maxDepth: 1 }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 4 }),
  ),
})).value
const object = fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('model', 'stream')), value, { maxKeys: 5 })

test('any JSON is made whole again byte for byte, whatever the slices are that it is read in', () => {
  fc.assert(
    fc.property(object, fc.integer({ min: 1, max: 10_000 }), fc.boolean(), (json, sliceBytes, isSpaced) => {
      const text = JSON.stringify(json, null, isSpaced ? 2 : undefined)
      const skeleton = read(text, sliceBytes)
      expect(textOf(skeleton.expand(skeleton.text))).toBe(text)
    }),
    { numRuns: 300 },
  )
})

test('a change of the skeleton is the same change of the whole', () => {
  fc.assert(
    fc.property(object, value, (json, changed) => {
      const text = JSON.stringify(json)
      const skeleton = read(text)
      for (const path of [['model'], ['stream', 'usage']])
        expect(textOf(skeleton.expand(withMember(skeleton.text, path, changed)))).toBe(withMember(text, path, changed))
    }),
    { numRuns: 200 },
  )
})

test('what is parsed of it is what the whole says, but for the ends of long strings, which it knows the length and the text of', () => {
  fc.assert(
    fc.property(fc.array(long, { maxLength: 6 }), (texts) => {
      const skeleton = read(JSON.stringify(texts))
      const parsed = JSON.parse(skeleton.text) as string[]
      texts.forEach((text, at) => {
        const quoted = JSON.stringify(text).slice(1, -1)
        const short = parsed[at]!
        if (Buffer.byteLength(quoted) <= 4_096) return expect(short).toBe(text)
        expect(short.length).toBeLessThan(4_200)
        expect(text.startsWith(short.slice(0, short.lastIndexOf('<')))).toBe(true)
        // Bytes of escapes as they were sent: never fewer than there are characters.
        expect(skeleton.lengthOf(short)).toBeGreaterThanOrEqual(text.length)
        expect(skeleton.lengthOf(short)).toBeLessThanOrEqual(Buffer.byteLength(quoted))
        if (!text.includes('"') && !text.includes('\\') && !text.includes('\n') && !text.includes('\u0001'))
          expect(skeleton.wholeOf(short)).toBe(text)
      })
    }),
    { numRuns: 200 },
  )
})

test('the beginning of a long prompt stays, so that prompts can be told apart, in any script', () => {
  for (const character of ['a', 'é', '漢', '😀']) {
    const [kept] = JSON.parse(read(JSON.stringify([character.repeat(10_000)])).text) as string[]
    expect(Buffer.byteLength(kept!)).toBeGreaterThan(4_000)
  }
})

test('a hundred megabytes of a picture leave a few kilobytes', () => {
  const bytes = Buffer.concat([Buffer.from('{"data":"'), Buffer.alloc(100_000_000, 'A'), Buffer.from('","model":"m"}')])
  const skeleton = read(bytes, 128 * 1024)
  expect(skeleton.text.length).toBeLessThan(5_000)
  expect((JSON.parse(skeleton.text) as { model: string }).model).toBe('m')
  expect(Buffer.compare(skeleton.expand(skeleton.text), bytes)).toBe(0)
})

const excesses: Readonly<Record<Excess, (many: number) => string>> = {
  levels: (many) => '['.repeat(many) + ']'.repeat(many),
  values: (many) => `[${'1,'.repeat(many - 1)}1]`,
  'lists and objects': (many) => `[${'[],{},'.repeat(many / 2 - 1)}[]]`,
  strings: (many) => `[${'"",'.repeat(many - 1)}""]`,
  members: (many) => `[${'{"a":1},'.repeat(many)}1]`,
  names: (many) => `{${Array.from({ length: many }, (_, at) => `"${at}":1`).join(',')}}`,
  bytes: (many) => `[${' '.repeat(many)}]`,
}
/** Every object is a value too, and equal hashes hide a name here and there. */
const slack: Readonly<Record<Excess, number>> = {
  levels: 0,
  values: 1,
  'lists and objects': 1,
  strings: 0,
  members: 0,
  names: 200,
  bytes: 2,
}
for (const [excess, textWith] of Object.entries(excesses) as [Excess, (many: number) => string][])
  test(`a text of too many ${excess} is refused as soon as it is, and one of just enough is not`, () => {
    const most = skeletonLimits[excess]
    expect(() => read(textWith(most - slack[excess]))).not.toThrow()
    expect(() => read(textWith(most + slack[excess] + 1))).toThrow(new ExcessError(excess, most))
  })

test('a text that ends within a string, or is no UTF-8, is no skeleton that could be parsed', () => {
  expect(() => JSON.parse(read('{"a":"bc').text)).toThrow()
  for (const many of [0, 10_000])
    expect(() => read(Buffer.from([0x22, ...Array.from({ length: many }, () => 0x41), 0xff, 0x22]))).toThrow(TypeError)
})

test('a mark that somebody else wrote is a text like any other', () => {
  const text = JSON.stringify(['<0123456789abcdef01234567:0>', 'x'.repeat(9_000)])
  const skeleton = read(text)
  expect(textOf(skeleton.expand(skeleton.text))).toBe(text)
})
