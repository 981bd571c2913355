import { createRoute } from '@tanstack/react-router'
import { lazyPage } from '../../shell/lazy-page.ts'
import { insideRoute } from '../../shell/routes.ts'
import { readAs, wordIn } from '../../shell/search.ts'

export const accountRoutes = [
  createRoute({
    getParentRoute: () => insideRoute,
    path: '/account',
    validateSearch: (search: Record<string, unknown>) =>
      readAs<{ readonly begin?: 'second-factor' }>({ begin: wordIn(search, 'begin', ['second-factor']) }),
    component: lazyPage(() => import('./account-page.tsx'), 'AccountPage'),
  }),
] as const
