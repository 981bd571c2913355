import { IconAdjustments } from '@tabler/icons-react'
import { createRoute } from '@tanstack/react-router'
import type { Place } from '../../shell/area.ts'
import { lazyPage } from '../../shell/lazy-page.ts'
import { operatorRoute } from '../../shell/routes.ts'

export const operatorConfigurationPlace: Place = {
  title: 'Configuration',
  icon: IconAdjustments,
  path: 'configuration',
  needs: null,
  keywords: ['mart.yaml', 'settings'],
}

export const operatorConfigurationRoutes = [
  createRoute({
    getParentRoute: () => operatorRoute,
    path: '/configuration',
    component: lazyPage(() => import('./operator-configuration-page.tsx'), 'OperatorConfigurationPage'),
  }),
] as const
