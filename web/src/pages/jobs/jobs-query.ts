import { infiniteQueryOptions } from '@tanstack/react-query'
import type { PageJobJson } from '../../../../src/control/contract-pages.ts'
import { ask } from '../../api/client.ts'
import { organizationKey } from '../../api/queries.ts'
import type { Mode } from '../../shell/mode.ts'
import type { JobState } from './job-state.ts'

type JobPage = { readonly data: readonly PageJobJson[]; readonly hasMore: boolean }

/** How far one is that is in progress, nothing tells by itself; what ends is told live. */
const againMs = 5_000

export const jobsQuery = (organization: string, mode: Mode, state: JobState | undefined) =>
  infiniteQueryOptions({
    queryKey: organizationKey(organization, mode, 'jobs', state ?? 'all'),
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      ask<JobPage>(`/api/organizations/${organization}/jobs`, { query: { mode, state, after: pageParam }, signal }),
    getNextPageParam: ({ data, hasMore }) => (hasMore ? data.at(-1)?.requestId : undefined),
    refetchInterval: ({ state: { data } }) =>
      data?.pages.some((page) => page.data.some((job) => job.state === 'open')) ? againMs : false,
  })
