import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { createElementSplitter, elementOf } from './json-stream.ts'
import { TooLongError } from './record-buffer.ts'
import { latin1Of, utf8Of } from './sse.ts'

const charsMax = 1024 * 1024

test('the elements of an array come out whole, and all of its bytes, however it was cut', () => {
  const hostile = fc.string({
    unit: fc.constantFrom('"', '\\', '{', '}', '[', ']', ',', 'a', '😀', '\n'),
    maxLength: 8,
  })
  const flat = fc.oneof(hostile, fc.integer(), fc.constant(null), fc.array(hostile, { maxLength: 2 }))
  const value = fc.oneof(flat, fc.dictionary(hostile, flat, { maxKeys: 2 }))
  fc.assert(
    fc.property(
      fc.array(fc.dictionary(hostile, value, { maxKeys: 3 }), { maxLength: 4 }),
      fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 100 }),
      fc.constantFrom('\n,\r\n', ',', ' , '),
      (elements, cuts, comma) => {
        const text = `[${elements.map((element) => JSON.stringify(element)).join(comma)}\n]\n`
        const stream = latin1Of(new TextEncoder().encode(text))
        const splitter = createElementSplitter(charsMax)
        const found: string[] = []
        let at = 0
        for (const cut of [...cuts, stream.length]) {
          found.push(...splitter.push(stream.slice(at, at + cut)))
          at += cut
        }
        expect([...found, splitter.rest()].join('')).toBe(stream)
        // The last one is the bracket.
        expect(elementOf(found.at(-1)!)).toBe('')
        const read = found.slice(0, -1).map((record) => JSON.parse(utf8Of(elementOf(record))) as unknown)
        expect(read).toEqual(JSON.parse(text) as unknown[])
      },
    ),
    { numRuns: 1_000 },
  )
})

test('an element without end is an error as soon as it is longer than may be, in a string or between elements', () => {
  for (const filler of ['{"a":"', '[', ' ', '{"a":1,']) {
    const splitter = createElementSplitter(1_000)
    splitter.push('[')
    expect(() => {
      splitter.push(filler)
      for (let times = 0; times < 11; times += 1) splitter.push(filler === '[' ? '['.repeat(100) : 'a'.repeat(100))
    }).toThrow(TooLongError)
  }
})
