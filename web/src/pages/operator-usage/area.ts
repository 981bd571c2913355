import { IconChartBar } from '@tabler/icons-react'
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import type { Place } from '../../shell/area.ts'
import { operatorRoute } from '../../shell/routes.ts'

export const operatorUsagePlace: Place = {
  title: 'Usage',
  icon: IconChartBar,
  path: 'usage',
  needs: null,
  keywords: ['cost', 'margin', 'all'],
}

export const operatorUsageRoutes = [
  createRoute({
    getParentRoute: () => operatorRoute,
    path: '/usage',
    component: lazyRouteComponent(() => import('./operator-usage-page.tsx'), 'OperatorUsagePage'),
  }),
] as const
