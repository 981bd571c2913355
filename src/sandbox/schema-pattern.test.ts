import { expect, test } from 'bun:test'
import { Refusal } from './refusal.ts'
import { stringMatching, wordMatching } from './schema-pattern.ts'

const any = { min: 0, max: Infinity }

test('a string matches its pattern, for any seed, and the same seed gives the same one', () => {
  const patterns = [
    '^[A-Z]{3}-\\d{4}$',
    '^\\+?\\d{3,8}$',
    'foo|bar',
    '^(cat|dog)$',
    '^a|b$',
    '^(?:\\d{1,3}\\.){3}\\d{1,3}$',
    '[a-z]+@[a-z]+\\.com',
    '^\\w+$',
    '^[^\\s]+$',
    '^x?y*z+$',
  ]
  for (const pattern of patterns)
    for (const seed of [0, 1, 7, 2 ** 31 - 1]) {
      const made = stringMatching(pattern, any, seed)
      expect(made).toMatch(new RegExp(pattern, 'u'))
      expect(stringMatching(pattern, any, seed)).toBe(made)
    }
})

test('lengths are kept beside the pattern', () => {
  expect(stringMatching('^[a-z]+$', { min: 8, max: 40 }, 3)).toMatch(/^[a-z]{8,40}$/)
  expect(stringMatching('foo', { min: 20, max: 25 }, 3)).toMatch(/^foo.{17,22}$/)
})

test('what cannot be made is refused, not answered with something else', () => {
  const refusals: readonly [string, { min: number; max: number }][] = [
    ['^(?=a)b$', any],
    ['^(a)\\1$', any],
    ['^a{2000}$', any],
    ['(', any],
    ['a'.repeat(1_001), any],
    ['^ab$', { min: 3, max: 3 }],
  ]
  for (const [pattern, lengths] of refusals) expect(() => stringMatching(pattern, lengths, 1)).toThrow(Refusal)
})

test('a word of the prompt is taken where it matches; patterns that may take for ever are not tried', () => {
  expect(wordMatching('^ORD-\\d+$', ['Where', 'is', 'ORD-77'])).toBe('ORD-77')
  expect(wordMatching('^(a+)+$', ['aaaa'])).toBeUndefined()
})
