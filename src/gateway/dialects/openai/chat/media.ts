/**
 * Images, sound, video and files inside chat messages: their bytes are not text, their tokens follow other
 * rules. Rules of the vendor: OpenAI's guides "Images and vision", "File inputs" and "Audio".
 */
import type { Strings } from '../../../../lib/json-skeleton.ts'
import { decodedBytes, documentPages, soundSeconds, videoSeconds, type Media } from '../../media-bounds.ts'

type Fields = Readonly<Record<string, unknown>>

/**
 * The most that one image counts: gpt-4o-mini takes 2,833 tokens and 5,667 for each of up to eight tiles;
 * the others at most 10,000 patches.
 */
const imageTokensMax = (model: string): number => (model.startsWith('gpt-4o-mini') ? 48_169 : 10_240)
/** A page goes to the model as an image of at most 1,536 patches, or of four to eight tiles, beside its text. */
const pageTokensMax = (model: string): number => (model.startsWith('gpt-4o-mini') ? 48_169 : 1_536)
/** Text is packed about as tightly as a tokenizer packs it. */
const textTokensPerByte = 1
/** OpenAI counts 10; others that speak its dialect up to 50. */
const soundTokensPerSecond = 50
/** Of models that take video; OpenAI's take none. */
const videoTokensPerSecond = 1_024

/** Sums up the media parts of messages. */
export function mediaOf(messages: readonly Fields[], model: string, strings: Strings): Media {
  const sum: Sum = { bytes: 0, tokensMax: 0, isAssumed: false, strings }
  for (const message of messages) {
    const { content, audio } = message
    // An earlier answer that was spoken, by its id.
    if (typeof audio === 'object' && audio !== null) sum.tokensMax = Number.POSITIVE_INFINITY
    if (!Array.isArray(content)) continue
    for (let at = 0; at < content.length; at += 1) add(content[at] as Fields | null, model, sum)
  }
  return sum
}

type Sum = Media & { readonly strings: Strings }

function add(part: Fields | null, model: string, sum: Sum): void {
  switch (part?.['type']) {
    case 'image_url':
      sum.tokensMax += imageTokensMax(model)
      sum.bytes += inlineChars(member(part, 'image_url', 'url'), sum.strings)
      return
    case 'input_audio':
      addSized(member(part, 'input_audio', 'data'), soundTokens, sum)
      return
    case 'audio_url':
      addSized(dataUrl(member(part, 'audio_url', 'url')), soundTokens, sum)
      return
    case 'video_url':
      addSized(dataUrl(member(part, 'video_url', 'url')), videoTokens, sum)
      return
    case 'file': {
      const pageTokens = pageTokensMax(model)
      addSized(
        member(part, 'file', 'file_data'),
        (bytes) => documentPages(bytes) * pageTokens + bytes * textTokensPerByte,
        sum,
      )
    }
  }
}

const soundTokens = (bytes: number): number => soundSeconds(bytes) * soundTokensPerSecond
const videoTokens = (bytes: number): number => videoSeconds(bytes) * videoTokensPerSecond

/** What is sent counts by its bytes; what is only named may be of any size. */
function addSized(data: unknown, tokensOf: (bytes: number) => number, sum: Sum): void {
  if (typeof data !== 'string') {
    sum.tokensMax = Number.POSITIVE_INFINITY
    return
  }
  const chars = sum.strings.lengthOf(data)
  sum.bytes += chars
  sum.tokensMax += tokensOf(decodedBytes(chars))
  sum.isAssumed = true
}

const member = (part: Fields, name: string, inner: string): unknown =>
  (part[name] as Fields | null | undefined)?.[inner]
const isInline = (url: unknown): url is string => typeof url === 'string' && url.startsWith('data:')
const inlineChars = (url: unknown, strings: Strings): number => (isInline(url) ? strings.lengthOf(url) : 0)
const dataUrl = (url: unknown): string | null => (isInline(url) ? url : null)
