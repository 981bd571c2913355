import { IconReceipt2 } from '@tabler/icons-react'
import { createRoute } from '@tanstack/react-router'
import type { Place } from '../../shell/area.ts'
import { lazyPage } from '../../shell/lazy-page.ts'
import { organizationRoute } from '../../shell/routes.ts'
import { readTimeRange } from '../../ui/time-range.ts'

export const billingPlace: Place = {
  title: 'Billing',
  icon: IconReceipt2,
  path: 'billing',
  needs: 'billing.read',
  keywords: ['statement', 'credit', 'grants', 'top-ups', 'alerts', 'webhooks'],
}

export const billingRoutes = [
  createRoute({
    getParentRoute: () => organizationRoute,
    path: '/billing',
    validateSearch: readTimeRange,
    component: lazyPage(() => import('./billing-page.tsx'), 'BillingPage'),
  }),
] as const
