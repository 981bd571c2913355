/** The JSON of the admin API on service requests: see `contract.ts`. */
import type { ServiceRequestKind, ServiceRequestState } from '../store/store.ts'

/** What an organization asks operators for, and what came of it. */
export type ServiceRequestJson = {
  readonly id: string
  readonly organizationId: string
  readonly kind: ServiceRequestKind
  /** The key that it is about; null: none. */
  readonly keyId: string | null
  /** What people call it: its name, or how its secret begins. */
  readonly keyName: string | null
  /** Limits that are asked for, as in a change of a key; of `enable-eu` the region. */
  readonly asked: Readonly<Record<string, unknown>>
  readonly message: string
  readonly state: ServiceRequestState
  /** The name of whoever asked. */
  readonly madeBy: string
  readonly madeAt: string
  /** The name of the operator who answered, and what they say to it; null while it is open or where it was withdrawn. */
  readonly answeredBy: string | null
  readonly note: string | null
  readonly endedAt: string | null
}
/** `key`: the new secret of one that was rotated, in this one answer and nowhere else. */
export type ApprovedServiceRequestJson = ServiceRequestJson & { readonly key: string | null }
