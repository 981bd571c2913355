import { IconFiles } from '@tabler/icons-react'
import { createRoute } from '@tanstack/react-router'
import type { Place } from '../../shell/area.ts'
import { lazyPage } from '../../shell/lazy-page.ts'
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
    component: lazyPage(() => import('./files-page.tsx'), 'FilesPage'),
  }),
] as const
