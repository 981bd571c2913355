import { IconScale } from '@tabler/icons-react'
import { createRoute } from '@tanstack/react-router'
import type { Place } from '../../shell/area.ts'
import { lazyPage } from '../../shell/lazy-page.ts'
import { operatorRoute } from '../../shell/routes.ts'

export const operatorLedgerPlace: Place = {
  title: 'Ledger',
  icon: IconScale,
  path: 'ledger',
  needs: null,
  keywords: ['verification', 'books'],
}

export const operatorLedgerRoutes = [
  createRoute({
    getParentRoute: () => operatorRoute,
    path: '/ledger',
    component: lazyPage(() => import('./operator-ledger-page.tsx'), 'OperatorLedgerPage'),
  }),
] as const
