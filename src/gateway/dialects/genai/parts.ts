/** Reading the candidates of a Gemini answer: their text, and the searches that grounded it. */
import type { Usage } from '../../../money/usage.ts'

type Part = { text?: unknown; functionCall?: unknown }
type Grounding = { webSearchQueries?: unknown; groundingChunks?: { maps?: unknown }[] }
type Answer = { candidates?: { content?: { parts?: Part[] }; groundingMetadata?: Grounding }[] }

/** Every text that the model has written, thoughts and calls included. */
export function contentText(json: string): string {
  const { candidates } = JSON.parse(json) as Answer
  const parts = (candidates ?? []).flatMap((candidate) => candidate.content?.parts ?? [])
  return parts
    .map((part) =>
      typeof part.text === 'string' ? part.text : part.functionCall ? JSON.stringify(part.functionCall) : '',
    )
    .join('')
}

/**
 * Searches that are billed by the piece: each query for models that price queries, the prompt once for
 * those that price grounded prompts (the price book knows which). Streams repeat them; the last word counts.
 */
export function groundingOf(answers: readonly string[]): Usage {
  const grounded = answers
    .flatMap((json) => parsed(json).candidates ?? [])
    .flatMap(({ groundingMetadata }) => groundingMetadata ?? [])
  const queries = Math.max(
    0,
    ...grounded.map(({ webSearchQueries }) => (Array.isArray(webSearchQueries) ? webSearchQueries.length : 0)),
  )
  const maps = grounded.some(({ groundingChunks }) => groundingChunks?.some((chunk) => chunk.maps !== undefined))
  return { ...(queries > 0 && { searchQuery: queries, groundedPrompt: 1 }), ...(maps && { mapsQuery: 1 }) }
}

/** The text within contents, however they are nested. */
export function mediaFreeText(contents: unknown): string {
  if (Array.isArray(contents)) return contents.map(mediaFreeText).join('\n')
  if (typeof contents !== 'object' || contents === null) return ''
  const { text, parts } = contents as { text?: unknown; parts?: unknown }
  return typeof text === 'string' ? text : mediaFreeText(parts)
}

/** A record that is no JSON says nothing of searches. */
function parsed(json: string): Answer {
  try {
    return JSON.parse(json) as Answer
  } catch {
    return {}
  }
}
