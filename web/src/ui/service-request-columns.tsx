/** The columns of a list of service requests, for members and for operators. */
import { Badge, Stack, Text } from '@mantine/core'
import type { PageServiceRequestJson } from '../../../src/control/contract-pages.ts'
import type { Column } from './data-table.tsx'
import { When } from './figures.tsx'
import { kindWords, stateWords } from './service-request.ts'

export const serviceRequestColumns: readonly Column<PageServiceRequestJson>[] = [
  {
    id: 'kind',
    title: 'Asked for',
    cell: ({ kind, message }) => (
      <Stack gap={0}>
        <Text size="sm" fw={550}>
          {kindWords[kind].title}
        </Text>
        <Text size="xs" c="dimmed" truncate maw={320}>
          {message}
        </Text>
      </Stack>
    ),
  },
  { id: 'key', title: 'Key', cell: ({ keyName }) => keyName ?? '–' },
  {
    id: 'state',
    title: 'State',
    cell: ({ state }) => <Badge color={stateWords[state].color}>{stateWords[state].title}</Badge>,
  },
  { id: 'by', title: 'By', cell: ({ madeBy }) => madeBy },
  { id: 'at', title: 'When', cell: ({ madeAt }) => <When at={madeAt} isAgo /> },
]
