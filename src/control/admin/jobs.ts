/** The part of the admin API that lists what an organization's calls left behind: jobs, and files. */
import type { Hono } from 'hono'
import { z } from 'zod'
import { organizationOf, type AdminDeps } from './deps.ts'
import type { FileJson, JobJson, PageJson } from '../contract.ts'
import { fileJson, jobJson } from './job-json.ts'
import { ModeInput, modeOr } from './mode-input.ts'
import { invalid, readFields } from './read-input.ts'

const pageMax = 100
const limitAllowed = `1 to ${pageMax}`
const PageParameters = z.strictObject({
  mode: ModeInput,
  after: z.string().max(200, 'an id of the page before').optional(),
  limit: z.coerce.number(limitAllowed).int(limitAllowed).min(1, limitAllowed).max(pageMax, limitAllowed).default(20),
})
const states = ['open', 'settled', 'void'] as const
const JobParameters = PageParameters.extend({ state: z.enum(states, states.join(', ')).optional() })

export function addJobRoutes(api: Hono, deps: AdminDeps): void {
  api.get('/organizations/:id/jobs', async (c) => {
    const { mode, state = null, after = null, limit } = readFields(c.req.query(), JobParameters)
    const { id: organizationId } = await organizationOf(deps, c.req.param('id'))
    await deps.ship()
    const query = { organizationId, mode: modeOr(mode, deps), state, after, limit: limit + 1 }
    const jobs = await deps.store.listJobs(query)
    if (jobs === null) throw invalid('after', 'the request id of a job')
    return c.json<PageJson<JobJson>>({ data: jobs.slice(0, limit).map(jobJson), hasMore: jobs.length > limit })
  })
  api.get('/organizations/:id/files', async (c) => {
    const { mode, after = null, limit } = readFields(c.req.query(), PageParameters)
    const { id: organizationId } = await organizationOf(deps, c.req.param('id'))
    await deps.ship()
    const of = { organizationId, mode: modeOr(mode, deps), kind: 'file', at: deps.clock.now() } as const
    const page = await deps.store.listResources({ ...of, order: 'desc', after, limit, ...whateverElse })
    if (page === null) throw invalid('after', 'the id of a file')
    return c.json<PageJson<FileJson>>({ data: page.resources.map(fileJson), hasMore: page.hasMore })
  })
}

const whateverElse = { before: null, model: null, labels: {} } as const
