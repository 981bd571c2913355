import { Badge, Group, Stack, Text } from '@mantine/core'
import type { EntryJson } from '../../../../src/control/contract-pages.ts'
import type { Column } from '../../ui/data-table.tsx'
import { Count, Duration, When } from '../../ui/figures.tsx'
import { Money } from '../../ui/money.tsx'
import { endingWords } from './endings.ts'

export const columns: readonly Column<EntryJson>[] = [
  {
    id: 'at',
    title: 'Request',
    cell: ({ at, model, askedModel, endpoint }) => (
      <Stack gap={0}>
        <Text size="sm" fw={550} truncate maw={260}>
          {model ?? askedModel ?? endpoint}
        </Text>
        <Text size="xs" c="dimmed">
          <When at={at} precision="second" />
        </Text>
      </Stack>
    ),
  },
  { id: 'status', title: 'Status', cell: (entry) => <Outcome entry={entry} /> },
  { id: 'endpoint', title: 'Endpoint', cell: ({ endpoint }) => endpoint },
  { id: 'key', title: 'Key', cell: ({ key }) => key.name ?? key.id },
  {
    id: 'input',
    title: 'Tokens in',
    align: 'right',
    cell: ({ inputTokens, cachedInputTokens }) => <Count value={inputTokens + cachedInputTokens} />,
  },
  {
    id: 'output',
    title: 'Tokens out',
    align: 'right',
    cell: ({ outputTokens, reasoningTokens }) => <Count value={outputTokens + reasoningTokens} />,
  },
  { id: 'latency', title: 'Took', align: 'right', cell: ({ latencyMs }) => <Duration ms={latencyMs} /> },
  { id: 'charge', title: 'Cost', align: 'right', cell: ({ chargeNano }) => <Money nano={chargeNano} /> },
  {
    id: 'first',
    title: 'First byte',
    align: 'right',
    cell: ({ firstByteMs }) => <Duration ms={firstByteMs} />,
    isHidden: true,
  },
  { id: 'region', title: 'Region', cell: ({ region }) => region?.toUpperCase() ?? '–', isHidden: true },
  {
    id: 'cached',
    title: 'Of these cached',
    align: 'right',
    cell: ({ cachedInputTokens }) => <Count value={cachedInputTokens} />,
    isHidden: true,
  },
  { id: 'streamed', title: 'Streamed', cell: ({ streamed }) => (streamed ? 'yes' : 'no'), isHidden: true },
  {
    id: 'id',
    title: 'Id',
    cell: ({ id }) => (
      <Text size="xs" ff="monospace">
        {id}
      </Text>
    ),
    isHidden: true,
  },
]

/** How it ended, and whether it deserves a second look. */
export function Outcome({ entry }: { readonly entry: EntryJson }) {
  const { status, isError, state, flags } = entry
  const color = isError ? 'red' : state === 'reserved' ? 'blue' : 'mart'
  return (
    <Group gap={6} wrap="nowrap">
      <Badge color={color}>
        {status === 0 ? '–' : status} {endingWords(entry).title}
      </Badge>
      {flags.length > 0 && <Badge color="amber">{flags.length === 1 ? flags[0] : `${flags.length} flags`}</Badge>}
    </Group>
  )
}
