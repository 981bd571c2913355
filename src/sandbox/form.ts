/** What a form of several parts carried (multipart/form-data), in any order. */
export type Form = {
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly files: readonly FormFile[]
}

export type FormFile = {
  /** The name of its field. */
  readonly field: string
  readonly filename: string
  readonly type: string
  readonly length: number
  readonly bytes: () => Promise<Uint8Array>
}

export const isFormFile = (value: unknown): value is FormFile =>
  typeof value === 'object' && value !== null && 'bytes' in value && 'filename' in value

/** What a field of a form stands for; all that is not named is text. */
export type FieldKinds = Readonly<Record<string, 'integer' | 'boolean' | 'list'>>

/**
 * A form as the members that a JSON body would have: `a[b]` is a member of `a`, `a[]` and `a[0]` are elements, files
 * stand where their fields do. Text that is no integer or boolean where one belongs stays text, to be refused by its name.
 */
export function membersOf({ fields, files }: Form, kinds: FieldKinds): Readonly<Record<string, unknown>> {
  const members: Record<string, unknown> = {}
  for (const [name, value] of fields) place(members, name, kinds, typed(value, kinds[name]))
  for (const file of files) place(members, file.field, kinds, file)
  return members
}

function place(members: Record<string, unknown>, name: string, kinds: FieldKinds, value: unknown): void {
  const [, base = name, inner] = /^([^[\]]+)\[([^[\]]*)\]$/.exec(name) ?? []
  if (inner !== undefined && !/^\d*$/.test(inner)) {
    members[base] = { ...(members[base] as object | undefined), [inner]: typed(String(value), kinds[name]) }
    return
  }
  const sofar = members[base]
  if (kinds[base] === 'list') members[base] = [...((sofar as unknown[] | undefined) ?? []), value]
  else members[base] = value
}

function typed(value: string, kind: FieldKinds[string] | undefined): unknown {
  if (kind === 'integer' && /^-?\d{1,15}$/.test(value)) return Number(value)
  if (kind === 'boolean' && (value === 'true' || value === 'false')) return value === 'true'
  return value
}
