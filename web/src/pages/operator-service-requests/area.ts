import { IconLifebuoy } from '@tabler/icons-react'
import { createRoute } from '@tanstack/react-router'
import type { Place } from '../../shell/area.ts'
import { lazyPage } from '../../shell/lazy-page.ts'
import { operatorRoute } from '../../shell/routes.ts'

export const operatorServiceRequestsPlace: Place = {
  title: 'Service requests',
  icon: IconLifebuoy,
  path: 'service-requests',
  needs: null,
  keywords: ['support'],
}

export const operatorServiceRequestsRoutes = [
  createRoute({
    getParentRoute: () => operatorRoute,
    path: '/service-requests',
    component: lazyPage(() => import('./operator-service-requests-page.tsx'), 'OperatorServiceRequestsPage'),
  }),
] as const
