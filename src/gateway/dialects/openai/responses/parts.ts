/** Parts of items under the names that chat messages have for them: what they count follows the same rules, and so does where they are sent. */
import { textOf, type Fields } from './items.ts'

/** A part as a chat message has it. What chat does not know stays as it is. */
export function chatPart(part: Fields): Fields {
  switch (part['type']) {
    case 'input_text':
    case 'output_text':
    case 'summary_text':
    case 'reasoning_text':
      return { type: 'text', text: textOf(part['text']) }
    case 'input_image':
    case 'computer_screenshot':
      return { type: 'image_url', image_url: { url: part['image_url'], ...said(part, ['detail']) } }
    case 'input_file':
      return { type: 'file', file: said(part, ['file_data', 'file_url', 'file_id', 'filename']) }
    case 'input_video':
      return { type: 'video_url', video_url: { url: part['video_url'] } }
    default:
      return part
  }
}

/** Those of some members that say anything. */
export const said = (fields: Fields, names: readonly string[]): Fields =>
  Object.fromEntries(names.flatMap((name) => ((fields[name] ?? null) === null ? [] : [[name, fields[name]]])))
