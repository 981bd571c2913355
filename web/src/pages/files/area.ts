import { IconFiles } from '@tabler/icons-react'
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import type { Place } from '../../shell/area.ts'
import { organizationRoute } from '../../shell/routes.ts'

export const filesPlace: Place = {
  title: 'Files',
  icon: IconFiles,
  path: 'files',
  needs: 'files.read',
  keywords: ['uploads'],
}

export const filesRoutes = [
  createRoute({
    getParentRoute: () => organizationRoute,
    path: '/files',
    component: lazyRouteComponent(() => import('./files-page.tsx'), 'FilesPage'),
  }),
] as const
