import { IconKey } from '@tabler/icons-react'
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import type { Place } from '../../shell/area.ts'
import { organizationRoute } from '../../shell/routes.ts'

export const keysPlace: Place = {
  title: 'Keys',
  icon: IconKey,
  path: 'keys',
  needs: 'keys.read',
  keywords: ['api', 'key', 'secret', 'rotate', 'budget', 'limit'],
}

export const keysRoutes = [
  createRoute({
    getParentRoute: () => organizationRoute,
    path: '/keys',
    component: lazyRouteComponent(() => import('./keys-page.tsx'), 'KeysPage'),
  }),
] as const
