/** Fields that name what lies at an upstream: an earlier response, a conversation, a prompt, a file. */
import type { JsonBody } from '../../../dialect.ts'
import { partsOf, type Fields } from './items.ts'

const named = ['previous_response_id', 'conversation', 'prompt'] as const

/** The first field that names something stored, as a path; null when everything is in the request itself. */
export function referenceIn(json: JsonBody['json'], items: readonly Fields[]): string | null {
  const field = named.find((each) => isSaid(json[each]))
  if (field !== undefined) return field
  for (const [at, item] of items.entries()) {
    if (isReference(item)) return `input[${at}].id`
    for (const part of partsOf(item)) if (isSaid(part['file_id'])) return `input[${at}].file_id`
  }
  return null
}

const isSaid = (value: unknown): boolean => value !== undefined && value !== null
/** The type may be left out where there is nothing but an id. */
const isReference = (item: Fields): boolean =>
  item['type'] === 'item_reference' || (!isSaid(item['type']) && !isSaid(item['role']) && isSaid(item['id']))
