/** What a response leaves at the account that made it: itself, where it is stored, and its items, which later ones may name. */
import type { Made } from '../../../dialect.ts'
import { isMembers } from '../../merge-usage.ts'
import { listOf, textOf, type Fields } from './items.ts'

/** OpenAI keeps responses for thirty days: its guide "Conversation state". */
const keptMs = 30 * 24 * 60 * 60 * 1_000
/** Later items of one response cannot be named. */
const itemsMax = 64

/** Of a response that has ended. What is not stored leaves nothing but reasoning that only its maker can read. */
export function madeBy(response: Fields): readonly Made[] {
  const id = textOf(response['id'])
  const isStored = response['store'] !== false && id !== ''
  const items = listOf(response['output']).filter(
    (item) => textOf(item['id']) !== '' && (isStored || isEncrypted(item)),
  )
  const at = { createdAt: createdAt(response), labels: {}, object: null }
  const until = { ...at, expiresAt: at.createdAt + keptMs }
  const made: Made[] = items
    .slice(0, itemsMax)
    .map((item) => ({ ...until, kind: 'response.item', id: textOf(item['id']), parent: id || null }))
  // One that belongs to a conversation lasts as long as that does.
  if (isStored)
    made.unshift({
      ...(isMembers(response['conversation']) ? { ...at, expiresAt: null } : until),
      kind: 'response',
      id,
      parent: parentOf(response),
    })
  return made
}

const isEncrypted = (item: Fields): boolean => textOf(item['encrypted_content']) !== ''

const createdAt = ({ created_at: at }: Fields): number => (Number.isSafeInteger(at) ? Number(at) * 1_000 : Date.now())

function parentOf({ conversation, previous_response_id: previous }: Fields): string | null {
  return textOf(previous) || (isMembers(conversation) ? textOf(conversation['id']) : '') || null
}
