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

/** Who pays. */
export interface OrganizationStore {
  createOrganization(organization: NewOrganization): Promise<void>
  /** Throws `organization-not-found`. Returns the organization as it now is. */
  updateOrganization(id: string, changes: OrganizationChanges): Promise<Organization>
  organizations(): Promise<Organization[]>
}
