import { IconChartBar } from '@tabler/icons-react'
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import type { Place } from '../../shell/area.ts'
import { organizationRoute } from '../../shell/routes.ts'
import { readUsageSearch } from './usage-search.ts'

export const usagePlace: Place = {
  title: 'Usage',
  icon: IconChartBar,
  path: 'usage',
  needs: 'usage.read',
  keywords: ['spend', 'cost', 'tokens', 'latency', 'errors', 'export', 'csv'],
}

export const usageRoutes = [
  createRoute({
    getParentRoute: () => organizationRoute,
    path: '/usage',
    validateSearch: readUsageSearch,
    component: lazyRouteComponent(() => import('./usage-page.tsx'), 'UsagePage'),
  }),
] as const
