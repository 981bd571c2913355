/** The statement of an organization, by day. */
import { z } from 'zod'
import { statementCsv } from '../../../reporting/csv-tables.ts'
import { spanInput } from '../../../reporting/asked-span.ts'
import { StatementShape, type Statement } from '../../../reporting/statement.ts'
import { csvFile, jsonFile } from '../download.ts'
import { pageRoute, type PagesDeps } from '../page-route.ts'
import { spanOf, unitOf } from '../report-input.ts'
import { Mode } from '../shapes.ts'

const StatementQuery = z.strictObject({ mode: Mode, ...spanInput })

const getStatement = pageRoute({
  method: 'GET',
  path: '/api/organizations/{organization}/billing/statement',
  summary: 'What came in, was used and is left, day by day',
  needs: 'billing.read',
  query: StatementQuery,
  body: null,
  answer: StatementShape,
  handle: ({ params, query, deps }) => statementOf(params.organization, query, deps),
})

const getStatementCsv = pageRoute({
  method: 'GET',
  path: '/api/organizations/{organization}/billing/statement.csv',
  summary: 'The days of the statement as a file',
  needs: 'billing.read',
  query: StatementQuery,
  body: null,
  answer: 'text/csv',
  async handle({ params, query, deps }) {
    const statement = await statementOf(params.organization, query, deps)
    return csvFile(fileNameOf(statement), statementCsv(statement))
  },
})

const getStatementJson = pageRoute({
  method: 'GET',
  path: '/api/organizations/{organization}/billing/statement.json',
  summary: 'The statement as a file',
  needs: 'billing.read',
  query: StatementQuery,
  body: null,
  answer: 'application/json',
  async handle({ params, query, deps }) {
    const statement = await statementOf(params.organization, query, deps)
    return jsonFile(fileNameOf(statement), statement)
  },
})

function statementOf(
  organizationId: string,
  query: z.output<typeof StatementQuery>,
  { reports, clock }: PagesDeps,
): Promise<Statement> {
  const span = spanOf(query, clock.now())
  unitOf('day', span)
  return reports.statement({ organizationId, mode: query.mode }, span)
}

const fileNameOf = ({ mode, from, to }: Statement): string =>
  `statement-${mode}-${from.slice(0, 10)}-${to.slice(0, 10)}`

export const statementRoutes = [getStatement, getStatementCsv, getStatementJson]
