/** What a request names that was made before: an earlier response, a conversation, items, files. Only the account that made it knows it. */
import type { JsonBody, Reference } from '../../../dialect.ts'
import { isMembers } from '../../merge-usage.ts'
import { unknownConversation, unknownFile, unknownItem, unknownMaker, unknownPrevious } from '../unknown.ts'
import { encryptedId } from './encrypted.ts'
import { isSaid, itemText, partsOf, textOf, type Fields } from './items.ts'

/** Everything that a request names by its id, in the order in which it stands there. */
export function referencesIn(json: JsonBody['json'], items: readonly Fields[], tools: readonly Fields[]): Reference[] {
  return [...earlierIn(json), ...itemReferences(items, 'input'), ...maskFiles(tools)]
}

function earlierIn({ previous_response_id: previous, conversation }: JsonBody['json']): Reference[] {
  const references: Reference[] = []
  if (typeof previous === 'string')
    references.push({
      kind: 'response',
      id: previous,
      field: 'previous_response_id',
      unknown: unknownPrevious(previous),
    })
  const id = isMembers(conversation) ? conversation['id'] : conversation
  if (typeof id === 'string')
    references.push({ kind: 'conversation', id, field: 'conversation', unknown: unknownConversation(id) })
  return references
}

/** What items name: other items, files, and, by what only it can read, their maker. `list`: the field that they stand in. */
export const itemReferences = (items: readonly Fields[], list: string): Reference[] =>
  items.flatMap((item, at) => [...itemReference(item, `${list}[${at}]`), ...filesOf(partsOf(item), `${list}[${at}]`)])

function itemReference(item: Fields, path: string): Reference[] {
  const id = textOf(item['id'])
  const byId = { kind: 'response.item', id, field: `${path}.id`, unknown: unknownItem(id) } as const
  if (isReference(item)) return [byId]
  const content = textOf(item['encrypted_content'])
  if (content === '') return isReasoning(item) && isSaid(item['id']) ? [{ ...byId, ...unlessItBringsText(item) }] : []
  const field = `${path}.encrypted_content`
  const unknown = unknownMaker(field)
  return [{ kind: 'response.item', id: encryptedId(content), field, unknown, ifUnknown: 'of-one-account' }]
}

const isReasoning = ({ type }: Fields): boolean => type === 'reasoning'
/** Upstreams look reasoning up by its id; those that keep none read the text beside it. */
const unlessItBringsText = ({ summary, content }: Fields): Pick<Reference, 'ifUnknown'> =>
  itemText({ summary, content }) === '' ? {} : { ifUnknown: 'cut-out' }

const filesOf = (parts: readonly Fields[], path: string): Reference[] =>
  parts.flatMap((part) => fileOf(part['file_id'], `${path}.file_id`))

/** A picture tool may have a mask. */
const maskFiles = (tools: readonly Fields[]): Reference[] =>
  tools.flatMap(({ input_image_mask: mask }, at) =>
    isMembers(mask) ? fileOf(mask['file_id'], `tools[${at}].input_image_mask.file_id`) : [],
  )

const fileOf = (id: unknown, field: string): Reference[] =>
  typeof id === 'string' ? [{ kind: 'file', id, field, unknown: unknownFile(id, field) }] : []

/** The type may be left out where there is nothing but an id; and a picture without its bytes is the one that was made under that id. */
const isReference = (item: Fields): boolean =>
  item['type'] === 'item_reference' ||
  (!isSaid(item['type']) && !isSaid(item['role']) && isSaid(item['id'])) ||
  (item['type'] === 'image_generation_call' && textOf(item['result']) === '' && isSaid(item['id']))
