import { IconChartBar } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { UsageOverTimeJson } from '../../../../src/control/contract-pages.ts'
import { useOrganization } from '../../shell/organization.ts'
import { DataTable, type Column } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Count, Duration } from '../../ui/figures.tsx'
import { Money } from '../../ui/money.tsx'
import { groupsOf, usualRange, type UsageSearch } from './usage-search.ts'
import { titleOf } from './usage-series.ts'

type Row = UsageOverTimeJson['rows'][number]
/** Where a row leads; null where it leads nowhere. */
export type LinkOf = (row: Row) => { readonly to: string; readonly search: object } | null
type UsageTableProps = { readonly usage: UsageOverTimeJson | undefined; readonly linkOf: LinkOf }

/** Every figure of each group; a group leads to its requests. */
export function UsageTable({ usage, linkOf }: UsageTableProps) {
  const withCost = usage?.total.costNano === undefined ? [] : costColumns
  return (
    <DataTable
      name="usage"
      label="Usage by groups"
      columns={[groupColumn(linkOf), ...withCost, ...columns]}
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

const groupColumn = (linkOf: LinkOf): Column<Row> => ({
  id: 'group',
  title: 'Group',
  cell: (row) => {
    const link = linkOf(row)
    if (link === null) return <span>{titleOf(row)}</span>
    return (
      <Link to={link.to as never} search={link.search as never}>
        {titleOf(row)}
      </Link>
    )
  },
})

/** The requests behind a row: the same period, the same filters, and the row's own groups. */
export function useRequestLinks(search: UsageSearch): LinkOf {
  const { organization, mode, may } = useOrganization()
  const { range = usualRange, from, to, zone, model, key, region, endpoint } = search
  return (row) => {
    if (row.isOther || !may('requests.read')) return null
    const groups = groupsOf(search).map((name, at) => [name, [row.group, row.subgroup][at]?.id] as const)
    // What has no model, key or region cannot be asked for by one.
    if (groups.some(([, id]) => !id)) return null
    const filters = { mode, range, from, to, zone, model, key, region, endpoint }
    return { to: `/dashboard/${organization.id}/requests`, search: { ...filters, ...Object.fromEntries(groups) } }
  }
}

const costColumns: readonly Column<Row>[] = [
  { id: 'cost', title: 'Cost', align: 'right', cell: ({ figures }) => <Money nano={figures.costNano ?? null} /> },
  { id: 'margin', title: 'Margin', align: 'right', cell: ({ figures }) => <Money nano={figures.marginNano ?? null} /> },
]

const columns: readonly Column<Row>[] = [
  { id: 'spend', title: 'Spend', align: 'right', cell: ({ figures }) => <Money nano={figures.chargeNano} /> },
  { id: 'requests', title: 'Requests', align: 'right', cell: ({ figures }) => <Count value={figures.requests} /> },
  { id: 'errors', title: 'Failed', align: 'right', cell: ({ figures }) => <Count value={figures.errors} /> },
  {
    id: 'rejected',
    title: 'Turned away',
    align: 'right',
    cell: ({ figures }) => <Count value={figures.rejected} />,
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
  { id: 'images', title: 'Images', align: 'right', cell: ({ figures }) => <Count value={figures.images} /> },
  {
    id: 'spend-images',
    title: 'Spend on images',
    align: 'right',
    cell: ({ figures }) => <Money nano={figures.imageNano} />,
    isHidden: true,
  },
  {
    id: 'video',
    title: 'Video seconds',
    align: 'right',
    cell: ({ figures }) => <Count value={figures.videoSeconds} />,
  },
  {
    id: 'spend-video',
    title: 'Spend on video',
    align: 'right',
    cell: ({ figures }) => <Money nano={figures.videoNano} />,
    isHidden: true,
  },
  {
    id: 'image-tokens',
    title: 'Image tokens',
    align: 'right',
    cell: ({ figures }) => <Count value={figures.imageTokens} isShort />,
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
