/** The fields of a form as JSON would have them, so that both are read by the same rules. */
import type { Part } from '../../../lib/form/contract.ts'
import type { FormBody, Reference } from '../../dialect.ts'
import { invalid } from '../../errors.ts'
import { unknownFile } from './unknown.ts'

/** What a field is that is no text. What cannot be read as such stays a text, for its reader to refuse. */
export type FieldKinds = Readonly<Record<string, 'integer' | 'boolean'>>

/** Of the fields named here; throws where one comes twice or as a file, because two readers might each take another. */
export function fieldsOf(
  { form, changes }: FormBody,
  names: ReadonlySet<string>,
  kinds: FieldKinds,
): Readonly<Record<string, unknown>> {
  const fields: Record<string, unknown> = {}
  for (const { name, text } of form.parts) {
    if (!names.has(name)) continue
    if (name in fields) throw invalid(name, `'${name}' is given more than once; give it once.`)
    if (text === null) throw invalid(name, `'${name}' is given as a file; give it as a field, without a filename.`)
    fields[name] = valueOf(text, kinds[name])
  }
  return { ...fields, ...changes }
}

function valueOf(text: string, kind: FieldKinds[string] | undefined): unknown {
  if (kind === 'integer' && /^[+-]?\d{1,15}$/.test(text)) return Number(text)
  if (kind === 'boolean' && /^(?:true|false)$/i.test(text)) return text.toLowerCase() === 'true'
  return text
}

/** The files of a form under a name, be it `image`, `image[]` or `image[0]`. */
export const filesOf = ({ form }: FormBody, name: string): readonly Part[] =>
  form.parts.filter(({ steps, filename }) => filename !== null && steps[0] === name && steps.length <= 2)

/** Stored files that a form names, at whatever depth: `input_reference[file_id]`, `image[0][file_id]`. */
export const fileIdsIn = ({ form }: FormBody): readonly Reference[] =>
  form.parts.flatMap(({ steps, text }) => {
    if (text === null || !steps.includes('file_id')) return []
    const field = steps.join('.')
    return [{ kind: 'file', id: text, field, unknown: unknownFile(text, field) }]
  })
