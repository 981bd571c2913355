/**
 * The vendor's prompt cache in small: a prompt of at least 1,024 tokens whose beginning was seen
 * before, for the same model, reports the part seen as cached, rounded down to a multiple of 128.
 */
import { createLru } from '../lib/lru.ts'
import { tokensOf } from './tokens.ts'

const cacheableTokensMin = 1_024
const blockTokens = 128

export type PromptCache = {
  /** How many leading tokens of this prompt were seen before under `scope`; remembers the prompt. */
  readonly cachedTokens: (scope: string, texts: readonly string[]) => number
}

/** Remembers at most `prefixesMax` prefixes: one for every 128 tokens of a prompt. */
export function createPromptCache(prefixesMax = 100_000): PromptCache {
  const prefixes = createLru<true>(prefixesMax, prefixesMax)
  return {
    cachedTokens(scope, texts) {
      const tokens = texts.length === 1 ? tokensOf(texts[0]!) : texts.flatMap((text) => [-1, ...tokensOf(text)])
      if (tokens.length < cacheableTokensMin) return 0
      let cached = 0
      for (const { key, length } of prefixesOf(scope, tokens)) {
        if (prefixes.get(key) && length >= cacheableTokensMin) cached = length
        prefixes.set(key, true)
      }
      return cached
    },
  }
}

/** Two running 32-bit hashes with different multipliers: together they do not collide in practice. */
function* prefixesOf(
  scope: string,
  tokens: readonly number[],
): Generator<{ readonly key: string; readonly length: number }> {
  let one = 0x811c9dc5
  let two = 0x9747b28c
  for (const [at, token] of tokens.entries()) {
    one = Math.imul(one ^ token, 0x01000193)
    two = Math.imul(two ^ token, 0x5bd1e995) ^ (two >>> 15)
    if ((at + 1) % blockTokens === 0) yield { key: `${scope} ${one} ${two}`, length: at + 1 }
  }
}
