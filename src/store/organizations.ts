import type { Actor } from './audit.ts'

export type Organization = {
  readonly id: string
  readonly name: string
  readonly createdAt: number
  /** null while its keys work. */
  readonly suspended: Suspension | null
}
/** Since when, epoch ms, and why, which is for operators. */
export type Suspension = { readonly at: number; readonly why: string | null }
export type NewOrganization = Omit<Organization, 'suspended'>
export type OrganizationChanges = Partial<Pick<Organization, 'name' | 'suspended'>>

/** Who pays. Without an `actor`, a change is the server's own; each is in the audit log. */
export interface OrganizationStore {
  createOrganization(organization: NewOrganization, actor?: Actor): Promise<void>
  /** Throws `organization-not-found`. Returns the organization as it now is. */
  updateOrganization(id: string, changes: OrganizationChanges, actor?: Actor): Promise<Organization>
  organizations(): Promise<Organization[]>
  /** null where there is none. Costs the same however many there are. */
  organization(id: string): Promise<Organization | null>
}
