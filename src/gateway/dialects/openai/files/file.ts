/** A file as its account describes it. */
import type { Made, WholeReader } from '../../../dialect.ts'
import { isMembers } from '../../merge-usage.ts'
import { unmetered } from '../../unmetered.ts'
import { keptReader } from '../kept-operation.ts'

const utf8 = new TextDecoder()

/** Reads what was made, to be kept, or what it is by now, for lists to say. */
export const fileReader = (what: 'made' | 'known'): WholeReader => ({
  kind: 'whole',
  read(answer, headers) {
    const reading = what === 'made' ? unmetered.read(answer, headers) : keptReader.read(answer, headers)
    const text = utf8.decode(answer)
    const file = describedIn(text)
    if (!file) return reading
    const { object, labels, expiresAt } = file
    return what === 'made' ? { ...reading, made: [file] } : { ...reading, become: { object, labels, expiresAt } }
  },
})

/** null where it is not what an account says of a file. */
function describedIn(text: string): Made | null {
  const json: unknown = JSON.parse(text)
  const { id, object, purpose, created_at: createdAt, expires_at: expiresAt } = isMembers(json) ? json : {}
  if (object !== 'file' || typeof id !== 'string' || id === '') return null
  return {
    kind: 'file',
    id,
    parent: null,
    labels: typeof purpose === 'string' ? { purpose } : {},
    createdAt: msOf(createdAt) ?? Date.now(),
    expiresAt: msOf(expiresAt),
    object: text,
  }
}

const msOf = (seconds: unknown): number | null => (Number.isSafeInteger(seconds) ? Number(seconds) * 1_000 : null)
