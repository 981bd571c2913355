import { IconLifebuoy } from '@tabler/icons-react'
import { createRoute } from '@tanstack/react-router'
import type { Place } from '../../shell/area.ts'
import { lazyPage } from '../../shell/lazy-page.ts'
import { organizationRoute } from '../../shell/routes.ts'

export const servicePlace: Place = {
  title: 'Service requests',
  icon: IconLifebuoy,
  path: 'service',
  needs: 'service.read',
  keywords: ['contact', 'support', 'limit', 'eu'],
}

export const serviceRoutes = [
  createRoute({
    getParentRoute: () => organizationRoute,
    path: '/service',
    component: lazyPage(() => import('./service-page.tsx'), 'ServicePage'),
  }),
] as const
