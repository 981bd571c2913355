/** The fields of a form as JSON would have them, so that both are read by the same rules. */
import type { Part } from '../../../lib/form/contract.ts'
import type { FormBody } from '../../dialect.ts'
import { invalid } from '../../errors.ts'

/** What a field is that is no text. What cannot be read as such stays a text, for its reader to refuse. */
export type FieldKinds = Readonly<Record<string, 'integer' | 'boolean'>>

/** Of the fields named here; throws where one comes twice, because two readers might each take another. */
export function fieldsOf(
  { form, changes }: FormBody,
  names: ReadonlySet<string>,
  kinds: FieldKinds,
): Readonly<Record<string, unknown>> {
  const fields: Record<string, unknown> = {}
  for (const { name, text } of form.parts) {
    if (!names.has(name)) continue
    if (name in fields) throw invalid(name, `'${name}' is given more than once; give it once.`)
    if (text !== null) fields[name] = valueOf(text, kinds[name])
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
