/** An organization at a glance. */
import { z } from 'zod'
import { spanInput } from '../../../reporting/asked-span.ts'
import { HomeShape } from '../../../reporting/home.ts'
import type { OrganizationDetails } from '../../contract.ts'
import { pageRoute } from '../page-route.ts'
import { allows, permissions, permissionsOf, roles } from '../roles.ts'
import { Balance, Mode, Time } from '../shapes.ts'

const OrganizationShape = z.strictObject({
  id: z.string(),
  name: z.string(),
  createdAt: Time,
  /** `suspended`: its keys are turned away. */
  state: z.enum(['active', 'suspended']),
  /** What whoever asks is to it; `operator`: no member, and looks on. */
  access: z.enum([...roles, 'operator']),
  /** What whoever asks may do here. */
  permissions: z.array(z.enum(permissions)),
  /** Of test credit and of live credit, which nothing adds up. */
  balances: z.array(Balance),
})
export type PageOrganizationJson = z.infer<typeof OrganizationShape>

const getOrganization = pageRoute({
  method: 'GET',
  path: '/api/organizations/{organization}',
  summary: 'An organization, its credit, and what one may do in it',
  needs: 'organization.read',
  query: null,
  body: null,
  answer: OrganizationShape,
  async handle({ params, access, admin }) {
    const { id, name, createdAt, state, balances } = await admin<OrganizationDetails>(
      'GET',
      `/organizations/${params.organization}`,
    )
    return { id, name, createdAt, state, access, permissions: permissionsOf(access), balances: [...balances] }
  },
})

const getHome = pageRoute({
  method: 'GET',
  path: '/api/organizations/{organization}/home',
  summary: 'What was spent today, how long credit lasts, and what failed last',
  needs: 'usage.read',
  query: z.strictObject({ mode: Mode, zone: spanInput.zone }),
  body: null,
  answer: HomeShape,
  async handle({ params, query, access, admin, deps }) {
    const { organization: organizationId } = params
    const { mode, zone } = query
    const { balances } = await admin<OrganizationDetails>('GET', `/organizations/${organizationId}`)
    const availableNano = BigInt(balances.find((balance) => balance.mode === mode)?.availableNano ?? '0')
    const home = await deps.reports.home({ organizationId, mode }, { zone, availableNano })
    return allows(access, 'requests.read') ? home : { ...home, lastErrors: [], lastRequest: null, lastSuccess: null }
  },
})

export const homeRoutes = [getOrganization, getHome]
