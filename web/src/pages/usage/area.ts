import { IconChartBar } from '@tabler/icons-react'
import { createRoute } from '@tanstack/react-router'
import type { Place } from '../../shell/area.ts'
import { lazyPage } from '../../shell/lazy-page.ts'
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
    component: lazyPage(() => import('./usage-page.tsx'), 'UsagePage'),
  }),
] as const
