/**
 * The admin API behind `mart`: organizations, keys, credit, reports. Whoever holds the operator token
 * may do all of it. What reads money ships the journal first, so that it sees every request that ended.
 */
import { hash, randomUUID, timingSafeEqual } from 'node:crypto'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { z } from 'zod'
import { newOrganization, OrganizationName } from '../organizations/organization.ts'
import { receiptOf } from '../reporting/receipt.ts'
import { usageQuery, usageReport, UsageParameters } from '../reporting/usage-report.ts'
import { modes, type Mode } from '../store/store.ts'
import { addDeploymentRoutes } from './admin-deployments.ts'
import { organizationOf, type AdminDeps } from './admin-deps.ts'
import { AdminError, adminErrorOf, errorResponse } from './admin-error.ts'
import { addKeyRoutes } from './admin-keys.ts'
import type {
  BalanceJson,
  GrantJson,
  ListJson,
  OrganizationDetails,
  OrganizationJson,
  Receipt,
  UsageReport,
  VerificationJson,
} from './contract.ts'
import { balanceJson, grantJson, organizationJson } from './json-shapes.ts'
import { amountOf } from './key-input.ts'
import { ModeInput, modeOr, ModeParameters } from './mode-input.ts'
import { readBody, readFields } from './read-input.ts'

const bodyBytesMax = 64 * 1024

/** The API, to be mounted under `/api/admin`. */
export function adminApi(deps: AdminDeps): Hono {
  const api = new Hono()
  const isOperator = tokenCheck(deps.operatorToken)
  api.use(async (c, next) => {
    if (!isOperator(c.req.header('authorization'))) throw new AdminError('unauthorized')
    await next()
  })
  api.use(bodyLimit({ maxSize: bodyBytesMax, onError: () => errorResponse(new AdminError('body_too_large')) }))
  addOrganizationRoutes(api, deps)
  addKeyRoutes(api, deps)
  addCreditRoutes(api, deps)
  addReportRoutes(api, deps)
  addDeploymentRoutes(api, deps)
  // A mounted app answers unknown addresses of its own only by a route.
  api.all('*', () => errorResponse(new AdminError('not_found')))
  api.onError((error) => {
    const known = adminErrorOf(error)
    if (known.code === 'unavailable') deps.log.error({ event: 'admin-failed', error })
    return errorResponse(known)
  })
  return api
}

/** Compares digests, which are of one length, in constant time. */
function tokenCheck(token: string): (authorization: string | undefined) => boolean {
  const digestOf = (text: string): Buffer => hash('sha256', text, 'buffer')
  const expected = digestOf(`Bearer ${token}`)
  return (authorization) => timingSafeEqual(expected, digestOf(authorization ?? ''))
}

const NewOrganization = z.strictObject({ name: OrganizationName })

function addOrganizationRoutes(api: Hono, deps: AdminDeps): void {
  api.post('/organizations', async (c) => {
    const { name } = await readBody(c.req.raw, NewOrganization)
    const organization = newOrganization(name, deps.clock.now())
    await deps.store.createOrganization(organization)
    return c.json<OrganizationJson>(organizationJson(organization), 201)
  })
  api.get('/organizations', async (c) => {
    const organizations = await deps.store.organizations()
    return c.json<ListJson<OrganizationJson>>({ data: organizations.map(organizationJson) })
  })
  api.get('/organizations/:id', async (c) => {
    const organization = await organizationOf(deps, c.req.param('id'))
    const [keys, ...balances] = await Promise.all([
      deps.store.keys(organization.id),
      ...modes.map((mode) => balanceOf(deps, organization.id, mode)),
    ])
    const now = deps.clock.now()
    const active = keys.filter((key) => key.revokedAt === null && (key.expiresAt === null || key.expiresAt > now))
    const counts = { keys: keys.length, activeKeys: active.length }
    return c.json<OrganizationDetails>({ ...organizationJson(organization), ...counts, balances })
  })
}

async function balanceOf(deps: AdminDeps, organizationId: string, mode: Mode): Promise<BalanceJson> {
  await deps.ship()
  const balance = await deps.store.balance(organizationId, mode)
  return balanceJson(mode, balance, deps.credit.idleNano(organizationId, mode))
}

const lineAllowed = 'at most 200 characters on one line'
const line = z
  .string(lineAllowed)
  .trim()
  .max(200, lineAllowed)
  .regex(/^\P{Cc}*$/u, lineAllowed)
const NewGrant = z.strictObject({
  usd: z.string('an amount of USD as text, such as "25.00"'),
  mode: ModeInput,
  note: line.nullable().default(null),
  /** The same key again grants nothing new, so that a caller who got no answer may simply repeat. */
  idempotencyKey: line.min(1, 'at least one character').optional(),
})

function addCreditRoutes(api: Hono, deps: AdminDeps): void {
  api.post('/organizations/:id/grants', async (c) => {
    const { usd, note, idempotencyKey = randomUUID(), ...asked } = await readBody(c.req.raw, NewGrant)
    const mode = modeOr(asked.mode, deps)
    const amountNano = amountOf('usd', usd)
    const { id: organizationId } = await organizationOf(deps, c.req.param('id'))
    const transfer = await deps.store.grantCredit({ organizationId, mode, amountNano, note, idempotencyKey })
    return c.json<GrantJson>(grantJson(organizationId, transfer), 201)
  })
  api.get('/organizations/:id/balance', async (c) => {
    const { mode } = readFields(c.req.query(), ModeParameters)
    const { id } = await organizationOf(deps, c.req.param('id'))
    return c.json<BalanceJson>(await balanceOf(deps, id, modeOr(mode, deps)))
  })
  api.get('/ledger/verify', async (c) => {
    await deps.ship()
    const checks = await deps.store.verifyLedger()
    return c.json<VerificationJson>({ ok: checks.every((check) => check.ok), checks })
  })
}

function addReportRoutes(api: Hono, deps: AdminDeps): void {
  api.get('/organizations/:id/usage', async (c) => {
    const asked = readFields(c.req.query(), UsageParameters)
    const { id } = await organizationOf(deps, c.req.param('id'))
    const query = usageQuery({ organizationId: id, mode: modeOr(asked.mode, deps) }, asked, deps.clock.now())
    if (query.from >= query.to)
      throw new AdminError('invalid_request', { field: 'from', message: 'from must be before to.' })
    await deps.ship()
    return c.json<UsageReport>(usageReport(query, await deps.store.usage(query)))
  })
  api.get('/receipts/:id', async (c) => {
    await deps.ship()
    const settlement = await deps.store.receipt(c.req.param('id'))
    if (!settlement) throw new AdminError('request_not_found')
    return c.json<Receipt>(receiptOf(settlement))
  })
}
