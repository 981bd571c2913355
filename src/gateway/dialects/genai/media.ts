/**
 * What the media of a Gemini request can count at most beyond its text. Rules of the vendor: Gemini API,
 * "Understand and count tokens", "Media resolution" and "Document understanding".
 */
import type { Strings } from '../../../lib/json-skeleton.ts'
import { documentPages, soundSeconds, videoSeconds, type Media } from '../media-bounds.ts'
import { createPageCounter, pagesSaid, secondsSaid, sentIn, type PageCounter } from '../media-length.ts'

/** The most that one image counts at the highest media resolution, with room. */
const imageTokensMax = 4_096
const soundTokensPerSecond = 32
/** At high resolution; 258 in Gemini 2, 70 by default in Gemini 3. */
const frameTokensMax = 280
/** Of a page, by the resolution that is asked for; 258 in Gemini 2. */
const pageTokens = { default: 560, high: 1_120, ultra: 2_240 } as const
/** Google takes no more pages in one document. */
const pagesMax = 1_000
/** Google takes up to 24 frames of a second, one unless told. */
const framesPerSecond = 1

/** A body of more values, or deeper, than this is not searched through: it is held at what the model takes. */
const valuesMax = 100_000
const depthMax = 64

type Found = {
  bytes: number
  values: number
  images: number
  soundSeconds: number
  frames: number
  pages: number
  textTokens: number
  resolution: keyof typeof pageTokens
  isUnknown: boolean
  /** What a file elsewhere is, is the client's word. */
  isNamed: boolean
  readonly strings: Strings
  readonly counter: PageCounter
}

/**
 * Sums up inline data and files, wherever in the body they stand, in Google's two spellings. One pass
 * that makes nothing for what it passes: a hostile body costs its reading and no more.
 */
export function mediaOf(body: unknown, strings: Strings): Media {
  const found: Found = {
    bytes: 0,
    values: 0,
    images: 0,
    soundSeconds: 0,
    frames: 0,
    pages: 0,
    textTokens: 0,
    resolution: 'default',
    isUnknown: false,
    isNamed: false,
    strings,
    counter: createPageCounter(),
  }
  search(body, found, 0)
  const { images, frames, pages, textTokens } = found
  const sized =
    found.soundSeconds * soundTokensPerSecond + frames * frameTokensMax + pages * pageTokens[found.resolution]
  return {
    bytes: found.bytes,
    tokensMax: found.isUnknown ? Number.POSITIVE_INFINITY : images * imageTokensMax + sized + textTokens,
    isAssumed: sized > 0 || found.isNamed,
  }
}

function search(value: unknown, found: Found, depth: number): void {
  found.values += 1
  if (depth > depthMax || found.values > valuesMax) found.isUnknown = true
  if (typeof value !== 'object' || value === null || found.isUnknown) return
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length && !found.isUnknown; at += 1) search(value[at], found, depth + 1)
    return
  }
  const fields = value as Fields
  for (const key in fields) {
    if (found.isUnknown) return
    const field = fields[key]
    if (key === 'inlineData' || key === 'inline_data') addInline(field, fields, found)
    else if (key === 'fileData' || key === 'file_data') addNamed(field, found)
    else if (key === 'mediaResolution' || key === 'media_resolution') addResolution(field, found)
    search(field, found, depth + 1)
  }
}

type Fields = Readonly<Record<string, unknown>>
const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : empty)
const empty: Fields = {}

/** What is only named may be of any size, within what Google takes of its kind. A schema or an argument may use the same word for something else. */
function addNamed(file: unknown, found: Found): void {
  const { fileUri, file_uri: uri, mimeType, mime_type: snake } = fieldsOf(file)
  if (typeof fileUri !== 'string' && typeof uri !== 'string') return
  const type = String(mimeType ?? snake).toLowerCase()
  found.isNamed = true
  if (type.startsWith('image/')) found.images += 1
  else if (type === 'application/pdf') found.pages += pagesMax
  else found.isUnknown = true
}

/** For all of the request the word alone, for one part an object with its level. */
function addResolution(value: unknown, found: Found): void {
  const level = typeof value === 'string' ? value : fieldsOf(value)['level']
  if (level === 'MEDIA_RESOLUTION_ULTRA_HIGH' || level === ultraHigh) found.resolution = 'ultra'
  else if ((level === 'MEDIA_RESOLUTION_HIGH' || level === high) && found.resolution === 'default')
    found.resolution = 'high'
}
/** Google's JSON takes the numbers of an enum as well. */
const [high, ultraHigh] = [3, 4]

function addInline(inline: unknown, part: Fields, found: Found): void {
  const { data, mimeType, mime_type: snake } = fieldsOf(inline)
  if (typeof data !== 'string') return
  const type = String(mimeType ?? snake).toLowerCase()
  // Text stays counted by its base64, which is longer.
  if (type.startsWith('text/')) return
  const chars = found.strings.lengthOf(data)
  const sent = sentIn(data, found.strings)
  const { bytes } = sent
  found.bytes += chars
  if (type.startsWith('image/')) found.images += 1
  else if (type.startsWith('audio/')) found.soundSeconds += soundSeconds(bytes, secondsSaid(sent))
  else if (type.startsWith('video/')) {
    const seconds = videoSeconds(bytes, secondsSaid(sent))
    found.soundSeconds += seconds
    found.frames += Math.ceil(seconds * askedFramesPerSecond(part))
  } else {
    const isPdf = type === 'application/pdf'
    found.pages += Math.min(pagesMax, documentPages(bytes, isPdf ? pagesSaid(sent, found.counter) : null))
    if (!isPdf) found.textTokens += bytes
  }
}

function askedFramesPerSecond({ videoMetadata, video_metadata: snake }: Fields): number {
  const { fps } = fieldsOf(videoMetadata ?? snake)
  return typeof fps === 'number' && fps > framesPerSecond ? fps : framesPerSecond
}
