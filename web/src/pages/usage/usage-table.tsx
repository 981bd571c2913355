import { IconChartBar } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { UsageOverTimeJson } from '../../../../src/control/contract-pages.ts'
import { useOrganization } from '../../shell/organization.ts'
import { DataTable, type Column } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Count, Duration } from '../../ui/figures.tsx'
import { shownShare } from '../../ui/format.ts'
import { Money } from '../../ui/money.tsx'
import { groupsOf, type UsageSearch } from './usage-search.ts'
import { titleOf } from './usage-series.ts'

type Row = UsageOverTimeJson['rows'][number]
type UsageTableProps = { readonly usage: UsageOverTimeJson | undefined; readonly search: UsageSearch }

/** Every figure of each group; a group leads to its requests. */
export function UsageTable({ usage, search }: UsageTableProps) {
  return (
    <DataTable
      name="usage"
      label="Usage by groups"
      columns={[groupColumn(search), ...columns]}
      rows={usage?.rows.filter(({ figures }) => figures.requests + figures.rejected > 0)}
      rowId={(row) => `${row.group?.id ?? ''} ${row.subgroup?.id ?? ''} ${row.isOther}`}
      empty={
        <Empty icon={IconChartBar} title="Nothing used">
          No request ended in this period with these filters.
        </Empty>
      }
    />
  )
}

const groupColumn = (search: UsageSearch): Column<Row> => ({
  id: 'group',
  title: 'Group',
  cell: (row) => <GroupLink row={row} search={search} />,
})

/** The requests behind a row: the same period, the same filters, and the row's own groups. */
function GroupLink({ row, search }: { readonly row: Row; readonly search: UsageSearch }) {
  const { organization, mode, may } = useOrganization()
  const title = titleOf(row)
  if (row.isOther || !may('requests.read')) return <span>{title}</span>
  const { range = '7d', from, to, zone, model, key, region, endpoint } = search
  const groups = groupsOf(search).map((name, at) => [name, [row.group, row.subgroup][at]?.id] as const)
  return (
    <Link
      to={`/dashboard/${organization.id}/requests` as never}
      search={{ mode, range, from, to, zone, model, key, region, endpoint, ...Object.fromEntries(groups) } as never}
    >
      {title}
    </Link>
  )
}

const columns: readonly Column<Row>[] = [
  { id: 'spend', title: 'Spend', align: 'right', cell: ({ figures }) => <Money nano={figures.chargeNano} /> },
  { id: 'requests', title: 'Requests', align: 'right', cell: ({ figures }) => <Count value={figures.requests} /> },
  {
    id: 'errors',
    title: 'Errors',
    align: 'right',
    cell: ({ figures }) => (figures.errorRate === null ? '–' : shownShare(figures.errorRate)),
  },
  { id: 'input', title: 'Input', align: 'right', cell: ({ figures }) => <Count value={figures.inputTokens} isShort /> },
  {
    id: 'cached',
    title: 'Cached input',
    align: 'right',
    cell: ({ figures }) => <Count value={figures.cachedInputTokens} isShort />,
  },
  {
    id: 'output',
    title: 'Output',
    align: 'right',
    cell: ({ figures }) => <Count value={figures.outputTokens} isShort />,
  },
  {
    id: 'reasoning',
    title: 'Reasoning',
    align: 'right',
    cell: ({ figures }) => <Count value={figures.reasoningTokens} isShort />,
  },
  {
    id: 'images',
    title: 'Image tokens',
    align: 'right',
    cell: ({ figures }) => <Count value={figures.imageTokens} isShort />,
    isHidden: true,
  },
  {
    id: 'video',
    title: 'Video seconds',
    align: 'right',
    cell: ({ figures }) => <Count value={figures.videoSeconds} />,
    isHidden: true,
  },
  {
    id: 'p50',
    title: 'Median',
    align: 'right',
    cell: ({ figures }) => <Duration ms={figures.latencyMs?.p50 ?? null} />,
  },
  {
    id: 'p95',
    title: 'p95',
    align: 'right',
    cell: ({ figures }) => <Duration ms={figures.latencyMs?.p95 ?? null} />,
  },
  {
    id: 'p99',
    title: 'p99',
    align: 'right',
    cell: ({ figures }) => <Duration ms={figures.latencyMs?.p99 ?? null} />,
    isHidden: true,
  },
  {
    id: 'first',
    title: 'First byte, p95',
    align: 'right',
    cell: ({ figures }) => <Duration ms={figures.firstByteMs?.p95 ?? null} />,
    isHidden: true,
  },
]
