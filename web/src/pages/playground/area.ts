import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { insideRoute } from '../../shell/routes.ts'

export const playgroundRoutes = [
  createRoute({
    getParentRoute: () => insideRoute,
    path: '/playground',
    component: lazyRouteComponent(() => import('./playground-page.tsx'), 'PlaygroundPage'),
  }),
] as const
