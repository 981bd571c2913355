/** How many pictures a Gemini answer has; each is megabytes of base64, which are skipped. */
import { elementsOf, membersOf, valuesOf, wholeObject, type Member } from '../../../lib/json-text.ts'
import { camelCase } from './spelling.ts'

/** Of an answer, or of a record of one. Those within thoughts are drafts, which nobody is charged for. */
export function picturesIn(json: string): number {
  if (!mayHavePictures(json)) return 0
  let pictures = 0
  for (const candidate of elementsIn(json, wholeObject(json), 'candidates')) {
    const content = named(membersOf(json, candidate), 'content')
    if (json[content?.start ?? -1] !== '{') continue
    for (const part of elementsIn(json, membersOf(json, content!.start), 'parts'))
      if (isPicture(json, part)) pictures += 1
  }
  return pictures
}

/** Both spellings begin so, and nearly no answer has either. */
export const mayHavePictures = (json: string): boolean => json.includes('"inline')

function isPicture(json: string, part: number): boolean {
  if (json[part] !== '{') return false
  const members = membersOf(json, part)
  const data = named(members, 'inlineData')
  if (json[data?.start ?? -1] !== '{' || valuesOf(json, members, ['thought'])['thought'] === true) return false
  const about = membersOf(json, data!.start)
  const { mimeType, mime_type } = valuesOf(json, about, ['mimeType', 'mime_type'])
  return /^image\//i.test(String(mimeType ?? mime_type))
}

function elementsIn(json: string, members: readonly Member[], name: string): readonly number[] {
  const list = named(members, name)
  return list && json[list.start] === '[' ? elementsOf(json, list.start) : []
}

const named = (members: readonly Member[], name: string): Member | undefined =>
  members.findLast(({ key }) => camelCase(key) === name)
