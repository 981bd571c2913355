/** What a response leaves at the account that made it: itself, where it is stored, and its items, which later ones may name. */
import type { Made } from '../../../dialect.ts'
import { isMembers } from '../../merge-usage.ts'
import { createdMs } from '../created.ts'
import { encryptedId } from './encrypted.ts'
import { listOf, textOf, type Fields } from './items.ts'

/**
 * OpenAI keeps responses for thirty days: its guide "Conversation state". One of the background that is not stored, as
 * projects without data retention have them, can be asked about for some ten minutes: its guide "Background mode".
 */
const keptMs = 30 * 24 * 60 * 60 * 1_000
/** Later items of one response cannot be named. */
const itemsMax = 64

/** Of a response that has ended, or of an input that was compacted: that is not stored, and leaves what only its maker can read. */
export function madeBy(response: Fields): readonly Made[] {
  const id = textOf(response['id'])
  const isOfBackground = response['background'] === true
  const isStored = response['object'] === 'response' && (response['store'] !== false || isOfBackground) && id !== ''
  const at = { createdAt: createdMs(response['created_at']), labels: {}, object: null }
  const labels = isOfBackground ? { background: 'true' } : {}
  // A clock elsewhere that is far behind makes nothing expire before its time.
  const until = { ...at, expiresAt: Math.max(at.createdAt, Date.now()) + keptMs }
  const made: Made[] = listOf(response['output'])
    .flatMap((item) => namesOf(item, isStored ? id : ''))
    .slice(0, itemsMax)
    .map((item) => ({ ...until, kind: 'response.item', id: item.id, parent: item.parent || null }))
  if (!isStored) return made
  // One that belongs to a conversation lasts as long as that does.
  const expiresAt = isMembers(response['conversation']) ? null : until.expiresAt
  return [{ ...at, labels, expiresAt, kind: 'response', id, parent: parentOf(response) }, ...made]
}

type Name = { readonly id: string; readonly parent: string }

/** By what later requests may name an item, of a response that is stored or (`''`) is not; what is encrypted belongs to its item's id. */
function namesOf(item: Fields, storedId: string): readonly Name[] {
  const id = textOf(item['id'])
  const encrypted = textOf(item['encrypted_content'])
  const names = storedId === '' || id === '' ? [] : [{ id, parent: storedId }]
  return encrypted === '' ? names : [...names, { id: encryptedId(encrypted), parent: id }]
}

function parentOf({ conversation, previous_response_id: previous }: Fields): string | null {
  return textOf(previous) || (isMembers(conversation) ? textOf(conversation['id']) : '') || null
}
