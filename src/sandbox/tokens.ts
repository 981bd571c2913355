/**
 * Tokens as the sandbox bills them: o200k_base for both dialects. What usage says is what this
 * tokenizer counts in the text, so that anyone can check the sandbox with a tokenizer of their own.
 */
import { decode, encode } from 'gpt-tokenizer/encoding/o200k_base'
import { createLru } from '../lib/lru.ts'

/** A stretch of text that is whole characters, and the tokens it is made of. */
export type Piece = { readonly text: string; readonly tokens: number }

/** The number of tokens in `text`. Special tokens such as `<|endoftext|>` count as plain text. */
export const countTokens = (text: string): number => tokensOf(text).length

/** Small prompts repeat in load tests; both bounds together stay below about 40 MB. */
const recent = createLru<readonly number[]>(2_048, 4_000_000)

/** The token ids of `text`. */
export function tokensOf(text: string): readonly number[] {
  const known = recent.get(text)
  if (known) return known
  const tokens = slicesOf(text).flatMap((slice) => encode(slice, { disallowedSpecial: new Set() }))
  recent.set(text, tokens, text.length)
  return tokens
}

/** Tokens that end within a character, one after another: more than scripts come to, and few enough to decode again and again. */
const pendingMax = 64

/** The text cut at token borders; tokens that only together make a whole character stay together. */
export function piecesOf(text: string): readonly Piece[] {
  const wellFormed = text.toWellFormed()
  const pieces: Piece[] = []
  let pending: number[] = []
  let at = 0
  for (const token of tokensOf(text)) {
    pending.push(token)
    const decoded = decode(pending)
    // Part of a character is decoded as U+FFFD, which a text may also have of its own.
    if (!wellFormed.startsWith(decoded, at) && pending.length < pendingMax) continue
    pieces.push({ text: decoded, tokens: pending.length })
    at += decoded.length
    pending = []
  }
  return pending.length > 0 ? [...pieces, { text: decode(pending), tokens: pending.length }] : pieces
}

/**
 * Byte-pair encoding takes quadratic time in the length of one unbroken run ("aaaa…"), and a
 * megabyte of it would stop the process for minutes; such a run alone is cut before counting.
 */
const unbrokenRun = /[\p{L}\p{M}]{4000,}|[^\s\p{L}\p{N}]{4000,}|\s{4000,}/u
const sliceCharacters = 1_000

function slicesOf(text: string): readonly string[] {
  if (text.length < 4_000 || !unbrokenRun.test(text)) return [text]
  return Array.from({ length: Math.ceil(text.length / sliceCharacters) }, (_, at) =>
    text.slice(at * sliceCharacters, (at + 1) * sliceCharacters),
  )
}
