/** What a chat's prompt counts when the vendor does not say. */
import { wholeText, type Strings } from '../../../../lib/json-skeleton.ts'
import { addUsage, type Usage } from '../../../../money/usage.ts'
import type { JsonBody, Written } from '../../../dialect.ts'
import { decodedBytes } from '../../media-bounds.ts'
import { guessMedia, type MediaTokens } from '../../media-guess.ts'
import { messageText } from './message-text.ts'

type Fields = Readonly<Record<string, unknown>>

/** Messages, tools, functions and the schema that the answer must fit are text to the model; media count by rules. */
export function promptOf({ json, strings }: Pick<JsonBody, 'json' | 'strings'>, messages: readonly Fields[]): Written {
  const schemas = ['tools', 'functions', 'response_format'].map((name) => json[name] ?? '')
  const text = [...messages.map(messageText), ...schemas.map((schema) => schema && JSON.stringify(schema))].join('\n')
  return {
    text: wholeText(text, strings),
    other: mediaIn(messages, strings),
  }
}

/** OpenAI's guides "Images and vision" (1,024 × 1,024 in high detail) and "Audio"; a page as one such image. */
const mediaTokens: MediaTokens = { image: 765, soundSecond: 10, videoSecond: 260, page: 765 }
const lowDetailTokens = 85

/** What the media in messages count. */
export const mediaIn = (messages: readonly Fields[], strings: Strings): Usage =>
  messages.map((message) => mediaOf(message, strings)).reduce(addUsage, {})

function mediaOf({ content }: Fields, strings: Strings): Usage {
  if (!Array.isArray(content)) return {}
  return content.map((part: Fields | null) => partMedia(part, strings)).reduce(addUsage, {})
}

/** What is only named, and not sent, is of no known size; a picture counts as one. */
function partMedia(part: Fields | null, strings: Strings): Usage {
  switch (part?.['type']) {
    case 'image_url':
      return { imageInput: member(part, 'image_url', 'detail') === 'low' ? lowDetailTokens : mediaTokens.image }
    case 'input_audio':
      return guess('audio/', member(part, 'input_audio', 'data'), strings)
    case 'audio_url':
      return guess('audio/', dataUrl(member(part, 'audio_url', 'url')), strings)
    case 'video_url':
      return guess('video/', dataUrl(member(part, 'video_url', 'url')), strings)
    case 'file':
      return guess('application/', member(part, 'file', 'file_data'), strings)
    default:
      return {}
  }
}

const guess = (mimeType: string, data: unknown, strings: Strings): Usage =>
  typeof data === 'string' ? guessMedia(mimeType, decodedBytes(strings.lengthOf(data)), mediaTokens) : {}
const member = (part: Fields, name: string, inner: string): unknown => (part[name] as Fields | null)?.[inner]
const dataUrl = (url: unknown): unknown => (typeof url === 'string' && url.startsWith('data:') ? url : null)
