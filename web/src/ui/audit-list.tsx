import { Badge, Code as Inline, Group, Stack, Text } from '@mantine/core'
import { IconHistory } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { PageAuditJson } from '../../../src/control/contract-pages.ts'
import { ask, type Ask } from '../api/client.ts'
import { DataTable, type Column } from './data-table.tsx'
import { Empty } from './empty.tsx'
import { When } from './figures.tsx'
import { textOf } from './format.ts'
import { SidePanel } from './side-panel.tsx'
import { Facts, type Fact } from './facts.tsx'
import { Trouble } from './trouble.tsx'

type Entry = PageAuditJson['data'][number]

export type AuditListProps = {
  readonly path: `/api/${string}`
  readonly query?: Ask['query']
  readonly queryKey: readonly unknown[]
  /** Whether entries are of several organizations. */
  readonly isOfAll?: boolean
}

/** Who changed what, the newest first; one opens to what it was before and after. */
export function AuditList({ path, query: asked = {}, queryKey, isOfAll = false }: AuditListProps) {
  const [openId, setOpenId] = useState<string | null>(null)
  const query = useInfiniteQuery({
    queryKey: [...queryKey, asked],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) => ask<PageAuditJson>(path, { query: { ...asked, cursor: pageParam }, signal }),
    getNextPageParam: ({ next }) => next ?? undefined,
  })
  const rows = query.data?.pages.flatMap(({ data }) => data)
  const open = rows?.find(({ id }) => id === openId)
  if (query.error)
    return <Trouble error={query.error} title="The audit log could not be read" onRetry={() => void query.refetch()} />
  return (
    <>
      <DataTable
        name={isOfAll ? 'audit-all' : 'audit'}
        label="Changes"
        columns={isOfAll ? [...columns, organizationColumn] : columns}
        rows={rows}
        rowId={({ id }) => id}
        openId={openId}
        onOpen={({ id }) => setOpenId(id)}
        more={{
          hasMore: query.hasNextPage,
          isLoading: query.isFetchingNextPage,
          load: () => void query.fetchNextPage(),
        }}
        empty={
          <Empty icon={IconHistory} title="No changes yet">
            Every change of keys, credit, members and settings is written here, with who made it.
          </Empty>
        }
      />
      <SidePanel isOpen={open !== undefined} onClose={() => setOpenId(null)} title={open ? titleOf(open) : 'Change'}>
        {open && <Change entry={open} />}
      </SidePanel>
    </>
  )
}

/** `key.rotated` is `Key rotated`. */
function titleOf({ action }: Entry): string {
  const words = action.replaceAll(/[.-]/g, ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

const columns: readonly Column<Entry>[] = [
  {
    id: 'action',
    title: 'Change',
    cell: (entry) => (
      <Stack gap={0}>
        <Text size="sm" fw={550}>
          {titleOf(entry)}
        </Text>
        <Text size="xs" c="dimmed" ff="monospace" truncate maw={260}>
          {entry.subject}
        </Text>
      </Stack>
    ),
  },
  {
    id: 'actor',
    title: 'By',
    cell: ({ actor }) => (
      <Group gap={6} wrap="nowrap">
        <span>{actor.name}</span>
        {actor.kind !== 'person' && actor.kind !== actor.name && <Badge color="gray">{actor.kind}</Badge>}
      </Group>
    ),
  },
  { id: 'at', title: 'When', cell: ({ at }) => <When at={at} precision="second" /> },
]

const organizationColumn: Column<Entry> = {
  id: 'organization',
  title: 'Organization',
  cell: ({ organizationId }) => organizationId ?? '–',
}

/** What it was, and what it is: where both are known, what differs. */
const Change = ({ entry }: { readonly entry: Entry }) => (
  <Stack gap="lg">
    <Facts
      label="Who and when"
      facts={[
        ['By', entry.actor.name],
        ['When', <When key="at" at={entry.at} precision="second" />],
        ['What', <Inline key="subject">{entry.subject}</Inline>],
      ]}
    />
    {entry.before && <Facts label="Before" facts={factsOf(entry.before)} />}
    {entry.after && <Facts label="After" facts={factsOf(entry.after)} />}
  </Stack>
)

const factsOf = (facts: Readonly<Record<string, unknown>>): readonly Fact[] =>
  Object.entries(facts).map(([name, value]) => [name, textOf(value)])
