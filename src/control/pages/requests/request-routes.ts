/** Requests one by one: the list with its histogram, one with its receipt, and what happens now. */
import { z } from 'zod'
import { requestCsv, requestsCsvHead } from '../../../reporting/csv-tables.ts'
import type { Reports } from '../../../reporting/reports.ts'
import {
  placeOf,
  RequestDetailsShape,
  RequestHistogramShape,
  RequestListShape,
  type EntryJson,
} from '../../../reporting/requests.ts'
import { AdminError } from '../../admin/error.ts'
import { invalid } from '../../admin/read-input.ts'
import { csvFile, jsonFileOf } from '../download.ts'
import { eventStream } from '../event-stream.ts'
import { pageRoute, type PagesDeps } from '../page-route.ts'
import { filterOf, RequestFilters, RequestHistogramQuery, RequestListQuery, spanOf, unitOf } from '../report-input.ts'
import { Mode } from '../shapes.ts'

const listRequests = pageRoute({
  method: 'GET',
  path: '/api/organizations/{organization}/requests',
  summary: 'Requests by filters, newest first',
  needs: 'requests.read',
  query: RequestListQuery,
  body: null,
  answer: RequestListShape,
  async handle({ params, query, deps }) {
    const { cursor, limit, id, ...asked } = query
    const of = { organizationId: params.organization, mode: query.mode }
    if (id !== undefined) return oneRequest(deps.reports, of, id)
    const filter = filterOf(asked, spanOf(asked, deps.clock.now()))
    const before = cursor === undefined ? null : placeOf(cursor)
    if (cursor !== undefined && before === null) throw invalid('cursor', 'the `next` of a page')
    return deps.reports.requests(of, { filter, before, max: limit, isOperator: false })
  },
})

/** The list of those with an id. */
async function oneRequest(reports: Reports, of: Parameters<Reports['request']>[0], id: string) {
  const found = await reports.request(of, id, false)
  return { mode: of.mode, data: found ? [found.request] : [], next: null, isComplete: true }
}

const getHistogram = pageRoute({
  method: 'GET',
  path: '/api/organizations/{organization}/requests/histogram',
  summary: 'How many requests there were over time, by the filters of the list',
  needs: 'requests.read',
  query: RequestHistogramQuery,
  body: null,
  answer: RequestHistogramShape,
  handle: ({ params, query, request: { signal }, deps }) => {
    const { unit, ...asked } = query
    const span = spanOf(asked, deps.clock.now())
    const of = { organizationId: params.organization, mode: query.mode }
    return deps.reports.requestHistogram(of, { filter: filterOf(asked, span), span, unit: unitOf(unit, span), signal })
  },
})

const getRequestsCsv = pageRoute({
  method: 'GET',
  path: '/api/organizations/{organization}/requests.csv',
  summary: 'All requests that the filters leave, as a file',
  needs: 'requests.read',
  query: RequestFilters,
  body: null,
  answer: 'text/csv',
  handle: (asked) => Promise.resolve(csvFile(`requests-${asked.query.mode}`, csvOf(everyRequest(asked)))),
})

const getRequestsJson = pageRoute({
  method: 'GET',
  path: '/api/organizations/{organization}/requests.json',
  summary: 'All requests that the filters leave, as a file',
  needs: 'requests.read',
  query: RequestFilters,
  body: null,
  answer: 'application/json',
  handle: (asked) => Promise.resolve(jsonFileOf(`requests-${asked.query.mode}`, jsonOf(everyRequest(asked)))),
})

type EveryAsked = {
  readonly params: { readonly organization: string }
  readonly query: z.output<typeof RequestFilters>
  readonly request: Request
  readonly deps: PagesDeps
}

function everyRequest({ params, query, request: { signal }, deps }: EveryAsked): AsyncGenerator<readonly EntryJson[]> {
  const filter = filterOf(query, spanOf(query, deps.clock.now()))
  const of = { organizationId: params.organization, mode: query.mode }
  return deps.reports.everyRequest(of, { filter, isOperator: false, signal })
}

async function* csvOf(pages: AsyncIterable<readonly EntryJson[]>): AsyncGenerator<string> {
  yield requestsCsvHead
  for await (const page of pages) for (const entry of page) yield requestCsv(entry)
}

async function* jsonOf(pages: AsyncIterable<readonly EntryJson[]>): AsyncGenerator<string> {
  let before = '[\n'
  for await (const page of pages)
    for (const entry of page) {
      yield before + JSON.stringify(entry)
      before = ',\n'
    }
  yield before === '[\n' ? '[]\n' : '\n]\n'
}

const getRequest = pageRoute({
  method: 'GET',
  path: '/api/organizations/{organization}/requests/{request}',
  summary: 'One request, with its receipt',
  needs: 'requests.read',
  query: z.strictObject({ mode: Mode }),
  body: null,
  answer: RequestDetailsShape,
  async handle({ params, query, deps }) {
    const of = { organizationId: params.organization, mode: query.mode }
    const found = await deps.reports.request(of, params.request, false)
    if (found === null) throw new AdminError('request_not_found')
    return found
  },
})

const watchRequests = pageRoute({
  method: 'GET',
  path: '/api/organizations/{organization}/live',
  summary: 'What happens now, as server-sent events: a frame four times a second',
  needs: 'requests.read',
  query: z.strictObject({ mode: Mode }),
  body: null,
  answer: 'text/event-stream',
  handle: ({ params, query, deps }) =>
    Promise.resolve(eventStream(deps.reports.live({ organizationId: params.organization, mode: query.mode }))),
})

export const requestRoutes = [listRequests, getHistogram, getRequestsCsv, getRequestsJson, watchRequests, getRequest]
