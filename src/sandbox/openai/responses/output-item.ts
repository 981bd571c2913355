/** What a response puts out, item by item, before it is written as one body or as a stream of events. */
import { textOf } from '../../choice.ts'
import { logprobsOf } from '../../logprobs.ts'
import type { Piece } from '../../tokens.ts'

type Begun = {
  readonly id: string
  /** Cut by the limit of output tokens. */
  readonly isCut: boolean
}

export type ReasoningItem = Begun & {
  readonly kind: 'reasoning'
  readonly tokens: number
  readonly summary: readonly string[]
  /** Null where it was not asked for. */
  readonly encrypted: string | null
}

export type MessageItem = Begun & {
  readonly kind: 'message'
  readonly isRefusal: boolean
  readonly pieces: readonly Piece[]
  /** Of its text, counted anew where it was cut. */
  readonly tokens: number
  readonly annotations: readonly object[]
  /** How many alternatives of each token are told; null for no probabilities at all. */
  readonly logprobs: number | null
}

/** A call of a function with its arguments, or of a custom tool with its input. */
export type CallItem = Begun & {
  readonly kind: 'function_call' | 'custom_tool_call'
  readonly callId: string
  readonly name: string
  readonly nameTokens: number
  readonly pieces: readonly Piece[]
  /** Of name and text, counted anew where it was cut. */
  readonly tokens: number
}

export type SearchItem = Begun & { readonly kind: 'web_search_call'; readonly action: object }

export type ImageItem = Begun & {
  readonly kind: 'image_generation_call'
  /** Size, quality, format, background. */
  readonly about: object
  readonly prompt: string
  readonly partials: readonly string[]
  readonly picture: string
  readonly action: 'generate' | 'edit'
  /** What was read for it: the prompt, and pictures that it is made from. */
  readonly textTokens: number
  readonly imageTokens: number
  readonly outputTokens: number
  /** Of the output, for each partial picture. */
  readonly partialTokens: number
}

export type OutputItem = ReasoningItem | MessageItem | CallItem | SearchItem | ImageItem

/** An item as the vendor writes it when it begins: nothing is in it yet. */
export function begunItem(item: OutputItem): object {
  const { id, kind: type } = item
  const status = 'in_progress'
  switch (item.kind) {
    case 'reasoning':
      return { id, type, ...encryptedOf(item), summary: [] }
    case 'message':
      return { id, type, status, content: [], role: 'assistant' }
    case 'function_call':
      return { id, type, status, arguments: '', call_id: item.callId, name: item.name }
    case 'custom_tool_call':
      return { id, type, status, call_id: item.callId, input: '', name: item.name }
    case 'web_search_call':
      return { id, type, status, action: item.action }
    case 'image_generation_call':
      return { id, type, status, result: null }
  }
}

/** An item as the vendor writes it when it is done. */
export function doneItem(item: OutputItem): object {
  const { id, kind: type } = item
  const status = item.isCut ? 'incomplete' : 'completed'
  switch (item.kind) {
    case 'reasoning':
      return { id, type, ...encryptedOf(item), summary: item.summary.map((text) => ({ type: 'summary_text', text })) }
    case 'message':
      return { id, type, status, content: [contentOf(item)], role: 'assistant' }
    case 'function_call':
      return { id, type, status, arguments: textOf(item.pieces), call_id: item.callId, name: item.name }
    case 'custom_tool_call':
      return { id, type, status, call_id: item.callId, input: textOf(item.pieces), name: item.name }
    case 'web_search_call':
      return { id, type, status, action: item.action }
    case 'image_generation_call':
      return {
        id,
        type,
        status,
        action: item.action,
        ...item.about,
        result: item.picture,
        revised_prompt: item.prompt,
      }
  }
}

const encryptedOf = ({ encrypted }: ReasoningItem): object =>
  encrypted === null ? {} : { encrypted_content: encrypted }

/** The one part of a message, as it is when it is done. */
export function contentOf(item: MessageItem): object {
  const text = textOf(item.pieces)
  return item.isRefusal
    ? { type: 'refusal', refusal: text }
    : { type: 'output_text', annotations: item.annotations, logprobs: logprobsIn(item, item.pieces, 0), text }
}

/** The one part of a message, as it is when it begins. */
export const emptyContent = ({ isRefusal }: MessageItem): object =>
  isRefusal ? { type: 'refusal', refusal: '' } : { type: 'output_text', annotations: [], logprobs: [], text: '' }

/** The probabilities of pieces that begin at token `from`; empty where they were not asked for. */
export const logprobsIn = ({ logprobs }: MessageItem, pieces: readonly Piece[], from: number): readonly object[] =>
  logprobs === null
    ? []
    : logprobsOf(pieces, from, logprobs).map(({ chosen, top }) => ({ ...chosen, top_logprobs: top }))
