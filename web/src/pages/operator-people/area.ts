import { IconUsers } from '@tabler/icons-react'
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import type { Place } from '../../shell/area.ts'
import { operatorRoute } from '../../shell/routes.ts'

export const operatorPeoplePlace: Place = {
  title: 'People',
  icon: IconUsers,
  path: 'people',
  needs: null,
  keywords: ['persons', 'operators', 'accounts', 'password', 'second factor'],
}

export const operatorPeopleRoutes = [
  createRoute({
    getParentRoute: () => operatorRoute,
    path: '/people',
    component: lazyRouteComponent(() => import('./operator-people-page.tsx'), 'OperatorPeoplePage'),
  }),
] as const
