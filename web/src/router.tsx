/** Every route of the web app, with what is shown around it. */
import { createRouter } from '@tanstack/react-router'
import { anyoneRoutes, insideRoutes, operatorRoutes, organizationRoutes, outsideRoutes } from './areas.ts'
import { Frame } from './shell/frame.tsx'
import { NoOrganization } from './shell/no-organization.tsx'
import { NotFound } from './shell/not-found.tsx'
import { Outside } from './shell/outside.tsx'
import { PageTrouble } from './shell/page-trouble.tsx'
import * as routes from './shell/routes.ts'
import { parseSearch, stringifySearch } from './shell/search.ts'
import { PageSkeleton } from './ui/page-skeleton.tsx'

routes.outsideRoute.update({ component: Outside })
routes.insideRoute.update({ component: Frame })
routes.anyoneRoute.update({ component: Frame })
routes.dashboardIndexRoute.update({ component: NoOrganization })

const routeTree = routes.rootRoute.addChildren([
  routes.outsideRoute.addChildren(outsideRoutes),
  routes.anyoneRoute.addChildren(anyoneRoutes),
  routes.insideRoute.addChildren([
    ...insideRoutes,
    routes.dashboardRoute.addChildren([
      routes.dashboardIndexRoute,
      routes.organizationRoute.addChildren([routes.organizationIndexRoute, ...organizationRoutes]),
    ]),
    routes.operatorRoute.addChildren([routes.operatorIndexRoute, ...operatorRoutes]),
  ]),
])

export const router = createRouter({
  routeTree,
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent',
  defaultPreloadStaleTime: 0,
  defaultPendingMs: 150,
  scrollRestoration: true,
  defaultPendingComponent: PageSkeleton,
  defaultErrorComponent: PageTrouble,
  defaultNotFoundComponent: NotFound,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
