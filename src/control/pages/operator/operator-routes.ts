/** The console: what operators look at and change. */
import type { PageRoute } from '../page-route.ts'
import { configurationRoutes } from './configuration-routes.ts'
import { deploymentRoutes } from './deployment-routes.ts'
import { ledgerRoutes } from './ledger-routes.ts'
import { organizationRoutes } from './organization-routes.ts'
import { serviceRequestRoutes } from './service-request-routes.ts'

export const operatorRoutes: readonly PageRoute[] = [
  ...organizationRoutes,
  ...deploymentRoutes,
  ...ledgerRoutes,
  ...configurationRoutes,
  ...serviceRequestRoutes,
]
