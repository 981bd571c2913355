/** The items of a response, of its input and of its output, and what is written in them. */
import { refuseLong, wrongType } from '../fields.ts'

export type Fields = Readonly<Record<string, unknown>>

/** The items of an input; a bare text is one of the user's. Throws where one is no object, or there are too many. */
export function itemsOf(input: string | readonly unknown[]): readonly Fields[] {
  if (typeof input === 'string') return [{ role: 'user', content: input }]
  refuseLong('input', input)
  const bad = input.findIndex((item) => !isFields(item))
  if (bad !== -1) throw wrongType(`input[${bad}]`, 'an object', input[bad])
  return input as readonly Fields[]
}

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
export const listOf = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value.filter(isFields) : [])
export const isSaid = (value: unknown): boolean => value !== undefined && value !== null
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** The parts of an item: of a message's content, or of what a tool gave back; a picture of the screen is one by itself. */
export function partsOf({ content, output, result }: Fields): readonly Fields[] {
  const parts = [...listOf(content), ...listOf(output)]
  if (isFields(output)) parts.push(output)
  // A picture that was made before, and is looked at again.
  if (typeof result === 'string') parts.push({ type: 'input_image', image_url: `data:,${result}` })
  return parts
}

/** Every text of an item that a model reads or has written. What is encrypted is none, and ids and names of types are none. */
export const itemText = (item: unknown): string => (isFields(item) ? textIn(item, 0) : '')

/** Texts, as they stand in items and in their parts. */
const textNames = [
  'text',
  'refusal',
  'transcript',
  'name',
  'arguments',
  'input',
  'code',
  'diff',
  'query',
  'stdout',
  'stderr',
  'logs',
] as const
/** Texts, or objects or lists of objects with texts in them. */
const nestedNames = [
  'content',
  'summary',
  'output',
  'outputs',
  'action',
  'actions',
  'operation',
  'commands',
  'queries',
  'results',
  'tools',
] as const
const depthMax = 6

function textIn(item: Fields, depth: number): string {
  let text = ''
  for (const name of textNames) if (name in item) text += textOf(item[name])
  for (const name of nestedNames) if (name in item) text += nestedText(item[name], depth)
  return text
}

function nestedText(value: unknown, depth: number): string {
  if (typeof value === 'string') return value
  if (depth >= depthMax) return ''
  if (Array.isArray(value)) return (value as readonly unknown[]).map((each) => nestedText(each, depth + 1)).join('')
  return isFields(value) ? textIn(value, depth + 1) : ''
}
