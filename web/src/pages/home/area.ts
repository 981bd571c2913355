import { IconHome } from '@tabler/icons-react'
import { createRoute } from '@tanstack/react-router'
import type { Place } from '../../shell/area.ts'
import { lazyPage } from '../../shell/lazy-page.ts'
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
    component: lazyPage(() => import('./home-page.tsx'), 'HomePage'),
  }),
] as const
