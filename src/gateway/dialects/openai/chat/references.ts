/** What the messages of a chat name that was made before: files, by their ids. Only the account that has one knows it. */
import type { Reference } from '../../../dialect.ts'
import { invalid } from '../../../errors.ts'
import { isMembers } from '../../merge-usage.ts'
import { unknownFile } from '../unknown.ts'

type Fields = Readonly<Record<string, unknown>>

/** Each where it stands; most chats have none. Throws where one names sound that an answer had: whose it is, nobody here knows. */
export function fileReferences(messages: readonly Fields[]): readonly Reference[] {
  const references: Reference[] = []
  for (let nth = 0; nth < messages.length; nth += 1) {
    const { content, audio } = messages[nth]!
    if (isMembers(audio) && 'id' in audio) throw soundIsNotKept(`messages[${nth}].audio.id`)
    if (!Array.isArray(content)) continue
    for (const [at, part] of (content as readonly (Fields | null)[]).entries()) {
      const id = part?.['type'] === 'file' ? (part['file'] as Fields | null | undefined)?.['file_id'] : null
      if (typeof id !== 'string') continue
      const field = `messages[${nth}].content[${at}].file.file_id`
      references.push({ kind: 'file', id, field, unknown: unknownFile(id, field) })
    }
  }
  return references
}

const soundIsNotKept = (field: string): Error =>
  invalid(
    field,
    `'${field}' names sound that was made before, which is not kept here. Send what was said as the message's 'content'.`,
  )
