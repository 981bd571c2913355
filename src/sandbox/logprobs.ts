/**
 * Made-up probabilities of tokens: the chosen one is the likeliest, its alternatives get less and less, and all of
 * a place together stay below one. The same text has the same ones, however it is cut into chunks.
 */
import { hashOf, randomFrom } from './hash.ts'
import type { Piece } from './tokens.ts'

export type TokenLogprob = { readonly token: string; readonly bytes: readonly number[]; readonly logprob: number }

/** What was chosen at one place, and the likeliest there, the chosen one first. */
export type PlaceLogprobs = { readonly chosen: TokenLogprob; readonly top: readonly TokenLogprob[] }

/** One entry for every token of `pieces`, which begin at place `from` of the answer; `count` alternatives each. */
export function logprobsOf(pieces: readonly Piece[], from: number, count: number): readonly PlaceLogprobs[] {
  return pieces.flatMap(tokensOf).map(({ token, bytes }, at) => placeOf(token, bytes, { at: from + at, count }))
}

/** The sum of the chosen ones' logarithms. */
export const sumOf = (places: readonly PlaceLogprobs[]): number =>
  places.reduce((sum, { chosen }) => sum + chosen.logprob, 0)

type Token = { readonly token: string; readonly bytes: readonly number[] }

/** A character of several tokens is shown as OpenAI shows it: each token by its bytes. */
function tokensOf({ text, tokens }: Piece): readonly Token[] {
  const bytes = [...Buffer.from(text)]
  if (tokens <= 1) return [{ token: text, bytes }]
  const size = Math.ceil(bytes.length / tokens)
  return Array.from({ length: tokens }, (_, at) => {
    const part = bytes.slice(at * size, (at + 1) * size)
    return { token: `bytes:${part.map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}`, bytes: part }
  })
}

type Place = { readonly at: number; readonly count: number }

function placeOf(token: string, bytes: readonly number[], { at, count }: Place): PlaceLogprobs {
  const random = randomFrom(hashOf(token, at))
  const chosen = { token, bytes, logprob: rounded(Math.log(0.55 + 0.44 * random())) }
  let left = 1 - Math.exp(chosen.logprob)
  const others = alternatives
    .filter((other) => other !== token)
    .slice(0, Math.max(0, count - 1))
    .map((other) => {
      const share = left * 0.55
      left -= share
      return { token: other, bytes: [...Buffer.from(other)], logprob: rounded(Math.log(share)) }
    })
    // The first alternative of a place that is barely sure must not be likelier than what was chosen.
    .map((other) => ({ ...other, logprob: Math.min(other.logprob, chosen.logprob) }))
  return { chosen, top: count === 0 ? [] : [chosen, ...others] }
}

const rounded = (value: number): number => Math.round(value * 1e6) / 1e6

const alternatives =
  ' the, a, of, and, to, in, is, it, that, for, as, with, on, this, by, an, at, or, be, from, are'.split(',')
