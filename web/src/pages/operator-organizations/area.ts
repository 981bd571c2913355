import { IconBuilding } from '@tabler/icons-react'
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import type { Place } from '../../shell/area.ts'
import { operatorRoute } from '../../shell/routes.ts'

export const operatorOrganizationsPlace: Place = {
  title: 'Organizations',
  icon: IconBuilding,
  path: 'organizations',
  needs: null,
  keywords: ['customers', 'grant', 'suspend'],
}

export const operatorOrganizationsRoutes = [
  createRoute({
    getParentRoute: () => operatorRoute,
    path: '/organizations',
    component: lazyRouteComponent(() => import('./operator-organizations-page.tsx'), 'OperatorOrganizationsPage'),
  }),
] as const
