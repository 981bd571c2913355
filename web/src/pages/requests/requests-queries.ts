import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type {
  RequestDetailsJson,
  RequestHistogramJson,
  RequestListJson,
} from '../../../../src/control/contract-pages.ts'
import { ask } from '../../api/client.ts'
import { keepPrevious, organizationKey } from '../../api/queries.ts'
import type { Mode } from '../../shell/mode.ts'
import type { RequestsQuery } from './requests-search.ts'

export const requestsPath = (organization: string) =>
  `/api/organizations/${encodeURIComponent(organization)}/requests` as const

export const requestsQuery = (organization: string, mode: Mode, query: RequestsQuery) =>
  infiniteQueryOptions({
    queryKey: organizationKey(organization, mode, 'requests', query),
    initialPageParam: undefined as string | undefined,
    placeholderData: keepPrevious(organizationKey(organization, mode, 'requests', query)),
    queryFn: ({ pageParam, signal }) =>
      ask<RequestListJson>(requestsPath(organization), { query: { ...query, cursor: pageParam }, signal }),
    getNextPageParam: ({ next }) => next ?? undefined,
  })

export const histogramQuery = (organization: string, mode: Mode, query: RequestsQuery) =>
  queryOptions({
    queryKey: organizationKey(organization, mode, 'requests-histogram', query),
    placeholderData: keepPrevious(organizationKey(organization, mode, 'requests-histogram', query)),
    queryFn: ({ signal }) => ask<RequestHistogramJson>(`${requestsPath(organization)}/histogram`, { query, signal }),
  })

/** A request whose charge is still open may change. */
export const requestQuery = (organization: string, mode: Mode, id: string) =>
  queryOptions({
    queryKey: organizationKey(organization, mode, 'request', id),
    queryFn: ({ signal }) =>
      ask<RequestDetailsJson>(`${requestsPath(organization)}/${encodeURIComponent(id)}`, { query: { mode }, signal }),
    refetchInterval: ({ state: { data } }) => (data?.request.state === 'reserved' ? 3_000 : false),
  })
