/** Writing a form of parts that are kept elsewhere. */
import { assert } from '../assert.ts'
import { joinedSources, sourceOf, type Rereadable } from '../source.ts'

export type NewPart =
  | { readonly name: string; readonly text: string }
  | { readonly name: string; readonly filename: string; readonly contentType: string; readonly content: Rereadable }

/** The form, with its length. The boundary is one that nobody can guess, so that no content can end its part. */
export function writeForm(parts: readonly NewPart[]): { readonly contentType: string; readonly source: Rereadable } {
  const boundary = `mart-${crypto.randomUUID()}`
  const sources = parts.flatMap((part) => [
    sourceOf(Buffer.from(`--${boundary}\r\n${headOf(part)}\r\n\r\n`)),
    'text' in part ? sourceOf(Buffer.from(part.text)) : part.content,
    sourceOf(Buffer.from('\r\n')),
  ])
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    source: joinedSources([...sources, sourceOf(Buffer.from(`--${boundary}--\r\n`))]),
  }
}

function headOf(part: NewPart): string {
  const name = `Content-Disposition: form-data; name="${escaped(part.name)}"`
  if ('text' in part) return name
  assert(/^[\t\x20-\x7e]*$/.test(part.contentType), 'a content type ends no line')
  return `${name}; filename="${escaped(part.filename)}"\r\nContent-Type: ${part.contentType}`
}

/** As browsers do (HTML, multipart/form-data encoding algorithm). */
const escaped = (name: string): string => name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
