import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { anyoneRoute } from '../../shell/routes.ts'

export const playgroundRoutes = [
  createRoute({
    getParentRoute: () => anyoneRoute,
    path: '/playground',
    component: lazyRouteComponent(() => import('./playground-page.tsx'), 'PlaygroundPage'),
  }),
] as const
