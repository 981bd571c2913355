/**
 * What media count when the vendor does not say: a fair guess from their bytes, for estimates alone. What is held
 * for them is the most that they can count (`media-bounds.ts`). See docs/decisions/0013-what-is-counted.md.
 */
import type { Usage } from '../../money/usage.ts'

/** What a dialect's vendor counts for each. */
export type MediaTokens = {
  readonly image: number
  readonly soundSecond: number
  readonly videoSecond: number
  readonly page: number
}

/** Sound at 128 kbit/s, film at 1 Mbit/s, documents of 50 KB a page. */
const bytesPer = { soundSecond: 16_000, videoSecond: 125_000, page: 50_000 } as const

/** Tokens of one piece of media in a prompt, by its MIME type and size. */
export function guessMedia(mimeType: string, bytes: number, tokens: MediaTokens): Usage {
  const each = (unit: keyof typeof bytesPer): number => Math.ceil(bytes / bytesPer[unit]) * tokens[unit]
  if (mimeType.startsWith('image/')) return { imageInput: tokens.image }
  if (mimeType.startsWith('audio/')) return { audioInput: each('soundSecond') }
  if (mimeType.startsWith('video/')) return { videoInput: each('videoSecond') }
  return { input: each('page') }
}
