import { IconUsers } from '@tabler/icons-react'
import { createRoute } from '@tanstack/react-router'
import type { Place } from '../../shell/area.ts'
import { lazyPage } from '../../shell/lazy-page.ts'
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
    component: lazyPage(() => import('./operator-people-page.tsx'), 'OperatorPeoplePage'),
  }),
] as const
