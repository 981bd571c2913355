import { Badge, Progress, SegmentedControl, Stack, Text } from '@mantine/core'
import { IconMovie } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { PageJobJson } from '../../../../src/control/contract-pages.ts'
import { useOrganization } from '../../shell/organization.ts'
import { useChanges } from '../../shell/use-changes.ts'
import { DataTable, type Column } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { When } from '../../ui/figures.tsx'
import { Money } from '../../ui/money.tsx'
import { PageHead } from '../../ui/page-head.tsx'
import { SidePanel } from '../../ui/side-panel.tsx'
import { Trouble } from '../../ui/trouble.tsx'
import { JobDetails } from './job-details.tsx'
import { jobStates, stateTitles, wordsOf, type JobState } from './job-state.ts'
import { jobsQuery } from './jobs-query.ts'

const route = getRouteApi('/inside/dashboard/$organization/jobs')

export function JobsPage() {
  const { organization, mode } = useOrganization()
  const { state, job: openId } = route.useSearch()
  const navigate = route.useNavigate()
  const show = (search: { state?: JobState | undefined; job?: string | undefined }): void =>
    void navigate({ search: (before) => ({ ...before, ...search }) as never })
  const query = useInfiniteQuery(jobsQuery(organization.id, mode, state))
  useChanges(true, ['jobs'])
  const rows = query.data?.pages.flatMap(({ data }) => data)
  const open = rows?.find(({ requestId }) => requestId === openId)
  return (
    <>
      <PageHead
        title="Jobs"
        about="Videos and background responses: calls whose cost is known only when they end. Until then their most is set aside."
      />
      {query.error ? (
        <Trouble error={query.error} title="The jobs could not be read" onRetry={() => void query.refetch()} />
      ) : (
        <DataTable
          name="jobs"
          label="Jobs of this organization"
          columns={columns}
          rows={rows}
          rowId={({ requestId }) => requestId}
          openId={openId}
          onOpen={({ requestId }) => show({ job: requestId })}
          more={{
            hasMore: query.hasNextPage,
            isLoading: query.isFetchingNextPage,
            load: () => void query.fetchNextPage(),
          }}
          toolbar={
            <SegmentedControl
              aria-label="State"
              size="sm"
              value={state ?? 'all'}
              onChange={(value) => show({ state: value === 'all' ? undefined : value })}
              data={[
                { value: 'all', label: 'All' },
                ...jobStates.map((value) => ({ value, label: stateTitles[value] })),
              ]}
            />
          }
          empty={<NoJobs isNarrowed={state !== undefined} />}
        />
      )}
      <SidePanel
        isOpen={open !== undefined}
        onClose={() => show({ job: undefined })}
        title={open ? titleOf(open) : 'Job'}
      >
        {open && <JobDetails job={open} />}
      </SidePanel>
    </>
  )
}

const NoJobs = ({ isNarrowed }: { readonly isNarrowed: boolean }) =>
  isNarrowed ? (
    <Empty icon={IconMovie} title="None of this kind">
      Choose “All” above to see every job.
    </Empty>
  ) : (
    <Empty icon={IconMovie} title="No jobs yet">
      A call of <code>POST /v1/videos</code>, or of <code>POST /v1/responses</code> with <code>background: true</code>,
      appears here the moment it is accepted: how far it is, what is set aside for it, and what it was charged in the
      end. <a href="/docs/videos">How videos are made</a>
    </Empty>
  )

export const titleOf = ({ kind }: PageJobJson): string =>
  kind === 'video' ? 'Video' : kind === 'response' ? 'Background response' : kind

const columns: readonly Column<PageJobJson>[] = [
  {
    id: 'job',
    title: 'Job',
    cell: (job) => (
      <Stack gap={0}>
        <Text fw={550} size="sm">
          {titleOf(job)}
        </Text>
        <Text size="xs" c="dimmed" ff="monospace" truncate maw={220}>
          {job.resourceId}
        </Text>
      </Stack>
    ),
  },
  { id: 'state', title: 'State', cell: (job) => <StateOf job={job} /> },
  { id: 'model', title: 'Model', cell: ({ model }) => model },
  { id: 'reserved', title: 'Set aside', align: 'right', cell: ({ reservedNano }) => <Money nano={reservedNano} /> },
  { id: 'charge', title: 'Charged', align: 'right', cell: ({ chargeNano }) => <Money nano={chargeNano} /> },
  { id: 'created', title: 'Created', cell: ({ createdAt }) => <When at={createdAt} isAgo /> },
  { id: 'ended', title: 'Ended', cell: ({ endedAt }) => <When at={endedAt} isAgo never="–" />, isHidden: true },
  { id: 'region', title: 'Region', cell: ({ region }) => region.toUpperCase(), isHidden: true },
  { id: 'endpoint', title: 'Endpoint', cell: ({ endpoint }) => endpoint, isHidden: true },
]

function StateOf({ job }: { readonly job: PageJobJson }) {
  const { title, color } = wordsOf(job)
  if (job.state !== 'open' || job.progress === null) return <Badge color={color}>{title}</Badge>
  return (
    <Stack gap={4} w={130}>
      <Text size="xs">
        {title} · {Math.round(job.progress)} %
      </Text>
      <Progress value={job.progress} color={color} size={6} aria-label={`${titleOf(job)}: ${title}`} />
    </Stack>
  )
}
