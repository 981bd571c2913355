/**
 * Writing the events of a stream: numbered without a gap, and in the order that the vendor has and both SDKs insist on
 * (an item is added before its parts, a part before its text, and each is done before the item is).
 */
import { isFields, listOf, textOf, type Fields } from './items.ts'

export type EventWriter = (type: string, fields: Fields) => string

/** Gives each event the next number; its records are made as the vendor's are. */
export function createEventWriter(): EventWriter {
  let sequence = -1
  return (type, fields) => {
    sequence += 1
    return `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence, ...fields })}\n\n`
  }
}

/** What comes letter by letter: a part of an item, or the one text of a call. */
type Spelled = {
  /** How its events number it within its item; null for the only one. */
  readonly index: 'content_index' | 'summary_index' | null
  /** The event of the whole part, before `.added` and `.done`; null for what is no part. */
  readonly part: string | null
  /** The event of its text, before `.delta` and `.done`. */
  readonly text: string
  /** Its member that is the text. */
  readonly member: string
  /** What both events of its text have besides. */
  readonly more?: Fields
}

const spelled = {
  output_text: {
    index: 'content_index',
    part: 'response.content_part',
    text: 'response.output_text',
    member: 'text',
    more: { logprobs: [] },
  },
  refusal: { index: 'content_index', part: 'response.content_part', text: 'response.refusal', member: 'refusal' },
  summary_text: {
    index: 'summary_index',
    part: 'response.reasoning_summary_part',
    text: 'response.reasoning_summary_text',
    member: 'text',
  },
  reasoning_text: {
    index: 'content_index',
    part: 'response.content_part',
    text: 'response.reasoning_text',
    member: 'text',
  },
  function_call: { index: null, part: null, text: 'response.function_call_arguments', member: 'arguments' },
  custom_tool_call: { index: null, part: null, text: 'response.custom_tool_call_input', member: 'input' },
} as const satisfies Readonly<Record<string, Spelled>>

/** What is spelled out, by the type of the part, or of the item where that is all there is of it. */
export type SpelledType = keyof typeof spelled
const shapeOf = (type: SpelledType): Spelled => spelled[type]
const isSpelled = (type: unknown): type is SpelledType => typeof type === 'string' && Object.hasOwn(spelled, type)

/** Where in the output something stands. */
export type Place = { readonly itemId: unknown; readonly outputIndex: number; readonly index: number }

const placed = (type: SpelledType, { itemId, outputIndex, index }: Place): Fields => {
  const { index: name } = shapeOf(type)
  return { item_id: itemId, output_index: outputIndex, ...(name !== null && { [name]: index }) }
}

const emptied = (part: Fields, { member }: Spelled): Fields => ({ ...part, [member]: '' })

/** Begins a part: `part` is all of it, or as much as is known. */
export function beginPart(write: EventWriter, place: Place, part: Fields & { readonly type: SpelledType }): string {
  const shape = shapeOf(part.type)
  return shape.part === null
    ? ''
    : write(`${shape.part}.added`, { ...placed(part.type, place), part: emptied(part, shape) })
}

/** Some more of its text, with what else its event says. */
export function spellPart(
  write: EventWriter,
  place: Place,
  type: SpelledType,
  said: Fields & { readonly delta: string },
): string {
  if (said.delta === '') return ''
  const { text, more } = shapeOf(type)
  return write(`${text}.delta`, { ...placed(type, place), ...more, ...said })
}

/** Ends it: `part` is all of it. */
export function endPart(write: EventWriter, place: Place, part: Fields & { readonly type: SpelledType }): string {
  const shape = shapeOf(part.type)
  const at = placed(part.type, place)
  const done = write(`${shape.text}.done`, { ...at, [shape.member]: part[shape.member], ...shape.more })
  return shape.part === null ? done : done + write(`${shape.part}.done`, { ...at, part })
}

/** An item as it begins: without its parts, its text, or its end. */
function begunItem(item: Fields): Fields {
  const begun: Record<string, unknown> = { ...item }
  if ('status' in item) begun['status'] = 'in_progress'
  for (const list of ['content', 'summary']) if (Array.isArray(item[list])) begun[list] = []
  if (isSpelled(item['type'])) begun[shapeOf(item['type']).member] = ''
  return begun
}

export const addItem = (write: EventWriter, outputIndex: number, item: Fields): string =>
  write('response.output_item.added', { output_index: outputIndex, item: begunItem(item) })
export const endItem = (write: EventWriter, outputIndex: number, item: Fields): string =>
  write('response.output_item.done', { output_index: outputIndex, item })

/** A response has begun: what is known of it, without an end. */
export const beginResponse = (write: EventWriter, response: Fields): string => {
  const begun = {
    ...response,
    status: 'in_progress',
    output: [],
    usage: null,
    incomplete_details: null,
    completed_at: null,
  }
  return write('response.created', { response: begun }) + write('response.in_progress', { response: begun })
}
/** It has ended, as its status says. */
export const endResponse = (write: EventWriter, response: Fields): string =>
  write(`response.${response['status'] === 'incomplete' ? 'incomplete' : 'completed'}`, { response })

const utf8 = new TextDecoder()

/** A whole answer as the stream that was asked for: some servers overlook `stream: true`. `answer`: one that could be read. */
export function responseAsStream(answer: Uint8Array): Uint8Array {
  const response = JSON.parse(utf8.decode(answer)) as Fields
  const write = createEventWriter()
  let events = beginResponse(write, response)
  for (const [at, item] of listOf(response['output']).entries()) events += itemEvents(write, at, item)
  return new TextEncoder().encode(events + endResponse(write, response))
}

function itemEvents(write: EventWriter, outputIndex: number, item: Fields): string {
  const parts = isSpelled(item['type']) ? [item] : [...listOf(item['summary']), ...listOf(item['content'])]
  const lists = { content_index: 0, summary_index: 0 }
  let events = addItem(write, outputIndex, item)
  for (const part of parts) {
    if (!isWhole(part)) continue
    const { index, member } = shapeOf(part.type)
    const place = { itemId: item['id'], outputIndex, index: index === null ? 0 : lists[index]++ }
    events += beginPart(write, place, part) + spellPart(write, place, part.type, { delta: textOf(part[member]) })
    events += endPart(write, place, part)
  }
  return events + endItem(write, outputIndex, item)
}

const isWhole = (part: unknown): part is Fields & { readonly type: SpelledType } =>
  isFields(part) && isSpelled(part['type'])
