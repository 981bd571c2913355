import { Badge, Button, Card, Group, Menu, SimpleGrid, Stack, Switch, Text, Title } from '@mantine/core'
import { IconDownload, IconReceipt } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import type { StatementJson } from '../../../../src/control/contract-pages.ts'
import { ask, urlOf } from '../../api/client.ts'
import { keepPrevious, organizationKey } from '../../api/queries.ts'
import { useOrganization } from '../../shell/organization.ts'
import { DataTable, type Column } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Count, When } from '../../ui/figures.tsx'
import { shownTime } from '../../ui/format.ts'
import { Money } from '../../ui/money.tsx'
import { Stat } from '../../ui/stat.tsx'
import { periodOf } from '../../ui/time-range.ts'
import { TimeRangePicker } from '../../ui/time-range-picker.tsx'
import { Trouble } from '../../ui/trouble.tsx'
import { useMinute } from '../../ui/use-minute.ts'

const route = getRouteApi('/inside/dashboard/$organization/billing')
const usual = 'month'
const againMs = 30_000

type Day = StatementJson['days'][number]

/** What came in, was used and is left, day by day; each closes with what the next opens with. */
export function Statement({ onThere }: { readonly onThere: () => void }) {
  const { organization, mode } = useOrganization()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const [isAll, setAll] = useState(false)
  const { from, to, zone } = periodOf(search, useMinute(), usual)
  const asked = { mode, from, to, zone }
  const path = `/api/organizations/${encodeURIComponent(organization.id)}/billing/statement` as const
  const queryKey = organizationKey(organization.id, mode, 'statement', asked)
  const { data, error, refetch, isPlaceholderData } = useQuery({
    queryKey,
    placeholderData: keepPrevious(queryKey),
    refetchInterval: againMs,
    queryFn: ({ signal }) => ask<StatementJson>(path, { query: asked, signal }),
  })
  const isLost = data === undefined && error !== null
  const isThere = data !== undefined || error !== null
  useEffect(() => {
    if (isThere) onThere()
  })
  const days = data?.days.toReversed().filter((day) => isAll || hasMoved(day))
  return (
    <Stack gap="md" component="section" aria-label="Statement">
      <Group justify="space-between" gap="sm">
        <Group gap="xs">
          <TimeRangePicker
            usual={usual}
            value={search}
            onChange={(range) => void navigate({ search: (before) => ({ ...before, ...range }) })}
          />
          {data?.isComplete === false && <Badge color="amber">Older requests are still being gathered</Badge>}
        </Group>
        <Exports path={path} asked={asked} />
      </Group>
      {error && <Trouble error={error} title="The statement could not be read" onRetry={() => void refetch()} />}
      {!isLost && <Totals total={data?.total} />}
      {!isLost && (
        <DataTable
          name="statement"
          label="Statement by day"
          columns={columnsIn(zone)}
          rows={days}
          isStale={isPlaceholderData}
          rowId={({ day }) => day}
          toolbar={
            <Switch
              label="Also days without anything"
              checked={isAll}
              onChange={(event) => setAll(event.currentTarget.checked)}
            />
          }
          empty={
            <Empty icon={IconReceipt} title="Nothing moved in this period">
              No credit came in and none was used. Choose another period above.
            </Empty>
          }
        />
      )}
      {data && data.credits.length > 0 && <Credits credits={data.credits} />}
    </Stack>
  )
}

const hasMoved = ({ grantsNano, topUpsNano, usageNano, reversalsNano, requests }: Day): boolean =>
  requests > 0 || [grantsNano, topUpsNano, usageNano, reversalsNano].some((nano) => nano !== '0')

type ExportsProps = { readonly path: string; readonly asked: Readonly<Record<string, string>> }

const Exports = ({ path, asked }: ExportsProps) => (
  <Menu>
    <Menu.Target>
      <Button variant="default" leftSection={<IconDownload size={16} aria-hidden />}>
        Export
      </Button>
    </Menu.Target>
    <Menu.Dropdown>
      <Menu.Item component="a" href={urlOf(`${path}.csv`, asked)} download>
        The statement as CSV
      </Menu.Item>
      <Menu.Item component="a" href={urlOf(`${path}.json`, asked)} download>
        The statement as JSON
      </Menu.Item>
    </Menu.Dropdown>
  </Menu>
)

const Totals = ({ total }: { readonly total: StatementJson['total'] | undefined }) => (
  <SimpleGrid cols={{ base: 1, xs: 2, lg: 4 }}>
    <Stat label="Opening" value={total && <Money nano={total.openingNano} copies />} about="when the period begins" />
    <Stat
      label="Came in"
      value={total && <Money nano={sumOf(total.grantsNano, total.topUpsNano, total.reversalsNano)} copies />}
      about="grants and top-ups, less what was taken back"
    />
    <Stat
      label="Used"
      value={total && <Money nano={total.usageNano} copies />}
      about={
        total && (
          <>
            by <Count value={total.requests} /> requests
          </>
        )
      }
    />
    <Stat
      label="Closing"
      value={total && <Money nano={total.closingNano} copies />}
      about={
        total && (
          <>
            of it <Money nano={total.reservedNano} /> set aside for jobs
          </>
        )
      }
    />
  </SimpleGrid>
)

const sumOf = (...nano: readonly string[]): string => nano.reduce((sum, each) => sum + BigInt(each), 0n).toString()

const columnsIn = (zone: string): readonly Column<Day>[] => [
  { id: 'day', title: 'Day', cell: ({ from }) => shownTime(from, 'date', { zone }) },
  { id: 'opening', title: 'Opening', align: 'right', cell: ({ openingNano }) => <Money nano={openingNano} /> },
  { id: 'grants', title: 'Grants', align: 'right', cell: ({ grantsNano }) => <Money nano={grantsNano} /> },
  { id: 'topUps', title: 'Top-ups', align: 'right', cell: ({ topUpsNano }) => <Money nano={topUpsNano} /> },
  { id: 'usage', title: 'Usage', align: 'right', cell: ({ usageNano }) => <Money nano={usageNano} /> },
  { id: 'reversals', title: 'Reversals', align: 'right', cell: ({ reversalsNano }) => <Money nano={reversalsNano} /> },
  { id: 'closing', title: 'Closing', align: 'right', cell: ({ closingNano }) => <Money nano={closingNano} /> },
  {
    id: 'requests',
    title: 'Requests',
    align: 'right',
    cell: ({ requests }) => <Count value={requests} />,
    isHidden: true,
  },
  {
    id: 'reserved',
    title: 'Set aside still',
    align: 'right',
    cell: ({ reservedNano }) => <Money nano={reservedNano} />,
    isHidden: true,
  },
]

const kindTitles = { grant: 'Grant', 'top-up': 'Top-up', reversal: 'Reversal' } as const

const Credits = ({ credits }: { readonly credits: StatementJson['credits'] }) => (
  <Card component="section" aria-label="What came in, one by one">
    <Title order={2} mb="sm">
      What came in
    </Title>
    <Stack gap="xs">
      {credits.toReversed().map(({ id, at, kind, amountNano, note }) => (
        <Group key={id} justify="space-between" gap="sm" wrap="nowrap">
          <div>
            <Text size="sm" fw={550}>
              {kindTitles[kind]}
              {note !== null && ` · ${note}`}
            </Text>
            <Text size="xs" c="dimmed">
              <When at={at} />
            </Text>
          </div>
          <Money nano={amountNano} />
        </Group>
      ))}
    </Stack>
  </Card>
)
