/** The audit log: every change, by whom, and what it was before and after. It is only ever added to. */

/** Who changed something: a person of the pages, an operator token (`id` null: the one in the data folder), or the server by itself. */
export type Actor =
  | { readonly kind: 'person'; readonly id: string; readonly name: string }
  | { readonly kind: 'token'; readonly id: string | null; readonly name: string }
  | { readonly kind: 'server'; readonly id: null; readonly name: string }

/** By whom a change is that nobody asked for, such as what a first start makes. */
export const byServer: Actor = { kind: 'server', id: null, name: 'server' }

/** What of something the log keeps, in words that people read: amounts as decimal strings, times in ISO 8601, no secret and no hash of one. */
export type Facts = Readonly<Record<string, unknown>>

export type AuditNote = {
  readonly actor: Actor
  /** What happened, such as `key.rotated`. */
  readonly action: string
  /** null: it concerns none. */
  readonly organizationId: string | null
  /** The id of what was changed. */
  readonly subject: string
  /** Where both are given, they hold what differs. null before: it was made. null after: it is gone, or was only looked at. */
  readonly before: Facts | null
  readonly after: Facts | null
}
export type AuditEntry = AuditNote & { readonly id: number; readonly at: number }

export type AuditQuery = {
  /** null: of all, and of what concerns none. */
  readonly organizationId: string | null
  /** Epoch ms; `from` is in it, `to` is not. null: without that end. */
  readonly from: number | null
  readonly to: number | null
  /** Only entries with a smaller id: those of the next page. null: from the newest. */
  readonly beforeId: number | null
  readonly max: number
}

export interface AuditStore {
  /** Writes down what changed elsewhere than in the store. What the store changes it writes down itself, in the same transaction. */
  recordAudit(note: AuditNote): Promise<void>
  /** The newest first. */
  audit(query: AuditQuery): Promise<AuditEntry[]>
}
