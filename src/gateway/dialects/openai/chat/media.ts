/**
 * Images, sound, video and files inside chat messages: their bytes are not text, their tokens follow other
 * rules. Rules of the vendor: OpenAI's guides "Images and vision", "File inputs" and "Audio".
 */
import type { Strings } from '../../../../lib/json-skeleton.ts'
import { documentPages, soundSeconds, videoSeconds, type Media } from '../../media-bounds.ts'
import { createPageCounter, pagesSaid, secondsSaid, sentIn, type PageCounter, type Sent } from '../../media-length.ts'

type Fields = Readonly<Record<string, unknown>>

/**
 * The most that one image counts: gpt-4o-mini takes 2,833 tokens and 5,667 for each of up to eight tiles;
 * the others at most 10,000 patches.
 */
const imageTokensMax = (model: string): number => (model.startsWith('gpt-4o-mini') ? 48_169 : 10_240)
/** A page goes to the model as an image of at most 1,536 patches, or of four to eight tiles, beside its text. */
const pageTokensMax = (model: string): number => (model.startsWith('gpt-4o-mini') ? 48_169 : 1_536)
/** Text is packed about as tightly as a tokenizer packs it; and a page that is full of it has about 2,000. */
const textTokensPerByte = 1
const textTokensPerPage = 2_048
/** OpenAI counts 10; others that speak its dialect up to 50. */
const soundTokensPerSecond = 50
/** Of models that take video; OpenAI's take none. */
const videoTokensPerSecond = 1_024

/** Sums up the media parts of messages. */
export function mediaOf(messages: readonly Fields[], model: string, strings: Strings): Media {
  const sum: Sum = { bytes: 0, tokensMax: 0, isAssumed: false, strings, counter: createPageCounter() }
  for (const message of messages) {
    const { content, audio } = message
    // An earlier answer that was spoken, by its id.
    if (typeof audio === 'object' && audio !== null) sum.tokensMax = Number.POSITIVE_INFINITY
    if (!Array.isArray(content)) continue
    for (let at = 0; at < content.length; at += 1) add(content[at] as Fields | null, model, sum)
  }
  return sum
}

type Sum = Media & { readonly strings: Strings; readonly counter: PageCounter }

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
    case 'file':
      addSized(member(part, 'file', 'file_data'), (sent) => documentTokens(sent, model, sum.counter), sum)
  }
}

const soundTokens = (sent: Sent): number => soundSeconds(sent.bytes, secondsSaid(sent)) * soundTokensPerSecond
const videoTokens = (sent: Sent): number => videoSeconds(sent.bytes, secondsSaid(sent)) * videoTokensPerSecond

function documentTokens(sent: Sent, model: string, counter: PageCounter): number {
  const said = pagesSaid(sent, counter)
  const textTokens = sent.bytes * textTokensPerByte
  return (
    documentPages(sent.bytes, said) * pageTokensMax(model) +
    (said === null ? textTokens : Math.min(textTokens, said * textTokensPerPage))
  )
}

/** What is sent counts by its bytes; what is only named may be of any size. */
function addSized(data: unknown, tokensOf: (sent: Sent) => number, sum: Sum): void {
  if (typeof data !== 'string') {
    sum.tokensMax = Number.POSITIVE_INFINITY
    return
  }
  sum.bytes += sum.strings.lengthOf(data)
  sum.tokensMax += tokensOf(sentIn(data, sum.strings))
  sum.isAssumed = true
}

const member = (part: Fields, name: string, inner: string): unknown =>
  (part[name] as Fields | null | undefined)?.[inner]
const isInline = (url: unknown): url is string => typeof url === 'string' && url.startsWith('data:')
const inlineChars = (url: unknown, strings: Strings): number => (isInline(url) ? strings.lengthOf(url) : 0)
const dataUrl = (url: unknown): string | null => (isInline(url) ? url : null)
