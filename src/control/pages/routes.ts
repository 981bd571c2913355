/** Every route of the pages' API, area by area. */
import { accountRoutes } from './account/account-routes.ts'
import { addressRoutes } from './account/address-routes.ts'
import { linkRoutes } from './account/link-routes.ts'
import { organizationRoutes } from './account/organization-routes.ts'
import { signInRoutes } from './account/sign-in-routes.ts'
import { auditRoutes } from './audit/audit-routes.ts'
import { statementRoutes } from './billing/statement-routes.ts'
import { webhookRoutes } from './billing/webhook-routes.ts'
import { fileRoutes } from './files/file-routes.ts'
import { homeRoutes } from './home/home-routes.ts'
import { jobRoutes } from './jobs/job-routes.ts'
import { keyRoutes } from './keys/key-routes.ts'
import { memberRoutes } from './members/member-routes.ts'
import { peopleRoutes } from './members/people-routes.ts'
import { securityRoutes } from './members/security-routes.ts'
import { operatorRoutes } from './operator/operator-routes.ts'
import { operatorUsageRoutes } from './operator/usage-routes.ts'
import { passRoutes } from './passes/pass-routes.ts'
import { requestRoutes } from './requests/request-routes.ts'
import { serviceRoutes } from './service/service-routes.ts'
import { sessionRoutes } from './session/session-routes.ts'
import { usageRoutes } from './usage/usage-routes.ts'
import type { PageRoute } from './page-route.ts'

export const routes: readonly PageRoute[] = [
  ...sessionRoutes,
  ...homeRoutes,
  ...auditRoutes,
  ...jobRoutes,
  ...fileRoutes,
  ...passRoutes,
  ...keyRoutes,
  ...usageRoutes,
  ...requestRoutes,
  ...statementRoutes,
  ...operatorUsageRoutes,
  ...operatorRoutes,
  ...signInRoutes,
  ...linkRoutes,
  ...accountRoutes,
  ...addressRoutes,
  ...organizationRoutes,
  ...memberRoutes,
  ...securityRoutes,
  ...peopleRoutes,
  ...serviceRoutes,
  ...webhookRoutes,
]
