import { IconServer2 } from '@tabler/icons-react'
import { createRoute } from '@tanstack/react-router'
import type { Place } from '../../shell/area.ts'
import { lazyPage } from '../../shell/lazy-page.ts'
import { operatorRoute } from '../../shell/routes.ts'

export const operatorDeploymentsPlace: Place = {
  title: 'Deployments',
  icon: IconServer2,
  path: 'deployments',
  needs: null,
  keywords: ['upstreams', 'providers', 'health', 'breaker'],
}

export const operatorDeploymentsRoutes = [
  createRoute({
    getParentRoute: () => operatorRoute,
    path: '/deployments',
    component: lazyPage(() => import('./operator-deployments-page.tsx'), 'OperatorDeploymentsPage'),
  }),
] as const
