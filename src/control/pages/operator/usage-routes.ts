/** What all organizations used, what it cost and what is left of it, for operators. */
import { usageCsv } from '../../../reporting/csv-tables.ts'
import { UsageOverTimeShape, type UsageOverTime } from '../../../reporting/usage-over-time.ts'
import { csvFile, jsonFile } from '../download.ts'
import { pageRoute } from '../page-route.ts'
import { OperatorUsageQuery, usageAsked, type AskedUsage } from '../report-input.ts'
import { fileNameOf, type UsageDeps } from '../usage/usage-routes.ts'

const getAllUsage = pageRoute({
  method: 'GET',
  path: '/api/operator/usage',
  summary: 'Usage of all organizations over time, with cost and margin',
  needs: 'operator',
  query: OperatorUsageQuery,
  body: null,
  answer: UsageOverTimeShape,
  handle: ({ query, request, deps }) => allUsage(query, { ...deps, signal: request.signal }),
})

const getAllUsageCsv = pageRoute({
  method: 'GET',
  path: '/api/operator/usage.csv',
  summary: 'The series of usage of all organizations as a file',
  needs: 'operator',
  query: OperatorUsageQuery,
  body: null,
  answer: 'text/csv',
  async handle({ query, request, deps }) {
    const usage = await allUsage(query, { ...deps, signal: request.signal })
    return csvFile(fileNameOf(usage), usageCsv(usage))
  },
})

const getAllUsageJson = pageRoute({
  method: 'GET',
  path: '/api/operator/usage.json',
  summary: 'Usage of all organizations as a file',
  needs: 'operator',
  query: OperatorUsageQuery,
  body: null,
  answer: 'application/json',
  async handle({ query, request, deps }) {
    const usage = await allUsage(query, { ...deps, signal: request.signal })
    return jsonFile(fileNameOf(usage), usage)
  },
})

function allUsage(
  query: AskedUsage & { readonly organization?: string | undefined },
  { reports, clock, signal }: UsageDeps,
): Promise<UsageOverTime> {
  const scope = { organizationId: query.organization ?? null, mode: query.mode }
  return reports.usage(usageAsked(query, scope, { now: clock.now(), isOperator: true }), signal)
}

export const operatorUsageRoutes = [getAllUsage, getAllUsageCsv, getAllUsageJson]
