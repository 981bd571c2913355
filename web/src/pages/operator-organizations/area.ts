import { IconBuilding } from '@tabler/icons-react'
import { createRoute } from '@tanstack/react-router'
import type { CommandSource, Place } from '../../shell/area.ts'
import { lazyPage } from '../../shell/lazy-page.ts'
import { operatorRoute } from '../../shell/routes.ts'
import { readAs, textIn } from '../../shell/search.ts'

export const operatorOrganizationsPlace: Place = {
  title: 'Organizations',
  icon: IconBuilding,
  path: 'organizations',
  needs: null,
  keywords: ['customers', 'credit', 'grant', 'suspend'],
}

export type OrganizationsSearch = { readonly organization?: string }

export const operatorOrganizationsRoutes = [
  createRoute({
    getParentRoute: () => operatorRoute,
    path: '/organizations',
    validateSearch: (search: Record<string, unknown>) =>
      readAs<OrganizationsSearch>({ organization: textIn(search, 'organization') }),
    component: lazyPage(() => import('./operator-organizations-page.tsx'), 'OperatorOrganizationsPage'),
  }),
] as const

/** Any organization by its name or id. */
export const organizationCommands: CommandSource = {
  id: 'organizations',
  needs: 'operator',
  find: async (text, context) => {
    const { findOrganizations } = await import('./find-organizations.ts')
    return findOrganizations(text, context)
  },
}
