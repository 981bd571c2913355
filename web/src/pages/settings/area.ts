import { IconSettings } from '@tabler/icons-react'
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import type { Place } from '../../shell/area.ts'
import { organizationRoute } from '../../shell/routes.ts'

export const settingsPlace: Place = {
  title: 'Settings',
  icon: IconSettings,
  path: 'settings',
  needs: 'organization.read',
  keywords: ['members', 'audit', 'organization'],
}

export const settingsRoutes = [
  createRoute({
    getParentRoute: () => organizationRoute,
    path: '/settings',
    component: lazyRouteComponent(() => import('./settings-page.tsx'), 'SettingsPage'),
  }),
] as const
