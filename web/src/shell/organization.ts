/** The organization and the mode that a page is of. */
import { getRouteApi } from '@tanstack/react-router'
import { queryOptions } from '@tanstack/react-query'
import type { PageOrganizationJson, Permission } from '../../../src/control/contract-pages.ts'
import { ApiTrouble, ask } from '../api/client.ts'
import { organizationKey, queryClient } from '../api/queries.ts'
import type { Mode } from './mode.ts'

export type OrganizationView = {
  readonly organization: PageOrganizationJson
  readonly mode: Mode
  /** Whether the person may do it here; what they may not is not offered. */
  readonly may: (permission: Permission) => boolean
}

const route = getRouteApi('/inside/dashboard/$organization')

/** For pages below `/dashboard/$organization`. */
export function useOrganization(): OrganizationView {
  const { organization, mode } = route.useRouteContext()
  return { organization, mode, may: (permission) => organization.permissions.includes(permission) }
}

/** An organization as whoever is signed in sees it, with its balances. */
export const organizationQuery = (id: string) =>
  queryOptions({
    queryKey: organizationKey(id, null, 'organization'),
    queryFn: ({ signal }) => ask<PageOrganizationJson>(`/api/organizations/${encodeURIComponent(id)}`, { signal }),
  })

/** null where there is none for this person. */
export async function findOrganization(id: string): Promise<PageOrganizationJson | null> {
  try {
    return await queryClient.ensureQueryData(organizationQuery(id))
  } catch (error) {
    if (error instanceof ApiTrouble && error.status === 404) return null
    throw error
  }
}

/** The mode that somebody begins in: live once there is live credit. */
export const firstMode = ({ balances }: PageOrganizationJson): Mode =>
  balances.some(({ mode, balanceNano }) => mode === 'live' && balanceNano !== '0') ? 'live' : 'test'
