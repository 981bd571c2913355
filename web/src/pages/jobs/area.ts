import { IconMovie } from '@tabler/icons-react'
import { createRoute } from '@tanstack/react-router'
import type { Place } from '../../shell/area.ts'
import { lazyPage } from '../../shell/lazy-page.ts'
import { organizationRoute } from '../../shell/routes.ts'
import { readAs, textIn, wordIn } from '../../shell/search.ts'
import { jobStates, type JobState } from './job-state.ts'

export const jobsPlace: Place = {
  title: 'Jobs',
  icon: IconMovie,
  path: 'jobs',
  needs: 'jobs.read',
  keywords: ['videos', 'background', 'batches', 'reserved'],
}

export type JobsSearch = { readonly state?: JobState; readonly job?: string }

export const jobsRoutes = [
  createRoute({
    getParentRoute: () => organizationRoute,
    path: '/jobs',
    validateSearch: (search: Record<string, unknown>) =>
      readAs<JobsSearch>({ state: wordIn(search, 'state', jobStates), job: textIn(search, 'job') }),
    component: lazyPage(() => import('./jobs-page.tsx'), 'JobsPage'),
  }),
] as const
