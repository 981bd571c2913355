/** What the parts of Gemini contents say, of prompts and of answers alike. */
import { wholeStrings, type Strings } from '../../../lib/json-skeleton.ts'
import { addUsage, type Usage } from '../../../money/usage.ts'
import type { Written } from '../../dialect.ts'
import { decodedBytes } from '../media-bounds.ts'
import { guessMedia, type MediaTokens } from '../media-guess.ts'
import { camelFields } from './spelling.ts'

type Answer = { readonly candidates?: readonly ({ readonly content?: { readonly parts?: unknown } | null } | null)[] }

/** Everything that the model has written: texts, thoughts, calls, code and what came of it, and media by rules. */
export function answerWritten(json: string): Written {
  const { candidates } = JSON.parse(json) as Answer
  const parts = (candidates ?? []).flatMap((candidate) => candidate?.content?.parts ?? [])
  return joined(
    parts.map((part) => partWritten(part, outputMedia, wholeStrings)),
    '',
  )
}

/** The texts and media within contents, however they are nested. */
export function promptWritten(contents: unknown, strings: Strings): Written {
  if (Array.isArray(contents))
    return joined(
      contents.map((inner) => promptWritten(inner, strings)),
      '\n',
    )
  if (typeof contents === 'string') return { text: contents, other: {} }
  if (typeof contents !== 'object' || contents === null) return nothing
  const { parts } = contents as { readonly parts?: unknown }
  return parts === undefined ? partWritten(contents, inputMedia, strings) : promptWritten(parts, strings)
}

type MediaOf = (mimeType: string, bytes: number) => Usage

function partWritten(part: unknown, mediaOf: MediaOf, strings: Strings): Written {
  const fields = camelFields(part)
  const { mimeType, data } = camelFields(fields['inlineData'])
  const { code } = camelFields(fields['executableCode'])
  const { output } = camelFields(fields['codeExecutionResult'])
  const called = ['functionCall', 'functionResponse', 'toolCall', 'toolResponse']
    .filter((name) => fields[name])
    .map((name) => JSON.stringify(fields[name]))
  return {
    text: [fields['text'], code, output].filter((value) => typeof value === 'string').join('') + called.join(''),
    other:
      typeof data === 'string' ? mediaOf(String(mimeType).toLowerCase(), decodedBytes(strings.lengthOf(data))) : {},
  }
}

/** Gemini API, "Media resolution": an image, a page and a frame a second by default in Gemini 3, beside 32 for a second of sound. */
const mediaTokens: MediaTokens = { image: 1_120, soundSecond: 32, videoSecond: 102, page: 560 }
const inputMedia: MediaOf = (mimeType, bytes) => guessMedia(mimeType, bytes, mediaTokens)

/** Gemini API, "Image generation": 1,290 for an image of up to 1,024 pixels. "Speech generation": 25 for a second of 16 bits at 24 kHz. */
const imageTokens = 1_290
const soundBytesPerToken = 1_920
const outputMedia: MediaOf = (mimeType, bytes) =>
  mimeType.startsWith('audio/') ? { audioOutput: Math.ceil(bytes / soundBytesPerToken) } : { imageOutput: imageTokens }

const nothing: Written = { text: '', other: {} }
const joined = (written: readonly Written[], between: string): Written => ({
  text: written.map(({ text }) => text).join(between),
  other: written.map(({ other }) => other).reduce(addUsage, {}),
})
