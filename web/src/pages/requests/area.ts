import { IconListDetails } from '@tabler/icons-react'
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import type { Place } from '../../shell/area.ts'
import { organizationRoute } from '../../shell/routes.ts'

export const requestsPlace: Place = {
  title: 'Requests',
  icon: IconListDetails,
  path: 'requests',
  needs: 'requests.read',
  keywords: ['logs', 'receipts', 'errors'],
}

export const requestsRoutes = [
  createRoute({
    getParentRoute: () => organizationRoute,
    path: '/requests',
    component: lazyRouteComponent(() => import('./requests-page.tsx'), 'RequestsPage'),
  }),
] as const
