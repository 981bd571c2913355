import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  duplicateKey,
  edited,
  elementsOf,
  insertion,
  isListOfObjects,
  membersMany,
  membersOf,
  memberValues,
  removals,
  repeatedKey,
  replacement,
  wholeObject,
  withMember,
} from './json-text.ts'

describe('members of a JSON object', () => {
  test('every member of any object is found where it stands', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(undefined, 2, '\t'), (object, space) => {
        const text = JSON.stringify(object, null, space)
        const found = membersOf(text).map(({ key, start, end }) => [key, JSON.parse(text.slice(start, end))])
        expect(found).toEqual(Object.entries(JSON.parse(text) as object))
        expect(membersMany(text)).toBe(found.length)
      }),
    )
  })

  test('a key written twice, once in escapes, is seen', () => {
    const text = '{"model":"cheap", "mod\\u0065l" : "dear"}'
    expect(duplicateKey(membersOf(text), new Set(['model']))).toBe('model')
    expect(duplicateKey(membersOf('{"a":1,"a":2,"model":3}'), new Set(['model']))).toBeNull()
    expect([membersMany(text), membersMany('{"a":1,"a":{"a":[1,{}]},"model":3}'), membersMany(' { } ')]).toEqual([
      2, 3, 0,
    ])
  })
})

describe('setting a member', () => {
  test('what is set is read back, and every other character stays', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), fc.jsonValue(), (object, key, value) => {
        fc.pre(key !== '__proto__')
        const text = JSON.stringify(object, null, 1)
        const changed = withMember(text, [key], value)
        expect(JSON.parse(changed)).toEqual({
          ...(JSON.parse(text) as object),
          [key]: JSON.parse(JSON.stringify(value)),
        })
      }),
    )
  })

  test('nested objects are made when missing and kept when there', () => {
    expect(withMember('{}', ['a', 'b'], 1)).toBe('{"a":{"b":1}}')
    expect(withMember('{"a":{"c": 1.10}}', ['a', 'b'], 1)).toBe('{"a":{"b":1,"c": 1.10}}')
    expect(withMember('{"a":null,"z":12345678901234567890}', ['a', 'b'], true)).toBe(
      '{"a":{"b":true},"z":12345678901234567890}',
    )
  })

  test('the last of two equal keys is the one that counts and is set', () => {
    expect(withMember('{"n":1,"n":2}', ['n'], 3)).toBe('{"n":1,"n":3}')
  })
})

describe('several edits of one text', () => {
  const without = (text: string, ...keys: readonly string[]): string =>
    edited(
      text,
      removals(text, (key) => keys.includes(key)),
    )

  test('a member goes with one comma, wherever and however often it stands', () => {
    expect(without('{"a":1,"b":2,"c":3}', 'a')).toBe('{"b":2,"c":3}')
    expect(without('{"a":1, "b":2 ,"c":3}', 'b')).toBe('{"a":1, "c":3}')
    expect(without('{"a":1,"b":2 , "c":3 }', 'c')).toBe('{"a":1,"b":2 }')
    expect(without('{"a":1,"b":2,"c":3}', 'b', 'c')).toBe('{"a":1}')
    expect(without('{ "a":1,"a":[{"a":2}] }', 'a')).toBe('{  }')
    expect(without('{"a":1,"b":{"a":1},"a":2}', 'a')).toBe('{"b":{"a":1}}')
    expect(without('{"b":1.0}', 'a')).toBe('{"b":1.0}')
  })

  const letters = ['a', 'b', 'c', 'd', 'e', 'f']
  test('whatever is taken out, the rest is read as before', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...letters), fc.jsonValue()), fc.subarray(letters), (object, out) => {
        const text = JSON.stringify(object, null, 1)
        const kept = Object.entries(JSON.parse(text) as object).filter(([key]) => !out.includes(key))
        expect(Object.entries(JSON.parse(without(text, ...out)) as object)).toEqual(kept)
      }),
    )
  })

  test('edits are made in the order of the text, in whatever order they are given', () => {
    const text = '{"list":[{"n":1},{}, {"n": 2}]}'
    const [list] = membersOf(text)
    const [first, second, third] = elementsOf(text, list!.start) as [number, number, number]
    expect(
      edited(text, [
        replacement(membersOf(text, third)[0]!, 'three'),
        insertion(text, 'n', null, second),
        ...removals(text, () => true, first),
      ]),
    ).toBe('{"list":[{},{"n":null}, {"n": "three"}]}')
  })

  test('the elements of any array are found where they begin', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.constantFrom(undefined, 2), (elements, space) => {
        const text = JSON.stringify(elements, null, space)
        const starts = elementsOf(text, 0)
        // Up to the next one, or to the end, less the comma or the bracket.
        const found = starts.map((start, at) =>
          text
            .slice(start, starts[at + 1])
            .trimEnd()
            .slice(0, -1),
        )
        expect(found.map((each) => JSON.parse(each) as unknown)).toEqual(JSON.parse(text) as unknown[])
      }),
    )
  })
})

test('no prefix of an object is taken for the whole, and none is read for ever', () => {
  const text = JSON.stringify({ candidates: [{ text: 'a "quoted" \\ text' }], usageMetadata: { promptTokenCount: 1 } })
  for (let cut = 0; cut < text.length; cut += 1)
    expect(() => memberValues(text.slice(0, cut), ['usageMetadata'])).toThrow()
  expect(memberValues(`${text}\n`, ['usageMetadata'])).toEqual({ usageMetadata: { promptTokenCount: 1 } })
})

test('a key that stands twice in one object is seen at any depth, and in no other case', () => {
  const keys = new Set(['id', 'type'])
  fc.assert(
    fc.property(fc.json(), (json) => expect(repeatedKey(json, keys)).toBeNull()),
    { numRuns: 300 },
  )
  for (const [text, key] of [
    ['{"a":[{"id":1,"x":{"id":2},"id":3}]}', 'id'],
    ['[[{"type" : "\\"{", "\\u0074ype":1}]]', 'type'],
    ['{"id":{"id":1},"list":["id","id"],"text":"{\\"id\\":1,\\"id\\":2}","a":1,"a":2}', null],
    ['[{"id":1},{"id":2}]', null],
    ['{"id":1,"id"', null],
    ['}{"id":1', null],
  ] as const)
    expect([text, repeatedKey(text, keys)]).toEqual([text, key])
})

test('only the members asked for are parsed', () => {
  expect(memberValues('{"data":[{"model":"no"}],"model":"yes","usage":{"a":1}}', ['model', 'usage'])).toEqual({
    model: 'yes',
    usage: { a: 1 },
  })
})

test('whether a list has objects in it is seen without reading it', () => {
  const isFilled = (text: string): boolean => isListOfObjects(text, wholeObject(text), 'data')
  expect(isFilled('{"data": [ {}, 1]}')).toBe(true)
  for (const text of [
    '{}',
    '{"data":[ ]}',
    '{"data":null}',
    '{"data":[null]}',
    '{"data":[1]}',
    '{"data":{"a":1}}',
    '{"data":"[1]"}',
    '{"x":{"data":[1]}}',
  ])
    expect([text, isFilled(text)]).toEqual([text, false])
})
