/**
 * The admin API behind `mart`: organizations, keys, credit, reports. Looking at something needs the scope `read`; a
 * route that changes something names its own. What reads money ships the journal first, so that it sees every request that ended.
 */
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { addAuditRoutes } from './audit.ts'
import { addCreditRoutes } from './credit.ts'
import { addDeploymentRoutes } from './deployments.ts'
import type { AdminDeps } from './deps.ts'
import { AdminError, adminErrorOf, errorResponse } from './error.ts'
import { addJobRoutes } from './jobs.ts'
import { addKeyRoutes } from './keys.ts'
import { addOrganizationRoutes } from './organizations.ts'
import { addPeopleRoutes } from './people.ts'
import { addReportRoutes } from './reports.ts'
import { addServiceRoutes } from './service.ts'
import { addTokenRoutes } from './tokens.ts'
import { addWebhookRoutes } from './webhooks.ts'
import { changesInTurn } from './key-changes.ts'
import { createOperators } from './operators.ts'

const bodyBytesMax = 64 * 1024

/** The API, to be mounted under `/api/admin`. */
export function adminApi(deps: AdminDeps): Hono {
  const api = new Hono()
  const operators = createOperators(deps)
  api.use(async (c, next) => {
    operators.admit(c)
    await next()
  })
  api.get('*', operators.needs('read'))
  api.use(bodyLimit({ maxSize: bodyBytesMax, onError: () => errorResponse(new AdminError('body_too_large')) }))
  addOrganizationRoutes(api, deps, operators)
  const made = { deps, operators, changeKey: changesInTurn(deps) }
  addKeyRoutes(api, made)
  addServiceRoutes(api, made)
  addWebhookRoutes(api, deps, operators)
  addCreditRoutes(api, deps, operators)
  addReportRoutes(api, deps)
  addJobRoutes(api, deps)
  addDeploymentRoutes(api, deps, operators)
  addTokenRoutes(api, deps, operators)
  addAuditRoutes(api, deps, operators)
  addPeopleRoutes(api, deps, operators)
  // A mounted app answers unknown addresses of its own only by a route.
  api.all('*', () => errorResponse(new AdminError('not_found')))
  api.onError((error) => {
    const known = adminErrorOf(error)
    if (known.code === 'unavailable') deps.log.error({ event: 'admin-failed', error })
    return errorResponse(known)
  })
  return api
}
