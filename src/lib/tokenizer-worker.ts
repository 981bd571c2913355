/** Runs in a worker: the vocabulary takes half a second and 100 MB to load, which no request should pay for. */
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'

declare const self: Worker
self.onmessage = ({ data }: MessageEvent<{ id: number; text: string }>) => {
  // Text that looks like a special token is counted as the text it is.
  self.postMessage({ id: data.id, tokens: countTokens(data.text, { disallowedSpecial: new Set() }) })
}
