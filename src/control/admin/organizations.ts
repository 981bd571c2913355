/** The part of the admin API that makes organizations, names them, and suspends them. A suspension holds on this node the moment it is answered. */
import type { Context, Hono } from 'hono'
import { z } from 'zod'
import { newOrganization, OrganizationName } from '../../organizations/organization.ts'
import { modes, type KeyRow, type Organization, type OrganizationChanges } from '../../store/store.ts'
import { organizationOf, type AdminDeps } from './deps.ts'
import type { ListJson, OrganizationDetails, OrganizationJson } from '../contract.ts'
import { balanceJson, organizationJson } from './json-shapes.ts'
import { SuspendInput } from './organization-input.ts'
import type { Operators } from './operators.ts'
import { readBody, readFields } from './read-input.ts'

const NamedOrganization = z.strictObject({ name: OrganizationName })

/** Of some thousands, a page needs the few that somebody is a member of. */
const ListParameters = z.strictObject({
  ids: z
    .string('ids with commas between them')
    .transform((text) => new Set(text.split(',')))
    .optional(),
})

export function addOrganizationRoutes(api: Hono, deps: AdminDeps, operators: Operators): void {
  const isAdmin = operators.needs('admin')
  api.post('/organizations', isAdmin, async (c) => {
    const { name } = await readBody(c.req.raw, NamedOrganization)
    const organization = newOrganization(name, deps.clock.now())
    await deps.store.createOrganization(organization, operators.actorOf(c))
    return c.json<OrganizationJson>(organizationJson({ ...organization, suspended: null }), 201)
  })
  api.get('/organizations', async (c) => {
    const { ids } = readFields(c.req.query(), ListParameters)
    return c.json<ListJson<OrganizationJson>>({ data: (await organizationsOf(deps, ids)).map(organizationJson) })
  })
  api.get('/organizations/:id', async (c) => {
    const organization = await organizationOf(deps, c.req.param('id'))
    await deps.ship()
    const keys = await deps.store.keys(organization.id)
    return c.json<OrganizationDetails>(await detailsOf(deps, organization, keys))
  })
  api.get('/organization-details', async (c) => {
    await deps.ship()
    const [organizations, keys] = await Promise.all([deps.store.organizations(), deps.store.keys()])
    const keysOf = Map.groupBy(keys, ({ organizationId }) => organizationId)
    const data = organizations.map((each) => detailsOf(deps, each, keysOf.get(each.id) ?? []))
    return c.json<ListJson<OrganizationDetails>>({ data: await Promise.all(data) })
  })
  addChangeRoutes(api, deps, operators)
}

/** Those with the ids, or all. */
async function organizationsOf({ store }: AdminDeps, ids: ReadonlySet<string> | undefined): Promise<Organization[]> {
  if (ids === undefined) return store.organizations()
  const found = await Promise.all([...ids].map((id) => store.organization(id)))
  return found.filter((each) => each !== null)
}

/** As the store has it now. */
async function detailsOf(
  deps: AdminDeps,
  organization: Organization,
  keys: readonly KeyRow[],
): Promise<OrganizationDetails> {
  const { id } = organization
  const balances = await Promise.all(
    modes.map(async (mode) => balanceJson(mode, await deps.store.balance(id, mode), deps.credit.idleNano(id, mode))),
  )
  const now = deps.clock.now()
  const active = keys.filter((key) => key.revokedAt === null && (key.expiresAt === null || key.expiresAt > now))
  return { ...organizationJson(organization), keys: keys.length, activeKeys: active.length, balances }
}

const NothingMore = z.strictObject({})

function addChangeRoutes(api: Hono, deps: AdminDeps, operators: Operators): void {
  const isAdmin = operators.needs('admin')
  const change = async (c: Context, changes: OrganizationChanges): Promise<OrganizationJson> => {
    const id = c.req.param('id')!
    const organization = await deps.store.updateOrganization(id, changes, operators.actorOf(c))
    deps.keys.setSuspended(id, organization.suspended !== null)
    return organizationJson(organization)
  }
  api.patch('/organizations/:id', isAdmin, async (c) => {
    const { name } = await readBody(c.req.raw, NamedOrganization)
    return c.json<OrganizationJson>(await change(c, { name }))
  })
  // Suspending what is suspended keeps the moment; a reason that is given takes the place of the one before.
  api.post('/organizations/:id/suspend', isAdmin, async (c) => {
    const { why } = await readBody(c.req.raw, SuspendInput)
    const { suspended } = await organizationOf(deps, c.req.param('id'))
    const at = suspended?.at ?? deps.clock.now()
    return c.json<OrganizationJson>(await change(c, { suspended: { at, why: why ?? suspended?.why ?? null } }))
  })
  // Told by a page where an operator who is no member looks at it.
  api.post('/organizations/:id/views', isAdmin, async (c) => {
    await readBody(c.req.raw, NothingMore)
    const { id } = await organizationOf(deps, c.req.param('id'))
    const actor = operators.actorOf(c)
    const about = { organizationId: id, subject: id, before: null, after: null }
    await deps.store.recordAudit({ actor, action: 'organization.viewed', ...about })
    return c.json({})
  })
  api.post('/organizations/:id/resume', isAdmin, async (c) => {
    await readBody(c.req.raw, NothingMore)
    return c.json<OrganizationJson>(await change(c, { suspended: null }))
  })
}
