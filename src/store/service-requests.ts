/** What organizations ask operators for, and what came of it. */
import type { Actor } from './audit.ts'
import type { KeyChanges, KeyRow } from './keys.ts'

export const serviceRequestKinds = ['rotate-exposed-key', 'raise-limit', 'enable-eu', 'other'] as const
export type ServiceRequestKind = (typeof serviceRequestKinds)[number]
export const serviceRequestStates = ['open', 'approved', 'declined', 'withdrawn'] as const
export type ServiceRequestState = (typeof serviceRequestStates)[number]

export type ServiceRequest = {
  readonly id: string
  readonly organizationId: string
  readonly kind: ServiceRequestKind
  /** null: it is about none. */
  readonly keyId: string | null
  /** What is asked for, in the words of the admin API: `{"rpm": 1000}`. */
  readonly asked: Readonly<Record<string, unknown>>
  readonly message: string
  readonly state: ServiceRequestState
  readonly madeBy: Actor
  readonly madeAt: number
  /** null while it is open, and where it was withdrawn. */
  readonly answer: { readonly by: Actor; readonly note: string | null } | null
  readonly endedAt: number | null
}

export type ServiceRequestQuery = {
  /** null: of all. */
  readonly organizationId: string | null
  /** null: in any. */
  readonly state: ServiceRequestState | null
  /** Only those that were made before the one with this id. null: from the newest. */
  readonly beforeId: string | null
  readonly max: number
}

/** How one ends; `key`: what becomes of its key with that, in the same transaction. */
export type ServiceRequestEnd = {
  readonly state: Exclude<ServiceRequestState, 'open'>
  readonly note: string | null
  readonly key: { readonly id: string; readonly changes: KeyChanges } | null
}

/** Service requests. What changes them is in the audit log, in the same transaction. */
export interface ServiceRequestStore {
  /** Throws `organization-not-found`, or `too-many-open` where the organization has `openMax` open ones. */
  createServiceRequest(request: ServiceRequest, openMax: number): Promise<void>
  /** The newest first. */
  serviceRequests(query: ServiceRequestQuery): Promise<ServiceRequest[]>
  /** null where there is none. */
  serviceRequest(id: string): Promise<ServiceRequest | null>
  /** Throws `service-request-not-found`, or `service-request-not-open`: each ends once. */
  endServiceRequest(
    id: string,
    end: ServiceRequestEnd,
    actor: Actor,
  ): Promise<{ readonly request: ServiceRequest; readonly key: KeyRow | null }>
}
