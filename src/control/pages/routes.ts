/** Every route of the pages' API, area by area. */
import { homeRoutes } from './home/home-routes.ts'
import type { PageRoute } from './page-route.ts'
import { sessionRoutes } from './session/session-routes.ts'

export const routes: readonly PageRoute[] = [...sessionRoutes, ...homeRoutes]
