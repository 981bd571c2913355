/** Who may do what in an organization: the roles of its members, and what each of them is allowed. */

export const permissions = [
  'organization.read',
  'usage.read',
  'requests.read',
  'keys.read',
  'keys.write',
  'jobs.read',
  'jobs.write',
  'files.read',
  'files.write',
  'billing.read',
  'billing.write',
  'service.read',
  'service.write',
  'members.read',
  'members.write',
  'settings.write',
  'audit.read',
] as const
export type Permission = (typeof permissions)[number]

export const roles = ['owner', 'admin', 'developer', 'billing', 'viewer'] as const
export type Role = (typeof roles)[number]
/** What somebody is to an organization; an operator who is no member looks at everything and changes nothing. */
export type Access = Role | 'operator'

const work = ['organization', 'usage', 'requests', 'keys', 'jobs', 'files', 'service']
const reading = (areas: readonly string[]): string[] => areas.map((area) => `${area}.read`)
const writing = (areas: readonly string[]): string[] => areas.map((area) => `${area}.write`)

/** That only owners make and unmake owners is seen to where roles are changed. */
const allowed: Readonly<Record<Access, ReadonlySet<string>>> = {
  owner: new Set(permissions),
  admin: new Set(permissions),
  developer: new Set([...reading([...work, 'members']), ...writing(['keys', 'jobs', 'files', 'service'])]),
  billing: new Set([...reading(['organization', 'usage', 'billing', 'members']), ...writing(['billing'])]),
  viewer: new Set(reading([...work, 'members'])),
  operator: new Set(permissions.filter((permission) => permission.endsWith('.read'))),
}

export const allows = (access: Access, permission: Permission): boolean => allowed[access].has(permission)

/** What somebody may do, for pages that show no more than that. */
export const permissionsOf = (access: Access): Permission[] =>
  permissions.filter((permission) => allows(access, permission))
