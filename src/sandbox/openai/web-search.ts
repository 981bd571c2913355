/** What a model that searches the web says: a text with its citations. */
import { topicsOf } from '../answer-text.ts'
import type { ChatCall } from './chat-fields.ts'
import { searches } from './model-rules.ts'

/** An answer that cites, and where in it. */
export type Cited = { readonly text: string; readonly annotations: readonly object[] }

/** The answer of a model that searches; null of any other. */
export function searchAnswer({ model }: Pick<ChatCall, 'model'>, question: string): Cited | null {
  if (!searches(model)) return null
  const topic = topicsOf(question)[0]!
  const url = `https://example.com/${topic.toLowerCase()}?utm_source=openai`
  const citation = `([example.com](${url}))`
  const before = `This is a simulated answer about ${topic}, as a page of the web has it. `
  const start = before.length
  const place = { start_index: start, end_index: start + citation.length, url, title: `A page about ${topic}` }
  return { text: before + citation, annotations: [{ type: 'url_citation', url_citation: place }] }
}
