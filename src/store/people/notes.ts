/** Notes of what people change: rows of their audit log. */
import type { AuditNote } from '../audit.ts'

export type NewNote = Pick<AuditNote, 'actor' | 'action' | 'subject'> &
  Partial<Pick<AuditNote, 'organizationId' | 'before' | 'after'>> & {
    /** Epoch ms. */
    readonly at: number
  }
/** Writes one, within the transaction of the change. */
export type Note = (note: NewNote) => void

type Rows = { readonly add: (at: number, note: AuditNote) => void }

export const noteIn =
  ({ add }: Rows): Note =>
  ({ at, ...note }) =>
    add(at, { organizationId: null, before: null, after: null, ...note })
