/**
 * What Azure's content filter adds to chat completions
 * (https://learn.microsoft.com/azure/ai-foundry/openai/concepts/content-filter-annotations, and …/content-streaming
 * for the asynchronous filter, whose results come in chunks of their own).
 */
import type { Dress } from '../dress.ts'
import type { Part } from '../reply.ts'
import { noUsage } from '../usage.ts'

const safe = { filtered: false, severity: 'safe' }
const answerResults = { hate: safe, self_harm: safe, sexual: safe, violence: safe }
const promptResults = [
  { prompt_index: 0, content_filter_results: { ...answerResults, jailbreak: { filtered: false, detected: false } } },
]

/** The error of a prompt that the filter blocks; alone among Azure's errors it has a param. */
export const refusedByFilter = {
  error: {
    message:
      "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify your prompt and retry. To learn more about our content filtering policies please read our documentation: https://go.microsoft.com/fwlink/?linkid=2198766",
    type: null,
    param: 'prompt',
    code: 'content_filter',
    status: 400,
    innererror: {
      code: 'ResponsibleAIPolicyViolation',
      content_filter_result: { ...answerResults, violence: { filtered: true, severity: 'medium' } },
    },
  },
}

/** What a response has of them, once it is over. */
const responseResults = ['prompt', 'completion'].map((source_type) => ({
  blocked: false,
  source_type,
  content_filter_raw: [],
  content_filter_results: answerResults,
  content_filter_offsets: { start_offset: 0, end_offset: 0, check_offset: 0 },
}))

/** Puts the filter's results into an answer and, unless they come later, into the chunks of a stream. */
export const filterDress =
  (isAsync: boolean): Dress =>
  (answer, isLast) => {
    if ('object' in answer && answer.object === 'response')
      return { ...answer, content_filters: isLast ? responseResults : null }
    const { object, choices } = answer as { readonly object: string; readonly choices: readonly object[] }
    const isChunk = object === 'chat.completion.chunk'
    if (isChunk && isAsync) return answer
    const filtered = choices.map((choice) => ({ ...choice, content_filter_results: answerResults }))
    return { ...answer, choices: filtered, ...(isChunk ? {} : { prompt_filter_results: promptResults }) }
  }

const partsBetweenAnnotations = 4

/** A stream as Azure sends it: the prompt's results first, in a chunk that is nobody's; others on the way if asynchronous. */
export function* filteredParts(parts: Iterable<Part>, isAsync: boolean): Generator<Part> {
  yield { wire: recordOf({ choices: [], prompt_filter_results: promptResults }), sent: noUsage }
  let sinceAnnotation = 0
  let checked = 0
  let last = noUsage
  for (const part of parts) {
    const isDone = part.wire.startsWith('data: [DONE]')
    if (isAsync && (isDone || sinceAnnotation === partsBetweenAnnotations)) {
      yield { wire: annotationOf(checked, last.output), sent: last }
      checked = last.output
      sinceAnnotation = 0
    }
    yield part
    last = part.sent
    sinceAnnotation += 1
  }
}

/** The results for a stretch of the answer: a choice without delta. The offsets are in tokens, not in characters. */
const annotationOf = (from: number, to: number): string =>
  recordOf({
    choices: [
      {
        index: 0,
        finish_reason: null,
        content_filter_results: answerResults,
        content_filter_offsets: { check_offset: to, start_offset: from, end_offset: to },
      },
    ],
  })

const recordOf = (members: object): string =>
  `data: ${JSON.stringify({ id: '', object: '', created: 0, model: '', ...members })}\n\n`
