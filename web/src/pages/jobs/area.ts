import { IconMovie } from '@tabler/icons-react'
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import type { Place } from '../../shell/area.ts'
import { organizationRoute } from '../../shell/routes.ts'

export const jobsPlace: Place = {
  title: 'Jobs',
  icon: IconMovie,
  path: 'jobs',
  needs: 'jobs.read',
  keywords: ['videos', 'batches'],
}

export const jobsRoutes = [
  createRoute({
    getParentRoute: () => organizationRoute,
    path: '/jobs',
    component: lazyRouteComponent(() => import('./jobs-page.tsx'), 'JobsPage'),
  }),
] as const
