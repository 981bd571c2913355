import { Alert, Badge, Button, Skeleton, Stack, Text, TextInput } from '@mantine/core'
import { IconAdjustments, IconRefresh } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { OperatorConfigurationJson, OperatorReloadJson } from '../../../../src/control/contract-pages.ts'
import { ask } from '../../api/client.ts'
import { DataTable, type Column } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { textOf } from '../../ui/format.ts'
import { PageHead } from '../../ui/page-head.tsx'
import { Trouble } from '../../ui/trouble.tsx'

const path = '/api/operator/configuration' as const
const queryKey = ['operator', 'configuration'] as const

/** The environment and mart.yaml as one list. */
type Setting = Pick<OperatorConfigurationJson['settings'][number], 'path' | 'value' | 'source' | 'isSecret'> & {
  readonly needsRestart: boolean
}

export function OperatorConfigurationPage() {
  const client = useQueryClient()
  const { data, error, refetch } = useQuery({
    queryKey,
    queryFn: ({ signal }) => ask<OperatorConfigurationJson>(path, { signal }),
  })
  const reload = useMutation({
    mutationFn: () => ask<OperatorReloadJson>(`${path}/reload`, { method: 'POST', body: {} }),
    onSettled: () => client.invalidateQueries({ queryKey }),
  })
  return (
    <>
      <PageHead
        title="Configuration"
        about="As it is in force, from the environment, mart.yaml and the defaults. Change the file, not this page."
        actions={
          <Button
            variant="default"
            leftSection={<IconRefresh size={16} aria-hidden />}
            loading={reload.isPending}
            onClick={() => reload.mutate()}
          >
            Read the file again
          </Button>
        }
      />
      <Stack gap="md">
        {reload.error && <Trouble error={reload.error} title="The file could not be read" />}
        {reload.data && <Reloaded reloaded={reload.data} />}
        {data && data.needRestart.length > 0 && (
          <Alert color="amber" variant="light" title="Waits for another start">
            {data.needRestart.join(', ')}
          </Alert>
        )}
        {error ? (
          <Trouble error={error} title="The configuration could not be read" onRetry={() => void refetch()} />
        ) : data ? (
          <>
            {data.file === null && <Text c="dimmed">There is no mart.yaml: these are the defaults.</Text>}
            <Settings configuration={data} />
          </>
        ) : (
          <Skeleton height={420} radius="lg" />
        )}
      </Stack>
    </>
  )
}

const Reloaded = ({ reloaded }: { readonly reloaded: OperatorReloadJson }) =>
  reloaded.ok ? (
    <Alert color="mart" variant="light" title={reloaded.changed ? 'It is in force now' : 'Nothing had changed'}>
      {reloaded.needRestart.length > 0 && `These wait for another start: ${reloaded.needRestart.join(', ')}.`}
    </Alert>
  ) : (
    <Alert color="red" variant="light" title="The file is wrong, and nothing was changed">
      {reloaded.reason}
    </Alert>
  )

function Settings({ configuration }: { readonly configuration: OperatorConfigurationJson }) {
  const [text, setText] = useState('')
  const environment = configuration.environment.map(({ name, value, source, isSecret }): Setting => {
    return { path: name, value, source, isSecret, needsRestart: true }
  })
  const rows = [...environment, ...configuration.settings].filter((setting) =>
    setting.path.toLowerCase().includes(text.toLowerCase()),
  )
  return (
    <DataTable
      name="configuration"
      label="Settings in force"
      columns={columns}
      rows={rows}
      rowId={(setting) => setting.path}
      toolbar={
        <TextInput
          aria-label="Search settings"
          placeholder="Name of a setting"
          size="sm"
          w={260}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      }
      empty={
        <Empty icon={IconAdjustments} title="No setting of that name">
          The reference of <code>mart.yaml</code> lists all that there are.
        </Empty>
      }
    />
  )
}

const sources = { environment: 'blue', file: 'mart', default: 'gray' } as const

const columns: readonly Column<Setting>[] = [
  {
    id: 'path',
    title: 'Setting',
    cell: (setting) => (
      <Text size="sm" ff="monospace">
        {setting.path}
      </Text>
    ),
  },
  {
    id: 'value',
    title: 'Value',
    cell: ({ value, isSecret }) => (
      <Text size="sm" ff="monospace" maw={420} style={{ overflowWrap: 'anywhere' }}>
        {isSecret && value === null ? '(a secret)' : textOf(value)}
      </Text>
    ),
  },
  { id: 'source', title: 'From', cell: ({ source }) => <Badge color={sources[source]}>{source}</Badge> },
  {
    id: 'restart',
    title: 'A change needs',
    cell: ({ needsRestart }) => (needsRestart ? 'another start' : 'nothing more'),
  },
]
