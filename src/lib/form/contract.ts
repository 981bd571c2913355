/** Forms as `multipart/form-data` has them (RFC 7578). */
import type { Rereadable } from '../source.ts'

/** A form that was read. Its bytes are kept as they came. */
export type Form = {
  /** With the boundary, as it was sent. */
  readonly contentType: string
  /** In the order in which they came. */
  readonly parts: readonly Part[]
  /** The bytes as they came; with `changes`, the fields of these names say what is given here, or are gone where that is null. Nothing else changes. */
  readonly source: (changes?: FieldChanges) => Rereadable
  /** What a part contains. */
  readonly contentOf: (part: Part) => Rereadable
  /** Nothing of it is wanted any more. To be called once, whatever happens. */
  readonly free: () => void
}
export type FieldChanges = Readonly<Record<string, string | null>>

export type Part = PartHead & {
  /** What a field says; null for a file. */
  readonly text: string | null
  /** Where its content stands in the body, in bytes. */
  readonly start: number
  readonly end: number
  /** Where it stands itself, from its boundary to the next. */
  readonly from: number
  readonly until: number
}

/** What a part says of itself. */
export type PartHead = {
  /** As it was sent, such as `image[]`. */
  readonly name: string
  /** The name in its steps: `image[]` is `image` and an empty one, `input_reference[image_url]` has two. */
  readonly steps: readonly string[]
  /** null for a field. */
  readonly filename: string | null
  readonly contentType: string | null
}

export type FormLimits = {
  readonly fieldsMax: number
  /** Of one field, and of all together. */
  readonly fieldBytesMax: number
  readonly fieldsBytesMax: number
  readonly filesMax: number
  /** Of one file. */
  readonly fileBytesMax: number
  /** Of what one part says of itself. */
  readonly headBytesMax: number
}

export const formLimits: FormLimits = {
  fieldsMax: 128,
  fieldBytesMax: 1024 * 1024,
  fieldsBytesMax: 4 * 1024 * 1024,
  filesMax: 32,
  fileBytesMax: 512 * 1024 * 1024,
  headBytesMax: 16 * 1024,
}

/** A form that is none, or is beyond its limits. The message says what is allowed. */
export class FormError extends Error {
  readonly trouble: 'malformed' | 'too-many' | 'too-large'
  /** The field that it is about; null for the form. */
  readonly field: string | null

  constructor(trouble: FormError['trouble'], message: string, field: string | null = null) {
    super(message)
    this.name = 'FormError'
    this.trouble = trouble
    this.field = field
  }
}

export const malformed = (message: string, field: string | null = null): FormError =>
  new FormError('malformed', message, field)
