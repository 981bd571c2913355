import { IconReceipt2 } from '@tabler/icons-react'
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import type { Place } from '../../shell/area.ts'
import { organizationRoute } from '../../shell/routes.ts'

export const billingPlace: Place = {
  title: 'Billing',
  icon: IconReceipt2,
  path: 'billing',
  needs: 'billing.read',
  keywords: ['statement', 'credit', 'grants', 'top-up', 'invoice'],
}

export const billingRoutes = [
  createRoute({
    getParentRoute: () => organizationRoute,
    path: '/billing',
    component: lazyRouteComponent(() => import('./billing-page.tsx'), 'BillingPage'),
  }),
] as const
