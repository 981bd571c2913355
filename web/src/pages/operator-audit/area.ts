import { IconHistory } from '@tabler/icons-react'
import { createRoute } from '@tanstack/react-router'
import type { Place } from '../../shell/area.ts'
import { lazyPage } from '../../shell/lazy-page.ts'
import { operatorRoute } from '../../shell/routes.ts'

export const operatorAuditPlace: Place = {
  title: 'Audit',
  icon: IconHistory,
  path: 'audit',
  needs: null,
  keywords: ['changes', 'who'],
}

export const operatorAuditRoutes = [
  createRoute({
    getParentRoute: () => operatorRoute,
    path: '/audit',
    component: lazyPage(() => import('./operator-audit-page.tsx'), 'OperatorAuditPage'),
  }),
] as const
