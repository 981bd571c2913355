/** What an organization asks operators for. */
import type { z } from 'zod'
import { AdminError } from '../../admin/error.ts'
import type { ListJson } from '../../contract.ts'
import type { ServiceRequestJson } from '../../contract-service.ts'
import { ServiceRequestInput, ServiceRequestParameters } from '../../admin/service-input.ts'
import { pathOf } from '../ask-admin.ts'
import { pageRoute } from '../page-route.ts'
import { NothingMore } from '../shapes.ts'
import { ServiceRequestListShape, ServiceRequestShape } from './service-shapes.ts'

export type PageServiceRequestJson = z.infer<typeof ServiceRequestShape>
export type PageServiceRequestListJson = z.infer<typeof ServiceRequestListShape>
export type PageServiceRequestInputJson = z.input<typeof ServiceRequestInput>

const listRequests = pageRoute({
  method: 'GET',
  path: '/api/organizations/{organization}/service-requests',
  summary: 'What the organization asked operators for, and what came of it, the newest first; a hundred at a time',
  needs: 'service.read',
  query: ServiceRequestParameters,
  body: null,
  answer: ServiceRequestListShape,
  handle: ({ params, query, admin }) =>
    admin<ListJson<ServiceRequestJson>>('GET', pathOf(`/organizations/${params.organization}/service-requests`, query)),
})

const makeRequest = pageRoute({
  method: 'POST',
  path: '/api/organizations/{organization}/service-requests',
  summary: 'Ask operators to rotate an exposed key, raise limits, enable the EU for a key, or for something else',
  needs: 'service.write',
  query: null,
  body: ServiceRequestInput,
  answer: ServiceRequestShape,
  status: 201,
  handle: ({ params, body, admin }) =>
    admin<ServiceRequestJson>('POST', `/organizations/${params.organization}/service-requests`, body),
})

const withdrawRequest = pageRoute({
  method: 'POST',
  path: '/api/organizations/{organization}/service-requests/{serviceRequest}/withdraw',
  summary: 'Take an open request back',
  needs: 'service.write',
  query: null,
  body: NothingMore,
  answer: ServiceRequestShape,
  async handle({ params, admin }) {
    const path = `/service-requests/${params.serviceRequest}`
    const { organizationId } = await admin<ServiceRequestJson>('GET', path)
    if (organizationId !== params.organization) throw new AdminError('service_request_not_found')
    return admin<ServiceRequestJson>('POST', `${path}/withdraw`, {})
  },
})

export const serviceRoutes = [listRequests, makeRequest, withdrawRequest]
