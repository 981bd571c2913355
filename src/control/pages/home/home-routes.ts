/** An organization at a glance. */
import { z } from 'zod'
import type { OrganizationDetails } from '../../contract.ts'
import { pageRoute } from '../page-route.ts'
import { permissions, permissionsOf, roles } from '../roles.ts'
import { Balance, Time } from '../shapes.ts'

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

export const homeRoutes = [getOrganization]
