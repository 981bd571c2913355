import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { insideRoute } from '../../shell/routes.ts'

export const accountRoutes = [
  createRoute({
    getParentRoute: () => insideRoute,
    path: '/account',
    validateSearch: (search: Record<string, unknown>): { readonly begin?: 'second-factor' } =>
      search['begin'] === 'second-factor' ? { begin: 'second-factor' } : {},
    component: lazyRouteComponent(() => import('./account-page.tsx'), 'AccountPage'),
  }),
] as const
