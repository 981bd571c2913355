/** All organizations, for operators: making, naming, suspending them, and their credit. */
import { z } from 'zod'
import { OrganizationName } from '../../../organizations/organization.ts'
import type { GrantJson, ListJson, OrganizationDetails, OrganizationJson, RevocationJson } from '../../contract.ts'
import { CreditInput, SuspendInput } from '../../admin/organization-input.ts'
import { pageRoute } from '../page-route.ts'
import { DataOf, Mode, NothingMore } from '../shapes.ts'
import { GrantShape, OperatorOrganizationShape, OrganizationDetailsShape, RevocationShape } from './operator-shapes.ts'

const OrganizationListShape = DataOf(OrganizationDetailsShape)
export type OperatorOrganizationJson = z.infer<typeof OrganizationDetailsShape>
export type OperatorOrganizationListJson = z.infer<typeof OrganizationListShape>

const listOrganizations = pageRoute({
  method: 'GET',
  path: '/api/operator/organizations',
  summary: 'All organizations, with their keys and what credit they have',
  needs: 'operator',
  query: null,
  body: null,
  answer: OrganizationListShape,
  handle: ({ admin }) => admin<ListJson<OrganizationDetails>>('GET', '/organization-details'),
})

const getOrganization = pageRoute({
  method: 'GET',
  path: '/api/operator/organizations/{id}',
  summary: 'An organization, with its keys and what credit it has',
  needs: 'operator',
  query: null,
  body: null,
  answer: OrganizationDetailsShape,
  handle: ({ params, admin }) => admin<OrganizationDetails>('GET', `/organizations/${params.id}`),
})

const Named = z.strictObject({ name: OrganizationName })

const createOrganization = pageRoute({
  method: 'POST',
  path: '/api/operator/organizations',
  summary: 'Make an organization',
  needs: 'operator',
  query: null,
  body: Named,
  answer: OperatorOrganizationShape,
  status: 201,
  handle: ({ body, admin }) => admin<OrganizationJson>('POST', '/organizations', body),
})

const renameOrganization = pageRoute({
  method: 'PATCH',
  path: '/api/operator/organizations/{id}',
  summary: 'Name an organization anew',
  needs: 'operator',
  query: null,
  body: Named,
  answer: OperatorOrganizationShape,
  handle: ({ params, body, admin }) => admin<OrganizationJson>('PATCH', `/organizations/${params.id}`, body),
})

const suspendOrganization = pageRoute({
  method: 'POST',
  path: '/api/operator/organizations/{id}/suspend',
  summary: 'Turn away all keys of an organization, from the next request on',
  needs: 'operator',
  query: null,
  body: SuspendInput,
  answer: OperatorOrganizationShape,
  handle: ({ params, body, admin }) => admin<OrganizationJson>('POST', `/organizations/${params.id}/suspend`, body),
})

const resumeOrganization = pageRoute({
  method: 'POST',
  path: '/api/operator/organizations/{id}/resume',
  summary: 'Serve an organization again',
  needs: 'operator',
  query: null,
  body: NothingMore,
  answer: OperatorOrganizationShape,
  handle: ({ params, admin }) => admin<OrganizationJson>('POST', `/organizations/${params.id}/resume`, {}),
})

/** The mode is said: a slip between test credit and live credit is dear. */
const Credit = CreditInput.extend({ mode: Mode })
export type OperatorCreditInputJson = z.input<typeof Credit>
export type OperatorGrantJson = z.infer<typeof GrantShape>
export type OperatorRevocationJson = z.infer<typeof RevocationShape>

const grantCredit = pageRoute({
  method: 'POST',
  path: '/api/operator/organizations/{id}/grants',
  summary: 'Give an organization credit; the same idempotency key again does nothing new',
  needs: 'operator',
  query: null,
  body: Credit,
  answer: GrantShape,
  status: 201,
  handle: ({ params, body, admin }) => admin<GrantJson>('POST', `/organizations/${params.id}/grants`, body),
})

const revokeCredit = pageRoute({
  method: 'POST',
  path: '/api/operator/organizations/{id}/revocations',
  summary: 'Take unspent credit back, by reversals of what was given; all of the amount, or nothing',
  needs: 'operator',
  query: null,
  body: Credit,
  answer: RevocationShape,
  status: 201,
  handle: ({ params, body, admin }) => admin<RevocationJson>('POST', `/organizations/${params.id}/revocations`, body),
})

export const organizationRoutes = [
  listOrganizations,
  getOrganization,
  createOrganization,
  renameOrganization,
  suspendOrganization,
  resumeOrganization,
  grantCredit,
  revokeCredit,
]
