import { IconChartBar } from '@tabler/icons-react'
import { createRoute } from '@tanstack/react-router'
import type { Place } from '../../shell/area.ts'
import { lazyPage } from '../../shell/lazy-page.ts'
import { isMode, type Mode } from '../../shell/mode.ts'
import { operatorRoute } from '../../shell/routes.ts'
import { readAs } from '../../shell/search.ts'
import { readUsageSearch, type UsageSearch } from '../usage/usage-search.ts'

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
    validateSearch: (search: Record<string, unknown>): UsageSearch & { readonly mode?: Mode } => ({
      ...readUsageSearch(search),
      ...readAs<{ readonly mode?: Mode }>({ mode: isMode(search['mode']) ? search['mode'] : undefined }),
    }),
    component: lazyPage(() => import('./operator-usage-page.tsx'), 'OperatorUsagePage'),
  }),
] as const
