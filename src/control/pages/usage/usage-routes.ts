/** What an organization used, over time and by groups. */
import { usageCsv } from '../../../reporting/csv-tables.ts'
import { UsageOverTimeShape, type UsageOverTime } from '../../../reporting/usage-over-time.ts'
import { csvFile, jsonFile } from '../download.ts'
import { pageRoute, type PagesDeps } from '../page-route.ts'
import { UsageQuery, usageAsked, type AskedUsage } from '../report-input.ts'

const getUsage = pageRoute({
  method: 'GET',
  path: '/api/organizations/{organization}/usage',
  summary: 'Usage over time, by groups, with the span before',
  needs: 'usage.read',
  query: UsageQuery,
  body: null,
  answer: UsageOverTimeShape,
  handle: ({ params, query, request, deps }) =>
    usageOf(params.organization, query, { ...deps, signal: request.signal }),
})

const getUsageCsv = pageRoute({
  method: 'GET',
  path: '/api/organizations/{organization}/usage.csv',
  summary: 'The series of usage as a file',
  needs: 'usage.read',
  query: UsageQuery,
  body: null,
  answer: 'text/csv',
  async handle({ params, query, request, deps }) {
    const usage = await usageOf(params.organization, query, { ...deps, signal: request.signal })
    return csvFile(fileNameOf(usage), usageCsv(usage))
  },
})

const getUsageJson = pageRoute({
  method: 'GET',
  path: '/api/organizations/{organization}/usage.json',
  summary: 'Usage as a file',
  needs: 'usage.read',
  query: UsageQuery,
  body: null,
  answer: 'application/json',
  async handle({ params, query, request, deps }) {
    const usage = await usageOf(params.organization, query, { ...deps, signal: request.signal })
    return jsonFile(fileNameOf(usage), usage)
  },
})

/** `signal`: whoever asked has left. */
export type UsageDeps = Pick<PagesDeps, 'reports' | 'clock'> & { readonly signal: AbortSignal }

const usageOf = (
  organizationId: string,
  query: AskedUsage,
  { reports, clock, signal }: UsageDeps,
): Promise<UsageOverTime> =>
  reports.usage(
    usageAsked(query, { organizationId, mode: query.mode }, { now: clock.now(), isOperator: false }),
    signal,
  )

/** What a file of usage is called, without what it is. */
export const fileNameOf = ({ mode, from, to }: Pick<UsageOverTime, 'mode' | 'from' | 'to'>): string =>
  `usage-${mode}-${from.slice(0, 10)}-${to.slice(0, 10)}`

export const usageRoutes = [getUsage, getUsageCsv, getUsageJson]
