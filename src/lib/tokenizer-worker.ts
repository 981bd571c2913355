/** Runs in a worker: the vocabulary takes half a second and 100 MB to load, which no request should pay for. */
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'

declare const self: Worker
self.onmessage = ({ data }: MessageEvent<{ id: number; text: string }>) => {
  // Text that looks like a special token is counted as the text it is.
  self.postMessage({ id: data.id, tokens: tokensOf(data.text) })
}

/** Long runs of one letter take the tokenizer quadratic time, so it is given slices; each cut may cost a token. */
const sliceChars = 4_096
function tokensOf(text: string): number {
  let tokens = 0
  for (let at = 0; at < text.length; at += sliceChars)
    tokens += countTokens(text.slice(at, at + sliceChars), { disallowedSpecial: new Set() })
  return tokens
}
