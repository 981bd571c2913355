import { Badge, Button, Card, Group, Menu, SegmentedControl, Select, SimpleGrid, Skeleton, Stack } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { UsageOverTimeJson } from '../../../../src/control/contract-pages.ts'
import { ask, urlOf } from '../../api/client.ts'
import { keepPrevious, organizationKey } from '../../api/queries.ts'
import type { Mode } from '../../shell/mode.ts'
import { useOrganization } from '../../shell/organization.ts'
import { shownCount, shownDuration, shownShare } from '../../ui/format.ts'
import { Money } from '../../ui/money.tsx'
import { PageHead } from '../../ui/page-head.tsx'
import { Stat } from '../../ui/stat.tsx'
import { TimeRangePicker } from '../../ui/time-range-picker.tsx'
import { Trouble } from '../../ui/trouble.tsx'
import { useMinute } from '../../ui/use-minute.ts'
import { Waiting } from '../../ui/waiting.tsx'
import { UsageChart } from './usage-chart.tsx'
import { UsageFilters } from './usage-filters.tsx'
import * as asking from './usage-search.ts'
import { UsageTable, useRequestLinks, type LinkOf } from './usage-table.tsx'

/** Changes of the search; undefined takes one away. */
export type Narrow = (changed: {
  readonly [Name in keyof asking.UsageSearch]?: asking.UsageSearch[Name] | undefined
}) => void

export type UsageOf = {
  /** Whose usage: a path of the API. */
  readonly path: `/api/${string}`
  readonly mode: Mode
  readonly queryKey: readonly unknown[]
  readonly views: readonly asking.View[]
  readonly groupings: readonly asking.Grouping[]
}
type UsageViewProps = {
  readonly of: UsageOf
  readonly search: asking.UsageSearch
  readonly narrow: Narrow
  readonly filters?: ReactNode
  /** Where a row leads; null where it leads nowhere. */
  readonly linkOf: LinkOf
}

const route = getRouteApi('/inside/dashboard/$organization/usage')

export function UsagePage() {
  const { organization, mode } = useOrganization()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const narrow: Narrow = (changed) => void navigate({ search: (before) => ({ ...before, ...changed }) as never })
  const of: UsageOf = {
    path: `/api/organizations/${encodeURIComponent(organization.id)}/usage`,
    mode,
    queryKey: organizationKey(organization.id, mode, 'usage'),
    views: asking.memberViews,
    groupings: asking.memberGroupings,
  }
  const linkOf = useRequestLinks(search)
  return (
    <UsageView
      of={of}
      search={search}
      narrow={narrow}
      filters={<UsageFilters search={search} narrow={narrow} />}
      linkOf={linkOf}
    />
  )
}

const againMs = 10_000

/** Usage over time, what it comes to, and every figure of each group. */
export function UsageView({ of, search, narrow, filters, linkOf }: UsageViewProps) {
  const asked = asking.queryOf(search, of.mode, useMinute())
  const view = search.view ?? 'spend'
  const queryKey = [...of.queryKey, of.mode, asked]
  const { data, error, refetch, isPlaceholderData } = useQuery({
    queryKey,
    placeholderData: keepPrevious(queryKey),
    refetchInterval: againMs,
    // With the view that it was asked for: what stays shown meanwhile is of that.
    queryFn: async ({ signal }) => ({ view, usage: await ask<UsageOverTimeJson>(of.path, { query: asked, signal }) }),
  })
  const isLost = data === undefined && error !== null
  return (
    <>
      <PageHead
        title="Usage"
        about="What was used and what it cost, to the billionth of a dollar. Every figure leads to the requests behind it."
        actions={<Exports path={of.path} asked={asked} />}
      />
      <Stack gap="md">
        <Group gap="xs" align="flex-start">
          <TimeRangePicker
            usual={asking.usualRange}
            value={search}
            onChange={(range) => narrow({ ...range, unit: undefined })}
          />
          {filters}
          {data?.usage.isComplete === false && <Badge color="amber">Older requests are still being gathered</Badge>}
        </Group>
        {error && <Trouble error={error} title="The usage could not be read" onRetry={() => void refetch()} />}
        {!isLost && <Totals usage={data?.usage} />}
        <Card>
          <Group justify="space-between" mb="md" gap="sm">
            <Views of={of} search={search} narrow={narrow} />
            <Groups of={of} search={search} narrow={narrow} />
          </Group>
          <Waiting is={isPlaceholderData}>
            {data ? <UsageChart {...data} /> : isLost ? null : <Skeleton height={294} />}
          </Waiting>
        </Card>
        {!isLost && <UsageTable key={data ? 'there' : 'waiting'} usage={data?.usage} linkOf={linkOf} />}
      </Stack>
    </>
  )
}

type ExportsProps = { readonly path: string; readonly asked: asking.UsageQuery }

const Exports = ({ path, asked }: ExportsProps) => (
  <Menu>
    <Menu.Target>
      <Button variant="default" leftSection={<IconDownload size={16} aria-hidden />}>
        Export
      </Button>
    </Menu.Target>
    <Menu.Dropdown>
      <Menu.Item component="a" href={urlOf(`${path}.csv`, asked)} download>
        What is shown, as CSV
      </Menu.Item>
      <Menu.Item component="a" href={urlOf(`${path}.json`, asked)} download>
        What is shown, as JSON
      </Menu.Item>
    </Menu.Dropdown>
  </Menu>
)

function Totals({ usage }: { readonly usage: UsageOverTimeJson | undefined }) {
  const { total, previous } = usage ?? {}
  const before = previous?.total
  const change = (now: number | undefined, then: number | undefined): number | null =>
    now === undefined || then === undefined || then === 0 ? null : now / then - 1
  const tokens = total && total.inputTokens + total.cachedInputTokens + total.outputTokens + total.reasoningTokens
  return (
    <SimpleGrid cols={{ base: 1, xs: 2, md: 3, xl: 5 }}>
      <Stat
        label="Spend"
        value={total && <Money nano={total.chargeNano} copies />}
        change={change(total && Number(total.chargeNano), before && Number(before.chargeNano))}
        about={before && (before.chargeNano === '0' ? 'nothing in the period before' : 'than the period before')}
      />
      <Stat
        label="Requests"
        value={total && shownCount(total.requests)}
        change={change(total?.requests, before?.requests)}
        about={total && `${shownShare(total.errorRate ?? 0)} failed or turned away`}
      />
      <Stat
        label="Tokens"
        value={tokens !== undefined ? shownCount(tokens, { isShort: true }) : undefined}
        about={
          total &&
          `${shownCount(total.inputTokens + total.cachedInputTokens, { isShort: true })} in · ${shownCount(total.outputTokens + total.reasoningTokens, { isShort: true })} out`
        }
      />
      <Stat
        label="Input from caches"
        value={total && (total.cacheHitRate === null ? '–' : shownShare(total.cacheHitRate))}
        about={total && `${shownCount(total.cachedInputTokens, { isShort: true })} tokens`}
      />
      <Stat
        label="Latency, median"
        value={total && (total.latencyMs === null ? '–' : shownDuration(total.latencyMs.p50))}
        about={
          total &&
          (total.latencyMs === null
            ? 'no requests'
            : `p95 ${shownDuration(total.latencyMs.p95)} · p99 ${shownDuration(total.latencyMs.p99)}`)
        }
      />
    </SimpleGrid>
  )
}

type PartProps = {
  readonly of: UsageOf
  readonly search: asking.UsageSearch
  readonly narrow: Narrow
}

const Views = ({ of, search, narrow }: PartProps) => (
  <Select
    aria-label="What is shown"
    allowDeselect={false}
    w={190}
    data={of.views.map((value) => ({ value, label: asking.viewTitles[value] }))}
    value={search.view ?? 'spend'}
    onChange={(value) => narrow({ view: value === 'spend' ? undefined : (value as asking.View) })}
  />
)

const unitTitles: Readonly<Record<asking.Unit, string>> = {
  minute: 'Minute',
  hour: 'Hour',
  day: 'Day',
  week: 'Week',
  month: 'Month',
}

const Groups = ({ of, search, narrow }: PartProps) => {
  const by = search.by ?? 'model'
  const all = of.groupings.map((value) => ({ value, label: `by ${asking.groupTitles[value].toLowerCase()}` }))
  return (
    <Group gap="xs">
      <Select
        aria-label="Group"
        w={170}
        allowDeselect={false}
        data={[{ value: 'none', label: 'all together' }, ...all]}
        value={by}
        onChange={(value) => narrow({ by: value === 'model' ? undefined : (value as asking.Grouping), sub: undefined })}
      />
      {by !== 'none' && (
        <Select
          aria-label="Subgroup"
          w={160}
          clearable
          placeholder="and no further"
          data={all.filter(({ value }) => value !== by).map(({ value, label }) => ({ value, label: `and ${label}` }))}
          value={search.sub ?? null}
          onChange={(value) => narrow({ sub: value ?? undefined })}
        />
      )}
      <SegmentedControl
        aria-label="Step"
        size="xs"
        maw="100%"
        style={{ overflowX: 'auto' }}
        value={search.unit ?? 'auto'}
        onChange={(value) => narrow({ unit: value === 'auto' ? undefined : value })}
        data={[{ value: 'auto', label: 'Auto' }, ...asking.units.map((value) => ({ value, label: unitTitles[value] }))]}
      />
    </Group>
  )
}
