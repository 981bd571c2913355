import { queryOptions } from '@tanstack/react-query'
import type { InvitationJson, PageMemberJson, PageSecurityJson } from '../../../../src/control/contract-pages.ts'
import { ask } from '../../api/client.ts'
import { organizationKey } from '../../api/queries.ts'

type List<Item> = { readonly data: readonly Item[] }

export const pathOf = (organizationId: string): `/api/organizations/${string}` =>
  `/api/organizations/${encodeURIComponent(organizationId)}`

export const membersQuery = (organizationId: string) =>
  queryOptions({
    queryKey: organizationKey(organizationId, null, 'members'),
    queryFn: ({ signal }) => ask<List<PageMemberJson>>(`${pathOf(organizationId)}/members`, { signal }),
  })

export const invitationsQuery = (organizationId: string) =>
  queryOptions({
    queryKey: organizationKey(organizationId, null, 'invitations'),
    queryFn: ({ signal }) => ask<List<InvitationJson>>(`${pathOf(organizationId)}/invitations`, { signal }),
  })

export const securityQuery = (organizationId: string) =>
  queryOptions({
    queryKey: organizationKey(organizationId, null, 'security'),
    queryFn: ({ signal }) => ask<PageSecurityJson>(`${pathOf(organizationId)}/security`, { signal }),
  })
