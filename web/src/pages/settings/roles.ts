/** Roles in words. What each may do is the server's to decide; this tells it. */
import type { Role } from '../../../../src/control/contract-pages.ts'

export const roleTitles: Readonly<Record<Role, string>> = {
  owner: 'Owner',
  admin: 'Admin',
  developer: 'Developer',
  billing: 'Billing',
  viewer: 'Viewer',
}

export const roleWords: Readonly<Record<Role, string>> = {
  owner: 'Everything, and who else is an owner',
  admin: 'Everything but making and unmaking owners',
  developer: 'Keys, jobs, files and service requests; sees usage and requests',
  billing: 'Statements and alerts; sees usage',
  viewer: 'Sees usage, requests, keys, jobs and files; changes nothing',
}

/** Owners are made by owners alone. */
export const rolesFor = (isOwner: boolean) =>
  Object.entries(roleTitles)
    .filter(([role]) => isOwner || role !== 'owner')
    .map(([value, label]) => ({ value, label }))
