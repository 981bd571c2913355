/** A response as the vendor streams it: its events in order, numbered, each with what has been served by then. */
import { textOf } from '../../choice.ts'
import { groupsOf } from '../../groups.ts'
import { hashOf } from '../../hash.ts'
import type { Part } from '../../reply.ts'
import type { Piece } from '../../tokens.ts'
import { addUsage, noUsage, type Usage } from '../../usage.ts'
import {
  begunItem,
  contentOf,
  doneItem,
  emptyContent,
  logprobsIn,
  type CallItem,
  type ImageItem,
  type MessageItem,
  type OutputItem,
  type ReasoningItem,
} from './output-item.ts'
import { failure, responseIn, type Run } from './run.ts'

/** The records of the stream, from the one after `after` on. */
export function* responseStream(run: Run, after = -1): Generator<Part> {
  let number = 0
  for (const { fields, sent } of eventsOf(run)) {
    if (number > after) yield { wire: recordOf(fields, number, run.isObfuscated), sent }
    number += 1
  }
}

/** How many records the whole stream has. */
export const recordsIn = (run: Run): number => Array.from(eventsOf(run)).length

type Fields = { readonly type: string } & Readonly<Record<string, unknown>>
type Told = { readonly fields: Fields; readonly sent: Usage }

function recordOf({ type, ...fields }: Fields, number: number, isObfuscated: boolean): string {
  const noise = isObfuscated && 'delta' in fields ? { obfuscation: obfuscationOf(number) } : {}
  return `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: number, ...fields, ...noise })}\n\n`
}

/** So that the length of a record does not tell the length of its token. */
const obfuscationOf = (number: number): string =>
  hashOf(`obfuscation ${number}`)
    .toString(36)
    .padEnd(8, 'x')
    .slice(0, 1 + (number % 8))

function* eventsOf(run: Run): Generator<Told> {
  const prompt = { ...noUsage, input: run.usage.input, cachedInput: run.usage.cachedInput }
  const about = (state: 'queued' | 'in_progress') => ({ response: responseIn(state, run) })
  if (run.asked.background) {
    yield { fields: { type: 'response.created', ...about('queued') }, sent: noUsage }
    yield { fields: { type: 'response.queued', ...about('queued') }, sent: noUsage }
  } else yield { fields: { type: 'response.created', ...about('in_progress') }, sent: prompt }
  yield { fields: { type: 'response.in_progress', ...about('in_progress') }, sent: prompt }
  const { ending } = run
  if (ending.status === 'failed') return yield* failing(run, prompt, ending.isBare)
  yield* itemEvents(run.items, prompt)
  const response = responseIn(ending.status, run)
  yield { fields: { type: `response.${ending.status}`, response }, sent: run.usage }
}

/** Half of what would have been said, and then the failure. */
function* failing(run: Run, prompt: Usage, isBare: boolean): Generator<Told> {
  const told = toldBeforeFailure(run.items, prompt)
  yield* told
  const sent = told.at(-1)?.sent ?? prompt
  yield isBare
    ? { fields: { type: 'error', ...failure, param: null }, sent }
    : { fields: { type: 'response.failed', response: responseIn('failed', run) }, sent }
}

/** What is served of a response that fails, all in all. */
export const servedBeforeFailure = (items: readonly OutputItem[], prompt: Usage): Usage =>
  toldBeforeFailure(items, prompt).at(-1)?.sent ?? prompt

function toldBeforeFailure(items: readonly OutputItem[], prompt: Usage): readonly Told[] {
  const all = [...itemEvents(items, prompt)]
  return all.slice(0, Math.ceil(all.length / 2))
}

function* itemEvents(items: readonly OutputItem[], prompt: Usage): Generator<Told> {
  let done = prompt
  for (const [output_index, item] of items.entries()) {
    yield { fields: { type: 'response.output_item.added', output_index, item: begunItem(item) }, sent: done }
    for (const { type, served, ...fields } of insideOf(item)) {
      const place = { item_id: item.id, output_index }
      yield {
        fields: { type: `response.${type}`, ...place, ...fields },
        sent: addUsage(done, { ...noUsage, ...served }),
      }
    }
    done = addUsage(done, servedBy(item))
    yield { fields: { type: 'response.output_item.done', output_index, item: doneItem(item) }, sent: done }
  }
}

/** All that an item comes to. */
export function servedBy(item: OutputItem): Usage {
  switch (item.kind) {
    case 'reasoning':
      return { ...noUsage, reasoning: item.tokens }
    case 'message':
    case 'function_call':
    case 'custom_tool_call':
      return { ...noUsage, output: item.tokens }
    case 'web_search_call':
      return { ...noUsage, webSearches: 1 }
    case 'image_generation_call':
      return { ...noUsage, toolInput: item.textTokens + item.imageTokens, imageOutput: item.outputTokens }
  }
}

/** An event within an item, and what of the item has been served with it. */
type Inside = { readonly type: string; readonly served: Partial<Usage> } & Readonly<Record<string, unknown>>

function* insideOf(item: OutputItem): Generator<Inside> {
  switch (item.kind) {
    case 'reasoning':
      return yield* summaryEvents(item)
    case 'message':
      return yield* messageEvents(item)
    case 'function_call':
      return yield* callEvents(item, 'function_call_arguments', 'arguments')
    case 'custom_tool_call':
      return yield* callEvents(item, 'custom_tool_call_input', 'input')
    case 'web_search_call':
      for (const step of ['in_progress', 'searching', 'completed'])
        yield { type: `web_search_call.${step}`, served: { webSearches: step === 'completed' ? 1 : 0 } }
      return
    case 'image_generation_call':
      return yield* imageEvents(item)
  }
}

function* summaryEvents({ summary }: ReasoningItem): Generator<Inside> {
  for (const [summary_index, text] of summary.entries()) {
    const at = { served: {}, summary_index }
    yield { type: 'reasoning_summary_part.added', ...at, part: { type: 'summary_text', text: '' } }
    for (const delta of text.match(/\S+\s*|\s+/g) ?? []) yield { type: 'reasoning_summary_text.delta', ...at, delta }
    yield { type: 'reasoning_summary_text.done', ...at, text }
    yield { type: 'reasoning_summary_part.done', ...at, part: { type: 'summary_text', text } }
  }
}

function* messageEvents(item: MessageItem): Generator<Inside> {
  const at = { content_index: 0 }
  const name = item.isRefusal ? 'refusal' : 'output_text'
  yield { type: 'content_part.added', served: {}, ...at, part: emptyContent(item) }
  let output = 0
  let from = 0
  for (const { group, text, tokens } of groupsOf(item.pieces)) {
    output = Math.min(output + tokens, item.tokens)
    yield { type: `${name}.delta`, served: { output }, ...at, delta: text, ...logprobsOf(item, group, from) }
    from += tokens
  }
  const served = { output: item.tokens }
  for (const [annotation_index, annotation] of item.annotations.entries())
    yield { type: 'output_text.annotation.added', served, ...at, annotation_index, annotation }
  const text = textOf(item.pieces)
  const whole = item.isRefusal ? { refusal: text } : { text, ...logprobsOf(item, item.pieces, 0) }
  yield { type: `${name}.done`, served, ...at, ...whole }
  yield { type: 'content_part.done', served, ...at, part: contentOf(item) }
}

const logprobsOf = (item: MessageItem, pieces: readonly Piece[], from: number): object =>
  item.isRefusal ? {} : { logprobs: logprobsIn(item, pieces, from) }

function* callEvents(item: CallItem, name: string, member: string): Generator<Inside> {
  let output = Math.min(item.nameTokens, item.tokens)
  for (const { text, tokens } of groupsOf(item.pieces)) {
    output = Math.min(output + tokens, item.tokens)
    yield { type: `${name}.delta`, served: { output }, delta: text }
  }
  yield { type: `${name}.done`, served: { output: item.tokens }, [member]: textOf(item.pieces) }
}

function* imageEvents(item: ImageItem): Generator<Inside> {
  const { about, partials } = item
  const toolInput = item.textTokens + item.imageTokens
  for (const step of ['in_progress', 'generating']) yield { type: `image_generation_call.${step}`, served: {} }
  for (const [partial_image_index, partial_image_b64] of partials.entries()) {
    const served = { toolInput, imageOutput: (partial_image_index + 1) * item.partialTokens }
    yield { type: 'image_generation_call.partial_image', served, partial_image_index, partial_image_b64, ...about }
  }
  yield { type: 'image_generation_call.completed', served: { toolInput, imageOutput: item.outputTokens } }
}
