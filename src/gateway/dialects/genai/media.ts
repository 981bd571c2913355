/** What the parts of a Gemini request can count at most beyond their text. */
import { camelFields } from './spelling.ts'

/** The most that one image counts at the highest media resolution, with room (Gemini 3 media resolution guide). */
const imageTokensMax = 4_096

export type Media = { readonly bytes: number; readonly tokensMax: number }

/**
 * Sums up inline data and files, wherever in the body they stand. Only images and text are bounded by
 * what is sent; sound, video, documents and files elsewhere count as whatever the model takes.
 */
export function mediaOf(value: unknown, depth = 0): Media {
  if (typeof value !== 'object' || value === null) return none
  if (depth > depthMax) return unknown
  const own = Array.isArray(value) ? none : ownMedia(camelFields(value))
  return Object.values(value).reduce<Media>((sum, inner) => added(sum, mediaOf(inner, depth + 1)), own)
}

const depthMax = 64
const none: Media = { bytes: 0, tokensMax: 0 }
const unknown: Media = { bytes: 0, tokensMax: Number.POSITIVE_INFINITY }
const added = (a: Media, b: Media): Media => ({ bytes: a.bytes + b.bytes, tokensMax: a.tokensMax + b.tokensMax })

function ownMedia({ inlineData, fileData }: Readonly<Record<string, unknown>>): Media {
  if (fileData) return unknown
  if (!inlineData) return none
  const { mimeType, data } = camelFields(inlineData)
  const type = String(mimeType).toLowerCase()
  if (type.startsWith('text/')) return none
  if (!type.startsWith('image/')) return unknown
  return { bytes: typeof data === 'string' ? data.length : 0, tokensMax: imageTokensMax }
}
