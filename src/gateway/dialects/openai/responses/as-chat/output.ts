/**
 * The output of a response as the pieces of a chat's answer make it: reasoning, a message, calls. Each piece gives the
 * events that tell of it. Reasoning ends where something else begins; the message and the calls end with the answer.
 */
import { addItem, beginPart, endItem, endPart, spellPart, type EventWriter, type Place } from '../events.ts'
import type { Fields } from '../items.ts'
import type { CallDelta, Delta } from './delta.ts'
import { customInput } from './tools.ts'

type Part = { readonly type: 'output_text' | 'refusal' | 'summary_text' } & Record<string, unknown>
type Item = { readonly fields: Record<string, unknown>; readonly at: number; readonly parts: Part[]; text: string }

export type OutputWriter = {
  /** The events of one more piece. */
  readonly add: (delta: Delta) => string
  /** Those that end whatever has begun. `status`: of the items that have one. */
  readonly end: (status: 'completed' | 'incomplete') => string
  readonly items: () => readonly Fields[]
}

/** `seed`: what makes the ids of items, in which there is nothing of chance. `customs`: names of tools that take a text. */
export function createOutputWriter(write: EventWriter, seed: string, customs: ReadonlySet<unknown>): OutputWriter {
  const output: Output = {
    write,
    seed,
    customs,
    items: [],
    calls: new Map(),
    reasoning: null,
    message: null,
    call: null,
  }
  return {
    add(delta) {
      let events = delta.reasoning === '' ? '' : addReasoning(output, delta.reasoning)
      const isCited = output.message !== null && delta.annotations.length > 0
      if (delta.text !== '' || isCited) events += addText(output, { ...delta, type: 'output_text' })
      if (delta.refusal !== '') events += addText(output, { ...nothing, type: 'refusal', text: delta.refusal })
      for (const call of delta.calls) events += addCall(output, call)
      return events
    },
    end: (status) => endAll(output, status),
    items: () => output.items.map(({ fields }) => fields),
  }
}

type Output = {
  readonly write: EventWriter
  readonly seed: string
  readonly customs: ReadonlySet<unknown>
  readonly items: Item[]
  readonly calls: Map<number, Item>
  /** Those that are open; a call is until the end. */
  reasoning: Item | null
  message: Item | null
  /** The last that was told of. */
  call: Item | null
}

function open({ items, seed, write }: Output, prefix: string, fields: Fields): readonly [Item, string] {
  const at = items.length
  const item: Item = { fields: { id: `${prefix}_${seed}_${at}`, ...fields }, at, parts: [], text: '' }
  items.push(item)
  return [item, addItem(write, at, item.fields)]
}

function addReasoning(output: Output, text: string): string {
  let events = ''
  if (!output.reasoning) [output.reasoning, events] = open(output, 'rs', { type: 'reasoning', summary: [] })
  return events + spelled(output.write, output.reasoning, { ...nothing, type: 'summary_text', text })
}

function endReasoning(output: Output): string {
  if (!output.reasoning) return ''
  const events = closed(output.write, output.reasoning)
  output.reasoning = null
  return events
}

function addText(output: Output, piece: Piece): string {
  let events = endReasoning(output)
  if (!output.message) {
    const begun = { type: 'message', status: 'in_progress', role: 'assistant', content: [] }
    const [message, added] = open(output, 'msg', begun)
    output.message = message
    events += added
  }
  return events + spelled(output.write, output.message, piece)
}

function addCall(output: Output, delta: CallDelta): string {
  const { calls, write } = output
  let events = endReasoning(output)
  let call = delta.index === null ? output.call : calls.get(delta.index)
  if (!call || isAnother(call, delta)) {
    const isCustom = output.customs.has(delta.name)
    const [opened, added] = open(output, isCustom ? 'ctc' : 'fc', callFields(delta, isCustom, callIdOf(output, delta)))
    call = opened
    events += added
  }
  output.call = call
  if (delta.index !== null) calls.set(delta.index, call)
  call.text += delta.given
  call.fields['name'] ||= delta.name
  // The text of a custom tool is within JSON, which is whole only at its end.
  if (call.fields['type'] === 'custom_tool_call') return events
  return events + spellPart(write, placeOf(call, 0), 'function_call', { delta: delta.given })
}

/**
 * Whether a call begins where one is under way: some servers tell of several without numbers, or give each the same one
 * (Ollama), and others make a new id for each piece of a call.
 */
function isAnother({ fields, text }: Item, { index, id, name }: CallDelta): boolean {
  if (index === null && id !== '' && (name !== '' || id !== fields['call_id'])) return true
  if (name === '' || fields['name'] === '') return false
  return (index === null || name !== fields['name'] || (id !== '' && id !== fields['call_id'])) && isWhole(text)
}

/** Whether these can be all of a call's arguments. */
function isWhole(text: string): boolean {
  if (!text.endsWith('}')) return text === ''
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Two calls of one id could not be answered apart. */
function callIdOf({ items, seed }: Output, { id }: CallDelta): string {
  const ids = items.flatMap(({ fields }) => ('call_id' in fields ? [fields['call_id']] : []))
  return id !== '' && !ids.includes(id) ? id : `call_${seed}_${ids.length}`
}

function endAll(output: Output, status: string): string {
  const { items, write } = output
  let events = endReasoning(output)
  // An answer that says nothing is a message of nothing.
  if (items.every(({ fields }) => fields['type'] === 'reasoning'))
    events += addText(output, { ...nothing, type: 'output_text' })
  for (const item of items) {
    if (item.fields['type'] === 'reasoning') continue
    item.fields['status'] = status
    events += item.fields['type'] === 'message' ? closed(write, item) : closedCall(write, item)
  }
  return events
}

/** Some letters of a part. */
type Piece = Pick<Delta, 'text' | 'annotations' | 'logprobs'> & { readonly type: Part['type'] }
const nothing = { text: '', annotations: [], logprobs: [] } as const

const placeOf = ({ fields, at }: Item, index: number): Place => ({ itemId: fields['id'], outputIndex: at, index })

function callFields({ name, more }: CallDelta, isCustom: boolean, callId: string): Fields {
  return {
    type: isCustom ? 'custom_tool_call' : 'function_call',
    status: 'in_progress',
    ...(isCustom ? { input: '' } : { arguments: '' }),
    call_id: callId,
    name,
    ...more,
  }
}

/** Adds to the last part of an item, or to a new one of that type. */
function spelled(write: EventWriter, item: Item, { type, text, annotations, logprobs }: Piece): string {
  let part = item.parts.at(-1)
  let events = ''
  if (part?.type !== type) {
    events += part ? endPart(write, placeOf(item, item.parts.length - 1), part) : ''
    part = emptyPart(type)
    item.parts.push(part)
    events += beginPart(write, placeOf(item, item.parts.length - 1), part)
  }
  const member = type === 'refusal' ? 'refusal' : 'text'
  part[member] = String(part[member]) + text
  if (type === 'output_text') {
    ;(part['annotations'] as unknown[]).push(...annotations)
    ;(part['logprobs'] as unknown[]).push(...logprobs)
  }
  const place = placeOf(item, item.parts.length - 1)
  return events + spellPart(write, place, type, { delta: text, ...(type === 'output_text' && { logprobs }) })
}

function emptyPart(type: Part['type']): Part {
  if (type === 'refusal') return { type, refusal: '' }
  return type === 'output_text' ? { type, annotations: [], logprobs: [], text: '' } : { type, text: '' }
}

/** Ends the last part of an item, and the item, which has all of its parts then. */
function closed(write: EventWriter, item: Item): string {
  const last = item.parts.at(-1)
  const events = last ? endPart(write, placeOf(item, item.parts.length - 1), last) : ''
  item.fields[item.fields['type'] === 'reasoning' ? 'summary' : 'content'] = item.parts
  return events + endItem(write, item.at, item.fields)
}

function closedCall(write: EventWriter, call: Item): string {
  const place = placeOf(call, 0)
  let events = ''
  if (call.fields['type'] === 'custom_tool_call') {
    call.fields['input'] = customInput(call.text)
    events += spellPart(write, place, 'custom_tool_call', { delta: call.fields['input'] as string })
    events += endPart(write, place, { ...call.fields, type: 'custom_tool_call' })
  } else {
    call.fields['arguments'] = call.text
    events += endPart(write, place, { ...call.fields, type: 'function_call' })
  }
  return events + endItem(write, call.at, call.fields)
}
