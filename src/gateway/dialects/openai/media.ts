/** Images, sound and files inside chat messages: their bytes are not text, their tokens follow other rules. */
type Part = { readonly type?: unknown; readonly image_url?: unknown; readonly file?: unknown }

export type Media = {
  /** Bytes of the body that are image data. */
  readonly bytes: number
  /** The most tokens that the media can count; infinite for files, whose pages are not known. */
  readonly tokensMax: number
}

/**
 * The most that one image counts: gpt-4o-mini takes 2,833 tokens and 5,667 for each of up to eight tiles;
 * the others at most 10,000 patches (OpenAI's vision guide).
 */
const imageTokensMax = (model: string): number => (model.startsWith('gpt-4o-mini') ? 48_169 : 10_240)

/** Sums up the media parts of messages. Sound stays counted by its bytes, which are always more than its tokens. */
export function mediaOf(messages: readonly Readonly<Record<string, unknown>>[], model: string): Media {
  let bytes = 0
  let tokensMax = 0
  for (const { content } of messages) {
    if (!Array.isArray(content)) continue
    for (const part of content as Part[]) {
      if (part?.type === 'image_url') {
        bytes += inlineBytes(part.image_url)
        tokensMax += imageTokensMax(model)
      } else if (part?.type === 'file') tokensMax = Number.POSITIVE_INFINITY
    }
  }
  return { bytes, tokensMax }
}

function inlineBytes(image: unknown): number {
  const url = (image as { url?: unknown } | null)?.url
  return typeof url === 'string' && url.startsWith('data:') ? url.length : 0
}
