/** What a model that searches the web says: a text with its citations. */
import { topicsOf } from '../answer-text.ts'
import type { ChatCall } from './chat-fields.ts'
import { searches } from './model-rules.ts'

/** An answer that cites, and where in it. */
export type Cited = { readonly text: string; readonly annotations: readonly object[] }

/** A page that was found, and the answer that cites it. */
export type Found = {
  readonly query: string
  readonly text: string
  readonly place: {
    readonly start_index: number
    readonly end_index: number
    readonly url: string
    readonly title: string
  }
}

/** The answer of a chat model that searches; null of any other. */
export function searchAnswer({ model }: Pick<ChatCall, 'model'>, question: string): Cited | null {
  if (!searches(model)) return null
  const { text, place } = foundOnTheWeb(question)
  return { text, annotations: [{ type: 'url_citation', url_citation: place }] }
}

/** What a search for a question finds. */
export function foundOnTheWeb(question: string): Found {
  const topic = topicsOf(question)[0]!
  const url = `https://example.com/${topic.toLowerCase()}?utm_source=openai`
  const citation = `([example.com](${url}))`
  const before = `This is a simulated answer about ${topic}, as a page of the web has it. `
  const start = before.length
  const place = { start_index: start, end_index: start + citation.length, url, title: `A page about ${topic}` }
  return { query: topicsOf(question).join(' '), text: before + citation, place }
}
