import { Badge, Button, Card, Group, Menu, Stack, Switch, Text } from '@mantine/core'
import { IconDownload, IconListDetails } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { urlOf } from '../../api/client.ts'
import { useOrganization } from '../../shell/organization.ts'
import { useChanges } from '../../shell/use-changes.ts'
import { DataTable } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { PageHead } from '../../ui/page-head.tsx'
import { SidePanel } from '../../ui/side-panel.tsx'
import { TimeRangePicker } from '../../ui/time-range-picker.tsx'
import { Trouble } from '../../ui/trouble.tsx'
import { useMinute } from '../../ui/use-minute.ts'
import { RequestFilters } from './request-filters.tsx'
import { RequestDetails } from './request-details.tsx'
import { RequestHistogram } from './request-histogram.tsx'
import { columns } from './request-columns.tsx'
import { requestsPath, requestsQuery } from './requests-queries.ts'
import { queryOf, type RequestsQuery, type RequestsSearch } from './requests-search.ts'

const route = getRouteApi('/inside/dashboard/$organization/requests')

/** Changes of the search; undefined takes one away. */
export type Narrow = (changed: { readonly [Name in keyof RequestsSearch]?: RequestsSearch[Name] | undefined }) => void

export function RequestsPage() {
  const { organization, mode } = useOrganization()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const narrow: Narrow = (changed) => void navigate({ search: (before) => ({ ...before, ...changed }) as never })
  const asked = queryOf(search, mode, useMinute())
  const query = useInfiniteQuery(requestsQuery(organization.id, mode, asked))
  const [isTailing, setTailing] = useState(false)
  useChanges(isTailing, ['requests', 'requests-histogram'])
  return (
    <>
      <PageHead
        title="Requests"
        about="Every call of this organization’s keys, and what it cost. Prompts and answers are never kept."
        actions={
          <>
            <Switch label="Live" checked={isTailing} onChange={(event) => setTailing(event.currentTarget.checked)} />
            <Exports asked={asked} />
          </>
        }
      />
      <Stack gap="md">
        <Group gap="xs" align="flex-start">
          <TimeRangePicker
            usual="24h"
            value={search}
            onChange={(range) => narrow({ ...range, since: undefined, until: undefined })}
          />
          <RequestFilters search={search} narrow={narrow} />
        </Group>
        <Card padding="md">
          <RequestHistogram asked={asked} search={search} narrow={narrow} />
        </Card>
        {query.error ? (
          <Trouble error={query.error} title="The requests could not be read" onRetry={() => void query.refetch()} />
        ) : (
          <DataTable
            key={query.data === undefined ? 'waiting' : 'there'}
            name="requests"
            label="Requests"
            columns={columns}
            rows={query.data?.pages.flatMap(({ data }) => data)}
            isStale={query.isPlaceholderData}
            rowId={({ id }) => id}
            openId={search.request}
            onOpen={({ id }) => narrow({ request: id })}
            more={{
              hasMore: query.hasNextPage,
              isLoading: query.isFetchingNextPage,
              load: () => void query.fetchNextPage(),
            }}
            toolbar={<Gathering pages={query.data?.pages} />}
            empty={
              <Empty icon={IconListDetails} title="No requests here">
                None in this period with these filters. Widen the period, or take a filter away.
              </Empty>
            }
          />
        )}
      </Stack>
      <SidePanel isOpen={search.request !== undefined} onClose={() => narrow({ request: undefined })} title="Request">
        {search.request !== undefined && <RequestDetails id={search.request} />}
      </SidePanel>
    </>
  )
}

const Gathering = ({ pages }: { readonly pages: readonly { readonly isComplete: boolean }[] | undefined }) =>
  pages?.some(({ isComplete }) => !isComplete) ? (
    <Badge color="amber">Older requests are still being gathered</Badge>
  ) : (
    <Text size="sm" c="dimmed">
      Newest first
    </Text>
  )

function Exports({ asked }: { readonly asked: RequestsQuery }) {
  const { organization } = useOrganization()
  const path = requestsPath(organization.id)
  return (
    <Menu>
      <Menu.Target>
        <Button variant="default" leftSection={<IconDownload size={16} aria-hidden />}>
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component="a" href={urlOf(`${path}.csv`, asked)} download>
          All of these as CSV
        </Menu.Item>
        <Menu.Item component="a" href={urlOf(`${path}.json`, asked)} download>
          All of these as JSON
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
