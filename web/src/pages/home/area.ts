import { IconHome } from '@tabler/icons-react'
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import type { Place } from '../../shell/area.ts'
import { organizationRoute } from '../../shell/routes.ts'

export const homePlace: Place = {
  title: 'Home',
  icon: IconHome,
  path: 'home',
  needs: 'organization.read',
  keywords: ['overview', 'balance', 'credit'],
}

export const homeRoutes = [
  createRoute({
    getParentRoute: () => organizationRoute,
    path: '/home',
    component: lazyRouteComponent(() => import('./home-page.tsx'), 'HomePage'),
  }),
] as const
