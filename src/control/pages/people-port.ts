/** Who is signed in and whose member they are, as the pages ask. Asked at every request, so that what changed holds at once. */
import type { AuditEntry, AuditQuery } from '../../store/store.ts'
import type { Role } from './roles.ts'

export type Person = {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly isOperator: boolean
  readonly hasSecondFactor: boolean
}
export type Membership = { readonly organizationId: string; readonly role: Role }

export type People = {
  /** By the session of the request; null: nobody is signed in. */
  readonly personOf: (request: Request) => Promise<Person | null>
  /** null: no member of it. */
  readonly roleOf: (personId: string, organizationId: string) => Promise<Role | null>
  readonly membershipsOf: (personId: string) => Promise<readonly Membership[]>
  /** Whatever is asked under `/api/auth/`. */
  readonly handle: (request: Request) => Promise<Response>
  readonly store: {
    /** What people's own file has of the audit log, the newest first. */
    readonly audit: (query: AuditQuery) => readonly AuditEntry[]
  }
}

/** People, where there are none. */
export const nobody: People = {
  personOf: () => Promise.resolve(null),
  roleOf: () => Promise.resolve(null),
  membershipsOf: () => Promise.resolve([]),
  handle: () =>
    Promise.resolve(
      Response.json({ error: { code: 'not_found', message: 'Nobody can sign in here yet.' } }, { status: 404 }),
    ),
  store: { audit: () => [] },
}
