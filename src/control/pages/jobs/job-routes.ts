/** What an organization's calls left behind that takes its time: videos, background responses. */
import { z } from 'zod'
import type { JobJson, PageJson } from '../../contract.ts'
import { pathOf } from '../ask-admin.ts'
import { pageRoute } from '../page-route.ts'
import { Mode, Nano, Time } from '../shapes.ts'

const JobShape = z.strictObject({
  requestId: z.string(),
  keyId: z.string(),
  mode: Mode,
  /** `video`, `response`. */
  kind: z.string(),
  /** What the job makes, by the id that its client was given. */
  resourceId: z.string(),
  model: z.string(),
  endpoint: z.string(),
  region: z.string(),
  createdAt: Time,
  state: z.enum(['open', 'settled', 'void']),
  /** How it ended; null while it is open. */
  ending: z.string().nullable(),
  /** What is set aside for it now, and what was when it was created. */
  reservedNano: Nano,
  heldNano: Nano,
  /** null while it is open. */
  chargeNano: Nano.nullable(),
  endedAt: Time.nullable(),
  /** How often its provider was asked, and when it is asked next. */
  checks: z.int(),
  nextCheckAt: Time.nullable(),
  /** When it is given up. */
  expiresAt: Time,
  /** Whether what it makes is still known. */
  isThere: z.boolean(),
  /** What its provider told last. */
  status: z.string().nullable(),
  /** 0 to 100. */
  progress: z.number().nullable(),
  size: z.string().nullable(),
  seconds: z.string().nullable(),
})
const JobPage = z.strictObject({ data: z.array(JobShape), hasMore: z.boolean() })
export type PageJobJson = z.infer<typeof JobShape>

const listJobs = pageRoute({
  method: 'GET',
  path: '/api/organizations/{organization}/jobs',
  summary: 'Jobs of an organization, the newest first',
  needs: 'jobs.read',
  query: z.strictObject({
    mode: Mode,
    state: z.enum(['open', 'settled', 'void']).optional(),
    /** The request id of the last one of the page before. */
    after: z.string().max(200).optional(),
  }),
  body: null,
  answer: JobPage,
  async handle({ params, query, admin }) {
    const { data, hasMore } = await admin<PageJson<JobJson>>(
      'GET',
      pathOf(`/organizations/${params.organization}/jobs`, query),
    )
    return { data: [...data], hasMore }
  },
})

export const jobRoutes = [listJobs]
