/** The part of the admin API that reports: what was used, by whom, and the receipt of one request. */
import type { Hono } from 'hono'
import { isRequestId } from '../../lib/ids.ts'
import { receiptOf } from '../../reporting/receipt.ts'
import { reportDaysMax, usageQuery, usageReport, UsageParameters } from '../../reporting/usage-report.ts'
import type { UsageQuery } from '../../store/store.ts'
import { organizationOf, type AdminDeps } from './deps.ts'
import { AdminError } from './error.ts'
import type { Receipt, UsageReport, UsualModeJson } from '../contract.ts'
import { modeOr } from './mode-input.ts'
import { readFields } from './read-input.ts'

export function addReportRoutes(api: Hono, deps: AdminDeps): void {
  api.get('/usual-mode', (c) => c.json<UsualModeJson>({ mode: modeOr(undefined, deps) }))
  api.get('/usage', async (c) => c.json<UsageReport>(await report(deps, null, c.req.query())))
  api.get('/organizations/:id/usage', async (c) =>
    c.json<UsageReport>(await report(deps, c.req.param('id'), c.req.query())),
  )
  api.get('/receipts/:id', async (c) => {
    await deps.ship()
    const id = c.req.param('id')
    const settlement = await deps.store.receipt(id)
    if (!settlement) throw isRequestId(id) ? new AdminError('request_not_found') : noRequestId()
    return c.json<Receipt>(receiptOf(settlement))
  })
}

const noRequestId = (): AdminError =>
  new AdminError('invalid_request', {
    message:
      'This is no request id: those are req_ and 32 hexadecimal digits, as in the header x-request-id of an answer.',
  })

/** `organizationId` null: of all. */
async function report(deps: AdminDeps, organizationId: string | null, parameters: object): Promise<UsageReport> {
  const asked = readFields(parameters, UsageParameters)
  if (organizationId !== null) await organizationOf(deps, organizationId)
  const now = deps.clock.now()
  const query = usageQuery({ organizationId, mode: modeOr(asked.mode, deps) }, asked, now)
  refuseOddSpans(query)
  await deps.ship()
  const [rows, names] = await Promise.all([deps.store.usage(query), namesFor(query, deps)])
  return usageReport(query, rows, { now, names })
}

const dayMs = 86_400_000

function refuseOddSpans({ by, from, to }: UsageQuery): void {
  const refused = (message: string) => new AdminError('invalid_request', { field: 'from', message })
  if (from >= to) throw refused('from must be before to.')
  if (by === 'day' && to - from > reportDaysMax * dayMs)
    throw refused(`from must be at most ${reportDaysMax} days before to in a report by day.`)
}

/** What people call the groups of a report, where these are ids. */
async function namesFor({ by, organizationId }: UsageQuery, { store }: AdminDeps): Promise<Map<string, string>> {
  if (by !== 'key' && by !== 'organization') return new Map()
  const named = by === 'key' ? await store.keys(organizationId ?? undefined) : await store.organizations()
  return new Map(named.map(({ id, name }) => [id, name]))
}
