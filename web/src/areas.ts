/** Every area of the pages: what stands in the navigation, in this order, and what ⌘K looks through. */
import { homePlace, homeRoutes } from './pages/home/area.ts'
import { usagePlace, usageRoutes } from './pages/usage/area.ts'
import { requestCommands, requestsPlace, requestsRoutes } from './pages/requests/area.ts'
import { keyCommands, keysPlace, keysRoutes } from './pages/keys/area.ts'
import { jobsPlace, jobsRoutes } from './pages/jobs/area.ts'
import { filesPlace, filesRoutes } from './pages/files/area.ts'
import { billingPlace, billingRoutes } from './pages/billing/area.ts'
import { servicePlace, serviceRoutes } from './pages/service/area.ts'
import { settingsPlace, settingsRoutes } from './pages/settings/area.ts'
import {
  operatorOrganizationsPlace,
  operatorOrganizationsRoutes,
  organizationCommands,
} from './pages/operator-organizations/area.ts'
import { operatorPeoplePlace, operatorPeopleRoutes } from './pages/operator-people/area.ts'
import { operatorServiceRequestsPlace, operatorServiceRequestsRoutes } from './pages/operator-service-requests/area.ts'
import { operatorDeploymentsPlace, operatorDeploymentsRoutes } from './pages/operator-deployments/area.ts'
import { operatorUsagePlace, operatorUsageRoutes } from './pages/operator-usage/area.ts'
import { operatorLedgerPlace, operatorLedgerRoutes } from './pages/operator-ledger/area.ts'
import { operatorAuditPlace, operatorAuditRoutes } from './pages/operator-audit/area.ts'
import { operatorConfigurationPlace, operatorConfigurationRoutes } from './pages/operator-configuration/area.ts'
import { accountRoutes } from './pages/account/area.ts'
import { playgroundRoutes } from './pages/playground/area.ts'
import { signInRoutes } from './pages/sign-in/area.ts'
import type { CommandSource, Place } from './shell/area.ts'
import { modelCommands, referenceCommands } from './shell/find-reference.ts'

export const dashboardPlaces: readonly Place[] = [
  homePlace,
  usagePlace,
  requestsPlace,
  keysPlace,
  jobsPlace,
  filesPlace,
  billingPlace,
  servicePlace,
  settingsPlace,
]

export const operatorPlaces: readonly Place[] = [
  operatorOrganizationsPlace,
  operatorPeoplePlace,
  operatorServiceRequestsPlace,
  operatorDeploymentsPlace,
  operatorUsagePlace,
  operatorLedgerPlace,
  operatorAuditPlace,
  operatorConfigurationPlace,
]

export const commandSources: readonly CommandSource[] = [
  requestCommands,
  keyCommands,
  organizationCommands,
  modelCommands,
  referenceCommands,
]

export const organizationRoutes = [
  ...homeRoutes,
  ...usageRoutes,
  ...requestsRoutes,
  ...keysRoutes,
  ...jobsRoutes,
  ...filesRoutes,
  ...billingRoutes,
  ...serviceRoutes,
  ...settingsRoutes,
] as const

export const operatorRoutes = [
  ...operatorOrganizationsRoutes,
  ...operatorPeopleRoutes,
  ...operatorServiceRequestsRoutes,
  ...operatorDeploymentsRoutes,
  ...operatorUsageRoutes,
  ...operatorLedgerRoutes,
  ...operatorAuditRoutes,
  ...operatorConfigurationRoutes,
] as const

export const insideRoutes = accountRoutes

export const anyoneRoutes = playgroundRoutes

export const outsideRoutes = signInRoutes
