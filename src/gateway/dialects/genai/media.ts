/** What the parts of a Gemini request can count at most beyond their text. */
import { camelFields } from './spelling.ts'

/** The most that one image counts at the highest media resolution, with room (Gemini 3 media resolution guide). */
const imageTokensMax = 4_096

export type Media = { readonly bytes: number; readonly tokensMax: number }

/**
 * Sums up inline data and files. Sound and video stay counted by their bytes, always more than their
 * tokens; the pages of a PDF and files elsewhere are not known, so they count as whatever the model takes.
 */
export function mediaOf(contents: readonly unknown[]): Media {
  let bytes = 0
  let tokensMax = 0
  for (const part of contents.flatMap(partsOf)) {
    const { inlineData, fileData } = camelFields(part)
    if (fileData) tokensMax = Number.POSITIVE_INFINITY
    if (!inlineData) continue
    const { mimeType, data } = camelFields(inlineData)
    tokensMax += mimeType === 'application/pdf' ? Number.POSITIVE_INFINITY : imageTokensMax
    if (typeof mimeType === 'string' && mimeType.startsWith('image/') && typeof data === 'string') bytes += data.length
  }
  return { bytes, tokensMax }
}

function partsOf(content: unknown): unknown[] {
  const { parts } = camelFields(content)
  return Array.isArray(parts) ? parts : parts ? [parts] : []
}
