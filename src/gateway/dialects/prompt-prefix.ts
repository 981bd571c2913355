/** Upstreams cache no prompt of fewer than 1,024 tokens, which no text of fewer bytes than this can have. */
const cacheableCharsMin = 4_096
/** About the first 1,024 tokens: what two prompts share at least when a cache can serve the second. */
const prefixChars = 4_096

/** How a prompt begins, in the text of its body: the text behind each of `keys`, to a bounded length; null when it is too short to be cached. */
export function promptPrefix(text: string, keys: readonly string[]): string | null {
  if (text.length < cacheableCharsMin) return null
  return keys
    .map((key) => text.indexOf(key))
    .filter((at) => at !== -1)
    .map((at) => text.slice(at, at + prefixChars))
    .join('')
}
