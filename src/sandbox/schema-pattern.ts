/**
 * Strings that match a `pattern`. fast-check makes them, because it is kept, takes a seed and knows the whole
 * grammar but for look-around and back-references, which the vendors refuse as well. It is loaded by the first
 * pattern that comes, so that nobody else waits for it.
 */
import type * as FastCheck from 'fast-check'
import { createRequire } from 'node:module'
import { Refusal } from './refusal.ts'

/** How long the string may be, in characters. */
export type Lengths = { readonly min: number; readonly max: number }

const patternCharactersMax = 1_000
const repeatsMax = 1_000
const samples = 30

/** A string that matches, printable where the pattern leaves the choice. Refuses with 400 what it cannot make. */
export function stringMatching(pattern: string, lengths: Lengths, seed: number): string {
  const fits = ({ length }: string): boolean => length >= lengths.min && length <= lengths.max
  const small = samplesOf(pattern, seed, 'small')
  // Where the end is open, anything may follow.
  const padded = pattern.includes('$') ? [] : small.map((text) => text.padEnd(lengths.min, ' simulated'))
  const fitting = [small, padded].map((made) => made.filter(fits)).find((made) => made.length > 0)
  const candidates = fitting ?? samplesOf(pattern, seed, 'large').filter(fits)
  const chosen = candidates.find((text) => /^[ -~]+$/.test(text)) ?? candidates[0]
  if (chosen === undefined) throw unsupported(pattern, 'no string of the lengths that are asked for was found')
  return chosen
}

/**
 * The first of these words that matches by itself. Patterns with a repeated group are not tried: an unlucky
 * one takes exponential time.
 */
export function wordMatching(pattern: string, words: readonly string[]): string | undefined {
  if (pattern.length > patternCharactersMax || /\)[*+{]/.test(pattern)) return undefined
  const expression = expressionOf(pattern)
  return words.find((word) => word.length <= 64 && expression.test(word))
}

function samplesOf(pattern: string, seed: number, size: 'small' | 'large'): readonly string[] {
  const repeats = [...pattern.matchAll(/\{(\d+)(?:,(\d*))?\}/g)].flatMap(([, least, most]) => [least, most])
  if (pattern.length > patternCharactersMax || repeats.some((count) => Number(count ?? 0) > repeatsMax))
    throw unsupported(
      pattern,
      `it is longer than ${patternCharactersMax} characters or repeats more than ${repeatsMax} times`,
    )
  const { sample, stringMatching } = loadFastCheck()
  try {
    return sample(stringMatching(expressionOf(pattern), { size }), { numRuns: samples, seed: seed | 0 })
  } catch (error) {
    if (error instanceof Refusal) throw error
    throw unsupported(pattern, 'look-around and back-references are not')
  }
}

const loadFastCheck = (): typeof FastCheck => createRequire(import.meta.url)('fast-check') as typeof FastCheck

/** JSON Schema looks for the pattern anywhere; the whole string being it is one way to match. */
function expressionOf(pattern: string): RegExp {
  const whole = `^(?:${pattern.replace(/^\^/, '').replace(/(?<!\\)\$$/, '')})$`
  for (const flags of ['u', '']) {
    try {
      return new RegExp(/(?<!\\)\|/.test(pattern) && /[$^]/.test(pattern) ? pattern : whole, flags)
    } catch {
      continue
    }
  }
  throw unsupported(pattern, 'it is no regular expression')
}

const unsupported = (pattern: string, why: string): Refusal =>
  new Refusal(400, `Invalid schema: the pattern '${pattern.slice(0, 200)}' is not supported: ${why}.`, {
    code: 'invalid_schema',
  })
