import { IconSettings } from '@tabler/icons-react'
import { createRoute } from '@tanstack/react-router'
import type { Place } from '../../shell/area.ts'
import { lazyPage } from '../../shell/lazy-page.ts'
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
    component: lazyPage(() => import('./settings-page.tsx'), 'SettingsPage'),
  }),
] as const
