/** What organizations ask operators for, and the answers. */
import type { z } from 'zod'
import type { ListJson } from '../../contract.ts'
import type { ApprovedServiceRequestJson, ServiceRequestJson } from '../../contract-service.ts'
import { ApprovalInput, DeclineInput, ServiceRequestParameters } from '../../admin/service-input.ts'
import { pathOf } from '../ask-admin.ts'
import { pageRoute } from '../page-route.ts'
import { ApprovedServiceRequestShape, ServiceRequestListShape, ServiceRequestShape } from '../service/service-shapes.ts'

export type OperatorApprovalInputJson = z.input<typeof ApprovalInput>
export type OperatorApprovedServiceRequestJson = z.infer<typeof ApprovedServiceRequestShape>

const listRequests = pageRoute({
  method: 'GET',
  path: '/api/operator/service-requests',
  summary: 'What organizations asked for, the newest first; a hundred at a time',
  needs: 'operator',
  query: ServiceRequestParameters,
  body: null,
  answer: ServiceRequestListShape,
  handle: ({ query, admin }) => admin<ListJson<ServiceRequestJson>>('GET', pathOf(`/service-requests`, query)),
})

const approveRequest = pageRoute({
  method: 'POST',
  path: '/api/operator/service-requests/{id}/approve',
  summary: 'Give what is asked for, or something else of its kind, in one go; a new secret is in this answer alone',
  needs: 'operator',
  query: null,
  body: ApprovalInput,
  answer: ApprovedServiceRequestShape,
  handle: ({ params, body, admin }) =>
    admin<ApprovedServiceRequestJson>('POST', `/service-requests/${params.id}/approve`, body),
})

const declineRequest = pageRoute({
  method: 'POST',
  path: '/api/operator/service-requests/{id}/decline',
  summary: 'Decline what is asked for, with a word to whoever asked',
  needs: 'operator',
  query: null,
  body: DeclineInput,
  answer: ServiceRequestShape,
  handle: ({ params, body, admin }) =>
    admin<ServiceRequestJson>('POST', `/service-requests/${params.id}/decline`, body),
})

export const serviceRequestRoutes = [listRequests, approveRequest, declineRequest]
